"""The pharmacist's pages: kits, and what they hold, written down before it is shown."""

from django.contrib import messages
from django.db import Error
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services
from equipoise.conduct.capture.pages.answering import tell
from equipoise.conduct.enrollment.reads import pharmacy as reads
from equipoise.conduct.enrollment.reads import strata
from equipoise.errors import IntegrityError, RecordError

ROLE = "pharmacist"
KITS = 4
MOST_KITS = 50


def kits(request: SignedRequest) -> HttpResponse:
    """List the kits of the pharmacist's sites; nothing here says what they hold."""
    context = {"kits": reads.kits(request.viewer), "strata": reads.strata(request.viewer), "n": KITS}
    return render(request, "enrollment/kits.html", context)


def kit(request: SignedRequest, name: str) -> HttpResponse:
    """Show what a participant's kit holds."""
    if not reads.dispenses(name, request.viewer):
        raise Http404
    try:
        arm = services.release(
            participant=name, to=request.viewer.person, role=ROLE, cause="dispensing", at=request.at
        )
    except (RecordError, IntegrityError) as error:
        tell(request, RecordError(str(error), error.problems))
        return redirect("enrollment:kits")
    given = allocator.assigned(name)
    if given is None:
        raise Http404
    return render(
        request,
        "enrollment/kit.html",
        {"participant": name, "arm": arm, "given": given, "stratum": strata.words(given.stratum)},
    )


def prepare(request: SignedRequest) -> HttpResponse:
    """Show what the next kits of the pharmacist's strata are to hold."""
    typed = request.GET.get("n", "")
    count = min(int(typed), MOST_KITS) if typed.isdecimal() and len(typed) < len(str(10**6)) else KITS
    try:
        found = services.prepare(
            to=request.viewer.person,
            role=ROLE,
            strata=reads.strata(request.viewer),
            count=max(count, 1),
            at=request.at,
        )
    except (RecordError, IntegrityError, Error) as error:
        problems = error.problems if isinstance(error, (RecordError, IntegrityError)) else ()
        if not problems:
            messages.error(request, _("The allocation store does not answer. Try again."), extra_tags="late")
        tell(request, RecordError("", problems)) if problems else None
        return redirect("enrollment:kits")
    by_stratum: dict[str, list[services.Prepared]] = {}
    for one in found:
        by_stratum.setdefault(strata.words(one.stratum), []).append(one)
    return render(request, "enrollment/prepare.html", {"strata": by_stratum, "n": count})
