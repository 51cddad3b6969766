"""Scores drawn: latent normals of every visit, shared between scores, sites and facilitators.

Holds the draw of every score at every visit as if everybody stayed and filled every form, in arrays of
replicates x participants x visits, before rounding. Refuses to move them by belief, events or raters (that is
`influence`) and to decide what is then recorded (that is `departure`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from equipoise.design.course import Course
from equipoise.design.streams import Streams
from equipoise.design.timeline import Timeline

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

FARTHEST = 40.0
"""Standard deviations beyond which a normal number is cut, so that a bound nobody can reach stays finite."""
SHARED = "shared"


@dataclass(frozen=True)
class Cohort:
    """What decides a participant's scores, each (replicates, participants).

    received     position of the arm whose treatment was given
    crossed      whether the dose offered later was taken
    site         position of the site
    facilitator  position of the facilitator among all sites' facilitators; None where nobody asks
    """

    received: Whole
    crossed: Flags
    site: Whole
    facilitator: Whole | None = None


@dataclass(frozen=True)
class Innovations:
    """Standard normal numbers behind the scores, correlated between scores and independent between visits.

    between   correlation of different scores at one visit
    """

    streams: Streams
    timeline: Timeline
    between: float

    def draw(self, course: Course, place: int, *, participants: int) -> Floats:
        """Return (replicates, participants) numbers of a score at a position of the timeline.

        The shared part stands for severity: it raises scores where higher is worse and lowers the others.
        """
        key = self.timeline.places[place].key
        own = self.streams.normal(f"outcome/{course.measure.name}/{key}", participants)
        if self.between == 0:
            return own
        shared = self.streams.normal(f"outcome/{SHARED}/{key}", participants)
        common = np.sqrt(self.between) if course.measure.worse else -np.sqrt(self.between)
        return np.asarray(common * shared + np.sqrt(1 - self.between) * own)


def draw_latent(
    course: Course,
    cohort: Cohort,
    *,
    innovations: Innovations,
    bounds: dict[int, tuple[float, float]],
) -> Floats:
    """Return (replicates, participants, V) latent steps of a score, at the V visits at which it is asked.

    bounds  position in the course to the least and greatest steps that eligibility allows there
    """
    replicates, participants = cohort.received.shape
    steps = np.empty((replicates, participants, len(course.places)))
    timeline = innovations.timeline
    first = innovations.draw(course, timeline.baseline, participants=participants)
    later = (innovations.draw(course, place, participants=participants) for place in course.grid)
    normal = [first, *later]
    site, facilitator = _clusters(course, cohort, innovations.streams)
    start = _joined(first if site is None else course.factor[:, 0, 0][cohort.received] * first, site)
    for at, row in zip(course.later, course.rows, strict=True):
        # Summed in a fixed order: a matrix product would sum as the machine likes.
        latent = course.factor[:, row, 0][cohort.received] * normal[0]
        for column in range(1, row + 1):
            latent = latent + course.factor[:, row, column][cohort.received] * normal[column]
        steps[:, :, at] = _scaled(
            course, at, latent=_joined(_joined(latent, site), facilitator), cohort=cohort
        )
    for at in range(len(course.places)):
        if at == course.baseline:
            mean, sd = course.start
            steps[:, :, at] = mean[cohort.received] + sd[cohort.received] * start
        elif at not in course.later:
            own = innovations.draw(course, course.places[at], participants=participants)
            steps[:, :, at] = _before(course, at, normal=(start, own), cohort=cohort, bounds=bounds.get(at))
    return steps


def recorded(course: Course, latent: Floats, *, at: int, bounds: dict[int, tuple[float, float]]) -> Floats:
    """Return a visit's latent steps as they are recorded: whole, in range, as eligibility allows."""
    steps = course.measure.lattice.record(latent)
    return np.clip(steps, *bounds[at]) if at in bounds else steps


def _clusters(course: Course, cohort: Cohort, streams: Streams) -> tuple[Floats | None, Floats | None]:
    """Return what site and facilitator add to each participant's latent normal; None for nothing."""
    name = course.measure.name
    site = facilitator = None
    if course.site > 0:
        drawn = streams.normal(f"cluster/site/{name}", int(cohort.site.max()) + 1)
        site = np.sqrt(course.site) * np.take_along_axis(drawn, cohort.site, axis=1)
    if cohort.facilitator is not None and np.any(course.facilitator > 0):
        drawn = streams.normal(f"cluster/facilitator/{name}", int(cohort.facilitator.max()) + 1)
        share = np.sqrt(course.facilitator)[cohort.received]
        facilitator = share * np.take_along_axis(drawn, cohort.facilitator, axis=1)
    return site, facilitator


def _joined(latent: Floats, cluster: Floats | None) -> Floats:
    return latent if cluster is None else latent + cluster


def _scaled(course: Course, at: int, *, latent: Floats, cohort: Cohort) -> Floats:
    crossed = cohort.crossed.astype(np.int64)
    mean, sd = (cells[:, :, at][crossed, cohort.received] for cells in (course.mean, course.sd))
    return np.asarray(mean + sd * latent)


def _before(
    course: Course,
    at: int,
    *,
    normal: tuple[Floats, Floats],
    cohort: Cohort,
    bounds: tuple[float, float] | None,
) -> Floats:
    """Return a visit before the first dose: tied to baseline, and within what eligibility allows.

    normal  the baseline's number, clusters included, and the visit's own
    """
    tie, (first, own) = float(course.ties[at]), normal
    lattice = course.measure.lattice
    rest = np.sqrt(1 - tie**2)
    if bounds is None or rest == 0:
        return _scaled(course, at, latent=tie * first + rest * own, cohort=cohort)
    low, high = (np.maximum(bounds[0], lattice.low), np.minimum(bounds[1], lattice.high))
    mean, sd = (cells[0, :, at][cohort.received] for cells in (course.mean, course.sd))
    ends = [
        -np.inf if low == lattice.low else ((low - 0.5 - mean) / sd - tie * first) / rest,
        np.inf if high == lattice.high else ((high + 0.5 - mean) / sd - tie * first) / rest,
    ]
    below, upto = ndtr(ends[0]), ndtr(ends[1])
    within = np.clip(ndtri(below + ndtr(own) * (upto - below)), -FARTHEST, FARTHEST)
    return np.asarray(mean + sd * (tie * first + rest * within))
