"""Trials with interim looks, rehearsed: how often they stop, when, after how many, and with which estimates.

Holds looks on the calendar: at each, everybody randomized by that day is there, and only what was seen by
then is analyzed, by the very analysis that is planned. Refuses to know where boundaries lie
(`analysis.looks`) and how a trial is drawn.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.analysis.batched import estimate_batch, on_line
from equipoise.analysis.looks import Looks, looks_of
from equipoise.design.analytic import analytic_of
from equipoise.design.batch import draw
from equipoise.design.characteristics import share
from equipoise.design.rehearsed import Rehearsed
from equipoise.design.seen import Seen
from equipoise.design.truth import Truth
from equipoise.protocol.plan import Estimand
from equipoise.statistics.sequential.crossing import Crossing, crossing

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

BLOCK = 128
"""Replicates drawn together."""
CERTAIN = 1e-12
"""A power this near 0 or 1 says nothing of the drift behind it."""


@dataclass(frozen=True)
class LookCount:
    """What happened at one look, over all replicates; the last look is the end.

    participants  how many have the trigger's visit then
    success, harm, futility   share of replicates that ended there for an effect in the direction of benefit,
                  for one in the other direction, or for futility; at the end, that showed an effect
    success_by_formula, futility_by_formula   the same with information as planned; None without a formula
    analyzed      mean participants with what the estimator needs, where the look took place
    randomized    mean participants randomized by then
    day           mean days from the first randomization
    """

    look: str
    participants: int
    success: float | None
    success_mcse: float | None
    harm: float | None
    futility: float | None
    futility_mcse: float | None
    success_by_formula: float | None
    futility_by_formula: float | None
    analyzed: float | None
    randomized: float | None
    day: float | None


@dataclass(frozen=True)
class SequentialOC:
    """Operating characteristics of one estimand with its looks, in one scenario.

    n                 participants randomized where nothing stops the trial
    power             share that shows an effect in either direction at some look
    power_by_formula  the same with information as planned; None without a formula
    power_without     share of the same trials that shows one when tested once, at the end, at the whole level
    expected_n        mean participants randomized when the trial ends
    expected_days     mean days from the first randomization to its end
    days_without      mean days without looks
    bias_of_stopping  mean of the estimate when the trial ends minus that of the same trial run to the end; of
                      the logarithm of a ratio
    overrun           mean participants randomized but not analyzed when a look stops the trial
    never             share in which some look never comes, since too few complete its visit
    """

    estimand: str
    scenario: str
    replicates: int
    n: int
    alpha: float
    power: float | None
    power_mcse: float | None
    power_by_formula: float | None
    power_without: float | None
    expected_n: float
    expected_n_mcse: float
    expected_days: float
    days_without: float
    bias_of_stopping: float | None
    bias_of_stopping_mcse: float | None
    overrun: float | None
    never: float
    looks: tuple[LookCount, ...]

    def summary(self) -> str:
        """Return the line a statistician would say aloud."""
        return (
            f"{self.estimand}: power {100 * (self.power or 0):.1f}% with looks, mean "
            f"{self.expected_n:.0f} of {self.n} participants and {self.expected_days:.0f} of "
            f"{self.days_without:.0f} days"
        )

    def row(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {**asdict(self), "looks": [asdict(one) for one in self.looks]}


def operating_characteristics(
    truth: Truth, *, replicates: int, seed: int, first: int = 0
) -> tuple[SequentialOC, ...]:
    """Return what looks do under a truth, one row an estimand with looks; empty where none is planned.

    replicates  how many, of the numbers from `first` on
    seed        of all draws
    Raises      ProtocolError when boundaries do not exist; NoBatchPath when an estimand needs more than
                arrays hold; ValueError without a replicate
    """
    if replicates < 1:
        raise ValueError("nothing is rehearsed without a replicate")
    planned = [(one, looks_of(truth.resolved, one.id)) for one in truth.resolved.protocol.estimands]
    return tuple(
        _summarized(
            truth, estimand, looks, _rehearsed(truth, estimand, looks, range(first, first + replicates), seed)
        )
        for estimand, looks in planned
        if looks is not None
    )


def crossing_by_formula(truth: Truth, looks: Looks) -> Crossing | None:
    """Return what boundaries and futility do with information as planned; None without a formula.

    The drift is the one that gives a normal test without looks the power of the planned test by formula.
    """
    found = analytic_of(truth, looks.estimand, alpha=looks.alpha)
    if found.right is None or found.effect is None or not CERTAIN < found.right < 1 - CERTAIN:
        return None
    drift = float(ndtri(found.right)) - float(ndtri(looks.alpha / 2))
    boundaries = looks.boundaries
    drift *= 1.0 if looks.benefit * found.effect >= 0 else -1.0
    return crossing(boundaries, drift, futility=None if boundaries.sides == 1 else looks.futility)


@dataclass(frozen=True)
class _Rehearsal:
    """R replicates at each of K looks; every array (R, K), the last column the end.

    day         days since 1970-01-01; infinite where the look never comes
    z           statistic, positive for benefit; 0 without an estimate
    estimate    of a ratio its logarithm; NaN without one
    analyzed    participants with what the estimator needs
    randomized  by the day
    start       (R,) day of the first randomization
    """

    day: Floats
    z: Floats
    estimate: Floats
    p_value: Floats
    analyzed: Floats
    randomized: Floats
    start: Floats


def _rehearsed(truth: Truth, estimand: Estimand, looks: Looks, numbers: range, seed: int) -> _Rehearsal:
    needed = truth.until([*(look.trigger.visit for look in looks.planned), estimand.variable.visit])
    parts = [
        _looked(Rehearsed(draw(needed, numbers[at : at + BLOCK], seed=seed)), estimand, looks)
        for at in range(0, len(numbers), BLOCK)
    ]
    names = [one.name for one in fields(_Rehearsal)]
    return _Rehearsal(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _looked(whole: Rehearsed, estimand: Estimand, looks: Looks) -> _Rehearsal:
    days = np.stack([*_days(whole, looks), np.full(whole.arm.shape[0], np.inf)], axis=1)
    randomized = whole.calendar.randomized
    columns: list[tuple[Floats, ...]] = []
    for at in range(looks.last):
        by = days[:, at]
        answers = estimate_batch(Seen(whole, estimand, by), [estimand])[estimand.id]
        estimate = on_line(answers, estimand)
        columns.append(
            (
                _statistic(answers.p_value, looks.benefit * estimate),
                estimate,
                answers.p_value,
                answers.n,
                (randomized <= by[:, None]).sum(axis=1).astype(np.float64),
            )
        )
    z, estimates, p_values, analyzed, counted = (np.stack(one, axis=1) for one in zip(*columns, strict=True))
    ends = np.nanmax(whole.calendar.visit(estimand.variable.visit), axis=1)
    never = ~np.isfinite(days[:, :-1])
    z[:, :-1][never] = 0.0
    days[:, -1] = ends
    return _Rehearsal(days, z, estimates, p_values, analyzed, counted, randomized.min(axis=1))


def _days(whole: Rehearsed, looks: Looks) -> Iterator[Floats]:
    """Yield (R,) the day on which enough participants have completed each look's visit; infinite if never."""
    for number, look in zip(_participants(whole.arm.shape[1], looks), looks.planned, strict=False):
        dates = whole.calendar.visit(look.trigger.visit)
        ordered = np.sort(np.where(np.isnan(dates), np.inf, dates), axis=1)
        yield ordered[:, number - 1]


