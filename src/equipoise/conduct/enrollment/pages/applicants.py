"""Applications as a coordinator works through them: the list, one application, decisions about many.

Holds pages. A decision about more than one is shown before it is taken: how many, and the letter they get.
"""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture.pages.answering import tell
from equipoise.conduct.enrollment import letters
from equipoise.conduct.enrollment.pages.taking import MAY_SIGN
from equipoise.conduct.enrollment.reads import applications
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.reads.applicants import STATES, VERDICTS, Filter
from equipoise.conduct.identity.services import applicants as services
from equipoise.conduct.studies import reads as studies
from equipoise.errors import RecordError

VIEW, DECIDE = "applicant.view", "applicant.decide"
LONGEST = 254
MOST_CHOSEN = 10_000


def applicants(request: SignedRequest) -> HttpResponse:
    """List applications."""
    asked, narrowed = request.GET, _filter(request.GET)
    page = asked.get("page", "1")
    found = reads.listed(_sites(request, VIEW), narrowed, page=int(page[:6]) if page.isdecimal() else 1)
    criteria = applications.criteria()
    context = {
        "found": found,
        "narrowed": narrowed,
        "states": [(state, found.counts[state]) for state in STATES],
        "verdicts": VERDICTS,
        "criteria": criteria,
        "reasons": applications.reasons(criteria),
        "several": len({one.site for one in found.lines}) > 1,
        "query": urlencode(_words(narrowed)),
        "by_state": [(state, urlencode({**_words(narrowed), "state": state})) for state in STATES],
    }
    return render(request, "enrollment/applicants.html", context)


def applicant(request: SignedRequest, name: str) -> HttpResponse:
    """Show one application."""
    found = reads.opened(name.upper()[:16], sites=_sites(request, VIEW))
    if found is None:
        raise Http404
    labels = applications.labels()
    named = people.names({one.person for one in found.steps})
    context = {
        "found": found,
        "answers": [
            (labels.get(one, (one, {}))[0], labels.get(one, ("", {}))[1].get(given, given))
            for one, given in found.answers.items()
        ],
        "unmet": [one for one in applications.criteria() if one.id in found.line.unmet],
        "steps": [(one, named.get(one.person, _("The system"))) for one in found.steps],
        "reasons": applications.reasons(applications.criteria()),
        "site": studies.site(found.line.site),
        "kinds": letters.KINDS,
        "by_phone": not found.email,
        "may_sign": found.line.state in MAY_SIGN and request.viewer.may("consent.take", site=found.line.site),
    }
    return render(request, "enrollment/applicant.html", context)


def decide(request: SignedRequest) -> HttpResponse:
    """Decide about one or many: first show what would happen, then do it."""
    given = request.POST
    sites = _sites(request, DECIDE)
    chosen = _chosen(request, sites)
    decision, reason = given.get("decision", ""), given.get("reason", "")
    back = _back(given.get("back", ""))
    if not chosen:
        messages.error(request, _("Choose at least one application."), extra_tags="late")
        return redirect(back)
    if decision == "declined" and reason not in dict(applications.reasons(applications.criteria())):
        messages.error(request, _("Choose why they are declined: reports count it."), extra_tags="late")
        return redirect(back)
    if len(chosen) > 1 and "sure" not in given:
        return _ask(request, chosen, decision=decision, reason=reason, back=back)
    try:
        done = services.decide(
            chosen,
            decision=decision,  # type: ignore[arg-type]
            reason=reason if decision == "declined" else "",
            at=request.at,
            by=request.viewer.person,
        )
    except RecordError as error:
        tell(request, error)
        return redirect(back)
    applying.count(at=request.at)
    said = ngettext(
        "%(n)s application was decided about.", "%(n)s applications were decided about.", len(done)
    )
    messages.success(request, said % {"n": len(done)}, extra_tags="done")
    if len(done) < len(chosen):
        left = len(chosen) - len(done)
        text = ngettext(
            "%(n)s was left as it is: it was decided already.",
            "%(n)s were left as they are: decided already.",
            left,
        )
        messages.warning(request, text % {"n": left}, extra_tags="due")
    return redirect(back)


def letter(request: SignedRequest, name: str) -> HttpResponse:
    """Note that a letter was written by hand."""
    found = reads.opened(name.upper()[:16], sites=_sites(request, DECIDE))
    number = request.POST.get("letter", "")
    owed = [one for one in found.letters if str(one.letter) == number] if found is not None else []
    if not owed:
        raise Http404
    services.letter_done([owed[0].letter], outcome="by_hand", at=request.at, by=request.viewer.person)
    messages.success(request, _("It is noted that you wrote to them."), extra_tags="done")
    return redirect("enrollment:applicant", name)


def _ask(
    request: SignedRequest, chosen: tuple[str, ...], *, decision: str, reason: str, back: str
) -> HttpResponse:
    kind = services.LETTERS.get(decision, "")
    site = studies.sites()[0]
    shown = (
        letters.write(kind, name=_("(name)"), number="A-…", site=site.name, language="en") if kind else None
    )
    context = {
        "chosen": chosen,
        "decision": decision,
        "reason": reason,
        "reason_text": dict(applications.reasons(applications.criteria())).get(reason, ""),
        "letter": shown,
        "back": back,
        "back_query": request.POST.get("back", ""),
        "reached": len(reads.with_address(chosen)),
        "everybody": request.POST.get("everybody", ""),
        "narrowed": _words(_filter(request.POST)),
    }
    return render(request, "enrollment/decide.html", context)


def _chosen(request: SignedRequest, sites: frozenset[str]) -> tuple[str, ...]:
    """Return whom a decision is about: those ticked, or everybody the filter leaves."""
    if request.POST.get("everybody"):
        return reads.matching(sites, _filter(request.POST))
    ticked = request.POST.getlist("applicant")[:MOST_CHOSEN]
    return reads.at_sites(ticked, sites=sites)


def _sites(request: SignedRequest, action: str) -> frozenset[str]:
    return request.viewer.sites(action, known=[one.site for one in studies.sites()])


def _filter(given: QueryDict) -> Filter:
    known = applications.choices()
    chosen = {name: given.get(name, "") for name in known}
    kept = {name: value for name, value in chosen.items() if value in known[name]}
    return replace(Filter(**kept), find=given.get("find", "").strip()[:LONGEST])


def _words(narrowed: Filter) -> dict[str, str]:
    every = {one: getattr(narrowed, one) for one in ("state", "verdict", "unmet", "find")}
    return {name: value for name, value in every.items() if value}


def _back(query: str) -> str:
    """Return the page a decision was taken on: a list with its filter, or one application."""
    if query.startswith("A-"):
        return reverse("enrollment:applicant", args=[query[:16]])
    return f"{reverse('enrollment:applicants')}?{query}" if query else reverse("enrollment:applicants")
