"""Eligibility as the staff see it: criterion by criterion, what is still needed, and the signature."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import presence
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import access
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, done
from equipoise.conduct.capture.services.eligibility import MEANING
from equipoise.conduct.enrollment.pages import deviations
from equipoise.conduct.enrollment.services import criteria


def eligibility(request: SignedRequest, name: str) -> HttpResponse:
    """Show how every criterion stands; on POST record what a person judges of one that no rule decides."""
    if request.method == "POST":
        return _judge(request, name)
    return _page(request, name)


def _judge(request: SignedRequest, name: str) -> HttpResponse:
    given = request.POST

    def judge() -> None:
        capture.judge_criterion(
            participant=name,
            criterion=given.get("criterion", ""),
            holds=given.get("holds", ""),
            reason=given.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    there = reverse("enrollment:eligibility", args=[name])
    said = _("The judgment is recorded.")
    return done(request, judge, then=there, said=said, again=lambda: _page(request, name))


def _page(request: SignedRequest, name: str) -> HttpResponse:
    page = criteria.page(name, at=request.at, viewer=request.viewer)
    changes = [deviations.in_words(one) for one in page.changes]
    context = {"page": page, "changes": changes, "typed": request.POST}
    return render(request, "enrollment/eligibility.html", context)


def confirm(request: SignedRequest, name: str) -> HttpResponse:
    """Sign that somebody is eligible: what is signed is shown again, and the person confirms with a code."""
    access.participant(name, viewer=request.viewer, action="eligibility.confirm")
    there = reverse("enrollment:eligibility", args=[name])
    page = criteria.page(name, at=request.at, viewer=request.viewer)
    if not page.may_confirm:
        messages.warning(
            request, _("Eligibility cannot be confirmed now. Look at the table."), extra_tags="due"
        )
        return redirect(there)
    unready = presence.to_second_factor(request)
    if unready is not None:
        return unready
    context = {"page": page, "meaning": _(MEANING), "wrong": False}
    if request.method == "GET":
        return render(request, "enrollment/eligibility_confirm.html", context)
    if not presence.confirmed(request):
        context["wrong"] = True
        return render(request, "enrollment/eligibility_confirm.html", context, status=UNPROCESSABLE)
    return done(
        request,
        lambda: capture.confirm(participant=name, at=request.at, by=request.viewer),
        then=there,
        said=_("Eligibility is confirmed and signed."),
    )
