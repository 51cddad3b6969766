"""One truth and its streams: what is drawn, in the order in which one thing hangs on another.

Holds the steps of a draw, each by a name. Refuses to assemble them: `batch` does for trials, `true_value` for
populations.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design import accrual, influence
from equipoise.design.belief import DO_NOT_KNOW, Beliefs, beliefs, is_active
from equipoise.design.course import Course
from equipoise.design.departure import Followed, filled_at, leave
from equipoise.design.influence import Influences, Moved
from equipoise.design.outcome import Cohort, Innovations, draw_latent, recorded
from equipoise.design.streams import Streams
from equipoise.design.truth import Truth
from equipoise.protocol.part import for_arm

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Drawing:
    """A truth and its streams. Arrays are (replicates, participants) unless said otherwise.

    silent  True where belief moves no score: what the drug does by itself
    scale   (replicates,) factor on every drug effect; None for 1
    arrived days from the first enrollment to each first visit, where they are known; drawn when left out
    """

    truth: Truth
    streams: Streams
    silent: bool = False
    scale: Floats | None = None
    arrived: Floats | None = None

    def uniform(self, purpose: str) -> Floats:
        """Return a uniform number for each participant."""
        return self.streams.uniform(purpose, self.truth.participants)

    def by_arm(self, values: float | dict[str, float]) -> Floats:
        """Return (A,) a number of each arm."""
        return np.array([for_arm(values, arm.id) for arm in self.truth.arms])

    @cached_property
    def arrival(self) -> Floats:
        """Days from the first enrollment to each participant's first visit."""
        return accrual.arrivals(self.truth, self.streams) if self.arrived is None else self.arrived

    @cached_property
    def site(self) -> Whole:
        """Positions of sites."""
        late = self.truth.scenario.accrual.opening_days is not None
        return accrual.sites(self.truth, self.streams, arrival=self.arrival if late else None)

    @cached_property
    def facilitator(self) -> Whole | None:
        """Positions of facilitators, those of the first site first; None where the scenario has none."""
        count = self.truth.scenario.facilitators
        if count is None:
            return None
        return np.asarray(self.site * count + (self.uniform("facilitator") * count).astype(np.int64))

    def received(self, arm: Whole) -> Whole:
        """Return the arm of the kit given: the one drawn, or by a dispensing error the next one."""
        if self.truth.scenario.dispensing_error == 0:
            return arm
        wrong = self.uniform("dispensing_error") < self.truth.scenario.dispensing_error
        return np.where(wrong, (arm + 1) % len(self.truth.arms), arm)

    def willing(self, arm: Whole) -> Flags:
        """Return who takes the dose offered later if still there then."""
        crossover, open_dose = self.truth.scenario.crossover, self.truth.timeline.open_dose
        if crossover is None or open_dose is None:
            return np.zeros(arm.shape, dtype=bool)
        offered = np.isin(np.arange(len(self.truth.arms)), self.truth.timeline.places[open_dose].arms)
        return self.uniform("crossover") < np.where(offered, self.by_arm(crossover.uptake), 0.0)[arm]

    @cached_property
    def traits(self) -> dict[str, Flags]:
        """Modifier to who has the characteristic it speaks of."""
        found = {}
        for name, modifier in self.truth.scenario.modifiers.items():
            item, _, visit = modifier.item.partition("@")
            values = self.truth.people.values((item, visit or None), self.uniform)
            if modifier.at_least is not None:
                found[name] = values.astype(np.float64) >= modifier.at_least
            else:
                found[name] = np.logical_or.reduce([self._is(values, code) for code in modifier.codes])
        return found

    @staticmethod
    def _is(values: NDArray[Any], code: str) -> Flags:
        """Return which values are a code; a rating scale's codes are numbers."""
        return np.asarray(values == (code if values.dtype == object else float(code)))

    def beliefs(self, received: Whole) -> Beliefs | None:
        """Return what participants believe; None where the scenario says nothing of it."""
        expectancy = self.truth.scenario.expectancy
        if expectancy is None:
            return None
        leaning = [
            modifier.belief * self.traits[name]
            for name, modifier in self.truth.scenario.modifiers.items()
            if modifier.belief != 0
        ]
        lean = np.asarray(sum(leaning[1:], start=leaning[0])) if leaning else None
        return beliefs(expectancy, self.truth.arms, received=received, streams=self.streams, lean=lean)

    def active(self, cohort: Cohort, believed: Beliefs | None) -> Flags | None:
        """Return (R, n, places) who believes to be on active treatment: by guess until told, then rightly.

        None where that moves no score.
        """
        moves = any(influence.is_biased(self.truth, name) for name in self.truth.courses)
        if believed is None or self.silent or not moves:
            return None
        active = self._until_told(believed.active, is_active(self.truth.arms)[cohort.received])
        timeline = self.truth.timeline
        if timeline.open_dose is not None and self.truth.open_label:
            active[:, :, timeline.open_dose :] |= cohort.crossed[:, :, None]
        return active

    def disappointed(self, cohort: Cohort, believed: Beliefs | None) -> Flags | None:
        """Return (R, n, places) who believes to have had the control, from the first visit after the dose.

        None where that moves neither scores nor anybody to leave.
        """
        expectancy, dropout = self.truth.scenario.expectancy, self.truth.scenario.dropout
        leaving = dropout is not None and np.any(self.by_arm(dropout.disappointment) != 1)
        if believed is None or not (leaving or (expectancy and expectancy.disappointment)):
            return None
        by_guess = ~believed.active & (believed.guess != DO_NOT_KNOW)
        found = self._until_told(by_guess, ~is_active(self.truth.arms)[cohort.received])
        timeline = self.truth.timeline
        if timeline.open_dose is not None and self.truth.open_label:
            found[:, :, timeline.open_dose :] &= ~cohort.crossed[:, :, None]
        found[:, :, : timeline.treated_from] = False
        return found

    def _until_told(self, guessed: Flags, true: Flags) -> Flags:
        places, unblinded = len(self.truth.timeline), self.truth.timeline.unblinded
        told = places if unblinded is None else unblinded + 1
        found = np.repeat(guessed[:, :, None], places, axis=2)
        found[:, :, told:] = true[:, :, None]
        return found

    def moved(self, cohort: Cohort, *, active: Flags | None, disappointed: Flags | None) -> Moved:
        """Return who is moved by what."""
        scenario = self.truth.scenario
        drifting = any(one.drift_per_year or one.drift_sd for one in scenario.raters.values())
        relapsing = scenario.relapse is not None
        return Moved(
            active=active,
            disappointed=None if self.silent else disappointed,
            traits=self.traits if scenario.modifiers else None,
            scale=None if self.scale is None else self.scale[:, None],
            relapse_day=(
                influence.relapse_day(self.truth, self.streams, received=cohort.received)
                if relapsing
                else None
            ),
            arrival=self.arrival if drifting else None,
        )

    def latent(self, course: Course, cohort: Cohort, *, moved: Moved) -> Floats:
        """Return (R, n, V) latent steps of a score, events and raters aside, as if everybody stayed."""
        innovations = Innovations(self.streams, self.truth.timeline, self.truth.scenario.between_outcomes)
        latent = draw_latent(course, cohort, innovations=innovations, bounds=self.truth.bounds(course))
        influences = Influences(self.truth, self.streams, course, cohort, moved)
        for at in range(len(course.places)):
            shift = influences.lasting(at)
            if shift is not None:
                latent[:, :, at] += shift
        return latent

    def event_days(self, arm: Whole, latent: dict[str, Floats]) -> dict[str, Floats]:
        """Return the day of each intercurrent event, as if nobody left; NaN where it does not happen."""

        def above(name: str, day: int) -> Floats:
            course = self.truth.courses[name]
            before = [
                at for at, place in enumerate(course.places) if self.truth.timeline.places[place].day <= day
            ]
            at = before[-1] if before else 0
            bounds = self.truth.bounds(course)
            points = course.measure.points(recorded(course, latent[name][:, :, at], at=at, bounds=bounds))
            return np.asarray(points - self.average(course)[at])

        return influence.event_days(self.truth, self.streams, arm=arm, above=above)

    def average(self, course: Course) -> Floats:
        """Return (V,) the mean of a score over all arms as stated."""
        return np.asarray((self.truth.weights[:, None] * course.expected[0]).sum(axis=0))

    def points(
        self, course: Course, cohort: Cohort, *, moved: Moved, latent: Floats, days: dict[str, Floats]
    ) -> Floats:
        """Return (R, n, V) recorded points of a score, as if everybody stayed and filled every form.

        days  intercurrent event to the day it happens
        """
        influences = Influences(self.truth, self.streams, course, cohort, moved)
        bounds = self.truth.bounds(course)
        steps = np.empty_like(latent)
        for at in range(len(course.places)):
            moving = latent[:, :, at]
            for shift in (influences.happened(at, days), influences.rated(at)):
                moving = moving if shift is None else moving + shift
            steps[:, :, at] = recorded(course, moving, at=at, bounds=bounds)
        return np.asarray(course.measure.points(steps))

    def present(self, arm: Whole, *, willing: Flags) -> Flags:
        """Return (R, n, places) which visits are held as long as the participant has not left."""
        timeline, attendance = self.truth.timeline, self.by_arm(self.truth.scenario.attendance)
        kinds = {session.id: session.kind for session in self.truth.resolved.protocol.sessions}
        present = np.ones((*arm.shape, len(timeline)), dtype=bool)
        present[:, :, self.truth.places :] = False
        for at, place in enumerate(timeline.places[: self.truth.places]):
            if len(place.arms) < len(self.truth.arms):
                present[:, :, at] &= np.isin(arm, place.arms)
            if place.open:
                present[:, :, at] &= willing
            may_miss = kinds.get(place.visit.session or "") in {"preparation", "integration"}
            if may_miss and at > timeline.randomized and np.any(attendance < 1):
                present[:, :, at] &= self.uniform(f"attendance/{place.key}") < attendance[arm]
        return present

    def filled(self, course: Course, present: Flags) -> Flags:
        """Return (R, n, V) at which visits a score is recorded unless the participant has left."""
        filled = present[:, :, list(course.places)].copy()
        for at, place in enumerate(course.places):
            filled[:, :, at] &= filled_at(self.truth, course.measure.form, place=place, streams=self.streams)
        return filled

    def left(
        self,
        received: Whole,
        *,
        points: dict[str, Floats],
        filled: dict[str, Flags],
        disappointed: Flags | None,
    ) -> Whole:
        """Return the position of the first visit not held for having left."""
        dropout = self.truth.scenario.dropout
        if dropout is None:
            return np.full(received.shape, len(self.truth.timeline), dtype=np.int64)
        followed, name = None, self.truth.followed
        if name is not None:
            course = self.truth.courses[name]
            followed = Followed(course, points[name] - self.average(course), filled[name])
        moved = disappointed if np.any(self.by_arm(dropout.disappointment) != 1) else None
        return leave(self.truth, received, streams=self.streams, followed=followed, disappointed=moved)

    def until_leaving(self, days: dict[str, Floats], *, left: Whole) -> dict[str, Floats]:
        """Return the days of events that happen while the participant is still there; NaN for the others."""
        planned = np.array([place.day for place in self.truth.timeline.places] + [np.inf])
        gone = planned[left]
        return {name: np.where(day < gone, day, np.nan) for name, day in days.items()}
