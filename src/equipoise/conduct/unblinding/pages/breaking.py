"""The emergency code break: found by id or kit, asked for with reason, password and code, shown once."""

from dataclasses import dataclass
from typing import cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import presence, sign_in
from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture import access
from equipoise.conduct.capture.pages.answering import sentence
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.conduct.unblinding.reads import broken
from equipoise.conduct.unblinding.services import breaking
from equipoise.conduct.unblinding.services.breaking import BREAK, LimitError
from equipoise.conduct.unblinding.together import StoreAwayError
from equipoise.errors import IntegrityError, RecordError

UNPROCESSABLE = 422
MOST_FOUND = 20
SECONDS_A_MINUTE = 60
LONGEST = 64


def find(request: SignedRequest) -> HttpResponse:
    """Find the participant by id or kit number, and show who broke which code."""
    wanted = request.GET.get("q", "").strip()[:LONGEST]
    found = found_by(wanted, viewer=request.viewer)
    if wanted and len(found) == 1:
        return redirect("unblinding:code_break", name=found[0])
    context = {
        "q": wanted,
        "found": found[:MOST_FOUND],
        "more": len(found) > MOST_FOUND,
        "broken": broken.every(viewer=request.viewer),
    }
    return render(request, "unblinding/find.html", context)


def found_by(wanted: str, *, viewer: Viewer) -> tuple[str, ...]:
    """Return the participants whose code somebody may break, by kit number or part of their id."""
    if not wanted:
        return ()
    known = broken.participants(viewer)
    holder = allocator.holder(wanted) if wanted.isdecimal() else ""
    if holder in known:
        return (holder,)
    return tuple(one for one in known if wanted.casefold() in one.casefold())


def ask(request: SignedRequest, name: str) -> HttpResponse:
    """Show what a code break needs."""
    access.participant(name, viewer=request.viewer, action=BREAK)
    return _form(request, name)


def break_code(request: SignedRequest, name: str) -> HttpResponse:
    """Authenticate, write down, show."""
    access.participant(name, viewer=request.viewer, action=BREAK)
    given = request.POST
    wrong = _authenticated(request, _account(request), given.get("password", ""), given.get("code", ""))
    second: Viewer | None = None
    if not wrong and given.get("second_email", "").strip():
        other = presence.named(given["second_email"])
        second = people.viewer(other, at=request.at) if other is not None else None
        refused = second is None or _authenticated(
            request, cast(Account, other), given.get("second_password", ""), given.get("second_code", "")
        )
        if refused:
            wrong, second = [_("Address, password and code of the second person do not go together.")], None
    if wrong:
        return _form(request, name, wrong=wrong, limit="second_email" in given)
    try:
        shown = breaking.break_code(
            participant=name, reason=given.get("reason", ""), at=request.at, by=request.viewer, second=second
        )
    except (RecordError, IntegrityError, StoreAwayError) as error:
        said = [sentence(one.message, one.hint) for one in error.problems] or [wording.told(str(error))]
        return _form(request, name, wrong=said, limit=isinstance(error, LimitError))
    return render(request, "unblinding/broken.html", {"page": _shown(shown, request)})


@dataclass(frozen=True)
class _Page:
    """What the page shows of one participant; its repr shows nothing."""

    shown: breaking.Broken
    rescue: tuple[tuple[str, str], ...]
    site_zone: str

    def __repr__(self) -> str:
        return "<a broken code>"


def _shown(shown: breaking.Broken, request: SignedRequest) -> _Page:
    ground = access.participant(shown.participant, viewer=request.viewer, action=BREAK)
    version = studies.versions_at(ground.site.today(request.at), first=True)[ground.site.site]
    said = wording.speaker(studies.resolved(version))
    rescue = studies.resolved(version).protocol.rescue
    lines = tuple((said(one.text), said(one.treatment)) for one in rescue)
    return _Page(shown, lines, ground.site.time_zone)


def _form(
    request: SignedRequest, name: str, *, wrong: list[str] | None = None, limit: bool = False
) -> HttpResponse:
    context = {
        "participant": name,
        "wrong": wrong or [],
        "limit": limit,
        "typed": {one: request.POST.get(one, "") for one in ("reason", "second_email")},
        "rates": "rater" in request.viewer.roles,
        "no_factor": not sign_in.has_second_factor(_account(request)),
    }
    status = UNPROCESSABLE if wrong else 200
    return render(request, "unblinding/code_break.html", context, status=status)


def _account(request: SignedRequest) -> Account:
    return cast(Account, request.user)


def _authenticated(request: SignedRequest, account: Account, password: str, code: str) -> list[str]:
    """Return why somebody is not taken for who they say they are; nothing when they are."""
    found = presence.confirm(request, account, password=password, code=code)
    if found.wait:
        minutes = -(-int(found.wait.total_seconds()) // SECONDS_A_MINUTE) or 1
        said = _("Too many attempts. Wait %(n)s min; if you cannot, open the participant's sealed file.")
        return [said % {"n": minutes}]
    if found.right:
        return []
    return [_("Password and code do not go together. A code works once: wait for the next one.")]
