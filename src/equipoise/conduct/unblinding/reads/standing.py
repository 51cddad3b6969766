"""How a participant's planned unblinding stands, as somebody may know it. No arm is read here."""

from dataclasses import dataclass
from datetime import datetime

from django.db import Error

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import access
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.conduct.unblinding.due import missing
from equipoise.conduct.unblinding.models import UnblindingRequest
from equipoise.conduct.unblinding.services import telling
from equipoise.errors import IntegrityError, PermissionRefused, Problem
from equipoise.protocol import Resolved


@dataclass(frozen=True)
class EventLine:
    """An event that tells arms.

    reached   whether it took place;  begun  whether it was asked for and is not finished
    missing   what must be so first; None where the viewer does not tell by it
    away      whether the allocation store does not answer
    """

    event: str
    text: str
    visit: str
    reached: bool
    begun: bool
    missing: tuple[Problem, ...] | None
    away: bool = False

    @property
    def ready(self) -> bool:
        """Whether the viewer may tell now."""
        return (
            not self.reached
            and not self.away
            and self.missing is not None
            and (self.begun or not self.missing)
        )


@dataclass(frozen=True)
class Standing:
    """A participant's planned unblinding; `may_read` is whether the viewer may read the arm."""

    participant: str
    site: str
    events: tuple[EventLine, ...]
    may_read: bool


def standing(participant: str, *, viewer: Viewer, at: datetime) -> Standing:
    """Return how a participant's planned unblinding stands.

    Raises  Http404 when there is no such participant for this person; PermissionRefused
    """
    ground = access.participant(participant, viewer=viewer, action=telling.READ)
    version = studies.versions_at(ground.site.today(at), first=True).get(ground.site.site)
    if version is None:
        return Standing(participant, ground.site.name, (), may_read=False)
    resolved = studies.resolved(version)
    begun = set(UnblindingRequest.objects.filter(participant=participant).values_list("event", flat=True))
    lines = tuple(
        _line(ground, resolved, one.id, begun=one.id in begun, at=at)
        for one in resolved.protocol.events
        if one.planned and one.tells
    )
    return Standing(participant, ground.site.name, lines, telling.reading_role(ground, resolved) is not None)


def _line(ground: Ground, resolved: Resolved, event: str, *, begun: bool, at: datetime) -> EventLine:
    found = next(one for one in resolved.protocol.events if one.id == event)
    reached = event in ground.milestones.reached
    visit = wording.said(resolved.protocol.visit(found.visit).name, resolved) if found.visit else ""
    lacks: tuple[Problem, ...] | None = None
    away = False
    if not reached and ground.may(telling.TELL) and _tells(ground, resolved, event):
        try:
            lacks = tuple(missing(ground, resolved, event, at=at))
        except IntegrityError as error:
            lacks = tuple(error.problems)
        except Error:
            lacks, away = (), True
    return EventLine(
        event, wording.said(found.text, resolved), visit, reached, begun and not reached, lacks, away
    )


def _tells(ground: Ground, resolved: Resolved, event: str) -> bool:
    try:
        return bool(telling.told_role(ground, resolved, event))
    except PermissionRefused:
        return False
