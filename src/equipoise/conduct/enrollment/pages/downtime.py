"""Emergency lists: reported as opened, entered kit by kit in the order of use, closed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture.pages.answering import done
from equipoise.conduct.capture.pages.people import day_of
from equipoise.conduct.enrollment.pages.randomization import told
from equipoise.conduct.enrollment.reads import randomization as reads
from equipoise.conduct.enrollment.reads import strata
from equipoise.conduct.enrollment.services import downtime, randomizing
from equipoise.conduct.enrollment.services.gates import Paper
from equipoise.errors import Problem, RecordError

ENTER = "randomization.request"


def lists(request: SignedRequest) -> HttpResponse:
    """Show the emergency lists of the viewer's sites, and the kits still to be entered."""
    found = downtime.lists(request.viewer)
    context = {
        "lists": found,
        "opened": [
            (one, [(strata.words(name), kits) for name, kits in one.kits.items()])
            for one in found
            if one.status == allocator.OPENED
        ],
        "waiting": reads.waiting(request.viewer) if request.viewer.may(ENTER) else (),
        "may_enter": request.viewer.may(ENTER),
        "typed": request.POST,
    }
    return render(request, "enrollment/downtime.html", context)


def report(request: SignedRequest) -> HttpResponse:
    """Say that an emergency list was opened, or that all its kits are entered."""
    status = request.POST.get("status", "")

    def note() -> None:
        downtime.report(
            code=request.POST.get("code", ""),
            status=status,
            reason=request.POST.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    said = (
        _("Its strata are closed until every kit used from it is entered.")
        if status == allocator.OPENED
        else _("The list is closed. Its strata are open again.")
    )
    return done(request, note, then=reverse("enrollment:downtime"), said=said, again=lambda: lists(request))


def enter(request: SignedRequest) -> HttpResponse:
    """Enter a kit that was used from an emergency list."""
    given = request.POST

    def randomize() -> None:
        used_on = day_of(given.get("used_on", ""))
        if used_on is None:
            raise RecordError(
                "", [Problem(_("the day is missing"), _("give the day the kit was used"), "used_on")]
            )
        paper = Paper(
            given.get("code", ""), given.get("kit", "").strip(), used_on, given.get("reason", "").strip()
        )
        randomizing.randomize(
            participant=given.get("participant", ""), at=request.at, by=request.viewer, paper=paper
        )

    said = _("The kit is entered.")
    there = reverse("enrollment:downtime")
    return done(request, told(randomize), then=there, said=said, again=lambda: lists(request))
