"""A consent form in a participant's hands: a section on a page, questions, the signature."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import hand_over
from equipoise.conduct.accounts.request import SignedRequest
from equipoise.conduct.capture.pages.answering import UNPROCESSABLE, sentence, tell
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.reads import UnderWay
from equipoise.conduct.enrollment.pages import device
from equipoise.conduct.enrollment.services import consenting
from equipoise.errors import Problem, RecordError

NO_CHOICE = 0
CELLS = ("name", "email", "phone", "address")


def reading(request: SignedRequest) -> HttpResponse:
    """Go to the page that was reached."""
    form = _form(request)
    return form if isinstance(form, HttpResponse) else redirect("enrollment:reading_page", form.page + 1)


def page(request: SignedRequest, number: int) -> HttpResponse:
    """Show a page of the form, from 1: its sections, its questions, then the signature."""
    form = _form(request)
    if isinstance(form, HttpResponse):
        return form
    document = form.version.document
    sections, questions = len(document.sections), len(document.questions)
    if number - 1 > form.page or number < 1:
        return redirect("enrollment:reading_page", form.page + 1)
    if services.superseded(form.token, at=request.at):
        return _superseded(request)
    whole = {"form": form, "number": number, "before": number - 1, "total": sections + questions + 1}
    if number <= sections:
        return _section(request, form, number, whole)
    if number <= sections + questions:
        return _question(request, form, number - sections, whole)
    return _signature(request, form, whole)


def _form(request: SignedRequest) -> UnderWay | HttpResponse:
    """Return the form that was handed over; where it is signed or gone, the page that says so."""
    handed = hand_over.of(request.session)
    if handed is None or handed.kind != device.CONSENT:
        return redirect("enrollment:device")
    form = reads.signing(handed.words[0])
    if form is None or form.page < 0 or reads.is_stored(form.token):
        return redirect("enrollment:device")
    return form


def _section(request: SignedRequest, form: UnderWay, number: int, whole: dict[str, object]) -> HttpResponse:
    if request.method == "POST":
        services.turn(signing=form.token, page=number, at=request.at, by=request.viewer)
        return redirect("enrollment:reading_page", number + 1)
    section = form.version.document.sections[number - 1]
    return render(request, "enrollment/reading_section.html", {**whole, "section": section})


def _question(request: SignedRequest, form: UnderWay, place: int, whole: dict[str, object]) -> HttpResponse:
    question = form.version.document.questions[place - 1]
    chosen, right = form.answered.get(place, (NO_CHOICE, False))
    context = {
        **whole,
        "place": place,
        "asked": len(form.version.document.questions),
        "question": question,
        "chosen": chosen if right else NO_CHOICE,
        "explanation": "",
        "missing": False,
    }
    if request.method == "GET":
        return render(request, "enrollment/reading_question.html", context)
    choice = request.POST.get("choice", "")
    try:
        found = services.answer(
            signing=form.token,
            question=place,
            choice=int(choice) if choice.isdecimal() and len(choice) < len("1000") else NO_CHOICE,
            at=request.at,
            by=request.viewer,
        )
    except RecordError:
        context["missing"] = True
        return render(request, "enrollment/reading_question.html", context, status=UNPROCESSABLE)
    if not found.right:
        context |= {"explanation": found.explanation, "wrong": int(choice)}
        return render(request, "enrollment/reading_question.html", context, status=UNPROCESSABLE)
    number = len(form.version.document.sections) + place
    services.turn(signing=form.token, page=number, at=request.at, by=request.viewer)
    messages.success(request, _("That is right."), extra_tags="done")
    return redirect("enrollment:reading_page", number + 1)


def _signature(request: SignedRequest, form: UnderWay, whole: dict[str, object]) -> HttpResponse:
    typed = {cell: request.POST.get(cell, "") for cell in CELLS}
    context = {**whole, "typed": typed, "meaning": _(services.MEANING), "problems": {}}
    if request.method == "GET":
        return render(request, "enrollment/reading_signature.html", context)
    try:
        participant = consenting.sign(signing=form.token, at=request.at, by=request.viewer, **typed)
    except RecordError as error:
        return _not_signed(request, error, context)
    hand_over.now_of(request.session, participant=participant)
    return redirect("enrollment:device")


def _not_signed(request: SignedRequest, error: RecordError, context: dict[str, object]) -> HttpResponse:
    """Say what keeps the form from being signed, beside the cell it is about."""
    if any(one.message == services.SUPERSEDED for one in error.problems):
        return _superseded(request)
    cells = {one.path: _said(one) for one in error.problems if one.path in CELLS}
    if not cells:
        tell(request, error)
    context["problems"] = cells
    return render(request, "enrollment/reading_signature.html", context, status=UNPROCESSABLE)


def _said(one: Problem) -> str:
    return sentence(one.message, one.hint)


def _superseded(request: SignedRequest) -> HttpResponse:
    return render(request, "enrollment/reading_superseded.html", status=UNPROCESSABLE)
