"""The page on which somebody makes and revokes the tokens of their own programs.

Holds two views. A token is shown once, on the answer to the request that made it.
"""

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import entry_links, presence, sign_in, tokens
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import words
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, sentence
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

DAYS = (1, 7, 30, 90, 365)
USUAL_DAYS = "30"
LONGEST_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A token as the page shows it."""

    token: tokens.TokenLine
    role: str
    site: str


def token_list(request: SignedRequest) -> HttpResponse:
    """Show one's tokens; on POST make one and show it, this once."""
    if request.method != "POST":
        return _page(request)
    given = request.POST
    days = given.get("days", "")
    try:
        _confirm(request)
        secret = tokens.make(
            by=request.viewer,
            name=given.get("name", ""),
            role=given.get("role", ""),
            site=given.get("site", ""),
            known=[one.site for one in studies.sites()],
            days=int(days) if days.isdecimal() and len(days) <= LONGEST_NUMBER else 0,
            at=request.at,
        )
    except RecordError as error:
        return _page(request, problems=error.problems)
    return _page(request, secret=secret)


def revoke(request: SignedRequest, code: str) -> HttpResponse:
    """Revoke one of one's tokens."""
    if not tokens.revoke(person=request.viewer.person, code=code, at=request.at):
        raise Http404
    messages.success(request, _("The token was revoked: it is worth nothing from now on."), extra_tags="done")
    return redirect("api:tokens")


def _confirm(request: SignedRequest) -> None:
    """Raise RecordError unless password and code were given; who entered by a link has none."""
    if entry_links.entered(request.session) or presence.confirmed(request, code_needed=False):
        return
    message = _("password and code do not go together, or the code was used already")
    hint = _("check both; after too many attempts wait a little")
    raise RecordError("no token is made", [Problem(message, hint, "password")])


def _page(request: SignedRequest, *, secret: str = "", problems: tuple[Problem, ...] = ()) -> HttpResponse:
    known = {one.site: one.name for one in studies.sites()}
    grants = request.viewer.grants
    everywhere = any(not one.site for one in grants)
    own = {one.site for one in grants}
    context = {
        "lines": [
            Line(one, capfirst(words.role(one.role)), known.get(one.site, one.site))
            for one in tokens.of(request.viewer.person, at=request.at)
        ],
        "roles": sorted((role, words.role(role)) for role in {one.role for one in grants}),
        "sites": [(site, name) for site, name in known.items() if everywhere or site in own],
        "days": [str(one) for one in DAYS],
        "typed": request.POST if problems else {"days": USUAL_DAYS},
        "problems": [sentence(one.message, one.hint) for one in problems],
        "secret": secret,
        "password": not entry_links.entered(request.session),
        "second_factor": sign_in.has_second_factor(cast(Account, request.user)),
    }
    return render(request, "api/tokens.html", context, status=UNPROCESSABLE if problems else 200)
