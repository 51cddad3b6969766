"""The gate in front of every page: takes the time once, finds out who asks, refuses what no table allows.

Holds the middleware. Refuses to look at forms or participants: views check the site of what they show.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import entry_links, hand_over, programs, reads, sign_in, tokens
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import SECOND_FACTOR
from equipoise.conduct.accounts.request import ProgramRequest, Shown, StudyRequest, wants_data
from equipoise.conduct.accounts.routes import OWN, PUBLIC, action_of, is_for_guests, is_for_programs
from equipoise.conduct.frame import refusals
from equipoise.conduct.stores import clock
from equipoise.errors import PermissionRefused

Respond = Callable[[HttpRequest], HttpResponse]
SAFE = ("GET", "HEAD")
DEVICE, ENDED = "enrollment:device", "enrollment:device_ended"
"""Where a participant with the clinic's device in hand is sent, and where when its session has ended."""
NOT_THEIRS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class Access:
    """Django middleware."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the request its time and viewer, and keep every answer out of caches."""
        asked = cast(StudyRequest, request)
        asked.at = clock.now()
        if refusals.is_api(asked):
            return self._programs(asked)
        if asked.user.is_authenticated and sign_in.expired(asked.session, at=asked.at):
            logout(asked)
        asked.viewer = reads.viewer(asked.user, at=asked.at)
        response = self._confined(asked) or self.respond(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _programs(self, asked: StudyRequest) -> HttpResponse:
        """Answer a program: a token says whose it is, and no session or cookie counts."""
        shown = tokens.shown(asked.headers.get("Authorization", ""), at=asked.at)
        asked.viewer = shown.viewer if shown else None
        cast(ProgramRequest, asked).shown = cast(Shown, shown)
        response = self.respond(asked)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _confined(self, asked: StudyRequest) -> HttpResponse | None:
        """Answer for a device that is in a participant's hands: with their pages, whatever was asked for."""
        handed = hand_over.of(asked.session) if asked.viewer is not None else None
        if handed is None or asked.viewer is None:
            return None
        asked.viewer = handed.guest(asked.viewer)
        try:
            theirs = is_for_guests(resolve(asked.path_info).func)
        except Resolver404:
            theirs = False
        response = self.respond(asked) if theirs else None
        # Neither a page of the staff nor an error page in their look is shown to them.
        return _to_device(asked) if response is None or response.status_code in NOT_THEIRS else response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Refuse a route or method that the tables do not allow this person."""
        action = action_of(view, request.method or "GET")
        asked = cast(StudyRequest, request)
        if is_for_programs(view):
            return programs.refused(cast(ProgramRequest, asked), view)
        if action == PUBLIC:
            return None
        if asked.viewer is None:
            return redirect(ENDED) if is_for_guests(view) else _to_sign_in(request)
        if action is None or not (action == OWN or asked.viewer.may(action)):
            return _refused(request)
        # A participant has no password to change first.
        return None if action == OWN or asked.viewer.on_behalf else _first_things_first(asked)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal by a service into its page."""
        return _refused(request) if isinstance(exception, PermissionRefused) else None


def _to_device(asked: StudyRequest) -> HttpResponse:
    """Send a participant back to the page they were given."""
    if wants_data(asked):
        return JsonResponse({"problem": _("Please give the device back first.")}, status=HTTPStatus.FORBIDDEN)
    if asked.headers.get("HX-Request") == "true":
        return HttpResponse(status=HTTPStatus.FORBIDDEN, headers={"HX-Redirect": reverse(DEVICE)})
    return redirect(DEVICE)


def _first_things_first(asked: StudyRequest) -> HttpResponse | None:
    """Return where somebody must go before their work: to a password or second factor of their own."""
    account = cast(Account, asked.user)
    if account.must_change_password:
        text, page = _("Choose a password of your own first."), "account_change_password"
    elif (
        asked.viewer is not None
        and asked.viewer.roles & SECOND_FACTOR
        and not sign_in.has_second_factor(account)
        and not entry_links.entered(asked.session)
    ):
        text, page = _("Your role needs a second factor. Set it up to go on."), "mfa_activate_totp"
    else:
        return None
    if wants_data(asked):
        return JsonResponse({"problem": text}, status=HTTPStatus.FORBIDDEN)
    messages.warning(asked, text, extra_tags="due")
    return redirect(page)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send somebody who is not signed in, or no longer, to sign in and come back to the page they were on."""
    if wants_data(request):
        return JsonResponse({"problem": _("Sign in again.")}, status=HTTPStatus.UNAUTHORIZED)
    response = redirect_to_login(_page(request))
    if request.headers.get("HX-Request") == "true":
        # A part of a page was asked for: the whole page goes to the sign-in.
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": response.url})
    return response


def _page(request: HttpRequest) -> str:
    """Return the path of the page somebody is on: of what they sent, the page it was sent from."""
    if request.method in SAFE and request.headers.get("HX-Request") != "true":
        return request.get_full_path()
    before = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(before)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _refused(request: HttpRequest) -> HttpResponse:
    if wants_data(request):
        return JsonResponse({"problem": _("Your role does not include this.")}, status=HTTPStatus.FORBIDDEN)
    return render(request, "frame/refused.html", status=HTTPStatus.FORBIDDEN)
