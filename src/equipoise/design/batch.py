"""Many replicates of a trial at once, as arrays: what an analysis needs and nothing that only a reader needs.

Holds the core of the simulation: arms, beliefs, scores, who left and what was recorded, each in arrays of
replicates x participants (x visits). Refuses to hold items, dates and reasons: `simulate` adds those, to the
very same draws, for one replicate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.design.belief import Beliefs, beliefs, is_active
from equipoise.design.course import Course
from equipoise.design.departure import Followed, filled_at, leave
from equipoise.design.outcome import Cohort, Innovations, draw_scores
from equipoise.design.streams import Streams
from equipoise.design.truth import Truth
from equipoise.protocol.part import for_arm

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Scored:
    """One score in R replicates of n participants.

    visits    (V,) visit ids at which it is asked, in order
    values    (R, n, V) points, as if everybody stayed and filled every form
    recorded  (R, n, V) whether it was in fact recorded
    """

    visits: tuple[str, ...]
    values: Floats
    recorded: Flags

    def observed(self) -> Floats:
        """Return (R, n, V) points with NaN where nothing was recorded."""
        return np.where(self.recorded, self.values, np.nan)


@dataclass(frozen=True)
class Batch:
    """R replicates of a trial of n participants; participants stand in order of randomization.

    replicates  (R,) which replicates
    arm         (R, n) position of the arm drawn, in the protocol's arms
    received    (R, n) position of the arm whose treatment was given
    stratum     (R, n) position in the strata of the allocation's plan
    site        (R, n) position in the sites
    beliefs     what participants believe; None in a scenario without expectancy
    left        (R, n) position of the first visit not held for having left; the number of visits for stayers
    held        (R, n, places) whether a visit was held
    crossed     (R, n) whether the dose offered after the planned ones was taken
    scores      score to its values
    events      intercurrent event to (R, n) planned day it happened, NaN where it did not
    """

    truth: Truth
    streams: Streams
    replicates: tuple[int, ...]
    arm: Whole
    received: Whole
    stratum: Whole
    site: Whole
    beliefs: Beliefs | None
    left: Whole
    held: Flags
    crossed: Flags
    scores: dict[str, Scored]
    events: dict[str, Floats]

    def filled(self, form: str, place: int) -> Flags:
        """Return (R, n) whether a form is filled at a visit that is held."""
        return filled_at(self.truth, form, place=place, streams=self.streams)


def draw(truth: Truth, replicates: Sequence[int], *, seed: int, arms: Whole | None = None) -> Batch:
    """Draw replicates of a scenario.

    replicates  which, each 0 or more; the same numbers come whether a replicate is drawn alone or with others
    seed        of all draws
    arms        (R, n) positions of arms already drawn; drawn from a list where left out
    """
    drawing = _Drawing(truth, Streams(seed, truth.scenario.id, tuple(replicates)))
    site = drawing.sites()
    stratum = truth.assignment.strata(truth.people, drawing.streams, sites=site)
    arm = truth.assignment.draw_arms(drawing.streams, stratum) if arms is None else arms
    received, willing = drawing.received(arm), drawing.willing(arm)
    believed = drawing.beliefs(received)
    cohort = Cohort(received, willing, drawing.believing(received, crossed=willing, believed=believed))
    points = {name: drawing.points(course, cohort) for name, course in truth.courses.items()}
    present = drawing.present(arm, willing=willing)
    filled = {name: drawing.filled(course, present) for name, course in truth.courses.items()}
    left = drawing.left(received, points=points, filled=filled)
    held = present & (np.arange(len(truth.timeline)) < left[:, :, None])
    open_dose = truth.timeline.open_dose
    return Batch(
        truth=truth,
        streams=drawing.streams,
        replicates=tuple(replicates),
        arm=arm,
        received=received,
        stratum=stratum,
        site=site,
        beliefs=believed,
        left=left,
        held=held,
        crossed=willing if open_dose is None else held[:, :, open_dose],
        scores={
            name: _scored(course, truth, points=points[name], recorded=filled[name], held=held)
            for name, course in truth.courses.items()
        },
        events=drawing.events(arm, left=left),
    )


def _scored(course: Course, truth: Truth, *, points: Floats, recorded: Flags, held: Flags) -> Scored:
    visits = tuple(truth.timeline.places[place].visit.id for place in course.places)
    return Scored(visits, points, recorded & held[:, :, list(course.places)])


@dataclass(frozen=True)
class _Drawing:
    """A truth and its streams. Arrays are (replicates, participants) unless said otherwise."""

    truth: Truth
    streams: Streams

    def uniform(self, purpose: str) -> Floats:
        return self.streams.uniform(purpose, self.truth.participants)

    def by_arm(self, values: float | dict[str, float]) -> Floats:
        """Return (A,) a number of each arm."""
        return np.array([for_arm(values, arm.id) for arm in self.truth.arms])

    def sites(self) -> Whole:
        """Return positions of sites, each equally likely."""
        return (self.uniform("site") * len(self.truth.assignment.sites)).astype(np.int64)

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

    def beliefs(self, received: Whole) -> Beliefs | None:
        """Return what participants believe; None where the scenario says nothing of it."""
        expectancy = self.truth.scenario.expectancy
        if expectancy is None:
            return None
        return beliefs(expectancy, self.truth.arms, received=received, streams=self.streams)

    def believing(self, received: Whole, *, crossed: Flags, believed: Beliefs | None) -> Flags:
        """Return (R, n, places) who believes to be on active treatment: by guess until told, then rightly."""
        timeline = self.truth.timeline
        if believed is None:
            return np.zeros((*received.shape, len(timeline)), dtype=bool)
        told = len(timeline) if timeline.unblinded is None else timeline.unblinded + 1
        active = np.repeat(believed.active[:, :, None], len(timeline), axis=2)
        active[:, :, told:] = is_active(self.truth.arms)[received][:, :, None]
        if timeline.open_dose is not None and self.truth.open_label:
            active[:, :, timeline.open_dose :] |= crossed[:, :, None]
        return active

    def points(self, course: Course, cohort: Cohort) -> Floats:
        """Return (R, n, V) points of a score, as if everybody stayed and filled every form."""
        innovations = Innovations(self.streams, self.truth.timeline, self.truth.scenario.between_outcomes)
        bias, bounds = self.bias(course.measure.name), self.truth.bounds(course)
        return course.measure.points(
            draw_scores(course, cohort, innovations=innovations, bias=bias, bounds=bounds)
        )

    def bias(self, score: str) -> Floats:
        """Return points that believing to be on active treatment adds to a score."""
        expectancy = self.truth.scenario.expectancy
        bias = np.zeros((len(self.streams.replicates), self.truth.participants))
        if expectancy is None:
            return bias
        bias += expectancy.bias.get(score, 0.0)
        spread = expectancy.bias_sd.get(score, 0.0)
        if spread > 0:
            bias += spread * self.streams.normal(f"bias/{score}", self.truth.participants)
        return bias

    def present(self, arm: Whole, *, willing: Flags) -> Flags:
        """Return (R, n, places) which visits are held as long as the participant has not left."""
        timeline, attendance = self.truth.timeline, self.by_arm(self.truth.scenario.attendance)
        kinds = {session.id: session.kind for session in self.truth.resolved.protocol.sessions}
        present = np.ones((*arm.shape, len(timeline)), dtype=bool)
        for at, place in enumerate(timeline.places):
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

    def left(self, received: Whole, *, points: dict[str, Floats], filled: dict[str, Flags]) -> Whole:
        """Return the position of the first visit not held for having left."""
        if self.truth.scenario.dropout is None:
            return np.full(received.shape, len(self.truth.timeline), dtype=np.int64)
        followed, name = None, self.truth.followed
        if name is not None:
            course = self.truth.courses[name]
            average = (self.truth.weights[:, None] * course.expected[0]).sum(axis=0)
            followed = Followed(course, points[name] - average, filled[name])
        return leave(self.truth, received, streams=self.streams, followed=followed)

    def events(self, arm: Whole, *, left: Whole) -> dict[str, Floats]:
        """Return the day of each intercurrent event that happens while the participant is still there."""
        days = np.array([place.day for place in self.truth.timeline.places] + [np.inf])
        gone = days[left]
        found = {}
        for name, event in self.truth.scenario.intercurrent_events.items():
            happens = self.uniform(f"event/{name}") < self.by_arm(event.probability)[arm]
            span = event.to_day - event.from_day + 1
            day = event.from_day + np.floor(self.uniform(f"event/{name}/day") * span)
            found[name] = np.where(happens & (day < gone), day, np.nan)
        return found