def _participants(n: int, looks: Looks) -> tuple[int, ...]:
    """Return how many have the visit at each look of a trial of n, the end included."""
    planned = looks.participants[-1]
    return tuple(
        min(n, math.ceil(share_of * n) if n != planned else count)
        for share_of, count in zip(looks.fractions, looks.participants, strict=True)
    )


def _statistic(p_values: Floats, estimates: Floats) -> Floats:
    strength = -ndtri(np.maximum(np.nan_to_num(p_values, nan=1.0), math.ulp(0.0)) / 2)
    return np.asarray(np.where(np.isnan(estimates), 0.0, np.copysign(strength, estimates)))


def _summarized(truth: Truth, estimand: Estimand, looks: Looks, found: _Rehearsal) -> SequentialOC:
    last = looks.last - 1
    upper = np.array(looks.boundaries.upper)
    floor = np.array([*looks.futility, -math.inf])
    success = found.z >= upper
    harm = (found.z <= -upper) & (looks.boundaries.sides == 2)
    futile = (found.z <= floor) & ~success & np.isfinite(found.day)
    ends = success | harm | futile
    ends[:, last] = True
    at = ends.argmax(axis=1)
    rows = np.arange(at.size)
    stopped = at < last
    shown = (success | harm)[rows, at]
    randomized = np.where(stopped, found.randomized[rows, at], truth.participants)
    days = found.day[rows, at] - found.start
    moved = found.estimate[rows, at] - found.estimate[:, last]
    moved = moved[np.isfinite(moved)]
    power, without = share(shown), share(found.p_value[:, last] <= looks.alpha)
    formula = crossing_by_formula(truth, looks)
    over = (found.randomized - found.analyzed)[rows, at][stopped]
    return SequentialOC(
        estimand=estimand.id,
        scenario=truth.scenario.id,
        replicates=at.size,
        n=truth.participants,
        alpha=looks.alpha,
        power=power.value,
        power_mcse=power.mcse,
        power_by_formula=None if formula is None else formula.power,
        power_without=without.value,
        expected_n=float(randomized.mean()),
        expected_n_mcse=_error(randomized),
        expected_days=float(days.mean()),
        days_without=float((found.day[:, last] - found.start).mean()),
        bias_of_stopping=float(moved.mean()) if moved.size else None,
        bias_of_stopping_mcse=_error(moved) if moved.size else None,
        overrun=float(np.nanmean(over)) if np.isfinite(over).any() else None,
        never=float((~np.isfinite(found.day[:, :last])).any(axis=1).mean()),
        looks=tuple(
            _counted(
                truth, looks, found, number, at == number, formula, success=success, harm=harm, futile=futile
            )
            for number in range(looks.last)
        ),
    )


def _counted(
    truth: Truth,
    looks: Looks,
    found: _Rehearsal,
    number: int,
    here: Flags,
    formula: Crossing | None,
    *,
    success: Flags,
    harm: Flags,
    futile: Flags,
) -> LookCount:
    won, lost = share(here & success[:, number]), share(here & futile[:, number])
    held = np.isfinite(found.day[:, number])
    early = number < looks.last - 1
    return LookCount(
        look=looks.names[number],
        participants=_participants(truth.participants, looks)[number],
        success=won.value,
        success_mcse=won.mcse,
        harm=share(here & harm[:, number]).value,
        futility=lost.value if early else None,
        futility_mcse=lost.mcse if early else None,
        success_by_formula=None if formula is None else formula.upper[number],
        futility_by_formula=None if formula is None or not early else _futile(formula)[number],
        analyzed=_mean(found.analyzed[held, number]),
        randomized=_mean(found.randomized[held, number]),
        day=_mean((found.day[:, number] - found.start)[held]),
    )


def _futile(formula: Crossing) -> tuple[float, ...]:
    return formula.futile or formula.lower


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / math.sqrt(values.size)) if values.size > 1 else 0.0
