"""The gate in front of every page: takes the time once, finds out who asks, refuses what no table allows.

Holds the middleware. Refuses to look at forms or participants: views check the site of what they show.
"""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import reads, sign_in
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import SECOND_FACTOR
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.accounts.routes import PUBLIC, action_of
from equipoise.conduct.stores import clock
from equipoise.errors import PermissionRefused

Respond = Callable[[HttpRequest], HttpResponse]
FORBIDDEN = 403
OWN = "account.own"
FACTOR = "has_second_factor"


class Access:
    """Django middleware."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the request its time and viewer, and keep every answer out of caches."""
        asked = cast(StudyRequest, request)
        asked.at = clock.now()
        if asked.user.is_authenticated and sign_in.expired(asked.session, at=asked.at):
            logout(asked)
        asked.viewer = reads.viewer(asked.user, at=asked.at)
        response = self.respond(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Refuse a route or method that the tables do not allow this person."""
        action = action_of(view, request.method or "GET")
        asked = cast(StudyRequest, request)
        if action == PUBLIC:
            return None
        if asked.viewer is None:
            return redirect_to_login(request.get_full_path())
        if action is None or not asked.viewer.may(action):
            return self._refused(request)
        if action != OWN and _lacks_second_factor(asked):
            messages.warning(request, _("Your role needs a second factor. Set it up to go on."))
            return redirect("mfa_activate_totp")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal by a service into its page."""
        return self._refused(request) if isinstance(exception, PermissionRefused) else None

    @staticmethod
    def _refused(request: HttpRequest) -> HttpResponse:
        return render(request, "frame/refused.html", status=FORBIDDEN)


def _lacks_second_factor(asked: StudyRequest) -> bool:
    """Whether the person holds a role that needs a second factor and has none. Asked once a session."""
    if asked.viewer is None or not asked.viewer.roles & SECOND_FACTOR:
        return False
    if not asked.session.get(FACTOR):
        asked.session[FACTOR] = sign_in.has_second_factor(cast(Account, asked.user))
    return not asked.session[FACTOR]
