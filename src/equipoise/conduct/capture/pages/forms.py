"""The form page: answers, saved at once or together, and what came of them."""

import json
from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import AlertLine, FormPage
from equipoise.conduct.capture.pages import exchange
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, sentence
from equipoise.conduct.capture.pages.questions import drawn
from equipoise.conduct.capture.results import Instruction


def form(request: SignedRequest, code: str) -> HttpResponse:
    """Show a form; on POST save what was typed, and complete the form if asked."""
    if request.method == "POST":
        return _save(request, code)
    return _page(request, code)


def autosave(request: SignedRequest, code: str) -> JsonResponse:
    """Save some answers, and say in JSON what became of each.

    409 somebody else answered meanwhile, 423 the form or the data are locked, 503 the store did not answer.
    """
    sent = exchange.sent(request)
    saved = services.save(
        form=code,
        given=exchange.given(sent),
        reason=sent.get("reason", ""),
        at=request.at,
        by=request.viewer,
    )
    theirs = exchange.theirs_of(_found(request, code)) if saved.conflicts else {}
    return JsonResponse(exchange.told(saved, sent, theirs), status=exchange.status(saved))


def _save(request: SignedRequest, code: str) -> HttpResponse:
    answers = exchange.given(request.POST)
    reason = request.POST.get("reason", "")
    saved = services.save(form=code, given=answers, reason=reason, at=request.at, by=request.viewer)
    told = saved.instructions
    if saved.done and "complete" in request.POST:
        return _complete(request, code, told, reason=reason)
    if saved.done:
        messages.success(request, _("Saved."), extra_tags="done")
        return _page(request, code, told=told) if told else redirect("capture:form", code)
    if saved.problem:
        messages.error(request, sentence(saved.problem.message, saved.problem.hint), extra_tags="late")
    theirs = exchange.theirs_of(_found(request, code)) if saved.conflicts else {}
    return _page(request, code, entered=exchange.entered(saved, answers, theirs, reason=reason), told=told)


def _complete(
    request: SignedRequest, code: str, told: tuple[Instruction, ...], *, reason: str
) -> HttpResponse:
    """Declare the form complete; show what keeps it from being so, and first of all what to do now."""
    finished = services.complete(form=code, at=request.at, by=request.viewer, reason=reason)
    known = {one.rule for one in told}
    told = (*told, *(one for one in finished.instructions if one.rule not in known))
    if finished.problem:
        messages.error(request, sentence(finished.problem.message, finished.problem.hint), extra_tags="late")
    if finished.done:
        messages.success(request, _("The form is complete."), extra_tags="done")
        if not told:
            return HttpResponseRedirect(_back(request, code))
    return _page(
        request,
        code,
        entered=exchange.Entered({}, exchange.problems_of(finished.gaps), lacking=bool(finished.gaps)),
        told=told,
    )


def _back(request: SignedRequest, code: str) -> str:
    found = reads.form_page(code, viewer=request.viewer)
    if found is None:
        raise Http404
    where = reverse("capture:participant", args=[found.participant])
    return where if found.log else f"{where}?visit={found.visit}&repeat={found.visit_repeat}"


def history(request: SignedRequest, code: str, item: str, row: int) -> HttpResponse:
    """Show every version of one answer."""
    found = reads.form_page(code, viewer=request.viewer)
    versions = reads.item_history(code, item=item, row=row, viewer=request.viewer)
    if found is None or versions is None:
        raise Http404
    label = next((one.label for one in exchange.lines_of(found) if one.item == item and one.row == row), item)
    template = "capture/history_part.html" if getattr(request, "htmx", False) else "capture/history.html"
    return render(request, template, {"page": found, "label": label, "versions": versions})


def _found(request: SignedRequest, code: str) -> FormPage | None:
    return reads.form_page(code, viewer=request.viewer, language=get_language() or "en")


def _page(
    request: SignedRequest,
    code: str,
    *,
    entered: exchange.Entered = exchange.NOTHING,
    told: Iterable[Instruction] = (),
) -> HttpResponse:
    found = _found(request, code)
    if found is None:
        raise Http404
    told, page, problems = tuple(told), exchange.overlaid(found, entered), exchange.summary(found, entered)
    context = {
        "page": page,
        "questions": drawn(page, problems=bool(problems)),
        "problems": problems,
        "entered": entered,
        "told": [exchange.shown(one) for one in told],
        "alerts": _known_alerts(request, code, told),
        "watches": json.dumps([exchange.watched(one) for one in found.watches]),
        "viewer": request.viewer.person,
        "back": reverse("capture:participant", args=[found.participant])
        + ("" if found.log else f"?visit={found.visit}&repeat={found.visit_repeat}"),
    }
    wrong = bool(entered.problems or entered.typed)
    return render(request, "capture/form.html", context, status=UNPROCESSABLE if wrong else 200)


def _known_alerts(request: SignedRequest, code: str, told: Iterable[Instruction]) -> tuple[AlertLine, ...]:
    """Return the open alerts of the form that are not told just now."""
    if not request.viewer.may("alert.view"):
        return ()
    now = {one.rule for one in told}
    found = reads.alerts(viewer=request.viewer, at=request.at, form=code)
    return tuple(one for one in found if one.rule not in now)
