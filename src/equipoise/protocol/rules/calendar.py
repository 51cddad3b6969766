"""When things happen: every visit on the time line of what its days are counted from.

Holds the order of visits, as far as days and epochs tell it. Refuses to judge.
"""

from dataclasses import dataclass
from functools import cached_property

from equipoise.protocol.rules.draft import Draft
from equipoise.protocol.schedule import Visit

Moment = tuple[str, int]
"""The anchor a chain of anchors begins with, and the days from it."""


@dataclass(frozen=True)
class Calendar:
    """The time line of a draft."""

    draft: Draft

    @cached_property
    def circles(self) -> tuple[tuple[str, ...], ...]:
        """Anchors that are counted from each other, one tuple per circle."""
        walk: dict[str, str] = {}
        found = []
        for start in self.draft.anchors:
            path = []
            here: str | None = start
            while here is not None and here not in walk:
                walk[here] = start
                path.append(here)
                here = self._before(here)
            if here is not None and walk[here] == start:
                found.append(tuple(path[path.index(here) :]))
        return tuple(found)

    def _before(self, anchor: str) -> str | None:
        """Return the anchor that the visit of this one is counted from; None at the beginning of a chain."""
        visit = self.draft.visits.get(self.draft.anchors[anchor].visit or "")
        if visit is None or visit.anchor == anchor or visit.anchor not in self.draft.anchors:
            return None
        return visit.anchor

    @cached_property
    def anchor_moments(self) -> dict[str, Moment | None]:
        """Each anchor's moment; None for one that hangs on itself or on an unknown day."""
        found: dict[str, Moment | None] = {name: None for circle in self.circles for name in circle}
        for anchor in self.draft.anchors:
            chain = []
            here: str | None = anchor
            while here is not None and here not in found:
                chain.append(here)
                here = self._before(here)
            for name in reversed(chain):
                before = self._before(name)
                found[name] = (name, 0) if before is None else self._later(found[before], name)
        return found

    def _later(self, before: Moment | None, anchor: str) -> Moment | None:
        visit = self.draft.visits[self.draft.anchors[anchor].visit or ""]
        return None if before is None or visit.day is None else (before[0], before[1] + visit.day)

    def moment(self, visit: Visit) -> Moment | None:
        """Return when a visit takes place; None when its day or anchor is unknown."""
        start = self.anchor_moments.get(visit.anchor or "")
        if visit.day is None or start is None:
            return None
        return start[0], start[1] + visit.day

    @cached_property
    def doses(self) -> tuple[Visit, ...]:
        """Visits at which a dose is given: in a dosing session, or with the standard form that records it."""
        recorded = {form.id for form in self.draft.protocol.forms if form.standard == "dose_given"}
        kinds = {session.id for session in self.draft.protocol.sessions if session.kind == "dosing"}
        return tuple(
            visit
            for visit in self.draft.protocol.visits
            if visit.session in kinds or recorded.intersection(visit.forms)
        )

    @cached_property
    def first_dose(self) -> Visit | None:
        """The first planned visit with a dose."""
        planned = [visit for visit in self.doses if not visit.unscheduled]
        return min(planned, key=lambda visit: (self._epoch(visit), visit.day or 0), default=None)

    def is_after(self, visit: Visit, other: Visit) -> bool | None:
        """Return whether `visit` comes after `other`; None when nothing tells.

        Days decide where both are counted from one beginning, epochs otherwise.
        """
        here, there = self.moment(visit), self.moment(other)
        if here is not None and there is not None and here[0] == there[0]:
            return here[1] > there[1]
        epoch, other_epoch = self._epoch(visit), self._epoch(other)
        return epoch > other_epoch if epoch != other_epoch else None

    def follows_dose(self, visit: Visit) -> bool:
        """Return whether a visit certainly comes after the first dose."""
        return self.first_dose is not None and self.is_after(visit, self.first_dose) is True

    def _epoch(self, visit: Visit) -> int:
        epochs = self.draft.protocol.epochs
        return epochs.index(visit.epoch) if visit.epoch in epochs else len(epochs)
