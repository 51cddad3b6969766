"""The true value of every estimand under a scenario: what a trial without end would find.

Holds a simulated population in which everybody is followed under either arm, the estimand's strategies
applied to it, and the summary. Refuses to know sample sizes, allocation and dropout: missing values are no
part of an estimand. Rounding, clamping, belief and intercurrent events are.

The same participants are put into both arms, so that the difference is sharper than either mean.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.design import accrual
from equipoise.design.asked import Asked, asked_of, members
from equipoise.design.drawing import Drawing
from equipoise.design.outcome import Cohort
from equipoise.design.streams import BLOCK, Streams
from equipoise.design.truth import Truth
from equipoise.expressions import Expression

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PARTICIPANTS = 1_000_000
CHUNK = 65_536
"""Participants simulated at a time, so that memory stays small."""
PURPOSE = "true-value"
"""Sets these streams apart from those of trials."""
IRRELEVANT = frozenset(
    {
        "id",
        "label",
        "participants",
        "sites",
        "facilitators",
        "accrual",
        "screening",
        "dropout",
        "missed_forms",
        "late_visits",
        "attendance",
        "signs",
        "adverse_events",
        "deviations",
        "numbers_of",
        "assumption",
        "source",
        "note",
    }
)
"""Fields of a scenario that move no true value, unless raters drift with the calendar."""


@dataclass(frozen=True)
class TrueValue:
    """What an estimand is under a scenario, on the scale of its estimate (arm minus reference).

    value                what a trial without end would find; None where it cannot be said
    mcse                 its Monte Carlo standard error; 0 where it is stated
    pharmacological      the same where belief moves no score: what the drug does by itself
    pharmacological_mcse its Monte Carlo standard error
    participants         simulated in each arm
    stated               whether the file states it
    reason               why there is no value; None where there is one
    note                 what a reader should know; empty when nothing
    """

    estimand: str
    value: float | None
    mcse: float | None
    pharmacological: float | None
    pharmacological_mcse: float | None
    participants: int
    stated: bool = False
    reason: str | None = None
    note: str = ""


def true_values(truth: Truth, *, seed: int, participants: int = PARTICIPANTS) -> dict[str, TrueValue]:
    """Return estimand to its true value.

    seed          of all draws; they have streams of their own
    participants  at least so many are simulated in each arm
    Source        docs/methods/simulation.md
    """
    asked = {one.id: asked_of(truth, one) for one in truth.resolved.protocol.estimands}
    known = {name: one for name, one in asked.items() if isinstance(one, Asked)}
    sums = {name: _Sums(one) for name, one in known.items()}
    drug = {name: _Sums(one) for name, one in known.items()} if _believing(truth) else sums
    for population in _populations(truth, known, seed=seed, participants=participants):
        for name, one in known.items():
            sums[name].add(population.outcomes(one, silent=False))
            if drug is not sums:
                drug[name].add(population.outcomes(one, silent=True))
    found = {}
    for name, answer in asked.items():
        if isinstance(answer, Asked):
            found[name] = _answer(answer, sums=sums[name], drug=drug[name])
        else:
            found[name] = TrueValue(name, None, None, None, None, 0, reason=answer)
        if name in truth.scenario.true_values:
            value = truth.scenario.true_values[name]
            found[name] = replace(found[name], value=value, mcse=0.0, stated=True, reason=None)
    return found


def true_value_key(truth: Truth) -> tuple[str, str]:
    """Return what true values hang on: two truths with equal keys have equal true values."""
    scenario = truth.scenario
    drifting = any(one.drift_per_year or one.drift_sd for one in scenario.raters.values())
    left_out = IRRELEVANT - ({"participants", "sites", "accrual"} if drifting else set())
    parts = {
        "scenario": scenario.model_dump(mode="json", exclude=set(left_out)),
        "participants": truth.participants if drifting else None,
        "build": truth.resolved.hashes["build"],
        "analysis": truth.resolved.hashes["analysis"],
        "allocation": truth.resolved.hashes["allocation"],
    }
    return truth.stream, hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _believing(truth: Truth) -> bool:
    """Return whether belief moves any score."""
    expectancy = truth.scenario.expectancy
    if expectancy is None:
        return False
    biased = any(expectancy.bias.values()) or any(expectancy.bias_sd.values())
    traits = any(any(one.bias.values()) for one in truth.scenario.modifiers.values())
    return biased or traits or any(expectancy.disappointment.values())


class _Memory(Streams):
    """Streams that remember what they drew, since both arms are given the same numbers."""

    def uniform(self, purpose: str, participants: int) -> Floats:
        if purpose not in self._drawn:
            self._drawn[purpose] = super().uniform(purpose, participants)
        return self._drawn[purpose]

    def normal(self, purpose: str, participants: int) -> Floats:
        name = f"normal/{purpose}"
        if name not in self._drawn:
            self._drawn[name] = super().normal(purpose, participants)
        return self._drawn[name]

    @cached_property
    def _drawn(self) -> dict[str, Floats]:
        return {}


@dataclass(frozen=True)
class _Population:
    """Participants simulated under either arm; arrays are (BLOCK, participants / BLOCK).

    truth    at the visits that are asked for
    """

    truth: Truth
    streams: Streams
    arrived: Floats | None

    def outcomes(self, asked: Asked, *, silent: bool) -> tuple[Floats, Floats]:
        """Return the variable of an estimand in the experimental and in the reference arm."""
        arms = asked.estimand.treatment
        ids = [arm.id for arm in self.truth.arms]
        first, second = (
            self._outcome(asked, ids.index(arm), silent=silent) for arm in (arms.experimental, arms.reference)
        )
        return first, second

    def _outcome(self, asked: Asked, arm: int, *, silent: bool) -> Floats:
        world = self._world(arm, mistaken=asked.mistaken, silent=silent)
        points = world.points(asked.score, asked.without)
        places = self.truth.courses[asked.score].places
        outcome = asked.outcome(points, places=places, happened=world.days)
        return outcome if asked.rule is None else np.where(self._members(asked.rule), outcome, np.nan)

    def _members(self, rule: Expression) -> Flags:
        return members(
            self.truth, rule, lambda purpose: self.streams.uniform(purpose, self.truth.participants)
        )

    def _world(self, arm: int, *, mistaken: bool, silent: bool) -> "_World":
        key = (arm, mistaken, silent)
        if key not in self._worlds:
            self._worlds[key] = _world(self, arm, mistaken=mistaken, silent=silent)
        return self._worlds[key]

    @cached_property
    def _worlds(self) -> "dict[tuple[int, bool, bool], _World]":
        return {}


@dataclass(frozen=True)
class _World:
    """Everybody in one arm.

    days    intercurrent event to the day it happens
    points  (score, events that do not happen) to recorded points (BLOCK, participants / BLOCK, V)
    """

    days: dict[str, Floats]
    points: Callable[[str, frozenset[str]], Floats]


def _world(population: _Population, arm: int, *, mistaken: bool, silent: bool) -> _World:
    truth = population.truth
    drawing = Drawing(truth, population.streams, silent=silent, arrived=population.arrived)
    drawn = np.full((BLOCK, truth.participants), arm, dtype=np.int64)
    received = drawing.received(drawn) if mistaken else drawn
    cohort = Cohort(received, drawing.willing(drawn), drawing.site)
    believed = drawing.beliefs(received)
    moved = drawing.moved(
        cohort,
        active=drawing.active(cohort, believed),
        disappointed=drawing.disappointed(cohort, believed),
    )
    latent = {name: drawing.latent(course, cohort, moved=moved) for name, course in truth.courses.items()}
    days = drawing.event_days(drawn, latent)
    made: dict[tuple[str, frozenset[str]], Floats] = {}

    def points(score: str, without: frozenset[str]) -> Floats:
        if (score, without) not in made:
            happening = {name: day for name, day in days.items() if name not in without}
            made[score, without] = drawing.points(
                truth.courses[score], cohort, moved=moved, latent=latent[score], days=happening
            )
        return made[score, without]

    return _World(days, points)


def _populations(
    truth: Truth, asked: Mapping[str, Asked], *, seed: int, participants: int
) -> Iterator[_Population]:
    """Yield populations of at most CHUNK participants."""
    size = -(-min(participants, CHUNK) // BLOCK)
    needed = {}
    for name, course in truth.courses.items():
        places = frozenset(place for one in asked.values() for score, place in one.needed if score == name)
        if places:
            needed[name] = course.only(places)
    reduced = replace(truth, courses=needed, participants=size) if needed else None
    if reduced is None:
        return
    drifting = any(one.drift_per_year or one.drift_sd for one in truth.scenario.raters.values())
    for chunk in range(-(-participants // (size * BLOCK))):
        replicates = tuple(range(chunk * BLOCK, (chunk + 1) * BLOCK))
        streams = _Memory(seed, f"{PURPOSE}/{truth.stream}", replicates)
        arrived = None
        if drifting:
            # Everybody arrives as one of the participants of a trial does.
            arrived = accrual.arrivals(truth, Streams(seed, f"{PURPOSE}/{truth.stream}", replicates))
            arrived = arrived[:, np.arange(size) % truth.participants]
        yield _Population(reduced, streams, arrived)


class _Sums:
    """The outcomes of both arms so far, in batches whose differences show the Monte Carlo error."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.counts: list[Floats] = []
        self.totals: list[Floats] = []
        self.values: tuple[dict[float, int], dict[float, int]] = ({}, {})
        self.shifts: list[float] = []
        self.simulated = 0

    def add(self, outcomes: tuple[Floats, Floats]) -> None:
        """Add a population's outcomes (BLOCK, participants / BLOCK); NaN is no outcome."""
        if self.asked.estimand.summary == "location_shift":
            self._add_values(outcomes)
        self.simulated += outcomes[0].size
        self.counts.append(np.stack([np.sum(~np.isnan(one), axis=1) for one in outcomes]).astype(np.float64))
        self.totals.append(np.stack([np.nansum(one, axis=1) for one in outcomes]))

    def _add_values(self, outcomes: tuple[Floats, Floats]) -> None:
        parts: list[dict[float, int]] = []
        for known, one in zip(self.values, outcomes, strict=True):
            values, counts = np.unique(one[~np.isnan(one)], return_counts=True)
            parts.append(dict(zip(values.tolist(), counts.tolist(), strict=True)))
            for value, count in parts[-1].items():
                known[value] = known.get(value, 0) + count
        self.shifts.append(median_difference(*parts))

    def summary(self) -> tuple[float, float]:
        """Return the summary over everybody and its Monte Carlo standard error."""
        if self.asked.estimand.summary == "location_shift":
            error = (
                float(np.std(self.shifts, ddof=1) / np.sqrt(len(self.shifts)))
                if len(self.shifts) > 1
                else 0.0
            )
            return median_difference(*self.values), error
        counts, totals = np.concatenate(self.counts, axis=1), np.concatenate(self.totals, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = totals.sum(axis=1) / counts.sum(axis=1)
            # Each batch's pull on either mean, linear in the outcomes.
            pulls = (totals - means[:, None] * counts) * counts.shape[1] / counts.sum(axis=1)[:, None]
            value, pull = float(means[0] - means[1]), pulls[0] - pulls[1]
            if self.asked.estimand.summary == "odds_ratio":
                odds = means / (1 - means)
                value = float(odds[0] / odds[1]) if odds[0] > 0 else float("nan")
                slopes = value / (means * (1 - means))
                pull = slopes[0] * pulls[0] - slopes[1] * pulls[1]
        return value, float(np.std(pull, ddof=1) / np.sqrt(pull.size))


def median_difference(first: Mapping[float, int], second: Mapping[float, int]) -> float:
    """Return the median difference of two independent draws, the value that a Hodges-Lehmann estimate nears.

    first, second  value to how often it occurs
    """
    x, y = (np.array(list(one), dtype=np.float64) for one in (first, second))
    p, q = (np.array(list(one.values()), dtype=np.float64) for one in (first, second))
    differences, shares = np.subtract.outer(x, y).ravel(), np.multiply.outer(p, q).ravel()
    order = np.argsort(differences, kind="stable")
    rising = np.cumsum(shares[order]) / shares.sum()
    low, high = (int(np.searchsorted(rising, 0.5, side=side)) for side in ("left", "right"))
    return float((differences[order][low] + differences[order][min(high, order.size - 1)]) / 2)


def _answer(asked: Asked, *, sums: _Sums, drug: _Sums) -> TrueValue:
    name, simulated = asked.estimand.id, sums.simulated
    value, mcse = sums.summary()
    alone, alone_mcse = (value, mcse) if drug is sums else drug.summary()
    if not np.isfinite([value, alone]).all():
        reason = "nobody has an outcome, or all or none respond in an arm"
        return TrueValue(name, None, None, None, None, simulated, reason=reason)
    return TrueValue(name, value, mcse, alone, alone_mcse, simulated, note=asked.note)
