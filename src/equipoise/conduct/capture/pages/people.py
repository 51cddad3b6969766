"""Participants: the list, entering one, and one participant's course."""

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import drawing, reads, services
from equipoise.conduct.capture.lines import Timeline, VisitLine
from equipoise.conduct.capture.models import LOG
from equipoise.conduct.capture.pages.answering import done
from equipoise.conduct.studies import reads as studies
from equipoise.errors import RecordError

LONGEST_ID = 64


def participants(request: SignedRequest) -> HttpResponse:
    """List participants."""
    found = reads.participants(viewer=request.viewer, at=request.at)
    wanted = request.GET.get("find", "").strip()[:LONGEST_ID]
    shown = [one for one in found if wanted.lower() in one.participant.lower()] if wanted else list(found)
    several = len({one.site for one in found}) > 1
    context = {"people": shown, "total": len(found), "find": wanted, "several": several}
    return render(request, "capture/participants.html", context)


def enroll(request: SignedRequest) -> HttpResponse:
    """Enter a participant."""
    sites = [one for one in studies.sites() if request.viewer.may("participant.enroll", site=one.site)]
    problems: tuple[object, ...] = ()
    if request.method == "POST":
        try:
            name = services.enroll(
                site=request.POST.get("site", ""),
                entered_on=_date(request.POST.get("entered_on", "")),
                at=request.at,
                by=request.viewer,
            )
            return redirect("capture:participant", name)
        except RecordError as error:
            problems = error.problems
    today = sites[0].today(request.at) if sites else None
    context = {"sites": sites, "today": today, "problems": problems, "given": request.POST}
    return render(request, "capture/enroll.html", context)


def participant(request: SignedRequest, name: str) -> HttpResponse:
    """Show one participant: the line of visits, and the forms of one of them."""
    found = reads.timeline(name, viewer=request.viewer, at=request.at)
    if found is None:
        raise Http404
    chosen = _chosen(found, request.GET.get("visit", ""), request.GET.get("repeat", "1"))
    context = {"line": found, "chosen": chosen, "drawing": drawing.draw(found, chosen), "log": LOG}
    return render(request, "capture/participant.html", context)


def _chosen(found: Timeline, visit: str, repeat: str) -> VisitLine | None:
    """Return the visit asked for, else the most pressing one."""
    for one in found.visits:
        if one.visit == visit and str(one.repeat) == repeat:
            return one
    for state in ("in_progress", "due", "late", "planned", "unplanned"):
        for one in found.visits:
            if one.state == state:
                return one
    return found.visits[-1] if found.visits else None


def anchor(request: SignedRequest, name: str) -> HttpResponse:
    """Plan the day of an anchor."""
    given = request.POST

    def plan() -> None:
        services.plan_anchor(
            participant=name,
            anchor=given.get("anchor", ""),
            date=_date(given.get("date", "")),
            reason=given.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    return done(
        request, plan, then=_back(name, given), said=_("The day is planned; the schedule follows it.")
    )


def visit(request: SignedRequest, name: str) -> HttpResponse:
    """Record that a visit was held, missed or declined."""
    given = request.POST

    def record() -> None:
        services.record_visit(
            participant=name,
            visit=given.get("visit", ""),
            repeat=_number(given.get("repeat", "1")),
            status=given.get("status", ""),
            date=_date(given.get("date", "")),
            reason=given.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    return done(request, record, then=_back(name, given), said=_("The visit is recorded."))


def begin(request: SignedRequest, name: str) -> HttpResponse:
    """Begin an unscheduled visit, or another one of its kind."""
    given = request.POST

    def start() -> None:
        services.begin_visit(participant=name, visit=given.get("visit", ""), at=request.at, by=request.viewer)

    return done(request, start, then=_back(name, given), said=_("The visit is begun."))


def form(request: SignedRequest, name: str) -> HttpResponse:
    """Begin a form, or go to the one that was begun."""
    given = request.POST
    repeat = given.get("repeat", "")
    try:
        number = services.open_form(
            participant=name,
            form=given.get("form", ""),
            visit=given.get("visit", LOG),
            visit_repeat=_number(given.get("visit_repeat", "1")),
            repeat=_number(repeat) if repeat else None,
            at=request.at,
            by=request.viewer,
        )
    except RecordError as error:
        refused = error

        def refuse() -> None:
            raise refused

        return done(request, refuse, then=_back(name, given), said="")
    return redirect("capture:form", number)


def _back(name: str, given: object) -> str:
    get = getattr(given, "get", lambda *_: "")
    return (
        f"{reverse('capture:participant', args=[name])}?visit={get('visit', '')}&repeat={get('repeat', '1')}"
    )


def _date(text: str) -> date | None:
    """Return the day typed; None when there is none, 404 for anything no page of ours sends."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Http404 from error


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(10**6)):
        raise Http404
    return int(text)
