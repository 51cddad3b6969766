"""A dosing day: the dose and its kit, readings on the clock, adverse events, going home.

Holds what happens between arrival and discharge, and the effects that begin then. Refuses to hold scores.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.design.characteristic import distribution_of
from equipoise.design.eligibility import demands_of
from equipoise.design.streams import Streams
from equipoise.design.truth import Truth
from equipoise.protocol.care import Criterion, Session
from equipoise.protocol.part import for_arm
from equipoise.protocol.resolve import Resolved
from equipoise.protocol.scenarios import Moments, Sign, SimulatedEvent
from equipoise.protocol.schedule import Item

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Limits = dict[str, tuple[float, float]]
"""`form.item` to its least and greatest value before a dose."""

RESTING = {
    "SYSBP": Sign(rest=Moments(mean=120.0, sd=12.0), noise_sd=4.0),
    "DIABP": Sign(rest=Moments(mean=76.0, sd=8.0), noise_sd=3.0),
    "HR": Sign(rest=Moments(mean=72.0, sd=10.0), noise_sd=4.0),
}
"""Signs of people at rest, by CDISC test code, for scenarios that say nothing of them (assumption)."""
HOURS_PER_DAY = 24
MINUTES_PER_HOUR = 60
LATEST_START_MINUTES = 60
"""A dose is taken within this many minutes after arrival (assumption)."""


@dataclass(frozen=True)
class Dosed:
    """Those who take a dose at one visit.

    key      the visit's name in streams
    rows     (m,) positions among the participants
    arm      (m,) position of the arm whose effects follow
    minutes  (m,) when it is taken
    """

    key: str
    rows: Whole
    arm: Whole
    minutes: Whole


@dataclass(frozen=True)
class Episodes:
    """Adverse events of one term after one dose, each (k,).

    rows       positions among the participants
    onset      minute of onset
    minutes    how long it lasts
    severity   mild, moderate or severe
    """

    event: SimulatedEvent
    rows: Whole
    onset: Whole
    minutes: Whole
    severity: NDArray[np.object_]
    serious: Flags
    related: Flags


def taken_at(key: str, opening: Whole, *, streams: Streams) -> Whole:
    """Return the minute at which each of n participants takes a dose, from the minute the visit begins."""
    share = streams.uniform(f"dose/{key}", opening.size)[0]
    return np.asarray(opening + np.floor(share * LATEST_START_MINUTES).astype(np.int64))


def sign_of(truth: Truth, name: str, *, item: Item) -> Sign | None:
    """Return how a number `form.item` behaves on a dosing day; None where nobody says."""
    stated = truth.scenario.signs.get(name)
    testcd = item.cdisc.testcd if item.cdisc is not None else None
    return stated or RESTING.get(testcd or "")


def readings(
    truth: Truth,
    name: str,
    *,
    item: Item,
    streams: Streams,
    dosed: Dosed,
    minutes: tuple[int, ...],
    limits: Limits,
) -> Floats:
    """Return (m, readings) values of a sign `form.item` at some minutes from the dose.

    limits  what readings before the dose keep to
    Source  peaks after 25 mg: medrxiv 2023.04.12.23288325; the course is t/p * exp(1 - t/p), with peak p
    """
    sign, n = sign_of(truth, name, item=item), truth.participants
    if sign is None:
        raise ValueError(f"nobody says how `{name}` behaves")
    ids = [arm.id for arm in truth.arms]
    normal = ndtri(streams.table(f"sign/{name}/rest", n, columns=1)[dosed.rows])
    rest = _chosen(sign.rest.mean, ids, dosed=dosed) + _chosen(sign.rest.sd, ids, dosed=dosed) * normal
    low, high = limits.get(name, (-np.inf, np.inf))
    rest = np.clip(rest, low, high)
    spread = sign.rise_sd * ndtri(streams.table(f"sign/{name}/rise/{dosed.key}", n, columns=1)[dosed.rows])
    clock = np.maximum(np.array(minutes, dtype=np.float64), 0.0) / sign.peak_minutes
    course = clock * np.exp(1 - clock)
    noise = sign.noise_sd * ndtri(
        streams.table(f"sign/{name}/{dosed.key}", n, columns=len(minutes))[dosed.rows]
    )
    risen = rest + (_chosen(sign.rise, ids, dosed=dosed) + spread) * course + noise
    before = np.array(minutes) <= 0
    bounded = np.where(before, np.clip(risen, low, high), risen)
    return _rounded(bounded, item)


def limits_of(resolved: Resolved, session: Session) -> Limits:
    """Return what must hold before a dose, as bounds; a rule that is no bound on one number has none."""
    rules = [
        Criterion(id=limit.id, kind="inclusion", text=limit.text, rule=limit.rule)
        for limit in session.before_dose
        if limit.rule is not None
    ]
    demands = demands_of(resolved, rules, distribution=lambda name: distribution_of(resolved, name))
    found = {}
    for key, distribution in demands.distributions.items():
        allowed = distribution.values[demands.allowed(key)]
        if allowed.size and allowed.dtype.kind == "f":
            found[key[0]] = (float(allowed[0]), float(allowed[-1]))
    return found


def adverse_events(truth: Truth, dosed: Dosed, *, streams: Streams) -> list[Episodes]:
    """Draw the adverse events that follow one dose."""
    ids = [arm.id for arm in truth.arms]
    found = []
    for event in truth.scenario.adverse_events:
        purpose = f"adverse_event/{event.term}/{dosed.key}"
        uniform = streams.table(purpose, truth.participants, columns=6)[dosed.rows]
        chance = np.array([for_arm(event.probability, arm) for arm in ids])[dosed.arm]
        has = uniform[:, 0] < chance
        drawn = uniform[has]
        names = np.array(list(event.severity), dtype=object)
        rising = np.cumsum(list(event.severity.values()))
        grade = np.minimum(np.searchsorted(rising, drawn[:, 3] * rising[-1], side="right"), names.size - 1)
        found.append(
            Episodes(
                event=event,
                rows=dosed.rows[has],
                onset=dosed.minutes[has] + _between(event.onset_hours, drawn[:, 1]),
                minutes=_between(event.duration_hours, drawn[:, 2]),
                severity=names[grade],
                serious=drawn[:, 4] < event.serious,
                related=drawn[:, 5] < event.related,
            )
        )
    return found


def effect_code(term: str, codes: dict[str, str]) -> str | None:
    """Return the code of an effects log that a term speaks of; None when it names none of them."""
    words = term.casefold()
    for code, label in codes.items():
        if code.casefold() in words or label.casefold() in words:
            return code
    return None


def _between(hours: tuple[float, float], uniform: Floats) -> Whole:
    earliest, latest = (hour * MINUTES_PER_HOUR for hour in hours)
    return np.asarray(np.floor(earliest + uniform * (latest - earliest)).astype(np.int64))


def _chosen(values: float | dict[str, float], ids: list[str], *, dosed: Dosed) -> Floats:
    """Return a number by arm for each participant, as a column."""
    return np.array([for_arm(values, arm) for arm in ids])[dosed.arm][:, None]


def _rounded(values: Floats, item: Item) -> Floats:
    per_unit = 10.0 ** (item.decimals or 0)
    low, high = item.range or (-np.inf, np.inf)
    return np.asarray(np.clip(np.floor(values * per_unit + 0.5) / per_unit, low, high))
