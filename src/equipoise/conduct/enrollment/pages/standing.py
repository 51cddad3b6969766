"""A participant's consent as the staff see it: what they signed, what they took back, what has to be done."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import presence, sign_in
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import access, eligibility
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, done
from equipoise.conduct.capture.pages.people import day_of
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.words import DEGREES
from equipoise.conduct.enrollment.pages import deviations
from equipoise.conduct.enrollment.services import criteria
from equipoise.conduct.identity.reads import contacts


def consent(request: SignedRequest, name: str) -> HttpResponse:
    """Show how somebody's consent stands."""
    ground = access.participant(name, viewer=request.viewer, action="consent.view")
    now = reads.standing(name, at=request.at)
    site = ground.site
    forms = reads.current(site.site, day=site.today(request.at))
    left = reads.DEGREES[reads.DEGREES.index(now.withdrawn) + 1 :] if now.withdrawn else reads.DEGREES
    resolved, _version = criteria.in_force(ground, request.at)
    context = {
        "participant": name,
        "site": site,
        "time_zone": site.time_zone,
        "now": now,
        "withdrawn": DEGREES[now.withdrawn] if now.withdrawn else None,
        "given": reads.given(name),
        "taken_back": [(one, DEGREES[one.degree][0]) for one in reads.taken_back(name)],
        "forms": forms,
        "under_way": reads.under_way(site.site, participant=name) if ground.may("consent.take") else (),
        "degrees": [(one, *DEGREES[one]) for one in left],
        "deviations": [
            deviations.in_words(one) for one in eligibility.deviations(name, ground.sight(resolved))
        ],
        "today": site.today(request.at),
        "may_take": ground.may("consent.take"),
        "may_withdraw": ground.may("withdrawal.record"),
        "typed": request.POST,
    }
    return render(request, "enrollment/consent.html", context)


def countersign(request: SignedRequest, name: str) -> HttpResponse:
    """Sign somebody's newest consent beside them, with one's password and code."""
    ground = access.participant(name, viewer=request.viewer, action="consent.take")
    newest = next(iter(reads.given(name)), None)
    there = reverse("enrollment:consent", args=[name])
    account = request.user
    if newest is None or not isinstance(account, Account):
        return done(request, lambda: _sign(request, name), then=there, said="")
    form = reads.version(ground.site.site, newest.number, newest.language)
    context = {
        "participant": name,
        "given": newest,
        "form": form,
        "meaning": _(services.COUNTERSIGNED),
        "code": sign_in.has_second_factor(account),
        "wrong": False,
        "time_zone": ground.site.time_zone,
    }
    if request.method == "GET":
        return render(request, "enrollment/countersign.html", context)
    if not presence.confirmed(request, code_needed=False):
        context["wrong"] = True
        return render(request, "enrollment/countersign.html", context, status=UNPROCESSABLE)
    return done(request, lambda: _sign(request, name), then=there, said=_("Countersigned."))


def copy(request: SignedRequest, name: str) -> HttpResponse:
    """Show what somebody signed last, with names and times, to be printed and given to them."""
    ground = access.participant(name, viewer=request.viewer, action="consent.take")
    newest = next(iter(reads.given(name)), None)
    if newest is None:
        raise Http404
    context = {
        "participant": name,
        "given": newest,
        "form": reads.version(ground.site.site, newest.number, newest.language),
        "signed_name": contacts.signed_name(newest.signing),
        "time_zone": ground.site.time_zone,
    }
    return render(request, "enrollment/consent_copy.html", context)


def _sign(request: SignedRequest, name: str) -> None:
    services.countersign(participant=name, at=request.at, by=request.viewer)


def withdraw(request: SignedRequest, name: str) -> HttpResponse:
    """Record what somebody takes back."""
    ground = access.participant(name, viewer=request.viewer, action="withdrawal.record")
    given = request.POST

    def record() -> None:
        services.withdraw(
            participant=ground.participant,
            degree=given.get("degree", ""),
            on=day_of(given.get("on", "")),
            reason=given.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    said = _("The withdrawal is recorded. What was collected before is kept.")
    there = reverse("enrollment:consent", args=[name])
    return done(request, record, then=there, said=said, again=lambda: consent(request, name))


def excuse(request: SignedRequest, name: str) -> HttpResponse:
    """Record that visits go on before the newer form is signed."""

    def record() -> None:
        capture.go_on_without_update(
            participant=name, reason=request.POST.get("reason", ""), at=request.at, by=request.viewer
        )

    said = _("The deviation is recorded; visits can go on.")
    there = reverse("enrollment:consent", args=[name])
    return done(request, record, then=there, said=said, again=lambda: consent(request, name))


def contact(request: SignedRequest, name: str) -> HttpResponse:
    """Show how a participant is reached: kept apart from everything else, opened on this page only."""
    access.participant(name, viewer=request.viewer, action="consent.take")
    found = contacts.contact(reads.holder(name))
    return render(request, "enrollment/contact.html", {"participant": name, "contact": found})
