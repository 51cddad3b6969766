"""The coordinator's page of ratings: which want a rater, who has which, and giving them in one step."""

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import access
from equipoise.conduct.capture.pages.answering import done, once_more
from equipoise.conduct.tasks import roster, services
from equipoise.errors import Problem, RecordError

THERE = "tasks:ratings"


def ratings(request: SignedRequest) -> HttpResponse:
    """Show ratings that want a rater, and those given."""
    viewer, at = request.viewer, request.at
    context = {"wanted": roster.wanted(viewer, at=at), "given": roster.given(viewer, at=at)}
    return render(request, "tasks/ratings.html", context)


def assign(request: SignedRequest) -> HttpResponse:
    """Give a rating to a rater."""
    sent = request.POST

    def give() -> None:
        repeat = sent.get("visit_repeat", "1")
        if not (repeat.isdecimal() and len(repeat) < len("1000000")):
            raise Http404
        services.assign(
            participant=sent.get("participant", ""),
            visit=sent.get("visit", ""),
            visit_repeat=int(repeat),
            form=sent.get("form", ""),
            rater=sent.get("rater", ""),
            due_at=_due(request),
            meeting=sent.get("meeting", ""),
            instead=sent.get("instead") == "1",
            at=request.at,
            by=request.viewer,
        )

    again = once_more(request, "meeting", label=_("Link or number"), back=reverse(THERE))
    only_text = all(sent.get(name) for name in ("rater", "due", "meeting"))
    return done(
        request,
        give,
        then=reverse(THERE),
        said=_("The rater has it now."),
        again=again if only_text else None,
    )


def release(request: SignedRequest, code: str) -> HttpResponse:
    """Take a task back."""
    reason = request.POST.get("reason", "")
    return done(
        request,
        lambda: services.release(task=code, reason=reason, at=request.at, by=request.viewer),
        then=reverse(THERE),
        said=_("The task is taken back."),
        again=once_more(request, "reason", label=_("Why is it taken back?"), back=reverse(THERE)),
    )


def _due(request: SignedRequest) -> datetime:
    """Return the instant typed by the clock of the participant's site. Raises RecordError when it is none."""
    ground = access.participant(
        request.POST.get("participant", ""), viewer=request.viewer, action="task.assign"
    )
    try:
        return datetime.fromisoformat(request.POST.get("due", "")).replace(tzinfo=ground.site.zone)
    except ValueError:
        problem = Problem(_("this is no day and time"), _("write it like 2026-12-14T17:00"), "due")
        raise RecordError(_("this rating cannot be given so"), [problem]) from None
