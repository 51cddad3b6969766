"""Operations about participants: the list, one participant's course, days, visits, forms begun, locks."""

from dataclasses import dataclass
from typing import Annotated, Literal

from django.http import Http404
from ninja import Query, Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import paging
from equipoise.conduct.api.operation import operation
from equipoise.conduct.api.paging import USUAL, After, Limit
from equipoise.conduct.api.shapes import LONGEST_ID, Date, Id, Page, Sent, Text
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import ParticipantLine, Timeline
from equipoise.conduct.capture.models import LOG
from equipoise.conduct.capture.reads.finding import Found

router = Router(tags=["Participants"])
RECORD = "visit.record"
NAMED = "/participants/{name}"
OfDay = Date
"""A date, where a field is called so."""


class Day(Sent):
    """The day of an anchor; null withdraws the plan. A changed plan needs a reason."""

    anchor: Id
    date: OfDay | None
    reason: Text = ""


class Recorded(Sent):
    """What became of a visit; a date only where it was held."""

    visit: Id
    repeat: int = 1
    status: Literal["held", "missed", "declined"]
    date: OfDay | None = None
    reason: Text = ""


class Begun(Sent):
    """A visit to begin."""

    visit: Id


class Wanted(Sent):
    """A form to open. `visit` is "log" for an entry of a log; without `repeat` it is a new one."""

    form: Id
    visit: Id = LOG
    visit_repeat: int = 1
    repeat: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The form that was opened, or found."""

    form: str


class LockSent(Sent):
    """Whether the data are to be locked, and why."""

    locked: bool
    reason: Text


@operation(
    router,
    "GET",
    "/participants",
    action="participant.list",
    name="participants",
    gives=Page[ParticipantLine],
)
def participants(
    request: ProgramRequest,
    find: Annotated[str, Query(max_length=LONGEST_ID, description="Part of an id.")] = "",
    limit: Limit = USUAL,
    after: After = "",
) -> Page[ParticipantLine]:
    """List participants in the order they were enrolled."""
    found = reads.participants(viewer=request.viewer, at=request.at)
    wanted = find.strip().lower()
    shown = [one for one in found if wanted in one.participant.lower()]
    return paging.part(shown, lambda one: one.participant, limit=limit, after=after)


@operation(router, "GET", NAMED, action="participant.view", name="participant", gives=Timeline, refuses=[404])
def participant(request: ProgramRequest, name: str) -> Timeline:
    """Give a participant's course: visits, forms, logs, alerts."""
    found = reads.timeline(name, viewer=request.viewer, at=request.at)
    if found is None:
        raise Http404
    return found


@operation(router, "POST", NAMED + "/days", action=RECORD, name="days", status=204, refuses=[404])
def plan_day(request: ProgramRequest, name: str, sent: Day) -> None:
    """Plan the day of an anchor, such as the dose; the schedule follows it."""
    services.plan_anchor(
        participant=name,
        anchor=sent.anchor,
        date=sent.date,
        reason=sent.reason,
        at=request.at,
        by=request.viewer,
    )


@operation(router, "POST", NAMED + "/visits", action=RECORD, name="visits", status=204, refuses=[404])
def record_visit(request: ProgramRequest, name: str, sent: Recorded) -> None:
    """Record that a visit was held on a day, missed or declined."""
    services.record_visit(
        participant=name,
        visit=sent.visit,
        repeat=sent.repeat,
        status=sent.status,
        date=sent.date,
        reason=sent.reason,
        at=request.at,
        by=request.viewer,
    )


@operation(
    router, "POST", NAMED + "/visits/begin", action=RECORD, name="begin_visit", status=204, refuses=[404]
)
def begin_visit(request: ProgramRequest, name: str, sent: Begun) -> None:
    """Begin an unscheduled visit, or another one of its kind."""
    services.begin_visit(participant=name, visit=sent.visit, at=request.at, by=request.viewer)


@operation(
    router, "POST", NAMED + "/forms", action="form.fill", name="open_form", gives=Opened, refuses=[404]
)
def open_form(request: ProgramRequest, name: str, sent: Wanted) -> Opened:
    """Begin a form, or find the one that was begun."""
    code = services.open_form(
        participant=name,
        form=sent.form,
        visit=sent.visit,
        visit_repeat=sent.visit_repeat,
        repeat=sent.repeat,
        at=request.at,
        by=request.viewer,
    )
    return Opened(code)


@operation(
    router, "POST", NAMED + "/lock", action="form.lock", name="lock_participant", status=204, refuses=[404]
)
def lock_participant(request: ProgramRequest, name: str, sent: LockSent) -> None:
    """Lock all of a participant's data, or lift the lock."""
    services.lock_participant(
        participant=name, locked=sent.locked, reason=sent.reason, at=request.at, by=request.viewer
    )


@operation(router, "GET", "/find", action="participant.list", name="find", gives=Found)
def find(
    request: ProgramRequest,
    q: Annotated[str, Query(max_length=LONGEST_ID, description="Parts of ids, forms and visits.")] = "",
) -> Found:
    """Find participants by parts of their id, or their forms by words."""
    return reads.find(q.strip(), viewer=request.viewer)
