"""`Rehearsed`: a batch of replicates as the analysis sees trials, by the rules of the records they would
leave.

Holds the way from a draw to `analysis.trials`: what is recorded, who counts as treated, when things happened.
Dates are worked out for each replicate only where an estimand asks for them. Refuses to analyze.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.trials import Happened, Waves
from equipoise.design.batch import Batch
from equipoise.design.dates import NEVER, Dates, dates_of
from equipoise.design.disposition import COMPLETED, LEAVING, WITHDRAWN
from equipoise.design.streams import Streams
from equipoise.design.timeline import Timeline
from equipoise.protocol import Resolved
from equipoise.protocol.plan import IntercurrentEvent

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

STOPPED = "discontinued_treatment"
MEDICATIONS = "medications"


@dataclass(frozen=True)
class Rehearsed:
    """R replicates of n participants; arrays are (R, n) unless said otherwise."""

    batch: Batch

    @property
    def resolved(self) -> Resolved:
        """The protocol they follow."""
        return self.batch.truth.resolved

    @property
    def arm(self) -> Whole:
        """Positions of the arms drawn."""
        return self.batch.arm

    @property
    def received(self) -> Whole:
        """Positions of the arms whose treatment was given."""
        return self.batch.received

    @cached_property
    def treated(self) -> Flags:
        """Who took a dose, planned or offered later."""
        timeline = self.batch.truth.timeline
        doses = [*timeline.doses, *([timeline.open_dose] if timeline.open_dose is not None else [])]
        return np.asarray(self.batch.held[:, :, doses].any(axis=2))

    @cached_property
    def _courses(self) -> dict[str, Waves]:
        return {name: _waves(scored.visits, scored.observed()) for name, scored in self.batch.scores.items()}

    def waves(self, score: str) -> Waves | None:
        """Return a score over its visits; None where the scenario gives it no course."""
        return self._courses.get(score)

    def item(self, name: str, visit: str) -> NDArray[Any] | None:
        """Return answers known before randomization; None where nothing says what they are."""
        truth, streams = self.batch.truth, self.batch.streams
        place = truth.timeline.of_visit(visit)
        form, value = self.resolved.locate(name)
        asked = self.resolved.forms[form]
        if place is None or place > truth.timeline.randomized or value in asked.scores:
            return None
        demanded = (name, visit) in truth.people.demands.distributions
        if asked.instrument is not None or not (name in truth.scenario.characteristics or demanded):
            return None
        return truth.people.values(
            (name, visit), lambda purpose: streams.uniform(purpose, truth.participants)
        )

    def factor(self, stratum: str) -> tuple[tuple[str, ...], Whole] | None:
        """Return a stratification factor's levels and each participant's position in them."""
        found = self.batch.stratum
        strata = self.resolved.protocol.allocation.strata or ()
        for factor in reversed(strata):
            levels = tuple(factor.levels)
            if factor.id == stratum:
                return levels, np.asarray(found % len(levels))
            found = found // len(levels)
        return None

    @cached_property
    def calendar(self) -> "Calendar":
        """When visits were held."""
        return Calendar(self.batch, _dates(self.batch))

    def happened(self, event: IntercurrentEvent) -> Happened | None:
        """Return when an event first happened; None where answers decide it that arrays do not hold."""
        found = self.batch.events.get(event.id)
        nobody = np.full(self.arm.shape, np.nan)
        date = nobody if found is None else self.calendar.origin + found
        detect = event.detect
        if detect.visit is not None:
            date = np.fmin(date, self.calendar.visit(detect.visit))
        elif detect.disposition is not None:
            date = np.fmin(date, self.calendar.disposed(detect.disposition))
        elif found is None and detect.form is not None:
            known = self.resolved.protocol.form(detect.form).standard == MEDICATIONS
            if not known:
                return None
        return Happened(date, date - self.calendar.origin)


@dataclass(frozen=True)
class Calendar:
    """The dates of R replicates, in days since 1970-01-01.

    held_on  (R, n, places) dates of visits, NaN where not held
    origin   (R, n) date of the first dose, or of the day planned for it
    left     (R, n) date of leaving; meaningless for those who stay
    """

    batch: Batch
    dates: tuple[Dates, ...]

    @cached_property
    def held_on(self) -> Floats:
        """Dates (R, n, places) of visits, NaN where not held."""
        stacked = np.stack([dates.visit for dates in self.dates]).astype(np.float64)
        return np.where(self.batch.held, stacked, np.nan)

    @cached_property
    def origin(self) -> Floats:
        """Date of the first dose, or of the day planned for it."""
        return np.stack([dates.origin for dates in self.dates]).astype(np.float64)

    @property
    def randomized(self) -> Floats:
        """Dates of randomization."""
        place = self.batch.truth.timeline.randomized
        return np.stack([dates.visit[:, place] for dates in self.dates]).astype(np.float64)

    def visit(self, visit: str) -> Floats:
        """Return the dates of a visit, the last occurrence where it repeats; NaN where not held."""
        places = _places(self.batch.truth.timeline, visit)
        found = np.full(self.batch.arm.shape, np.nan)
        for place in places:
            found = np.where(self.batch.held[:, :, place], self.held_on[:, :, place], found)
        return found

    def anchor(self, anchor: str) -> Floats:
        """Return the dates of an anchor, NaN where it has not come."""
        definition = self.batch.truth.resolved.protocol.anchors.get(anchor)
        if definition is None:
            return np.full(self.batch.arm.shape, np.nan)
        if definition.visit is not None:
            return self.visit(definition.visit)
        if definition.event == "consent":
            return np.stack([dates.visit[:, 0] for dates in self.dates]).astype(np.float64)
        return self.randomized

    def disposed(self, disposition: str) -> Floats:
        """Return when participants ended as a disposition says, NaN for others."""
        truth, streams = self.batch.truth, self.batch.streams
        left = self.batch.left < len(truth.timeline)
        last = np.max(np.where(self.batch.held, np.nan_to_num(self.held_on), NEVER), axis=2)
        ended = np.where(left, np.stack([dates.left for dates in self.dates]), last)
        if disposition == STOPPED:
            doses = truth.timeline.doses
            stopped = ~self.batch.held[:, :, doses[0]] if doses else np.zeros(left.shape, dtype=bool)
        else:
            withdrew = streams.uniform("leave/how", truth.participants) < WITHDRAWN
            how = np.where(left, np.where(withdrew, LEAVING[0], LEAVING[1]), COMPLETED)
            stopped = how == disposition
        return np.where(stopped, ended, np.nan)


def _waves(visits: tuple[str, ...], values: Floats) -> Waves:
    """Return a score with each visit once: of repeated ones the last that was recorded."""
    names = tuple(dict.fromkeys(visits))
    if len(names) == len(visits):
        return Waves(visits, values)
    found = np.full((*values.shape[:2], len(names)), np.nan)
    for at, visit in enumerate(visits):
        column = names.index(visit)
        found[:, :, column] = np.where(np.isnan(values[:, :, at]), found[:, :, column], values[:, :, at])
    return Waves(names, found)


def _places(timeline: Timeline, visit: str) -> list[int]:
    return [at for at, place in enumerate(timeline.places) if place.visit.id == visit]


def _dates(batch: Batch) -> tuple[Dates, ...]:
    """Return the dates of every replicate, each drawn as a written-out trial draws them."""
    return tuple(dates_of(_alone(batch, row)) for row in range(len(batch.replicates)))


def _alone(batch: Batch, row: int) -> Batch:
    """Return one replicate with what dates depend on."""
    number = batch.replicates[row]
    part = slice(row, row + 1)
    return replace(
        batch,
        streams=Streams(batch.streams.seed, batch.streams.scenario, (number,)),
        replicates=(number,),
        arm=batch.arm[part],
        received=batch.received[part],
        stratum=batch.stratum[part],
        site=batch.site[part],
        left=batch.left[part],
        held=batch.held[part],
        crossed=batch.crossed[part],
    )
