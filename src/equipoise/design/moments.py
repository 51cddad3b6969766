"""What a scenario states of one score in closed form: means, covariances and who stays, by arm.

Holds the normal law that formulas for power rest on, read off the scenario and never simulated. Refuses what
has no closed form; `left_out` says what that is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from equipoise.design.belief import THRESHOLD, shifts
from equipoise.design.course import CORRELATION_DAYS, PLANNED, Course
from equipoise.design.departure import leaving_chance
from equipoise.design.truth import Truth
from equipoise.protocol.part import for_arm
from equipoise.protocol.scenarios import Outcome, Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """One arm's score at baseline, then at some visits, in points.

    mean       (1 + m,)
    covariance (1 + m, 1 + m)
    retention  (m,) share that stays and fills the form at each visit
    """

    mean: Floats
    covariance: Floats
    retention: Floats


def law_of(truth: Truth, score: str, visits: tuple[str, ...], *, arm: str) -> Law:
    """Return an arm's law of a score at baseline and some visits after it, in order of time.

    Raises  ValueError when the scenario does not say
    """
    course = truth.courses.get(score)
    if course is None or course.baseline is None:
        raise ValueError(f"the scenario {truth.scenario.id} states no course of {score} from baseline on")
    outcome = _outcome(truth, score)
    ids = [one.id for one in truth.arms]
    place, ats = ids.index(arm), [_at(truth, course, visit) for visit in visits]
    days = np.array([truth.timeline.places[course.places[at]].day for at in ats], dtype=np.float64)
    every = [course.baseline, *ats]
    mean = course.expected[PLANNED, place, every].copy()
    spread = course.spread[PLANNED, place, every]
    between = for_arm(outcome.correlation.visits, arm) ** (np.abs(days[:, None] - days) / CORRELATION_DAYS)
    correlation = np.ones((len(every), len(every)))
    correlation[0, 1:] = correlation[1:, 0] = for_arm(outcome.correlation.baseline, arm)
    correlation[1:, 1:] = between
    covariance = correlation * spread[:, None] * spread
    rater = truth.scenario.raters.get(score)
    if rater is not None:
        covariance = covariance + rater.error_sd**2 * np.eye(len(every))
    shift, spread_of_shift = _belief(truth, score, place)
    biased = np.array([0.0, *(float(_is_biased(truth, course, at)) for at in ats)])
    stays = np.array([_stays(truth, course, at)[place] for at in ats])
    return Law(mean + shift * biased, covariance + spread_of_shift * np.outer(biased, biased), stays)


def left_out(truth: Truth, score: str) -> Iterator[str]:
    """Yield what the scenario has and the normal law leaves out."""
    scenario, course = truth.scenario, truth.courses[score]
    yield "rounding of scores and the ends of the scale"
    dropout = scenario.dropout
    if dropout is not None and dropout.mechanism != "mcar" and dropout.odds_ratio_per_point != 1:
        yield "that leaving depends on the score"
    if dropout is not None and dropout.disappointment != 1:
        yield "that disappointment makes participants leave"
    if course.site > 0 or np.any(course.facilitator > 0):
        yield "that participants of one site or facilitator are alike"
    yield from _further(scenario, score)


def _further(scenario: Scenario, score: str) -> Iterator[str]:
    expectancy = scenario.expectancy
    if expectancy is not None and expectancy.disappointment.get(score):
        yield "what believing to have had the control does to the score"
    if scenario.modifiers:
        yield "that participants differ in what the drug does to them"
    if scenario.relapse is not None:
        yield "relapse"
    rater = scenario.raters.get(score)
    if rater is not None and (rater.drift_per_year or rater.drift_sd):
        yield "drift of the raters"
    if scenario.intercurrent_events:
        yield "intercurrent events"
    if scenario.dispensing_error > 0:
        yield "errors of dispensing"


def _outcome(truth: Truth, score: str) -> Outcome:
    for name, outcome in truth.scenario.outcomes.items():
        if ".".join(truth.resolved.locate(name)) == score:
            return outcome
    raise ValueError(f"the scenario {truth.scenario.id} states no course of {score}")


def _at(truth: Truth, course: Course, visit: str) -> int:
    place = truth.timeline.of_visit(visit)
    if place is None or place not in course.places or course.places.index(place) not in course.later:
        raise ValueError(f"{visit} is no scheduled visit after the first dose with {course.measure.name}")
    return course.places.index(place)


def _is_biased(truth: Truth, course: Course, at: int) -> bool:
    told = truth.timeline.unblinded
    return told is None or course.places[at] <= told


def _belief(truth: Truth, score: str, place: int) -> tuple[float, float]:
    """Return mean and variance of what believing to be on active treatment adds in an arm."""
    expectancy = truth.scenario.expectancy
    if expectancy is None:
        return 0.0, 0.0
    bias, spread = expectancy.bias.get(score, 0.0), expectancy.bias_sd.get(score, 0.0)
    mean, sd = shifts(expectancy, truth.arms)
    width = np.hypot(expectancy.belief_sd, sd[place])
    share = float(ndtr((expectancy.belief_mean + mean[place] - THRESHOLD) / width))
    share *= 1 - expectancy.do_not_know
    return bias * share, share * (bias**2 + spread**2) - (bias * share) ** 2


def _stays(truth: Truth, course: Course, at: int) -> Floats:
    """Return each arm's share (A,) that stays until a visit and fills the form there."""
    filled = 1 - truth.scenario.missed_forms
    if truth.scenario.dropout is None:
        return np.full(len(truth.arms), filled)
    places = truth.timeline.places
    span = places[truth.timeline.randomized].day, places[course.places[at]].day
    return np.asarray(filled * (1 - leaving_chance(truth.scenario.dropout, truth.arms, span=span)))
