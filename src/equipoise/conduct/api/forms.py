"""Operations about a form: its answers and their history, saving, completing, verifying, signing, locking."""

from http import HTTPStatus
from typing import Annotated

from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import confirming
from equipoise.conduct.api.answering import AnswersSent, completed, stored
from equipoise.conduct.api.confirming import ConfirmationSent
from equipoise.conduct.api.operation import Refused, operation
from equipoise.conduct.api.shapes import MOST_ROW, ReasonSent
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import FormPage, VersionLine
from equipoise.conduct.capture.moves import MEANING
from equipoise.conduct.capture.results import Completed, Saved
from equipoise.conduct.frame.refusals import told

router = Router(tags=["Forms"])
FILL, VIEW, LOCK = "form.fill", "form.view", "form.lock"
NAMED = "/forms/{code}"


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
    return stored(
        services.save(form=code, given=sent.given(), reason=sent.reason, at=request.at, by=request.viewer)
    )


@operation(router, "POST", NAMED + "/complete", action=FILL, name="complete", gives=Completed, refuses=[404])
def complete_form(request: ProgramRequest, code: str, sent: ReasonSent) -> Completed:
    """Declare a form complete: nothing required is missing. Doubts become queries.

    422 answers are missing; 409 the form or the data are locked; what to do now stands in `result`.
    """
    return completed(services.complete(form=code, reason=sent.reason, at=request.at, by=request.viewer))


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
    confirming.require(request, sent)
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
