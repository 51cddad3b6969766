"""Planned unblinding: what is missing, the act, then the arm for those whom the protocol tells."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.allocator.services import Arm
from equipoise.conduct.capture import access
from equipoise.conduct.capture.pages.answering import sentence, tell
from equipoise.conduct.unblinding.reads import standing as reads
from equipoise.conduct.unblinding.services import telling
from equipoise.conduct.unblinding.together import StoreAwayError
from equipoise.errors import IntegrityError, Problem, RecordError


def unblinding(request: SignedRequest, name: str) -> HttpResponse:
    """Show how a participant's planned unblinding stands; no arm."""
    found = reads.standing(name, viewer=request.viewer, at=request.at)
    lines = [(one, [sentence(lack.message, lack.hint) for lack in one.missing or ()]) for one in found.events]
    return render(request, "unblinding/unblinding.html", {"page": found, "lines": lines})


def tell_arm(request: SignedRequest, name: str) -> HttpResponse:
    """Tell a participant's arm as planned, once whoever asks has confirmed it."""
    access.participant(name, viewer=request.viewer, action=telling.TELL)

    def act() -> Arm:
        if request.POST.get("confirmed") != "yes":
            hint = _("tick the box")
            raise RecordError("", [Problem(_("this must be confirmed"), hint, "confirmed")])
        event = request.POST.get("event", "")
        return telling.tell(participant=name, event=event, at=request.at, by=request.viewer)

    return _shown(request, name, act)


def read_arm(request: SignedRequest, name: str) -> HttpResponse:
    """Show the arm to somebody whom the protocol told."""
    return _shown(request, name, lambda: telling.read(participant=name, at=request.at, by=request.viewer))


def _shown(request: SignedRequest, name: str, act: Callable[[], Arm]) -> HttpResponse:
    try:
        arm = act()
    except (RecordError, IntegrityError, StoreAwayError) as error:
        tell(request, RecordError(str(error), error.problems))
        return redirect("unblinding:unblinding", name=name)
    return render(request, "unblinding/told.html", {"participant": name, "arm": arm})
