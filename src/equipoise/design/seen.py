"""`Seen`: many trials as they stand on some day, each on its own: what a look before the end can analyze.

Holds what is known by then, nothing else. Refuses to say on which day a look takes place.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.trials import Calendar, Happened, Waves
from equipoise.design.rehearsed import Rehearsed
from equipoise.protocol import Resolved
from equipoise.protocol.estimators import ESTIMATORS
from equipoise.protocol.plan import Estimand, IntercurrentEvent

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

NOBODY = -1
"""Stands in the place of an arm for whoever is not part of a look."""


@dataclass(frozen=True)
class Seen:
    """R replicates as they stand on a day.

    whole     the same replicates to their end
    estimand  what is looked at: those count whose visit for it is held or overdue; where the estimator uses
              every visit, those randomized
    by        (R,) the day, in days since 1970-01-01; infinite for the end
    """

    whole: Rehearsed
    estimand: Estimand
    by: Floats

    @property
    def resolved(self) -> Resolved:
        """The protocol they follow."""
        return self.whole.resolved

    @cached_property
    def member(self) -> Flags:
        """Return (R, n) who is part of the look."""
        row = ESTIMATORS[self.estimand.estimator.name]
        randomized = self.calendar.randomized <= self.by[:, None]
        return np.asarray(randomized if row.repeated else randomized & self.due)

    @cached_property
    def due(self) -> Flags:
        """Return (R, n) whose visit for the estimand is held by the day, or should have been."""
        visit = self.estimand.variable.visit
        held = self.calendar.visit(visit)
        plan = self.resolved.protocol.visit(visit)
        start = self.calendar.anchor(plan.anchor) if plan.anchor is not None else np.full(held.shape, np.nan)
        start = np.where(np.isnan(start), self.whole.calendar.origin, start)
        latest = (plan.day or 0) + (plan.window_days[1] if plan.window_days else 0)
        return np.asarray(np.where(np.isnan(held), start + latest, held) <= self.by[:, None])

    @cached_property
    def arm(self) -> Whole:
        """Positions of the arms drawn; nobody's for those who are not part of the look."""
        return np.where(self.member, self.whole.arm, NOBODY)

    @property
    def received(self) -> Whole:
        """Positions of the arms whose treatment was given."""
        return self.whole.received

    @cached_property
    def treated(self) -> Flags:
        """Who took a dose and is part of the look."""
        return np.asarray(self.whole.treated & self.member)

    @property
    def calendar(self) -> Calendar:
        """When visits were held, those after the day as well."""
        return self.whole.calendar

    def waves(self, score: str) -> Waves | None:
        """Return a score over its visits, as far as they were held by the day."""
        found = self.whole.waves(score)
        if found is None:
            return None
        dates = np.stack([self.calendar.visit(visit) for visit in found.visits], axis=2)
        return Waves(found.visits, np.where(dates <= self.by[:, None, None], found.values, np.nan))

    def item(self, name: str, visit: str) -> NDArray[Any] | None:
        """Return answers known before randomization."""
        return self.whole.item(name, visit)

    def factor(self, stratum: str) -> tuple[tuple[str, ...], Whole] | None:
        """Return a stratification factor's levels and each participant's position in them."""
        return self.whole.factor(stratum)

    def happened(self, event: IntercurrentEvent) -> Happened | None:
        """Return when an event first happened, where that was by the day."""
        found = self.whole.happened(event)
        if found is None:
            return None
        known = found.date <= self.by[:, None]
        return Happened(np.where(known, found.date, np.nan), np.where(known, found.day, np.nan))
