"""Answering a POST: one service is called, and what it refused is told on the next page.

Holds the shape that views with a button share.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from equipoise.errors import RecordError


def done(request: HttpRequest, act: Callable[[], object], *, then: str, said: str) -> HttpResponse:
    """Call a service and go on to a page, saying that it was done or everything that was wrong."""
    try:
        act()
    except RecordError as error:
        for problem in error.problems:
            text = problem.message[:1].upper() + problem.message[1:]
            messages.error(
                request, f"{text}. {problem.hint[:1].upper()}{problem.hint[1:]}".strip(), extra_tags="late"
            )
        if not error.problems:
            messages.error(request, _("Nothing was changed: %(why)s") % {"why": error}, extra_tags="late")
    else:
        messages.success(request, said, extra_tags="done")
    return HttpResponseRedirect(then)
