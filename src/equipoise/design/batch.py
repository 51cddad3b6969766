"""Many replicates of a trial at once, as arrays: what an analysis needs and nothing that only a reader needs.

Holds the core of the simulation: arms, beliefs, scores, who left and what was recorded, each in arrays of
replicates x participants (x visits). Refuses to hold items, dates and reasons: `simulate` adds those, to the
very same draws, for one replicate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.design.accrual import arrivals, failures
from equipoise.design.belief import Beliefs
from equipoise.design.course import Course
from equipoise.design.departure import filled_at
from equipoise.design.drawing import Drawing
from equipoise.design.outcome import Cohort
from equipoise.design.streams import Streams
from equipoise.design.truth import Truth

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
    facilitator (R, n) position of the facilitator, those of the first site first; None where there are none
    beliefs     what participants believe; None in a scenario without expectancy
    left        (R, n) position of the first visit not held for having left; the number of visits for stayers
    held        (R, n, places) whether a visit was held
    crossed     (R, n) whether the dose offered after the planned ones was taken
                A truth cut short by `Truth.until` knows nothing of later visits: there nobody is held.
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
    facilitator: Whole | None
    beliefs: Beliefs | None
    left: Whole
    held: Flags
    crossed: Flags
    scores: dict[str, Scored]
    events: dict[str, Floats]

    @cached_property
    def arrival(self) -> Floats:
        """Days (R, n) from the first enrollment to each participant's first visit, rising."""
        return arrivals(self.truth, self.streams)

    @cached_property
    def screened(self) -> Whole:
        """How many (R, n) failed screening before each participant."""
        return failures(self.truth, self.streams)

    def filled(self, form: str, place: int) -> Flags:
        """Return (R, n) whether a form is filled at a visit that is held."""
        return filled_at(self.truth, form, place=place, streams=self.streams)


def draw(
    truth: Truth,
    replicates: Sequence[int],
    *,
    seed: int,
    arms: Whole | None = None,
    effect_scale: Floats | None = None,
) -> Batch:
    """Draw replicates of a scenario.

    replicates    which, each 0 or more; a replicate is the same whether drawn alone or with others
    seed          of all draws
    arms          (R, n) positions of arms already drawn; drawn from a list where left out
    effect_scale  (R,) factor on every latent drug effect of a replicate; as stated where left out
    """
    streams = Streams(seed, truth.stream, tuple(replicates))
    drawing = Drawing(truth, streams, scale=effect_scale)
    stratum = truth.assignment.strata(truth.people, streams, sites=drawing.site)
    arm = truth.assignment.draw_arms(streams, stratum) if arms is None else arms
    cohort = Cohort(drawing.received(arm), drawing.willing(arm), drawing.site, drawing.facilitator)
    believed = drawing.beliefs(cohort.received)
    disappointed = drawing.disappointed(cohort, believed)
    moved = drawing.moved(cohort, active=drawing.active(cohort, believed), disappointed=disappointed)
    latent = {name: drawing.latent(course, cohort, moved=moved) for name, course in truth.courses.items()}
    days = drawing.event_days(arm, latent)
    points = {
        name: drawing.points(course, cohort, moved=moved, latent=latent[name], days=days)
        for name, course in truth.courses.items()
    }
    present = drawing.present(arm, willing=cohort.crossed)
    filled = {name: drawing.filled(course, present) for name, course in truth.courses.items()}
    left = drawing.left(cohort.received, points=points, filled=filled, disappointed=disappointed)
    held = present & (np.arange(len(truth.timeline)) < left[:, :, None])
    open_dose = truth.timeline.open_dose
    return Batch(
        truth=truth,
        streams=streams,
        replicates=tuple(replicates),
        arm=arm,
        received=cohort.received,
        stratum=stratum,
        site=drawing.site,
        facilitator=drawing.facilitator,
        beliefs=believed,
        left=left,
        held=held,
        crossed=cohort.crossed if open_dose is None else held[:, :, open_dose],
        scores={
            name: _scored(course, truth, points=points[name], recorded=filled[name], held=held)
            for name, course in truth.courses.items()
        },
        events=drawing.until_leaving(days, left=left),
    )


def _scored(course: Course, truth: Truth, *, points: Floats, recorded: Flags, held: Flags) -> Scored:
    visits = tuple(truth.timeline.places[place].visit.id for place in course.places)
    return Scored(visits, points, recorded & held[:, :, list(course.places)])
