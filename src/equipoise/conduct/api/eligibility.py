"""Operations about eligibility: criterion by criterion, judged, confirmed by a signature."""

from http import HTTPStatus
from typing import Literal

from django.utils.translation import gettext as _
from ninja import Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import confirming
from equipoise.conduct.api.confirming import ConfirmationSent
from equipoise.conduct.api.operation import Refused, operation
from equipoise.conduct.api.shapes import Id, Sent, Text
from equipoise.conduct.capture import access
from equipoise.conduct.capture import services as capture
from equipoise.conduct.enrollment.services import criteria
from equipoise.conduct.enrollment.services.criteria import EligibilityPage
from equipoise.conduct.frame.refusals import told

router = Router(tags=["Eligibility"])
NAMED = "/participants/{name}/eligibility"


class JudgmentSent(Sent):
    """Whether what a criterion without a rule says is true; "unknown" takes it back."""

    criterion: Id
    holds: Literal["yes", "no", "unknown"]
    reason: Text


@operation(
    router, "GET", NAMED, action="eligibility.view", name="eligibility", gives=EligibilityPage, refuses=[404]
)
def participant_eligibility(request: ProgramRequest, name: str) -> EligibilityPage:
    """Say how every criterion stands, what is hidden left out."""
    return criteria.page(name, at=request.at, viewer=request.viewer)


@operation(router, "POST", NAMED, action="eligibility.judge", name="eligibility", status=204, refuses=[404])
def judge_criterion(request: ProgramRequest, name: str, sent: JudgmentSent) -> None:
    """Judge a criterion that no rule decides, with a reason."""
    capture.judge_criterion(
        participant=name,
        criterion=sent.criterion,
        holds=sent.holds,
        reason=sent.reason,
        at=request.at,
        by=request.viewer,
    )


@operation(
    router,
    "POST",
    NAMED + "/confirmation",
    action="eligibility.confirm",
    name="eligibility_confirm",
    status=204,
    refuses=[404],
)
def confirm_eligibility(request: ProgramRequest, name: str, sent: ConfirmationSent) -> None:
    """Sign that somebody is eligible, with password and code.

    409 a criterion is not met or not known; 422 password and code do not go together.
    """
    access.participant(name, viewer=request.viewer, action="eligibility.confirm")
    if not criteria.page(name, at=request.at, viewer=request.viewer).may_confirm:
        problem = told(_("eligibility cannot be confirmed now"), hint=_("look at the table"))
        raise Refused(HTTPStatus.CONFLICT, [problem])
    confirming.require(request, sent)
    capture.confirm(participant=name, at=request.at, by=request.viewer)
