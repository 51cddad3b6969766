"""What moves a participant's scores away from the arm's course: belief, relapse, traits, events, raters.

Holds one function an influence, each in latent steps at one visit, None where it moves nothing: an ingredient
that a scenario does not use costs nothing. Refuses to draw the scores themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from equipoise.design.course import Course
from equipoise.design.outcome import Cohort
from equipoise.design.streams import Streams
from equipoise.design.truth import Truth
from equipoise.protocol.part import for_arm
from equipoise.protocol.scenarios import SimulatedIntercurrentEvent

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

HAZARD_DAYS = 28
DAYS_PER_YEAR = 365.25
Total = Floats | None


@dataclass(frozen=True)
class Moved:
    """Who is moved by what; arrays are (replicates, participants) unless said otherwise, None moves nobody.

    active        (replicates, participants, places) believes to be on active treatment
    disappointed  (replicates, participants, places) believes to have had the control
    traits        modifier to who has it
    scale         (replicates, 1) factor on every drug effect
    relapse_day   day of relapsing
    arrival       days from first enrollment to the first visit
    """

    active: Flags | None = None
    disappointed: Flags | None = None
    traits: dict[str, Flags] | None = None
    scale: Floats | None = None
    relapse_day: Floats | None = None
    arrival: Floats | None = None


@dataclass(frozen=True)
class Influences:
    """The influences on one score."""

    truth: Truth
    streams: Streams
    course: Course
    cohort: Cohort
    moved: Moved

    @property
    def name(self) -> str:
        """The score."""
        return self.course.measure.name

    def lasting(self, at: int) -> Total:
        """Return what moves a visit after the first dose, apart from events and raters."""
        if at not in self.course.later:
            return None
        place = self.course.places[at]
        return _sum(_sum(self._belief(place), self._effect(at, place)), self._traits())

    def rated(self, at: int) -> Total:
        """Return the rater's error and drift at a visit."""
        raters = self.truth.scenario.raters.get(self.name)
        if raters is None:
            return None
        measure = self.course.measure
        total: Total = None
        place = self.truth.timeline.places[self.course.places[at]]
        if raters.error_sd > 0:
            error = self.streams.normal(f"rater/{self.name}/{place.key}", self.truth.participants)
            total = np.asarray(measure.step_lengths(raters.error_sd * error))
        if self.moved.arrival is not None:
            years = (self.moved.arrival + (place.day - self.truth.timeline.places[0].day)) / DAYS_PER_YEAR
            drift = self._drift(raters.drift_per_year, raters.drift_sd)
            total = _sum(total, np.asarray(measure.step_lengths(drift * years)))
        return total

    def happened(self, at: int, days: dict[str, Floats]) -> Total:
        """Return what intercurrent events on some days add at a later visit."""
        total: Total = None
        day = self.truth.timeline.places[self.course.places[at]].day
        for name, event in self.truth.scenario.intercurrent_events.items():
            if self.name not in event.shift or name not in days:
                continue
            points = np.array([for_arm(event.shift[self.name], arm.id) for arm in self.truth.arms])
            since = day - days[name]
            grown = np.minimum(since / event.onset_days, 1.0) if event.onset_days > 0 else 1.0
            with_it = np.where(since > 0, grown * points[self.cohort.received], 0.0)
            total = _sum(total, np.asarray(self.course.measure.step_lengths(with_it)))
        return total

    def _belief(self, place: int) -> Total:
        """Return what believing to be on active treatment, or on the control, adds."""
        expectancy, measure = self.truth.scenario.expectancy, self.course.measure
        if expectancy is None:
            return None
        total: Total = None
        if self.moved.active is not None and is_biased(self.truth, self.name):
            total = np.asarray(measure.step_lengths(self._bias) * self.moved.active[:, :, place])
        if self.moved.disappointed is not None and self.name in expectancy.disappointment:
            points = float(measure.step_lengths(expectancy.disappointment[self.name]))
            total = _sum(total, points * self.moved.disappointed[:, :, place])
        return total

    @cached_property
    def _bias(self) -> Floats | float:
        """Points that believing to be on active treatment adds, one for all or (replicates, participants)."""
        expectancy = self.truth.scenario.expectancy
        bias: Floats | float = expectancy.bias.get(self.name, 0.0) if expectancy is not None else 0.0
        spread = expectancy.bias_sd.get(self.name, 0.0) if expectancy is not None else 0.0
        if spread > 0:
            bias = bias + spread * self.streams.normal(f"bias/{self.name}", self.truth.participants)
        for name, has in (self.moved.traits or {}).items():
            points = self.truth.scenario.modifiers[name].bias.get(self.name, 0.0)
            bias = np.asarray(bias + points * has, dtype=np.float64) if points else bias
        return bias

    def _effect(self, at: int, place: int) -> Total:
        """Return what scaling the drug's effect, losing it or having a trait that weakens it adds."""
        factor: Total = self.moved.scale
        for name, has in (self.moved.traits or {}).items():
            own = self.truth.scenario.modifiers[name].effect.get(self.name)
            if own is not None:
                factor = np.where(has, own, 1.0) * (1.0 if factor is None else factor)
        relapse = self.truth.scenario.relapse
        lost = self._lost(place) if relapse is not None else None
        if factor is None and lost is None:
            return None
        crossed, received = self.cohort.crossed.astype(np.int64), self.cohort.received
        effect = self.course.effect[:, :, at][crossed, received]
        moved = effect * (1.0 if factor is None else factor)
        if relapse is None or lost is None:
            return np.asarray(moved - effect)
        whole = moved
        if relapse.loses == "change":
            undrugged = self.course.mean[:, :, at][crossed, received] - effect
            whole = moved + undrugged - self.course.start[0][received]
        return np.asarray(moved - effect - lost * whole)

    def _lost(self, place: int) -> Total:
        """Return the share of the effect that a relapse has taken; none after a later dose."""
        relapse, timeline = self.truth.scenario.relapse, self.truth.timeline
        if relapse is None or self.moved.relapse_day is None:
            return None
        lost = timeline.places[place].day > self.moved.relapse_day
        if timeline.open_dose is not None and place > timeline.open_dose:
            lost = lost & ~self.cohort.crossed
        return np.asarray((1 - relapse.keeps) * lost)

    def _traits(self) -> Total:
        total: Total = None
        for name, has in (self.moved.traits or {}).items():
            points = self.truth.scenario.modifiers[name].response.get(self.name)
            if points:
                total = _sum(total, float(self.course.measure.step_lengths(points)) * has)
        return total

    def _drift(self, mean: float, sd: float) -> Floats | float:
        if sd == 0:
            return mean
        count = int(self.cohort.site.max()) + 1
        drawn = self.streams.normal(f"rater/{self.name}/drift", count)
        return np.asarray(mean + sd * np.take_along_axis(drawn, self.cohort.site, axis=1))


