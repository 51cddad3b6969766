"""Operations about a form: its answers and their history, saving, completing, verifying, signing, locking."""

from http import HTTPStatus
from typing import Annotated, Any

from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import confirming
from equipoise.conduct.api.operation import Refused, operation, written
from equipoise.conduct.api.shapes import Id, Sent, Text
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import FormPage, VersionLine
from equipoise.conduct.capture.moves import MEANING
from equipoise.conduct.capture.results import Completed, Conflict, Given, Saved
from equipoise.conduct.frame import refusals
from equipoise.conduct.frame.refusals import told
from equipoise.conduct.frame.sentences import said
from equipoise.errors import Problem
from equipoise.protocol.answer import Finding

router = Router(tags=["Forms"])
FILL, VIEW, LOCK = "form.fill", "form.view", "form.lock"
NAMED = "/forms/{code}"
MOST_ANSWERS = 2_000
MOST_ROW = 10_000
LARGEST = 2**31 - 1
STORE = "store"
RETRY_S = 5


class AnswerSent(Sent):
    """An answer. `seen` is the version that was read, 0 for none: what others changed is not overwritten.

    text is a code, a number with a point, an ISO date; "" with no missing_reason takes an answer back.
    """

    item: Id
    row: Annotated[int, Field(ge=0, le=MOST_ROW)] = 0
    text: str = ""
    missing_reason: Id = ""
    seen: Annotated[int, Field(ge=0, le=LARGEST)] = 0


class AnswersSent(Sent):
    """Some of a form's answers, or all; those left out stay. Once complete, a change needs a reason."""

    answers: Annotated[list[AnswerSent], Field(max_length=MOST_ANSWERS)]
    reason: Text = ""


class ReasonSent(Sent):
    """Why."""

    reason: Text = ""


class ConfirmationSent(Sent):
    """Password and code of the signer's second factor, as a page asks for them."""

    password: Annotated[str, Field(max_length=256)]
    code: Annotated[str, Field(max_length=32)]


@operation(router, "GET", NAMED, action=VIEW, name="form", gives=FormPage, refuses=[404])
def form(request: ProgramRequest, code: str) -> FormPage:
    """Give a form with its questions and answers, as one may see them."""
    return _page(request, code)


@operation(
    router,
    "GET",
    NAMED + "/history/{item}",
    action=VIEW,
    name="history",
    gives=tuple[VersionLine, ...],
    refuses=[404],
)
def history(
    request: ProgramRequest, code: str, item: str, row: Annotated[int, Query(ge=0, le=MOST_ROW)] = 0
) -> tuple[VersionLine, ...]:
    """Give every version of one answer, the newest first."""
    found = reads.item_history(code, item=item, row=row, viewer=request.viewer)
    if found is None:
        raise Http404
    return tuple(found)


@operation(router, "POST", NAMED + "/answers", action=FILL, name="answers", gives=Saved, refuses=[404])
def save_answers(request: ProgramRequest, code: str, sent: AnswersSent) -> Saved:
    """Save answers, and say what became of each; instructions are to be shown first.

    409 somebody else answered meanwhile, or the form or the data are locked; 422 an answer cannot be stored;
    503 the store did not answer. What was stored all the same, and what to do now, stands in `result`.
    """
    given = [Given(one.item, one.row, one.text, one.missing_reason, one.seen) for one in sent.answers]
    saved = services.save(form=code, given=given, reason=sent.reason, at=request.at, by=request.viewer)
    if saved.problem is not None:
        raise blocked(saved.problem, saved)
    problems = [*map(conflict, saved.conflicts), *map(finding, saved.refused)]
    if problems:
        status = HTTPStatus.CONFLICT if saved.conflicts else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refused(status, problems, result=plain(Saved, saved))
    return saved


@operation(router, "POST", NAMED + "/complete", action=FILL, name="complete", gives=Completed, refuses=[404])
def complete_form(request: ProgramRequest, code: str, sent: ReasonSent) -> Completed:
    """Declare a form complete: nothing required is missing. Doubts become queries.

    422 answers are missing; 409 the form or the data are locked; what to do now stands in `result`.
    """
    done = services.complete(form=code, reason=sent.reason, at=request.at, by=request.viewer)
    if done.problem is not None:
        raise blocked(done.problem, done)
    if not done.done:
        gaps = list(map(finding, done.gaps))
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, gaps, result=plain(Completed, done))
    return done


@operation(router, "POST", NAMED + "/verify", action="form.verify", name="verify", status=204, refuses=[404])
def verify_form(request: ProgramRequest, code: str) -> None:
    """State that a complete form agrees with its source."""
    services.verify(form=code, at=request.at, by=request.viewer)


@operation(router, "POST", NAMED + "/sign", action="form.sign", name="sign", status=204, refuses=[404])
def sign_form(request: ProgramRequest, code: str, sent: ConfirmationSent) -> None:
    """Sign a verified form as one has read it, with password and code.

    409 it cannot be signed now; 422 password and code do not go together; 429 too many attempts.
    """
    if "sign" not in _page(request, code).moves:
        problem = told(_("this form cannot be signed now"), hint=_("look at its state"))
        raise Refused(HTTPStatus.CONFLICT, [problem])
    confirming.require(request, password=sent.password, code=sent.code)
    services.sign(form=code, meaning=MEANING, at=request.at, by=request.viewer)


@operation(router, "POST", NAMED + "/lock", action=LOCK, name="lock", status=204, refuses=[404])
def lock_form(request: ProgramRequest, code: str) -> None:
    """Lock a signed form: nothing in it changes any more."""
    services.lock(form=code, at=request.at, by=request.viewer)


@operation(router, "POST", NAMED + "/unlock", action=LOCK, name="unlock", status=204, refuses=[404])
def unlock_form(request: ProgramRequest, code: str, sent: ReasonSent) -> None:
    """Unlock a form, which is then as it was when it was signed."""
    services.unlock(form=code, reason=sent.reason, at=request.at, by=request.viewer)


def _page(request: ProgramRequest, code: str) -> FormPage:
    found = reads.form_page(code, viewer=request.viewer, language=get_language() or "en")
    if found is None:
        raise Http404
    return found


def blocked(problem: Problem, done: Saved | Completed) -> Refused:
    """Return why nothing at all could be done: the store is away or busy, or the data are locked."""
    away = problem.path == STORE
    status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.CONFLICT
    result = plain(type(done), done)
    return Refused(status, [refusals.of(problem)], result=result, retry_s=RETRY_S if away else 0)


def finding(one: Finding) -> dict[str, Any]:
    """Return an answer that is missing or cannot be stored, as one problem."""
    return told(said(one.message), hint=said(one.hint), where=one.kind, field=one.item, row=one.row)


def conflict(one: Conflict) -> dict[str, Any]:
    """Return an answer that somebody else changed meanwhile, as one problem."""
    name = one.by or _("Somebody")
    message = _("%(name)s changed this answer meanwhile") % {"name": name}
    hint = _("read it; to replace it, send yours with `seen` %(seq)s") % {"seq": one.seq}
    return told(message, hint=hint, where="conflict", field=one.item, row=one.row)


def plain(shape: type[Any], value: Any) -> Any:
    """Return a value as it stands in an answer."""
    return written(shape).dump_python(value, mode="json")
