"""Sealed files: which there are, and what became of each."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture.pages.answering import done
from equipoise.conduct.unblinding.services import reporting
from equipoise.conduct.unblinding.services.reporting import Report


def envelopes(request: SignedRequest) -> HttpResponse:
    """Show the sealed files of the viewer's sites, and take a report."""
    context = {
        "files": reporting.files(request.viewer),
        "people": people.roster(),
        "outside": reporting.OUTSIDE,
        "typed": request.POST,
    }
    return render(request, "unblinding/envelopes.html", context)


def report(request: SignedRequest) -> HttpResponse:
    """Note what became of a sealed file."""
    given = request.POST
    said = Report(
        given.get("code", ""),
        given.get("status", ""),
        given.get("person", ""),
        _moment(given.get("happened_at", ""), given.get("code", "")),
        given.get("reason", ""),
    )
    told = (
        _("Noted. Who opened it counts as told; investigator and medical monitor hear of it.")
        if said.status == allocator.OPENED
        else _("Noted.")
    )
    return done(
        request,
        lambda: reporting.report(said, at=request.at, by=request.viewer),
        then=reverse("unblinding:envelopes"),
        said=told,
        again=lambda: envelopes(request),
    )


def _moment(text: str, code: str) -> datetime | None:
    """Return an instant typed by the clock of the site of a sealed file; None where it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return reporting.by_site_clock(found, code=code)
