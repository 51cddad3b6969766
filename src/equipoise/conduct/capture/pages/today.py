"""The first page: what is due, what is late, how recruitment stands."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from equipoise.conduct.accounts.permission import RATER, Viewer
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import reads, recruitment

WORK = (
    (
        "pharmacist",
        _("You keep and prepare the kits, and hand them out by their numbers."),
        "enrollment:kits",
        _("Go to the kits"),
    ),
    (
        "statistician",
        _("You work on an export of the records: it names nobody and holds no treatment."),
        "",
        _("Whoever looks after the system makes it for you."),
    ),
    (
        "unblinded_statistician",
        _("You work on an export that holds every treatment, made for you alone and written down."),
        "unblinding:exposures",
        _("See who knows what"),
    ),
    (
        "dsmb_member",
        _("The independent statistician brings the reports of the board to its meetings."),
        "",
        _("Nothing is asked of you here."),
    ),
    (
        "system_administrator",
        _("You add people, record their trainings and give them their roles."),
        "people",
        _("Go to the people"),
    ),
)
"""Role without the list of participants, what it does here, and what next: a route with words, or words."""


def home(request: SignedRequest) -> HttpResponse:
    """Show today's work; a rater's is their tasks, and nothing else is theirs to know."""
    if is_rater_only(request.viewer):
        return redirect("tasks:mine")
    found = reads.home(viewer=request.viewer, at=request.at)
    if found is None:
        raise Http404
    whole, *sites = found.recruitment
    people = request.viewer.may("participant.list")
    return render(
        request,
        "capture/home.html",
        {
            "home": found,
            "whole": whole,
            "sites": sites if len(sites) > 1 else [],
            "people": people,
            "work": [one[1:] for one in WORK if one[0] in request.viewer.roles],
            "curve": recruitment.draw(found.months),
            "now": found.months[-1] if found.months else None,
        },
    )


def is_rater_only(viewer: Viewer | None) -> bool:
    """Whether somebody rates and does nothing else: how the trial goes is not theirs to know."""
    return viewer is not None and viewer.roles == {RATER}


def alerts(request: SignedRequest) -> HttpResponse:
    """Show alerts, open or closed."""
    closed = request.GET.get("closed") == "1"
    found = reads.alerts(viewer=request.viewer, at=request.at, closed=closed)
    return render(request, "capture/alerts.html", {"alerts": found, "closed": closed})
