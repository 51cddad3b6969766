"""Taking consent: the form is handed to somebody, for the first time or again, and may come back unsigned."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import hand_over, language
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import access, questionnaire
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, done, tell
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.reads import UnderWay
from equipoise.conduct.enrollment.pages.device import CONSENT, VISIT
from equipoise.conduct.identity.reads import applicants
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site
from equipoise.errors import Problem, RecordError

MOST_REPEAT = 4
MAY_SIGN = ("new", "invited", "waiting")
"""States of an application after which somebody may sign."""


def take(request: SignedRequest) -> HttpResponse:
    """Choose site and language, and hand the device over; or go on with a form that was begun."""
    sites = [one for one in studies.sites() if request.viewer.may("consent.take", site=one.site)]
    status = 200
    if request.method == "POST":
        response = _hand(request, request.POST.get("site", ""), participant="")
        if response is not None:
            return response
        status = UNPROCESSABLE
    context = {
        "places": [_place(one, request) for one in sites],
        "given": request.POST,
        "holder": request.GET.get("holder", "")[:MOST_HOLDER],
    }
    return render(request, "enrollment/take.html", context, status=status)


MOST_HOLDER = 96


def _place(site: Site, request: SignedRequest) -> dict[str, object]:
    return {
        "site": site,
        "forms": reads.current(site.site, day=site.today(request.at)),
        "under_way": reads.under_way(site.site),
    }


def _hand(request: SignedRequest, site: str, *, participant: str) -> HttpResponse | None:
    """Hand the form in force over; None when that failed, and why is told on the next page."""
    try:
        token = services.begin(
            site=site,
            language=request.POST.get("language", ""),
            participant=participant,
            holder="" if participant else _holder(request, site),
            at=request.at,
            by=request.viewer,
        )
    except RecordError as error:
        tell(request, error)
        return None
    return _device(request, site, participant, token)


def _holder(request: SignedRequest, site: str) -> str:
    """Return the applicant who is to sign; "" for somebody who did not apply.

    Raises  RecordError when nobody like that applied at this site, or they may not sign any more
    """
    name = request.POST.get("holder", "").strip()[:MOST_HOLDER]
    if not name:
        return ""
    access.refuse_unreadable(name)
    found = applicants.opened(name, sites=[site])
    if found is None or found.line.state not in MAY_SIGN:
        hint = _("open the application and look at its state")
        problem = Problem(_("no application `%(name)s` is open here") % {"name": name[:16]}, hint, "holder")
        raise RecordError(_("consent cannot be taken"), [problem])
    return name


def _device(request: SignedRequest, site: str, participant: str, token: str) -> HttpResponse:
    form = reads.signing(token)
    hand_over.start(
        request.session,
        site=site,
        participant=participant,
        about=f"{CONSENT} {token}",
        at=request.at,
        by=request.viewer,
        language=language.known(form.version.language) if form else "",
    )
    return redirect("enrollment:device")


def again(request: SignedRequest) -> HttpResponse:
    """Hand a form over again that was begun and not signed."""
    form = _form(request)
    return _device(request, form.version.site, form.participant, form.token)


def give_up(request: SignedRequest) -> HttpResponse:
    """Put a form away that will not be signed."""
    form = _form(request)

    def put_away() -> None:
        services.give_up(signing=form.token, at=request.at, by=request.viewer)

    there = (
        reverse("enrollment:consent", args=[form.participant])
        if form.participant
        else reverse("enrollment:take")
    )
    return done(request, put_away, then=there, said=_("The form is put away. Nothing was signed."))


def _form(request: SignedRequest) -> UnderWay:
    """Return the form that was named; Http404 for one that is not there for this person."""
    token = request.POST.get("signing", "")
    access.refuse_unreadable(token)
    form = reads.signing(token)
    if form is None or not request.viewer.may("consent.take", site=form.version.site):
        raise Http404
    return form


def renew(request: SignedRequest, name: str) -> HttpResponse:
    """Hand the form in force to a participant who signed an older one, or withdrew."""
    ground = access.participant(name, viewer=request.viewer, action="consent.take")
    response = _hand(request, ground.site.site, participant=name)
    return response or redirect("enrollment:consent", name)


def visit(request: SignedRequest, name: str) -> HttpResponse:
    """Hand the device to a participant for their questions of a visit."""
    ground = access.participant(name, viewer=request.viewer, action="device.hand_over")
    given = request.POST
    planned, repeat = given.get("visit", ""), given.get("repeat", "1")
    access.refuse_unreadable(planned)
    if not repeat.isdecimal() or len(repeat) > MOST_REPEAT:
        raise Http404
    resolved = questionnaire.version_of(ground, planned, repeat=int(repeat), at=request.at)
    if not ground.sight(resolved).visit(planned):
        raise Http404
    before = f"{reverse('capture:participant', args=[name])}?visit={planned}&repeat={repeat}"
    about = f"{VISIT} {planned} {int(repeat)}"
    handed = hand_over.Handed("", ground.site.site, name, about)
    try:
        questionnaire.prepare(
            visit=planned, repeat=int(repeat), at=request.at, by=handed.guest(request.viewer)
        )
    except RecordError as error:
        tell(request, error)
        return redirect(before)
    hand_over.start(
        request.session,
        site=ground.site.site,
        participant=name,
        about=about,
        at=request.at,
        by=request.viewer,
        language=language.known(reads.standing(name, at=request.at).language),
    )
    return redirect("enrollment:device")
