"""A rater's pages: the tasks, and the form of one, drawn like every form and naming nobody.

Holds views. Everything on them follows from the task's code and the form's own answers.
"""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest, wants_data
from equipoise.conduct.capture.pages import exchange
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, done, once_more, sentence
from equipoise.conduct.capture.pages.questions import drawn
from equipoise.conduct.capture.results import Completed, Instruction
from equipoise.conduct.tasks import reads, services
from equipoise.conduct.tasks.desk import GoneError

View = Callable[Concatenate[SignedRequest, ...], HttpResponse]


def kind(view: View) -> View:
    """Answer kindly where a task is no longer the rater's."""

    @wraps(view)
    def answered(request: SignedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except GoneError:
            return _gone(request)

    return answered


def _gone(request: SignedRequest) -> HttpResponse:
    title = _("This rating is no longer yours")
    text = _(
        "You learned something that raters must not know, so somebody else goes on. Nothing is asked of you; "
        "what you answered before is kept. Thank you."
    )
    if wants_data(request):
        return JsonResponse({"problem": f"{title}. {text}"}, status=exchange.LOCKED)
    return render(request, "frame/notice.html", {"title": title, "text": text}, status=HTTPStatus.GONE)


def tasks(request: SignedRequest) -> HttpResponse:
    """List the rater's tasks."""
    found = reads.mine(request.viewer, at=request.at)
    context = {"tasks": found, "time_zone": reads.zone_of(request.viewer)}
    return render(request, "tasks/tasks.html", context)


@kind
def task(request: SignedRequest, code: str) -> HttpResponse:
    """Show a task; on POST save what was typed, and complete the form if asked."""
    return _save(request, code) if request.method == "POST" else _page(request, code)


@kind
def begin(request: SignedRequest, code: str) -> HttpResponse:
    """Begin the form in hand."""
    return done(
        request,
        lambda: services.begin(task=code, at=request.at, by=request.viewer),
        then=_there(code),
        said=_("You can answer now. Everything is saved as you go."),
    )


def autosave(request: SignedRequest, code: str) -> JsonResponse:
    """Save some answers, and say in JSON what became of each, as every form page does."""
    sent = exchange.sent(request)
    saved = services.save(
        task=code,
        given=exchange.given(sent),
        reason=sent.get("reason", ""),
        at=request.at,
        by=request.viewer,
    )
    theirs = exchange.theirs_of(_form(request, code)) if saved.conflicts else {}
    told = exchange.told(saved, sent, theirs)
    told["alerts"] = [_reachable(one, code) for one in told["alerts"]]
    return JsonResponse(told, status=exchange.status(saved))


@kind
def decline(request: SignedRequest, code: str) -> HttpResponse:
    """Note that the rater would rather not guess."""
    return _completed(request, code, services.decline(task=code, at=request.at, by=request.viewer), told=())


@kind
def answer(request: SignedRequest, code: str, place: int) -> HttpResponse:
    """Answer a question about the rating."""
    text = request.POST.get("text", "")
    return done(
        request,
        lambda: services.answer(task=code, place=place, text=text, at=request.at, by=request.viewer),
        then=_there(code),
        said=_("Your answer is on record."),
        again=once_more(request, "text", label=_("Your answer"), back=_there(code)),
    )


@kind
def give_back(request: SignedRequest, code: str) -> HttpResponse:
    """Give a task back."""
    reason = request.POST.get("reason", "")
    return done(
        request,
        lambda: services.give_back(task=code, reason=reason, at=request.at, by=request.viewer),
        then=reverse("tasks:mine"),
        said=_("The task is given back. The coordinator finds somebody else."),
        again=once_more(request, "reason", label=_("Why do you give it back?"), back=_there(code)),
    )


def _there(code: str) -> str:
    return reverse("tasks:task", args=[code])


def _form(request: SignedRequest, code: str) -> Any:
    return reads.page(code, viewer=request.viewer, at=request.at, language=get_language() or "en").form


def _save(request: SignedRequest, code: str) -> HttpResponse:
    answers, reason = exchange.given(request.POST), request.POST.get("reason", "")
    saved = services.save(task=code, given=answers, reason=reason, at=request.at, by=request.viewer)
    told = saved.instructions
    if saved.done and "complete" in request.POST:
        finished = services.complete(task=code, at=request.at, by=request.viewer, reason=reason)
        return _completed(request, code, finished, told=told)
    if saved.done:
        messages.success(request, _("Saved."), extra_tags="done")
        return _page(request, code, told=told) if told else redirect("tasks:task", code)
    if saved.problem:
        messages.error(request, sentence(saved.problem.message, saved.problem.hint), extra_tags="late")
    theirs = exchange.theirs_of(_form(request, code)) if saved.conflicts else {}
    entered = exchange.entered(saved, answers, theirs, reason=reason)
    return _page(request, code, entered=entered, told=told)


def _completed(
    request: SignedRequest, code: str, finished: Completed, *, told: tuple[Instruction, ...]
) -> HttpResponse:
    """Go on after completing: to what is missing, to the instructions, to the guess, or back to the list."""
    known = {one.rule for one in told}
    told = (*told, *(one for one in finished.instructions if one.rule not in known))
    if finished.problem:
        messages.error(request, sentence(finished.problem.message, finished.problem.hint), extra_tags="late")
    if not finished.done:
        problems = exchange.problems_of(finished.gaps)
        return _page(request, code, entered=exchange.Entered({}, problems, lacking=bool(problems)), told=told)
    line = reads.page(code, viewer=request.viewer, at=request.at, language="en").line
    messages.success(request, _("The form is complete."), extra_tags="done")
    if told:
        return _page(request, code, told=told)
    return redirect("tasks:mine") if line.state == "done" else redirect("tasks:task", code)


def _page(
    request: SignedRequest,
    code: str,
    *,
    entered: exchange.Entered = exchange.NOTHING,
    told: Iterable[Instruction] = (),
) -> HttpResponse:
    found = reads.page(code, viewer=request.viewer, at=request.at, language=get_language() or "en")
    form = exchange.overlaid(found.form, entered) if found.form else None
    problems = exchange.summary(found.form, entered) if found.form else []
    watches = [_reachable(exchange.watched(one), code) for one in found.form.watches] if found.form else []
    context = {
        # Not `page`: the frame would show the zone of the participant's site.
        "task": found,
        "form": form,
        "questions": drawn(form, problems=bool(problems), linked=False) if form else "",
        "problems": problems,
        "entered": entered,
        "told": [_reachable(exchange.shown(one), code) for one in told],
        "watches": json.dumps(watches),
        "viewer": request.viewer.person,
        "time_zone": reads.zone_of(request.viewer),
        "call": reads.call(code),
    }
    wrong = bool(entered.problems or entered.typed)
    return render(request, "tasks/task.html", context, status=UNPROCESSABLE if wrong else HTTPStatus.OK)


def _reachable(alert: dict[str, Any], code: str) -> dict[str, Any]:
    """Return an instruction with the way to the site, which a rater does not know."""
    added = {name: f"{alert[name]} {reads.call(code)}" for name in ("notify", "failed") if alert.get(name)}
    return {**alert, **added}
