"""Finding: from a few letters typed anywhere to the participant or form they mean."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import reads

LONGEST = 64


def find(request: SignedRequest) -> HttpResponse:
    """Show what was found, or go there where it is one thing."""
    wanted = request.GET.get("q", "").strip()[:LONGEST]
    found = reads.find(wanted, viewer=request.viewer)
    if len(found.participants) + len(found.forms) == 1:
        if found.participants:
            return redirect("capture:participant", found.participants[0])
        return redirect("capture:form", found.forms[0].code)
    return render(request, "capture/find.html", {"found": found, "wanted": wanted})
