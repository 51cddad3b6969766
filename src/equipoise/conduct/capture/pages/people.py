"""Participants: the list, entering one, and one participant's course."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import drawing, reads, services, spelling
from equipoise.conduct.capture.lines import Timeline, VisitLine
from equipoise.conduct.capture.models import LOG
from equipoise.conduct.capture.pages.answering import done, tell
from equipoise.errors import Problem, RecordError

LONGEST_ID = 64
WITHOUT_DAY = ("missed", "declined")
LAST = "last"
"""In the place of a visit's number: the last one of its kind."""
NOTHING: Mapping[str, object] = MappingProxyType({})


def participants(request: SignedRequest) -> HttpResponse:
    """List participants."""
    found = reads.participants(viewer=request.viewer, at=request.at)
    wanted = request.GET.get("find", "").strip()[:LONGEST_ID]
    shown = [one for one in found if wanted.lower() in one.participant.lower()] if wanted else list(found)
    several = len({one.site for one in found}) > 1
    context = {"people": shown, "total": len(found), "find": wanted, "several": several}
    return render(request, "capture/participants.html", context)


def participant(request: SignedRequest, name: str) -> HttpResponse:
    """Show one participant: the line of visits, and the forms of one of them."""
    asked = request.GET
    return _course(request, name, asked.get("visit", ""), asked.get("repeat", "1"))


def _course(
    request: SignedRequest, name: str, visit: str, repeat: str, typed: Mapping[str, object] = NOTHING
) -> HttpResponse:
    """Return a participant's page with a visit chosen.

    typed   what was typed into one of its forms and refused, under the name of that form
    """
    found = reads.timeline(name, viewer=request.viewer, at=request.at)
    if found is None:
        raise Http404
    chosen = _chosen(found, visit, repeat)
    context = {"line": found, "chosen": chosen, "drawing": drawing.draw(found, chosen), "log": LOG}
    return render(request, "capture/participant.html", {**context, "typed": typed})


def _chosen(found: Timeline, visit: str, repeat: str) -> VisitLine | None:
    """Return the visit asked for, by its number or the last of its kind, else the most pressing one."""
    kind = [one for one in found.visits if one.visit == visit]
    for one in kind:
        if str(one.repeat) == repeat:
            return one
    if kind and repeat == LAST:
        return kind[-1]
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
            date=day_of(given.get("date", "")),
            reason=given.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    said = _("The day is planned; the schedule follows it.")
    return done(
        request, plan, then=_back(name, given), said=said, again=lambda: _again(request, name, "anchor")
    )


def visit(request: SignedRequest, name: str) -> HttpResponse:
    """Record that a visit was held, missed or declined."""
    given = request.POST
    status = given.get("status", "")

    def record() -> None:
        services.record_visit(
            participant=name,
            visit=given.get("visit", ""),
            repeat=_number(given.get("repeat", "1")),
            status=status,
            # The day stands in the same form as the button, and means nothing where no visit was held.
            date=None if status in WITHOUT_DAY else day_of(given.get("date", "")),
            reason=given.get("reason", ""),
            at=request.at,
            by=request.viewer,
        )

    said = _("The visit is recorded.")
    return done(
        request, record, then=_back(name, given), said=said, again=lambda: _again(request, name, "visit")
    )


def _again(request: SignedRequest, name: str, kind: str) -> HttpResponse:
    """Return the participant's page with what was typed into one of its forms."""
    given = request.POST
    return _course(request, name, given.get("visit", ""), given.get("repeat", "1"), {kind: given})


def begin(request: SignedRequest, name: str) -> HttpResponse:
    """Begin an unscheduled visit, or another one of its kind."""
    planned = request.POST.get("visit", "")

    def start() -> None:
        services.begin_visit(participant=name, visit=planned, at=request.at, by=request.viewer)

    then = _back(name, {"visit": planned, "repeat": LAST})
    return done(request, start, then=then, said=_("The visit is begun."))


def form(request: SignedRequest, name: str) -> HttpResponse:
    """Begin a form, or go to the one that was begun."""
    given = request.POST
    repeat = given.get("repeat", "")
    try:
        code = services.open_form(
            participant=name,
            form=given.get("form", ""),
            visit=given.get("visit", LOG),
            visit_repeat=_number(given.get("visit_repeat", "1")),
            repeat=_number(repeat) if repeat else None,
            at=request.at,
            by=request.viewer,
        )
    except RecordError as error:
        tell(request, error)
        at_visit = {"visit": given.get("visit", ""), "repeat": given.get("visit_repeat", "1")}
        return redirect(_back(name, at_visit))
    return redirect("capture:form", code)


def _back(name: str, given: Mapping[str, object]) -> str:
    chosen = urlencode({"visit": str(given.get("visit", "")), "repeat": str(given.get("repeat", "1"))})
    return f"{reverse('capture:participant', args=[name])}?{chosen}"


def day_of(text: str) -> date | None:
    """Return the day typed; None when there is none. RecordError when it is no day."""
    typed = spelling.plain(text.strip(), "date", get_language() or "en")
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        message = _("“%(text)s” is no day") % {"text": typed[:LONGEST_ID]}
        raise RecordError(message, [Problem(message, _("write it as 2026-11-23"), "date")]) from error


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(10**6)):
        raise Http404
    return int(text)
