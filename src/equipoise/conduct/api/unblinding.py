"""Operations about unblinding: the emergency code break, planned unblinding, exposures, sealed files.

What tells an arm asks for password and code, is written down before it is told, and is kept nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from equipoise.conduct.accounts import presence
from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.allocator.services import Arm
from equipoise.conduct.api import confirming, paging
from equipoise.conduct.api.confirming import Code, ConfirmationSent, Password
from equipoise.conduct.api.operation import Refused, operation
from equipoise.conduct.api.paging import USUAL, After, Limit
from equipoise.conduct.api.shapes import LONGEST_ID, Id, Moment, Page, Sent, Text, Told
from equipoise.conduct.api.together import across
from equipoise.conduct.capture import access
from equipoise.conduct.frame import refusals
from equipoise.conduct.frame.refusals import told
from equipoise.conduct.unblinding.pages.breaking import found_by
from equipoise.conduct.unblinding.reads import broken
from equipoise.conduct.unblinding.reads import exposures as exposed
from equipoise.conduct.unblinding.reads import standing as reads
from equipoise.conduct.unblinding.reads.broken import BreakLine
from equipoise.conduct.unblinding.reads.exposures import ExposureLine
from equipoise.conduct.unblinding.services import breaking, reporting, telling
from equipoise.conduct.unblinding.services.breaking import BREAK
from equipoise.conduct.unblinding.services.reporting import FileLine, Report

router = Router(tags=["Unblinding"])
READ, TELL, REPORT = "arm.read", "arm.tell", "envelope.report"
NAMED = "/participants/{name}"


class BreakSent(ConfirmationSent):
    """Why a code is broken, with password and code; a second person where too many were broken today."""

    reason: Text
    second_email: Annotated[str, Field(max_length=254)] = ""
    second_password: Password = ""
    second_code: Code = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """One participant's arm, and since when its telling is written down."""

    participant: str
    at: datetime
    arm: Arm


@dataclass(frozen=True, slots=True)
class EventStanding:
    """An event that tells arms.

    missing   what must be so first; null where one does not tell by it
    ready     whether one may tell now
    """

    event: str
    text: str
    visit: str
    reached: bool
    begun: bool
    missing: tuple[Told, ...] | None
    ready: bool
    away: bool


@dataclass(frozen=True, slots=True)
class UnblindingStanding:
    """How a participant's planned unblinding stands; may_read is whether one may read the arm."""

    participant: str
    site: str
    events: tuple[EventStanding, ...]
    may_read: bool


class TellingSent(ConfirmationSent):
    """The event by which a participant is told, with password and code."""

    event: Id


class FileSent(Sent):
    """What became of a sealed file. `person` is who opened it, "outside" for who has no access.

    happened_at without an offset is by the clock of the participant's site.
    """

    code: Id
    status: Literal["opened", "destroyed", "lost"]
    person: Id = ""
    happened_at: Moment | None = None
    reason: Text = ""


@operation(router, "GET", "/code-breaks", action=BREAK, name="code_breaks", gives=Page[BreakLine])
def code_breaks(request: ProgramRequest, limit: Limit = USUAL, after: After = "") -> Page[BreakLine]:
    """List who broke which code at one's sites, the newest first; no arm."""
    found = broken.every(viewer=request.viewer)
    return paging.part(
        found, lambda one: f"{one.at.isoformat()} {one.participant} {one.name}", limit=limit, after=after
    )


@operation(router, "GET", "/code-breaks/find", action=BREAK, name="code_break_find", gives=tuple[str, ...])
def find_for_code_break(
    request: ProgramRequest,
    q: Annotated[str, Query(max_length=LONGEST_ID, description="Part of an id, or a kit number.")] = "",
) -> tuple[str, ...]:
    """Find participants by id or kit number, at most twenty."""
    return across(lambda: found_by(q.strip(), viewer=request.viewer))


