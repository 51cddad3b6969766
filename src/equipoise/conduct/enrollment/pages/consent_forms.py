"""Consent forms of the sites: the list, adding one, and noting its approval."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, done, tell
from equipoise.conduct.capture.pages.people import day_of
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.document import LANGUAGE_LENGTH
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.errors import RecordError

NEW = "new"


def forms(request: SignedRequest) -> HttpResponse:
    """List the consent forms of every site of the viewer's, and which is in force."""
    sites = [one for one in studies.sites() if request.viewer.may("consent.view", site=one.site)]
    places = [
        {
            "site": one,
            "versions": reads.versions(one.site),
            "in_force": reads.in_force(one.site, day=one.today(request.at)),
        }
        for one in sites
    ]
    return render(request, "enrollment/consent_forms.html", {"places": places, "may": _may(request)})


def _elements(version: int) -> list[tuple[str, str]]:
    """Return what a consent form must say under a protocol version: id and text."""
    resolved = studies.resolved(version)
    return [(one.id, wording.said(one.text, resolved)) for one in resolved.protocol.consent]


def _may(request: SignedRequest, site: str | None = None) -> bool:
    return request.viewer.may("consent.set_up", site=site)


def add(request: SignedRequest) -> HttpResponse:
    """Add a consent form."""
    sites, given = [one for one in studies.sites() if _may(request, one.site)], request.POST
    latest = studies.latest()
    context = {
        "sites": sites,
        "given": given,
        "elements": _elements(latest.number) if latest is not None else [],
        "known": [form for one in sites for form in reads.versions(one.site)],
    }
    if request.method == "GET":
        return render(request, "enrollment/consent_form_new.html", context)
    site, number = given.get("site", ""), given.get("number", "")
    language = given.get("language", "").strip()[:LANGUAGE_LENGTH]
    translated = int(number) if number.isdecimal() and len(number) < len("100000") else None
    try:
        made = services.add_version(
            site=site,
            language=language,
            text=given.get("text", ""),
            number=translated,
            at=request.at,
            by=request.viewer,
        )
    except RecordError as error:
        tell(request, error)
        return render(request, "enrollment/consent_form_new.html", context, status=UNPROCESSABLE)
    messages.success(
        request, _("The consent form is kept. It counts once it is approved."), extra_tags="done"
    )
    return redirect("enrollment:consent_form", site, made, language)


def form(request: SignedRequest, site: str, number: int, language: str) -> HttpResponse:
    """Show a consent form as participants read it, with what it covers."""
    found, where = reads.version(site, number, language), studies.site(site)
    if found is None or where is None or not request.viewer.may("consent.view", site=site):
        raise Http404
    context = {
        "form": found,
        "site": where,
        "elements": [
            (one, text, found.document.elements.get(one, ())) for one, text in _elements(found.protocol)
        ],
        "today": where.today(request.at),
        "in_force": reads.in_force(site, day=where.today(request.at)) == number,
        "may": _may(request, site),
        "given": request.POST,
    }
    return render(request, "enrollment/consent_form.html", context)


def approve(request: SignedRequest, site: str, number: int, language: str) -> HttpResponse:
    """Note that a consent form was approved."""
    given = request.POST

    def note() -> None:
        services.approve(
            site=site,
            number=number,
            language=language,
            approved_on=day_of(given.get("approved_on", "")),
            effective_from=day_of(given.get("effective_from", "")),
            at=request.at,
            by=request.viewer,
        )

    there = reverse("enrollment:consent_form", args=[site, number, language])
    said = _("The approval is noted.")
    return done(request, note, then=there, said=said, again=lambda: form(request, site, number, language))
