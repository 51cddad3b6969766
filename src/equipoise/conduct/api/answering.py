"""What programs send of a form's answers, and what they are told came of it: of any form, and of a rating.

Holds shapes and refusals. Refuses to save.
"""

from http import HTTPStatus
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import Field

from equipoise.conduct.api.operation import Refused, written
from equipoise.conduct.api.shapes import Id, Row, Sent, Text
from equipoise.conduct.api.together import RETRY_S
from equipoise.conduct.capture.results import Completed, Conflict, Given, Saved
from equipoise.conduct.frame import refusals
from equipoise.conduct.frame.refusals import told
from equipoise.conduct.frame.sentences import said
from equipoise.errors import Problem
from equipoise.protocol.answer import Finding

MOST_ANSWERS = 2_000
LARGEST = 2**31 - 1
STORE = "store"


class AnswerSent(Sent):
    """An answer. `seen` is the version that was read, 0 for none: what others changed is not overwritten.

    text is a code, a number with a point, an ISO date; "" with no missing_reason takes an answer back.
    """

    item: Id
    row: Row = 0
    text: str = ""
    missing_reason: Id = ""
    seen: Annotated[int, Field(ge=0, le=LARGEST)] = 0


class AnswersSent(Sent):
    """Some of a form's answers, or all; those left out stay. Once complete, a change needs a reason."""

    answers: Annotated[list[AnswerSent], Field(max_length=MOST_ANSWERS)]
    reason: Text = ""

    def given(self) -> list[Given]:
        """Return the answers as capture takes them."""
        return [Given(one.item, one.row, one.text, one.missing_reason, one.seen) for one in self.answers]


def stored(saved: Saved) -> Saved:
    """Return what became of answers that were all stored.

    Raises  Refused where one was not: 409 for what others changed or a lock, 422 for what cannot be stored,
            503 when the store is away
    """
    if saved.problem is not None:
        raise _blocked(saved.problem, saved)
    problems = [*map(_conflict, saved.conflicts), *map(_finding, saved.refused)]
    if problems:
        status = HTTPStatus.CONFLICT if saved.conflicts else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refused(status, problems, result=_plain(Saved, saved))
    return saved


def completed(done: Completed) -> Completed:
    """Return what came of a form that is complete now.

    Raises  Refused where it is not: 422 for missing answers, 409 for a lock, 503 when the store is away
    """
    if done.problem is not None:
        raise _blocked(done.problem, done)
    if not done.done:
        gaps = map(_finding, done.gaps)
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, gaps, result=_plain(Completed, done))
    return done


def _blocked(problem: Problem, done: Saved | Completed) -> Refused:
    """Return why nothing at all could be done: the store is away or busy, or the data are locked."""
    away = problem.path == STORE
    status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.CONFLICT
    result = _plain(type(done), done)
    return Refused(status, [refusals.of(problem)], result=result, retry_s=RETRY_S if away else 0)


def _finding(one: Finding) -> dict[str, Any]:
    """Return an answer that is missing or cannot be stored, as one problem."""
    return told(said(one.message), hint=said(one.hint), where=one.kind, field=one.item, row=one.row)


def _conflict(one: Conflict) -> dict[str, Any]:
    """Return an answer that somebody else changed meanwhile, as one problem."""
    name = one.by or _("Somebody")
    message = _("%(name)s changed this answer meanwhile") % {"name": name}
    hint = _("read it; to replace it, send yours with `seen` %(seq)s") % {"seq": one.seq}
    return told(message, hint=hint, where="conflict", field=one.item, row=one.row)


def _plain(shape: type[Any], value: Any) -> Any:
    """Return a value as it stands in an answer."""
    return written(shape).dump_python(value, mode="json")
