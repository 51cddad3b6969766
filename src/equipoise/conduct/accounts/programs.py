"""The gate of addresses for programs: a token in the place of a session, an answer in that of a page.

Holds what is refused before an operation is reached. Refuses to look at forms or participants.
"""

from http import HTTPStatus

from django.http import HttpResponse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.accounts.routes import OWN, View
from equipoise.conduct.frame.refusals import refusal, told


def refused(asked: ProgramRequest, view: View) -> HttpResponse | None:
    """Return the answer to a program that may not ask this; None when it may."""
    if asked.viewer is None:
        hint = _("send a token that is still worth something: Authorization: Bearer TOKEN")
        response = _refusal(HTTPStatus.UNAUTHORIZED, _("no token was shown, or it is worth nothing"), hint)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    actions: dict[str, str] = view.actions  # type: ignore[attr-defined]
    action = actions.get(asked.method or "")
    if action is None:
        allowed = ", ".join(actions)
        response = _refusal(HTTPStatus.METHOD_NOT_ALLOWED, _("this cannot be sent here"), allowed)
        response.headers["Allow"] = allowed
        return response
    if action != OWN and not asked.viewer.may(action):
        hint = _("it needs a role that may do this: %(action)s") % {"action": action}
        return _refusal(HTTPStatus.FORBIDDEN, _("this token does not allow it"), hint)
    if asked.shown.unready:
        return _refusal(HTTPStatus.FORBIDDEN, asked.shown.unready, _("sign in with a browser"))
    return None


def _refusal(status: HTTPStatus, message: str, hint: str) -> HttpResponse:
    return refusal(status, [told(message, hint=hint)])
