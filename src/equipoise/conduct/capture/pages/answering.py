"""Answering a POST: one service is called, and everything it refused is told with what was typed still there.

Holds the shape that views with a button share.
"""

import re
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from equipoise.conduct.studies import wording
from equipoise.errors import RecordError

UNPROCESSABLE = 422
QUOTED = re.compile("`([^`]*)`")
CSRF_FIELD = "csrfmiddlewaretoken"


def done(
    request: HttpRequest,
    act: Callable[[], object],
    *,
    then: str,
    said: str,
    again: Callable[[], HttpResponse] | None = None,
) -> HttpResponse:
    """Call a service and go on to a page, saying that it was done or everything that was wrong.

    again   makes the page that was sent, with what was typed on it; where nothing was typed it is left out
    """
    try:
        act()
    except RecordError as error:
        tell(request, error)
        if again is None:
            return HttpResponseRedirect(then)
        response = again()
        response.status_code = UNPROCESSABLE
        return response
    messages.success(request, said, extra_tags="done")
    return HttpResponseRedirect(then)


def once_more(request: HttpRequest, field: str, *, label: str, back: str) -> Callable[[], HttpResponse]:
    """Return what makes a page on which a refused text stands as typed, to be mended and sent again."""

    def page() -> HttpResponse:
        rest = [(name, value) for name, value in request.POST.items() if name not in (field, CSRF_FIELD)]
        context = {"field": field, "label": label, "typed": request.POST.get(field, ""), "rest": rest}
        return render(request, "frame/once_more.html", {**context, "back": back})

    return page


def tell(request: HttpRequest, error: RecordError) -> None:
    """Say everything that was wrong on the next page."""
    for problem in error.problems:
        messages.error(request, sentence(problem.message, problem.hint), extra_tags="late")
    if not error.problems:
        messages.error(
            request, _("Nothing was changed: %(why)s") % {"why": wording.told(str(error))}, extra_tags="late"
        )


def sentence(message: str, hint: str = "") -> str:
    """Return what is wrong and what to do as sentences; what was typed stands in quotation marks."""
    message, hint = (
        QUOTED.sub(lambda typed: _("“%(text)s”") % {"text": typed[1]}, wording.told(text))
        for text in (message, hint)
    )
    if not hint:
        return _("%(problem)s.") % {"problem": capfirst(message)}
    return _("%(problem)s. %(hint)s.") % {"problem": capfirst(message), "hint": capfirst(hint)}
