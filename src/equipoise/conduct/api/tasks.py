"""Operations about rating tasks: a rater's own, by opaque codes; and giving them, for coordinators.

A rater's answer names no participant, site, visit, form code or person: what a task says is listed here,
field by field, and nothing else of a form is passed on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api.answering import AnswersSent, completed, stored
from equipoise.conduct.api.operation import Refused, operation
from equipoise.conduct.api.review import WordsSent
from equipoise.conduct.api.shapes import Id, Moment, ReasonSent, Sent, Text
from equipoise.conduct.api.together import across
from equipoise.conduct.capture import access
from equipoise.conduct.capture.lines import Choice, Code, FormPage, ItemLine, QueryLine, ScoreLine, Watch
from equipoise.conduct.capture.results import Completed, Saved
from equipoise.conduct.frame.refusals import told
from equipoise.conduct.tasks import reads, roster, services
from equipoise.conduct.tasks.desk import GoneError
from equipoise.conduct.tasks.reads import Mine, TaskLine
from equipoise.protocol.schedule import ItemType

router = Router(tags=["Ratings"])
FILL, ASSIGN = "task.fill", "task.assign"
NAMED = "/tasks/{code}"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a rating; `seq` is the version to send as `seen`."""

    item: str
    row: int
    number: str
    label: str
    hint: str
    type: ItemType
    unit: str
    low: float | None
    high: float | None
    low_label: str
    high_label: str
    decimals: int | None
    codes: tuple[Code, ...]
    required: bool
    visible: bool
    answer: str
    missing_reason: str
    seq: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AboutRating:
    """A question that somebody asked about the rating, without a name; `place` counts from 1."""

    place: int
    item: str
    status: str
    automatic: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rating:
    """The form in hand, as a rater may know it."""

    label: str
    instructions: str
    state: str
    editable: bool
    blocked: str
    reason_needed: bool
    questions: tuple[Question, ...]
    scores: tuple[ScoreLine, ...]
    problems: tuple[str, ...]
    missing_reasons: tuple[Choice, ...]
    watches: tuple[Watch, ...]
    answered: int
    asked: int
    saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """A task for its rater. `form` is null before it is begun; `call` says how the site is reached."""

    line: TaskLine
    meeting: str
    call: str
    form: Rating | None
    questions: tuple[AboutRating, ...]


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings that want a rater, and those given."""

    wanted: tuple[roster.WantedRating, ...]
    given: tuple[roster.GivenRating, ...]


class RatingSent(Sent):
    """A rating to give; due_at without an offset is by the clock of the participant's site."""

    participant: Id
    visit: Id
    visit_repeat: int = 1
    form: Id
    rater: Id
    due_at: Moment
    meeting: Text = ""
    instead: bool = False


