"""The planned course of one participant: every scheduled visit on one axis of days.

Holds which visit comes when, and the places on that axis that give everything its meaning: baseline,
randomization, first dose, unblinding, open-label dose. Refuses to hold dates (those are drawn) and truths.
"""

from dataclasses import dataclass
from functools import cached_property

from equipoise.protocol.arms import Anchor
from equipoise.protocol.model import Protocol
from equipoise.protocol.schedule import Visit

DOSING = "dosing"
LONGEST_REPEATS = 60
"""Occurrences of one repeating visit that are rehearsed when the protocol sets no limit."""


@dataclass(frozen=True)
class Place:
    """One planned visit.

    visit   its id
    repeat  which occurrence, from 1
    day     planned day, the day of the first dose being 0
    open    True for what is offered after the planned doses: held only by those who take that dose
    arms    positions of the arms that have it
    """

    visit: Visit
    repeat: int
    day: int
    open: bool
    arms: tuple[int, ...]

    @property
    def key(self) -> str:
        """Its name in streams: the visit, with the occurrence from the second on."""
        return self.visit.id if self.repeat == 1 else f"{self.visit.id}#{self.repeat}"


@dataclass(frozen=True)
class Timeline:
    """Every planned visit in order of its day.

    places       the visits
    baseline     position of the baseline visit
    randomized   position of the visit on whose day participants are randomized
    doses        positions of the planned dosing visits; empty in a trial without dosing sessions
    unblinded    position of the visit after which the participant is told the arm; None when never planned
    open_dose    position of the dosing visit that is offered after those; None when there is none
    """

    places: tuple[Place, ...]
    baseline: int
    randomized: int
    doses: tuple[int, ...]
    unblinded: int | None
    open_dose: int | None

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def treated_from(self) -> int:
        """Position of the first visit that can show an effect: the one after the first dose, or baseline."""
        return (self.doses[0] if self.doses else self.baseline) + 1

    def asking(self, form: str) -> tuple[int, ...]:
        """Return the positions of the visits at which a form is filled."""
        return tuple(at for at, place in enumerate(self.places) if form in place.visit.forms)

    def of_visit(self, visit: str) -> int | None:
        """Return the position of a visit's first occurrence; None when it is not scheduled."""
        return next((at for at, place in enumerate(self.places) if place.visit.id == visit), None)


def timeline_of(protocol: Protocol) -> Timeline:
    """Lay every scheduled visit of a protocol on one axis of days; unscheduled ones have no place on it."""
    days = _Days(protocol)
    scheduled = [visit for visit in protocol.visits if not visit.unscheduled]
    origin = next((days.of(visit) for visit in scheduled if _is_planned_dose(protocol, visit)), None)
    if origin is None:
        origin = next((days.of(visit) for visit in scheduled if visit.baseline), 0)
    found = [
        Place(
            visit, repeat, days.of(visit) + shift - origin, _is_open(protocol, visit), _arms(protocol, visit)
        )
        for visit in scheduled
        for repeat, shift in _occurrences(visit)
    ]
    places = tuple(sorted(found, key=lambda place: place.day))
    return _marked(protocol, places)


def _marked(protocol: Protocol, places: tuple[Place, ...]) -> Timeline:
    doses = tuple(at for at, place in enumerate(places) if _is_planned_dose(protocol, place.visit))
    last_before = doses[0] - 1 if doses else len(places) - 1
    baseline = next((at for at, place in enumerate(places) if place.visit.baseline), max(last_before, 0))
    gates = set(protocol.allocation.gates)
    gated = [at for at in range(last_before + 1) if gates.intersection(places[at].visit.forms)]
    limit = doses[0] if doses else baseline
    return Timeline(
        places=places,
        baseline=baseline,
        randomized=min(max([baseline, *(gated if doses else ())]), limit),
        doses=doses,
        unblinded=_unblinding(protocol, places),
        open_dose=next(
            (at for at, place in enumerate(places) if place.open and _doses(protocol, place.visit)), None
        ),
    )


def _unblinding(protocol: Protocol, places: tuple[Place, ...]) -> int | None:
    visits = {event.visit for event in protocol.events if event.planned and "participant" in event.tells}
    return next((at for at, place in enumerate(places) if place.visit.id in visits), None)


def _doses(protocol: Protocol, visit: Visit) -> bool:
    kinds = {session.id: session.kind for session in protocol.sessions}
    return visit.session is not None and kinds.get(visit.session) == DOSING


def _is_planned_dose(protocol: Protocol, visit: Visit) -> bool:
    return _doses(protocol, visit) and not visit.offered


def _is_open(protocol: Protocol, visit: Visit) -> bool:
    """A dosing visit that participants may decline, and whatever counts its days from one."""
    if visit.offered and _doses(protocol, visit):
        return True
    anchor = protocol.anchors.get(visit.anchor or "")
    counted_from = anchor.visit if anchor else None
    return (
        counted_from is not None
        and counted_from != visit.id
        and _is_open(protocol, protocol.visit(counted_from))
    )


def _arms(protocol: Protocol, visit: Visit) -> tuple[int, ...]:
    return tuple(at for at, arm in enumerate(protocol.arms) if visit.arms is None or arm.id in visit.arms)


def _occurrences(visit: Visit) -> list[tuple[int, int]]:
    """Return (occurrence, days after the first) of a visit; one unless the protocol spaces its repeats."""
    if visit.repeats is None or visit.repeats.every_days is None:
        return [(1, 0)]
    count = min(visit.repeats.maximum or LONGEST_REPEATS, LONGEST_REPEATS)
    return [(repeat + 1, repeat * visit.repeats.every_days) for repeat in range(count)]


class _Days:
    """Planned days on the axis of the first anchor, each found once."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._known: dict[str, int] = {}

    def of(self, visit: Visit) -> int:
        """Return a visit's planned day; where the protocol leaves it open, the day of the visit before it."""
        if visit.id not in self._known:
            # Entered before it is computed, so that an anchor counted from itself ends here.
            self._known[visit.id] = 0
            self._known[visit.id] = self._anchor(visit) + self._target(visit)
        return self._known[visit.id]

    def _anchor(self, visit: Visit) -> int:
        anchor = self._protocol.anchors.get(visit.anchor or "", Anchor())
        if anchor.event is not None:
            return self._event_day
        if anchor.visit is None or anchor.visit == visit.id or visit.day is None:
            return 0
        return self.of(self._protocol.visit(anchor.visit))

    @cached_property
    def _event_day(self) -> int:
        """Day of consent and randomization: the day before the first visit that counts from a visit."""
        anchors = self._protocol.anchors
        own = {
            name for name, anchor in anchors.items() if anchor.visit is not None and self._counts_itself(name)
        }
        days = [visit.day for visit in self._protocol.visits if visit.anchor in own and visit.day is not None]
        return min(days) - 1 if days else 0

    def _counts_itself(self, anchor: str) -> bool:
        visit = self._protocol.anchors[anchor].visit
        return visit is not None and self._protocol.visit(visit).anchor == anchor

    def _target(self, visit: Visit) -> int:
        if visit.day is not None:
            return visit.day
        before = [
            one for one in self._protocol.visits[: self._protocol.visits.index(visit)] if not one.unscheduled
        ]
        return self.of(before[-1]) + 1 if before else 0
