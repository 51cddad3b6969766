"""Operations of review: queries, alerts, the audit trail."""

from dataclasses import dataclass
from typing import Annotated, Literal

from django.http import Http404
from ninja import Query, Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import paging
from equipoise.conduct.api.operation import operation
from equipoise.conduct.api.paging import USUAL, After, Limit
from equipoise.conduct.api.shapes import LONGEST_ID, Date, Id, Page, Row, Sent, Text
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import AlertLine, QueryLine
from equipoise.conduct.review import reads as review
from equipoise.conduct.review.reads import TrailLine, Wanted

router = Router(tags=["Review"])
Closed = Annotated[bool, Query(description="True for those that are closed instead of those that are not.")]
Found = Annotated[str, Query(max_length=LONGEST_ID, description="Part of a participant's id.")]


class QuestionSent(Sent):
    """A question about an answer; without an item about the whole form."""

    item: Id = ""
    row: Row = 0
    text: Text


@dataclass(frozen=True, slots=True)
class Asked:
    """The query that was opened."""

    query: str


class WordsSent(Sent):
    """What is said."""

    text: Text


class NoteSent(Sent):
    """That an alert was seen, or closed with what was done."""

    status: Literal["seen", "closed"]
    text: Text = ""


@operation(router, "GET", "/queries", action="query.view", name="queries", gives=Page[QueryLine])
def queries(
    request: ProgramRequest,
    *,
    closed: Closed = False,
    find: Found = "",
    limit: Limit = USUAL,
    after: After = "",
) -> Page[QueryLine]:
    """List queries, the newest first."""
    before = paging.place(after) if after else ""
    if before and reads.query(before, viewer=request.viewer) is None:
        raise paging.nowhere()
    found = reads.queries(viewer=request.viewer, closed=closed, find=find.strip(), before=before)
    more = len(found) > limit or len(found) == paging.MOST
    shown = found[:limit]
    return Page(shown, paging.mark(shown[-1].query) if more and shown else "")


@operation(
    router, "GET", "/queries/{code}", action="query.view", name="query", gives=QueryLine, refuses=[404]
)
def query(request: ProgramRequest, code: str) -> QueryLine:
    """Give a query with its thread."""
    found = reads.query(code, viewer=request.viewer)
    if found is None:
        raise Http404
    return found


@operation(
    router, "POST", "/forms/{code}/queries", action="query.open", name="ask", gives=Asked, refuses=[404]
)
def open_query(request: ProgramRequest, code: str, sent: QuestionSent) -> Asked:
    """Ask about an answer, or about the whole form."""
    asked = services.open_query(
        form=code, item=sent.item, row=sent.row, text=sent.text, at=request.at, by=request.viewer
    )
    return Asked(asked)


@operation(
    router,
    "POST",
    "/queries/{code}/answer",
    action="query.answer",
    name="answer_query",
    status=204,
    refuses=[404],
)
def answer_query(request: ProgramRequest, code: str, sent: WordsSent) -> None:
    """Answer a query; who asked, or whoever may, closes it."""
    services.answer_query(query=code, text=sent.text, at=request.at, by=request.viewer)


@operation(
    router,
    "POST",
    "/queries/{code}/close",
    action="query.close",
    name="close_query",
    status=204,
    refuses=[404],
)
def close_query(request: ProgramRequest, code: str, sent: WordsSent) -> None:
    """Close a query, by which its answer is accepted as it stands."""
    services.close_query(query=code, text=sent.text, at=request.at, by=request.viewer)


@operation(router, "GET", "/alerts", action="alert.view", name="alerts", gives=Page[AlertLine])
def alerts(
    request: ProgramRequest, *, closed: Closed = False, limit: Limit = USUAL, after: After = ""
) -> Page[AlertLine]:
    """List alerts, those due first on top."""
    found = reads.alerts(viewer=request.viewer, at=request.at, closed=closed)

    def among() -> list[str]:
        # Of those due at one moment the others come first: rather one is given twice than none.
        others = reads.alerts(viewer=request.viewer, at=request.at, closed=not closed)
        return [one.alert for one in sorted([*others, *found], key=lambda one: one.due_at)]

    return paging.part(found, lambda one: one.alert, limit=limit, after=after, among=among)


@operation(
    router, "POST", "/alerts/{code}/notes", action="alert.view", name="note_alert", status=204, refuses=[404]
)
def note_alert(request: ProgramRequest, code: str, sent: NoteSent) -> None:
    """Say that an alert was seen, or close it with what was done."""
    services.note_alert(alert=code, status=sent.status, text=sent.text, at=request.at, by=request.viewer)


@operation(router, "GET", "/audit", action="audit.view", name="audit", gives=Page[TrailLine])
def audit(
    request: ProgramRequest,
    person: Annotated[str, Query(max_length=LONGEST_ID, description="Id of who acted.")] = "",
    subject: Annotated[str, Query(max_length=LONGEST_ID, description="Id of what it was done to.")] = "",
    action: Annotated[
        str, Query(max_length=LONGEST_ID, description="Code of a kind of event, e.g. form.saved.")
    ] = "",
    from_day: Annotated[Date | None, Query(description="First day, in UTC.")] = None,
    to_day: Annotated[Date | None, Query(description="Last day, in UTC.")] = None,
    limit: Limit = USUAL,
    after: After = "",
) -> Page[TrailLine]:
    """Give the audit trail, the newest event first, without what one may not know of."""
    wanted = Wanted(
        person=person,
        subject=subject,
        action=action,
        from_day=from_day.isoformat() if from_day else "",
        to_day=to_day.isoformat() if to_day else "",
    )
    before = paging.place(after) if after else ""
    if before and not review.is_place(before):
        raise paging.nowhere()
    found = review.trail(wanted, viewer=request.viewer, before=before, most=limit)
    return Page(found.lines, paging.mark(found.before) if found.before else "")