def _kind(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer with 410 where a task is no longer the rater's."""

    @wraps(view)
    def answered(request: ProgramRequest, **given: Any) -> Any:
        try:
            return across(lambda: view(request, **given))
        except GoneError as error:
            message = _("this rating is no longer yours")
            hint = _("nothing is asked of you; what you answered before is kept")
            raise Refused(HTTPStatus.GONE, [told(message, hint=hint)]) from error

    return answered


@operation(router, "GET", "/tasks", action=FILL, name="tasks", gives=Mine)
def tasks(request: ProgramRequest) -> Mine:
    """List one's own rating tasks, by when they are wanted."""
    return across(lambda: reads.mine(request.viewer, at=request.at))


@operation(router, "GET", NAMED, action=FILL, name="task", gives=Task, refuses=[404, 410])
@_kind
def task(request: ProgramRequest, code: str) -> Task:
    """Give a task with its questions and answers."""
    found = reads.page(code, viewer=request.viewer, at=request.at, language=get_language() or "en")
    form = _rating(found.form) if found.form is not None else None
    return Task(found.line, found.meeting, reads.call(code), form, tuple(_asked(found.queries)))


@operation(router, "POST", NAMED + "/begin", action=FILL, name="task_begin", status=204, refuses=[404, 410])
@_kind
def begin_task(request: ProgramRequest, code: str) -> None:
    """Begin the form in hand: the rating, or the guess that follows it."""
    services.begin(task=code, at=request.at, by=request.viewer)


@operation(
    router, "POST", NAMED + "/answers", action=FILL, name="task_answers", gives=Saved, refuses=[404, 410]
)
@_kind
def save_task(request: ProgramRequest, code: str, sent: AnswersSent) -> Saved:
    """Save answers of the form in hand, as those of any form; instructions are to be shown first."""
    return stored(
        services.save(task=code, given=sent.given(), reason=sent.reason, at=request.at, by=request.viewer)
    )


@operation(
    router,
    "POST",
    NAMED + "/complete",
    action=FILL,
    name="task_complete",
    gives=Completed,
    refuses=[404, 410],
)
@_kind
def complete_task(request: ProgramRequest, code: str, sent: ReasonSent) -> Completed:
    """Declare the form in hand complete: nothing required is missing."""
    return completed(services.complete(task=code, reason=sent.reason, at=request.at, by=request.viewer))


@operation(
    router, "POST", NAMED + "/decline", action=FILL, name="task_decline", gives=Completed, refuses=[404, 410]
)
@_kind
def decline_guess(request: ProgramRequest, code: str) -> Completed:
    """Note that one would rather not guess the treatment."""
    return completed(services.decline(task=code, at=request.at, by=request.viewer))


@operation(
    router,
    "POST",
    NAMED + "/questions/{place}",
    action=FILL,
    name="task_question",
    status=204,
    refuses=[404, 410],
)
@_kind
def answer_task_question(request: ProgramRequest, code: str, place: int, sent: WordsSent) -> None:
    """Answer a question about the rating."""
    services.answer(task=code, place=place, text=sent.text, at=request.at, by=request.viewer)


@operation(
    router, "POST", NAMED + "/give-back", action=FILL, name="task_back", status=204, refuses=[404, 410]
)
@_kind
def give_task_back(request: ProgramRequest, code: str, sent: ReasonSent) -> None:
    """Give a task back, with the reason; somebody else is found."""
    services.give_back(task=code, reason=sent.reason, at=request.at, by=request.viewer)


@operation(router, "GET", "/ratings", action=ASSIGN, name="ratings", gives=Ratings)
def ratings(request: ProgramRequest) -> Ratings:
    """List ratings that want a rater, and those given."""
    return across(
        lambda: Ratings(
            roster.wanted(request.viewer, at=request.at), roster.given(request.viewer, at=request.at)
        )
    )


@operation(router, "POST", "/ratings", action=ASSIGN, name="ratings", status=204, refuses=[404])
def assign_rating(request: ProgramRequest, sent: RatingSent) -> None:
    """Give a rating to a rater."""

    def give() -> None:
        ground = access.participant(sent.participant, viewer=request.viewer, action=ASSIGN)
        due_at = sent.due_at if sent.due_at.tzinfo else sent.due_at.replace(tzinfo=ground.site.zone)
        services.assign(
            participant=sent.participant,
            visit=sent.visit,
            visit_repeat=sent.visit_repeat,
            form=sent.form,
            rater=sent.rater,
            due_at=due_at,
            meeting=sent.meeting,
            instead=sent.instead,
            at=request.at,
            by=request.viewer,
        )

    across(give)


@operation(
    router, "POST", "/ratings/{code}/release", action=ASSIGN, name="rating_release", status=204, refuses=[404]
)
def release_rating(request: ProgramRequest, code: str, sent: ReasonSent) -> None:
    """Take a task back from its rater, with the reason."""
    services.release(task=code, reason=sent.reason, at=request.at, by=request.viewer)


def _rating(form: FormPage) -> Rating:
    lines = [*form.items, *(item for group in form.groups for row in group.rows for item in row.items)]
    return Rating(
        label=form.label,
        instructions=form.instructions,
        state=form.state,
        editable=form.editable,
        blocked=form.blocked,
        reason_needed=form.reason_needed,
        questions=tuple(map(_question, lines)),
        scores=form.scores,
        problems=form.problems,
        missing_reasons=form.missing_reasons,
        watches=form.watches,
        answered=form.answered,
        asked=form.asked,
        saved_at=form.saved_at,
    )


def _question(line: ItemLine) -> Question:
    return Question(**{name: getattr(line, name) for name in Question.__slots__})


def _asked(queries: Iterable[QueryLine]) -> Iterable[AboutRating]:
    for place, one in enumerate(queries, start=1):
        words = tuple(note.text for note in one.notes)
        yield AboutRating(place, one.item, one.status, one.automatic, words)
