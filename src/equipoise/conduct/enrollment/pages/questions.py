"""The questions of a visit on the clinic's device: one on a page, each kept as soon as it is answered."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import hand_over
from equipoise.conduct.accounts.hand_over import Handed
from equipoise.conduct.accounts.permission import Guest
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture import questionnaire, services
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, sentence
from equipoise.conduct.capture.pages.questions import Question
from equipoise.conduct.capture.questionnaire import Asked, Questionnaire
from equipoise.conduct.capture.results import Given, Saved
from equipoise.conduct.enrollment.pages import device
from equipoise.errors import Problem

TOLD = "told"
"""In the session: safety rules of which the participant was told already to speak to somebody."""
DECLINED = "declined"
"""`protocol.answer.MISSING_REASONS`: they would rather not answer."""
MOST_SEEN = 9


def questions(request: SignedRequest) -> HttpResponse:
    """Go to the first question without an answer."""
    found = _found(request)
    if isinstance(found, HttpResponse):
        return found
    return redirect("enrollment:question", found.first_open)


def question(request: SignedRequest, number: int) -> HttpResponse:
    """Show a question, from 1, or after the last one that everything is answered; on POST keep the answer."""
    found = _found(request)
    if isinstance(found, HttpResponse):
        return found
    if number < 1 or number > len(found.questions) + 1:
        return redirect("enrollment:question", found.first_open)
    if number > len(found.questions):
        return _end(request, found)
    return _page(request, found, number) if request.method == "GET" else _answer(request, found, number)


def _answer(request: SignedRequest, found: Questionnaire, number: int) -> HttpResponse:
    """Keep an answer and go on; where it must reach somebody, first to the page that says so."""
    asked = found.questions[number - 1]
    given = _given(request, asked)
    saved = services.save(form=asked.form, given=[given], at=request.at, by=request.viewer)
    alarmed = _alarmed(request, saved)
    if not saved.done:
        return _page(request, found, number, given=given, problem=_problem(saved), alarmed=alarmed)
    if alarmed:
        return redirect(f"{reverse('enrollment:help')}?told=1")
    again = _found(request)
    if isinstance(again, HttpResponse):
        return again
    return redirect("enrollment:question", again.place_of(asked.form, asked.line.item) + 1)


def _found(request: SignedRequest) -> Questionnaire | HttpResponse:
    """Return the questions that were handed over; where nothing is left, the page that says so."""
    handed = hand_over.of(request.session)
    guest = request.viewer
    if handed is None or handed.kind != device.VISIT or not isinstance(guest, Guest):
        return redirect("enrollment:device")
    visit, repeat = _place(handed)
    found = questionnaire.questionnaire(
        visit=visit, repeat=repeat, at=request.at, viewer=guest, language=get_language() or "en"
    )
    return found if found.forms else device.finish(request, handed)


def _place(handed: Handed) -> tuple[str, int]:
    visit, repeat = handed.words
    return visit, int(repeat)


def _given(request: SignedRequest, asked: Asked) -> Given:
    """Return the answer as it was sent; whoever would rather not answer takes what they typed back."""
    sent = request.POST
    declined = "decline" in sent
    seen = sent.get("seen", "")
    return Given(
        item=asked.line.item,
        text="" if declined else sent.get("answer", ""),
        missing_reason=DECLINED if declined else "",
        seen=int(seen) if seen.isdecimal() and len(seen) < MOST_SEEN else 0,
        language=get_language() or "en",
    )


def _problem(saved: Saved) -> str:
    if saved.problem is not None:
        return sentence(saved.problem.message, saved.problem.hint)
    if saved.refused:
        return sentence(saved.refused[0].message, saved.refused[0].hint)
    return _("This was answered somewhere else just now. Look at the answer and send it again.")


def _alarmed(request: SignedRequest, saved: Saved) -> bool:
    """Whether an answer must reach somebody who was not spoken of before; the alert itself is raised."""
    told: list[str] = request.session.get(TOLD, [])
    rules = [one.rule for one in saved.instructions]
    new = [one for one in rules if one not in told]
    if new:
        request.session[TOLD] = [*told, *new]
    return bool(new)


def _page(
    request: SignedRequest,
    found: Questionnaire,
    number: int,
    *,
    given: Given | None = None,
    problem: str = "",
    alarmed: bool = False,
) -> HttpResponse:
    asked = found.questions[number - 1]
    context = {
        "asked": asked,
        "line": asked.line,
        "drawn": Question(asked.line),
        "answer": given.text if given is not None else asked.line.answer,
        "problem": problem,
        "alarmed": alarmed,
        "number": number,
        "before": number - 1,
        "total": len(found.questions),
    }
    status = UNPROCESSABLE if problem else 200
    return render(request, "enrollment/question.html", context, status=status)


def _end(request: SignedRequest, found: Questionnaire) -> HttpResponse:
    """After the last question: on POST declare every form complete."""
    total = len(found.questions)
    if request.method == "GET":
        context = {"open": found.first_open, "left": found.first_open <= total, "before": total}
        return render(request, "enrollment/questions_end.html", context)
    problems: Sequence[Problem] = ()
    for form in found.forms:
        done = services.complete(form=form, at=request.at, by=request.viewer)
        problems = [*problems, *([done.problem] if done.problem else [])]
    again = _found(request)
    if isinstance(again, HttpResponse):
        return again
    for one in problems:
        messages.error(request, sentence(one.message, one.hint), extra_tags="late")
    if not problems:
        messages.warning(request, _("One question is still without an answer."), extra_tags="due")
    return redirect("enrollment:question", again.first_open)
