"""Who knows what, for people who are not blind."""

from django.http import HttpResponse
from django.shortcuts import render

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.unblinding.reads import exposures as reads

LONGEST = 64


def exposures(request: SignedRequest) -> HttpResponse:
    """List every exposure with its cause; no arm."""
    wanted = request.GET.get("find", "").strip()[:LONGEST]
    found = reads.exposures(viewer=request.viewer, find=wanted)
    return render(
        request, "unblinding/exposures.html", {"exposures": found, "find": wanted, "time_zone": "UTC"}
    )