def is_biased(truth: Truth, score: str) -> bool:
    """Return whether believing to be on active treatment moves a score."""
    expectancy = truth.scenario.expectancy
    if expectancy is None:
        return False
    own = expectancy.bias.get(score, 0.0) != 0 or expectancy.bias_sd.get(score, 0.0) > 0
    return own or any(one.bias.get(score, 0.0) != 0 for one in truth.scenario.modifiers.values())


def relapse_day(truth: Truth, streams: Streams, *, received: Whole) -> Floats:
    """Return (replicates, participants) the day of relapsing: exponential from the first possible day on."""
    relapse = truth.scenario.relapse
    if relapse is None:
        return np.full(received.shape, np.inf)
    monthly = np.array([for_arm(relapse.per_28_days, arm.id) for arm in truth.arms])
    with np.errstate(divide="ignore"):
        rate = -np.log1p(-monthly) / HAZARD_DAYS
        waited = -np.log(streams.uniform("relapse", truth.participants)) / rate[received]
    return np.asarray(relapse.from_day + waited)


def event_days(
    truth: Truth,
    streams: Streams,
    *,
    arm: Whole,
    above: Callable[[str, int], Floats],
) -> dict[str, Floats]:
    """Return the day of each intercurrent event, as if nobody left; NaN where it does not happen.

    above  (score, day) to the points by which the last visit up to that day lies above the mean
    """
    found = {}
    for name, event in truth.scenario.intercurrent_events.items():
        chance = np.array([for_arm(event.probability, one.id) for one in truth.arms])[arm]
        if event.score is not None and event.odds_ratio_per_point != 1:
            points = above(event.score, event.from_day)
            with np.errstate(divide="ignore"):
                chance = expit(logit(chance) + np.log(event.odds_ratio_per_point) * points)
        happens = streams.uniform(f"event/{name}", truth.participants) < chance
        found[name] = np.where(happens, _day(event, streams, name, truth.participants), np.nan)
    return found


def _day(event: SimulatedIntercurrentEvent, streams: Streams, name: str, participants: int) -> Floats:
    span = event.to_day - event.from_day + 1
    return np.asarray(event.from_day + np.floor(streams.uniform(f"event/{name}/day", participants) * span))


def _sum(total: Total, more: NDArray[np.floating[Any]] | None) -> Total:
    """Return the sum of what is there; None where nothing is."""
    if total is None or more is None:
        return total if more is None else np.asarray(more, dtype=np.float64)
    return np.asarray(total + more, dtype=np.float64)
