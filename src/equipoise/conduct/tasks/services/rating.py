"""What a rater does with a task: begin it, save and complete its form, guess, correct, answer, give it back.

Holds the steps of the task; the form's own rules are those of `capture.services`, called as a rater at work.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import answers
from equipoise.conduct.capture import services as forms
from equipoise.conduct.capture.moves import IN_PROGRESS
from equipoise.conduct.capture.results import Completed, Given, Saved
from equipoise.conduct.tasks import reads, states
from equipoise.conduct.tasks.desk import DONE, GUESS, WAITING, Desk, desk
from equipoise.conduct.tasks.services.assigning import end
from equipoise.errors import Problem, RecordError

DECLINED = "declined"
UNREADY = Problem(
    "the site has something to settle before this rating can begin",
    "call the coordinator; the task waits here",
    "task",
)
VERIFIED = Problem("this rating was checked already", "wait for a question about it, then correct it", "form")


def begin(*, task: str, at: datetime, by: Viewer) -> None:
    """Begin the form in hand: the rating, or the guess that follows it.

    Raises  Http404; GoneError; RecordError when the site has something to settle first
    """
    found = desk(task, by=by)
    _open(found, at=at)
    if found.state == states.ASSIGNED:
        _step(found, states.BEGUN, at=at)


def save(*, task: str, given: Sequence[Given], at: datetime, by: Viewer, reason: str = "") -> Saved:
    """Save answers of the form in hand, as `capture.services.save` does.

    Whoever may no longer rate is told so in `problem`, once what they typed has raised its alerts.
    Raises  Http404
    """
    found = desk(task, by=by, told=False)
    if found.row is None:
        raise Http404
    if found.verified and not reads.asked(found):
        return Saved(problem=VERIFIED, state="complete")
    saved = forms.save(form=found.row.code, given=given, reason=reason, at=at, by=found.viewer)
    if found.state == states.DONE and saved.state == IN_PROGRESS and saved.kept:
        _step(found, states.BEGUN, at=at)
    # Who else typed there is nothing a rater may learn.
    return replace(saved, conflicts=tuple(replace(one, by="") for one in saved.conflicts))


def complete(*, task: str, at: datetime, by: Viewer, reason: str = "") -> Completed:
    """Declare the form in hand complete; a guess that the protocol wants is begun at once.

    Raises  Http404; GoneError; RecordError
    """
    found = desk(task, by=by)
    if found.row is None:
        raise Http404
    finished = forms.complete(form=found.row.code, at=at, by=found.viewer, reason=reason)
    return _completed(task, finished, at=at, by=by)


def decline(*, task: str, at: datetime, by: Viewer) -> Completed:
    """Say that the rater would rather not guess: each question is answered so, and the guess is complete.

    Raises  Http404, also where nothing is to be guessed; GoneError
    """
    found = desk(task, by=by)
    if found.stage != GUESS or found.row is None:
        raise Http404
    page = reads.form_of(found)
    wanted = [
        Given(one.item, missing_reason=DECLINED, seen=one.seq)
        for one in page.items
        if one.required and one.visible
    ]
    forms.save(form=found.row.code, given=wanted, at=at, by=found.viewer)
    finished = forms.complete(form=found.row.code, at=at, by=found.viewer)
    return _completed(task, finished, at=at, by=by)


def answer(*, task: str, place: int, text: str, at: datetime, by: Viewer) -> None:
    """Answer a question about the rating.

    place   which of the questions on the page, from 1
    Raises  Http404; GoneError; RecordError when nothing is said, or it is closed
    """
    found = desk(task, by=by)
    asked = reads.queries(found)
    if not 1 <= place <= len(asked):
        raise Http404
    forms.answer_query(query=asked[place - 1].query, text=text, at=at, by=found.viewer)


def give_back(*, task: str, reason: str, at: datetime, by: Viewer) -> None:
    """Give a task back; what was answered stays on the form.

    Raises  Http404; GoneError; RecordError when no reason is given, or it is done
    """
    end(desk(task, by=by).task, states.RELEASED, reason=reason, at=at, by=by)


def _completed(task: str, finished: Completed, *, at: datetime, by: Viewer) -> Completed:
    if not finished.done:
        return finished
    now = desk(task, by=by)
    if now.stage == GUESS and now.row is None:
        _open(now, at=at)
    elif now.stage == DONE and now.state != states.DONE:
        _step(now, states.DONE, at=at)
    return finished


def _open(found: Desk, *, at: datetime) -> None:
    """Open the form in hand. What stands in the way the site's pages say: a rater would learn from it."""
    if found.stage not in (WAITING, GUESS) or found.row is not None:
        return
    task = found.task
    try:
        forms.open_form(
            participant=task.participant,
            visit=task.visit,
            visit_repeat=task.visit_repeat,
            form=found.form,
            at=at,
            by=found.viewer,
        )
    except RecordError as error:
        raise RecordError("this rating cannot begin yet", [UNREADY]) from error


def _step(found: Desk, state: str, *, at: datetime) -> None:
    with act("trial", f"task.{state}", at=at, by=found.viewer.person, subjects=found.subjects) as one:
        answers.hold(one.alias, found.task.participant)
        if states.of(found.task) != state:
            states.add(one, found.task, state, at=at, by=found.viewer.person)