@operation(
    router,
    "POST",
    NAMED + "/code-break",
    action=BREAK,
    name="code_break",
    gives=Broken,
    refuses=[404],
    kept=False,
)
def break_code(request: ProgramRequest, name: str, sent: BreakSent) -> Broken:
    """Break a participant's code in an emergency, with reason, password and code.

    422 too many codes were broken within a day: a second person's address, password and code are needed too.
    """
    access.participant(name, viewer=request.viewer, action=BREAK)
    confirming.require(request, sent)
    second = _second(request, sent) if sent.second_email.strip() else None
    shown = across(
        lambda: breaking.break_code(
            participant=name, reason=sent.reason, at=request.at, by=request.viewer, second=second
        )
    )
    return Broken(shown.participant, shown.at, shown.arm)


def _second(request: ProgramRequest, sent: BreakSent) -> Viewer:
    """Return the second person, who gave password and code with what was sent."""
    other = presence.named(sent.second_email)
    second = people.viewer(other, at=request.at) if other is not None else None
    if (
        other is None
        or second is None
        or not presence.confirm(request, other, password=sent.second_password, code=sent.second_code).right
    ):
        message = _("address, password and code of the second person do not go together")
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, [told(message, where="second_email")])
    return second


@operation(
    router,
    "GET",
    NAMED + "/unblinding",
    action=READ,
    name="unblinding",
    gives=UnblindingStanding,
    refuses=[404],
)
def participant_unblinding(request: ProgramRequest, name: str) -> UnblindingStanding:
    """Say how a participant's planned unblinding stands; no arm."""
    found = reads.standing(name, viewer=request.viewer, at=request.at)
    events = tuple(
        EventStanding(
            event=one.event,
            text=one.text,
            visit=one.visit,
            reached=one.reached,
            begun=one.begun,
            missing=None if one.missing is None else tuple(Told(**refusals.of(lack)) for lack in one.missing),
            ready=one.ready,
            away=one.away,
        )
        for one in found.events
    )
    return UnblindingStanding(found.participant, found.site, events, found.may_read)


@operation(
    router,
    "POST",
    NAMED + "/unblinding",
    action=TELL,
    name="unblinding",
    gives=Arm,
    refuses=[404],
    kept=False,
)
def tell_arm(request: ProgramRequest, name: str, sent: TellingSent) -> Arm:
    """Tell a participant's arm as the protocol plans, with password and code."""
    access.participant(name, viewer=request.viewer, action=TELL)
    confirming.require(request, sent)
    return across(lambda: telling.tell(participant=name, event=sent.event, at=request.at, by=request.viewer))


@operation(router, "POST", NAMED + "/arm", action=READ, name="arm", gives=Arm, refuses=[404], kept=False)
def read_arm(request: ProgramRequest, name: str, sent: ConfirmationSent) -> Arm:
    """Give the arm to somebody whom the protocol told, with password and code."""
    access.participant(name, viewer=request.viewer, action=READ)
    confirming.require(request, sent)
    return across(lambda: telling.read(participant=name, at=request.at, by=request.viewer))


@operation(router, "GET", "/exposures", action="exposure.view", name="exposures", gives=Page[ExposureLine])
def exposures(
    request: ProgramRequest,
    find: Annotated[str, Query(max_length=LONGEST_ID, description="Part of an id or a name.")] = "",
    limit: Limit = USUAL,
    after: After = "",
) -> Page[ExposureLine]:
    """List who was shown what a kit holds, the newest first; no arm."""
    found = across(lambda: exposed.exposures(viewer=request.viewer, find=find))
    return paging.part(
        found, lambda one: f"{one.at.isoformat()} {one.kit} {one.name} {one.cause}", limit=limit, after=after
    )


@operation(router, "GET", "/sealed-files", action=REPORT, name="sealed_files", gives=Page[FileLine])
def sealed_files(request: ProgramRequest, limit: Limit = USUAL, after: After = "") -> Page[FileLine]:
    """List the sealed files of one's sites, the newest first."""
    found = across(lambda: reporting.files(request.viewer))
    return paging.part(found, lambda one: one.code, limit=limit, after=after)


@operation(router, "POST", "/sealed-files/reports", action=REPORT, name="sealed_file_report", status=204)
def report_sealed_file(request: ProgramRequest, sent: FileSent) -> None:
    """Note what became of a sealed file; whoever opened it counts as told."""

    def report() -> None:
        moment = reporting.by_site_clock(sent.happened_at, code=sent.code)
        said = Report(sent.code, sent.status, sent.person, moment, sent.reason)
        reporting.report(said, at=request.at, by=request.viewer)

    across(report)
