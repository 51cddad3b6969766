"""The clinic's device in a participant's hands: where it stands, how it comes back, help at any time.

Holds views of the participant's pages that are the same whatever they were handed. Nothing of the staff's is
on them: `accounts.access` sees to it that nothing else is reached.
"""

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from equipoise.conduct.accounts import hand_over, presence, sign_in
from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.hand_over import Handed
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import SignedRequest, StudyRequest
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE
from equipoise.conduct.consent import reads as consents

CONSENT, VISIT = "consent", "visit"
DONE = "done"
"""In the session, once everything that was handed over is done."""


def device(request: SignedRequest) -> HttpResponse:
    """Show what the participant was given, or that it is done."""
    handed = hand_over.of(request.session)
    if handed is None:
        return redirect("capture:home")
    if is_done(request, handed):
        return render(request, "enrollment/device_done.html", {"kind": handed.kind})
    return redirect(begins_at(handed))


def begins_at(handed: Handed) -> str:
    """Return the address at which what was handed over goes on."""
    return reverse("enrollment:reading" if handed.kind == CONSENT else "enrollment:questions")


def is_done(request: SignedRequest, handed: Handed) -> bool:
    """Whether nothing is left to do for the participant."""
    if handed.kind == CONSENT:
        form = consents.signing(handed.words[0])
        return form is None or consents.is_stored(handed.words[0])
    return bool(request.session.get(DONE) == handed.token)


def finish(request: SignedRequest, handed: Handed) -> HttpResponse:
    """Remember that everything is done, and say so."""
    request.session[DONE] = handed.token
    return redirect("enrollment:device")


def later(request: SignedRequest) -> HttpResponse:
    """Say that everything is kept and that the device may be given back."""
    handed = hand_over.of(request.session)
    if handed is None:
        return redirect("capture:home")
    return render(request, "enrollment/device_later.html", {"go_on": begins_at(handed)})


def back(request: SignedRequest) -> HttpResponse:
    """Take the device back: the member of staff whose session it is enters their password again."""
    handed = hand_over.of(request.session)
    account = request.user
    if handed is None or not isinstance(account, Account):
        return redirect("capture:home")
    context = {"name": _name(account), "code": sign_in.has_second_factor(account), "wrong": False}
    if request.method == "GET":
        return render(request, "enrollment/device_back.html", context)
    if not presence.confirmed(request, code_needed=False):
        context["wrong"] = True
        return render(request, "enrollment/device_back.html", context, status=UNPROCESSABLE)
    participant = handed.participant
    hand_over.end(request.session, at=request.at, by=account.person)
    request.session.pop(DONE, None)
    if not participant:
        return redirect("enrollment:take")
    name = "enrollment:consent" if handed.kind == CONSENT else "capture:participant"
    return redirect(name, participant)


def _name(account: Account) -> str:
    """Return the name of the member of staff whose session it is."""
    return people.names({account.person}).get(account.person, account.email)


def sign_out(request: SignedRequest) -> HttpResponse:
    """End the session, for another member of staff to sign in: nothing is left on the device."""
    logout(request)
    return redirect("account_login")


def ended(request: StudyRequest) -> HttpResponse:
    """Say that the pages closed by themselves, and what is safe."""
    return render(request, "enrollment/device_ended.html")


def help_now(request: HttpRequest) -> HttpResponse:
    """Say where help is: for anybody, signed in or not."""
    handed = hand_over.of(request.session)
    context = {
        "lines": [line for line in settings.HELP_TEXT.splitlines() if line.strip()],
        "handed": handed is not None,
        "told": handed is not None and request.GET.get("told") == "1",
        "go_on": begins_at(handed) if handed is not None else "",
    }
    return render(request, "enrollment/help.html", context)
