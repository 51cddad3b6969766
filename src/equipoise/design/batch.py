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


def draw(truth: Truth, replicates: Sequence[int], *, seed: int, arms: Whole | None = None) -> Batch:
    """Draw replicates of a scenario.

    replicates  which, each 0 or more; the same numbers come whether a replicate is drawn alone or with others
    seed        of all draws
    arms        (R, n) positions of arms already drawn; drawn from a list where left out
    """
    streams = Streams(seed, truth.scenario.id, tuple(replicates))
    n = truth.participants
    sites = (streams.uniform("site", n) * len(truth.assignment.sites)).astype(np.int64)
    strata = truth.assignment.strata(truth.people, streams, sites)
    arm = truth.assignment.draw_arms(streams, strata) if arms is None else arms
    received = _received(truth, arm, streams)
    believed = None
    if truth.scenario.expectancy is not None:
        believed = beliefs(truth.scenario.expectancy, truth.arms, received=received, streams=streams)
    willing = _willing(truth, arm, streams)
    cohort = Cohort(received, willing, _believing(truth, received, willing, believed))
    points = {name: _points(truth, course, cohort, streams) for name, course in truth.courses.items()}
    present = _present(truth, arm, willing, streams)
    filled = {name: _filled(truth, course, present, streams) for name, course in truth.courses.items()}
    left = _left(truth, received, streams, points=points, filled=filled)
    held = present & (np.arange(len(truth.timeline)) < left[:, :, None])
    crossed = willing if truth.timeline.open_dose is None else held[:, :, truth.timeline.open_dose]
    return Batch(
        truth=truth,
        streams=streams,
        replicates=tuple(replicates),
        arm=arm,
        received=received,
        stratum=strata,
        site=sites,
        beliefs=believed,
        left=left,
        held=held,
        crossed=crossed,
        scores={
            name: Scored(
                visits=tuple(truth.timeline.places[place].visit.id for place in course.places),
                values=points[name],
                recorded=filled[name] & held[:, :, list(course.places)],
            )
            for name, course in truth.courses.items()
        },
        events=_events(truth, arm, left, streams),
    )


def _received(truth: Truth, arm: Whole, streams: Streams) -> Whole:
    """Return the arm of the kit given: the one drawn, or by a dispensing error the next one."""
    if truth.scenario.dispensing_error == 0:
        return arm
    wrong = streams.uniform("dispensing_error", arm.shape[1]) < truth.scenario.dispensing_error
    return np.where(wrong, (arm + 1) % len(truth.arms), arm)


def _willing(truth: Truth, arm: Whole, streams: Streams) -> Flags:
    """Return who takes the dose offered later if still there then."""
    crossover, open_dose = truth.scenario.crossover, truth.timeline.open_dose
    if crossover is None or open_dose is None:
        return np.zeros(arm.shape, dtype=bool)
    offered = truth.timeline.places[open_dose].arms
    uptake = np.array(
        [for_arm(crossover.uptake, one.id) if at in offered else 0.0 for at, one in enumerate(truth.arms)]
    )
    return streams.uniform("crossover", arm.shape[1]) < uptake[arm]


def _believing(truth: Truth, received: Whole, crossed: Flags, believed: Beliefs | None) -> Flags:
    """Return (R, n, places) who believes to be on active treatment: by guess, and once told, by knowledge."""
    places = len(truth.timeline)
    if believed is None:
        return np.zeros((*received.shape, places), dtype=bool)
    told = places if truth.timeline.unblinded is None else truth.timeline.unblinded + 1
    active = np.repeat(believed.active[:, :, None], places, axis=2)
    active[:, :, told:] = is_active(truth.arms)[received][:, :, None]
    if truth.timeline.open_dose is not None and truth.open_label:
        active[:, :, truth.timeline.open_dose :] |= crossed[:, :, None]
    return active


def _points(truth: Truth, course: Course, cohort: Cohort, streams: Streams) -> Floats:
    innovations = Innovations(streams, truth.timeline, truth.scenario.between_outcomes)
    bias = _bias(truth, course.measure.name, streams)
    steps = draw_scores(course, cohort, innovations, bias=bias, bounds=truth.bounds(course))
    return course.measure.points(steps)


def _bias(truth: Truth, score: str, streams: Streams) -> Floats:
    """Return (R, n) points that believing to be on active treatment adds to a score."""
    expectancy = truth.scenario.expectancy
    bias = np.zeros((len(streams.replicates), truth.participants))
    if expectancy is None:
        return bias
    bias += expectancy.bias.get(score, 0.0)
    spread = expectancy.bias_sd.get(score, 0.0)
    return bias + spread * streams.normal(f"bias/{score}", truth.participants) if spread > 0 else bias


def _present(truth: Truth, arm: Whole, willing: Flags, streams: Streams) -> Flags:
    """Return (R, n, places) which visits are held as long as the participant has not left."""
    scenario, timeline = truth.scenario, truth.timeline
    kinds = {session.id: session.kind for session in truth.resolved.protocol.sessions}
    attendance = np.array([for_arm(scenario.attendance, one.id) for one in truth.arms])
    present = np.ones((*arm.shape, len(timeline)), dtype=bool)
    for at, place in enumerate(timeline.places):
        present[:, :, at] &= np.isin(arm, place.arms)
        if place.open:
            present[:, :, at] &= willing
        may_miss = kinds.get(place.visit.session or "") in {"preparation", "integration"}
        if may_miss and at > timeline.randomized and np.any(attendance < 1):
            uniform = streams.uniform(f"attendance/{place.key}", arm.shape[1])
            present[:, :, at] &= uniform < attendance[arm]
    return present


def _filled(truth: Truth, course: Course, present: Flags, streams: Streams) -> Flags:
    filled = present[:, :, list(course.places)].copy()
    for at, place in enumerate(course.places):
        filled[:, :, at] &= filled_at(
            truth.scenario, truth.timeline, course.measure.form, place, streams, present.shape[1]
        )
    return filled


def _left(
    truth: Truth,
    received: Whole,
    streams: Streams,
    *,
    points: dict[str, Floats],
    filled: dict[str, Flags],
) -> Whole:
    dropout = truth.scenario.dropout
    if dropout is None:
        return np.full(received.shape, len(truth.timeline), dtype=np.int64)
    followed, name = None, truth.followed
    if name is not None:
        average = (truth.weights[:, None] * truth.courses[name].expected[0]).sum(axis=0)
        followed = Followed(truth.courses[name], points[name] - average, filled[name])
    return leave(dropout, truth.timeline, truth.arms, received=received, streams=streams, followed=followed)


def _events(truth: Truth, arm: Whole, left: Whole, streams: Streams) -> dict[str, Floats]:
    """Return the day of each intercurrent event that happens while the participant is still there."""
    days = np.array([place.day for place in truth.timeline.places] + [np.inf])
    gone = days[left]
    found = {}
    for name, event in truth.scenario.intercurrent_events.items():
        chance = np.array([for_arm(event.probability, one.id) for one in truth.arms])
        happens = streams.uniform(f"event/{name}", arm.shape[1]) < chance[arm]
        span = event.to_day - event.from_day + 1
        day = event.from_day + np.floor(streams.uniform(f"event/{name}/day", arm.shape[1]) * span)
        found[name] = np.where(happens & (day < gone), day, np.nan)
    return found
