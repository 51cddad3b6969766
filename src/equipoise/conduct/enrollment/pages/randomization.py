"""A participant's randomization: what is missing, the act, then the kit number. No page here knows an arm."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import access
from equipoise.conduct.capture.pages.answering import done, sentence
from equipoise.conduct.enrollment.reads import randomization as reads
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.enrollment.services.randomizing import StoreAwayError
from equipoise.errors import IntegrityError, Problem, RecordError


def randomization(request: SignedRequest, name: str) -> HttpResponse:
    """Show how a participant's randomization stands."""
    found = reads.standing(name, viewer=request.viewer, at=request.at)
    missing = [sentence(one.message, one.hint) for one in found.missing or ()]
    return render(request, "enrollment/randomization.html", {"page": found, "missing": missing})


def randomize(request: SignedRequest, name: str) -> HttpResponse:
    """Randomize a participant, once whoever asks has confirmed it."""
    access.participant(name, viewer=request.viewer, action="randomization.request")

    def act() -> None:
        if request.POST.get("confirmed") != "yes":
            hint = _("tick the box")
            raise RecordError(_("not confirmed"), [Problem(_("this must be confirmed"), hint, "confirmed")])
        randomizing.randomize(participant=name, at=request.at, by=request.viewer)

    there = reverse("enrollment:randomization", args=[name])
    said = _("%(participant)s is randomized.") % {"participant": name}
    return done(request, told(act), then=there, said=said)


def told(act: Callable[[], object]) -> Callable[[], object]:
    """Return an act whose failing stores are told on the page like anything that was refused."""

    def tried() -> object:
        try:
            return act()
        except (StoreAwayError, IntegrityError) as error:
            raise RecordError(str(error), error.problems) from error

    return tried
