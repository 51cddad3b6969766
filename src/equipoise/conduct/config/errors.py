"""Pages for what goes wrong: they say what happened, what is safe and what to do, and never show a value.

Holds the handlers. A script that asked for data gets the sentence as data. The log gets where a failure
arose, without values, arms or names: no message of an exception, since it may repeat what somebody typed.
"""

import errno
import logging
import sys
from http import HTTPStatus

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import wants_data as asks_for_data
from equipoise.conduct.config.logs import whereabouts
from equipoise.conduct.frame import refusals

RETRY_SECONDS = 30
"""After so long the store may be there again; a page's script asks sooner."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}

log = logging.getLogger(__name__)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer for an address that does not exist, or not for this person: both look the same."""
    if wants_data(request):
        return _data(request, _("There is no such page for you."), HTTPStatus.NOT_FOUND)
    return _kept_out(render(request, "frame/not_found.html", status=HTTPStatus.NOT_FOUND))


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer to what a role does not include."""
    if wants_data(request):
        return _data(request, _("Your role does not include this."), HTTPStatus.FORBIDDEN)
    return _kept_out(render(request, "frame/refused.html", status=HTTPStatus.FORBIDDEN))


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer to a request that cannot be read, or is too long to be."""
    if isinstance(exception, RequestDataTooBig):
        text = _("What was sent is too long to be stored. Nothing was changed. Shorten it and send it again.")
        return _page(request, _("This is too long"), text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if isinstance(exception, DisallowedHost):
        log.warning("somebody asked by a name that is not among `hosts`")
    text = _("The page sent something that could not be read. Nothing was changed.")
    return _page(request, _("This could not be read"), text, HTTPStatus.BAD_REQUEST)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer to a form that was not sent from a page of ours, or after the session ended."""
    text = _(
        "This page was open for too long, or was sent from elsewhere. Nothing was changed. "
        "Go back and try again."
    )
    return _page(request, _("Please send it again"), text, HTTPStatus.FORBIDDEN)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer when the system itself fails, or a store does not answer, takes nothing more, or not this."""
    error = sys.exc_info()[1]
    away = _is_away(error)
    _tell_log(request, error, away=away)
    if isinstance(error, DataError):
        # Text that no store can hold, where no page refused it before.
        return not_understood(request)
    return _unavailable(request) if away else _broken(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    title = _("The study cannot be reached at the moment")
    text = _(
        "What was saved before is safe. What you just sent may not be saved: go back, check, and try again "
        "in a minute. If this lasts, tell whoever looks after the system. If somebody is in danger, act "
        "first and write later."
    )
    said = _("Not saved yet: the study cannot store anything at the moment. Keep this page open.")
    if wants_data(request):
        response: HttpResponse = _data(request, said, HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        response = _bare(title, text, HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _broken(request: HttpRequest) -> HttpResponse:
    title = _("Something failed on our side")
    text = _(
        "What was saved before is safe. What you just sent may not have been saved: go back, check, and try "
        "again. If somebody is in danger, act first and write later."
    )
    if wants_data(request):
        return _data(request, f"{title}. {text}", HTTPStatus.INTERNAL_SERVER_ERROR)
    return _bare(title, text, HTTPStatus.INTERNAL_SERVER_ERROR)


def _is_away(error: BaseException | None) -> bool:
    """Whether a store did not answer, or has no room: nothing is wrong with what was asked."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, (OperationalError, InterfaceError))


def _tell_log(request: HttpRequest, error: BaseException | None, *, away: bool) -> None:
    """Say what kind of failure arose where in our code, at which kind of address."""
    route = request.resolver_match.route if request.resolver_match else "no route"
    what = "a store is away" if away else "a page failed"
    log.error("%s: %s /%s: %s in %s", what, request.method, route, type(error).__name__, whereabouts(error))


def _bare(title: str, text: str, status: HTTPStatus) -> HttpResponse:
    """Return a page without the frame, which may be what failed, and asks the store."""
    back, language = _("Go to today's work"), get_language() or "en"
    title, text, back = escape(title), escape(text), escape(back)
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<link rel="stylesheet" href="/static/frame/equipoise.css"></head><body><main><div class="narrow">'
        f'<h1>{title}</h1><p>{text}</p><p><a class="button button-plain" href="/">{back}</a></p></div></main>'
        "</body></html>"
    )
    return _kept_out(HttpResponse(page, status=status))


def _page(request: HttpRequest, title: str, text: str, status: HTTPStatus) -> HttpResponse:
    if wants_data(request):
        return _data(request, text, status)
    return _kept_out(render(request, "frame/notice.html", {"title": title, "text": text}, status=status))


def wants_data(request: HttpRequest) -> bool:
    """Whether a program asked, or a page's script."""
    return asks_for_data(request) or refusals.is_api(request)


def _data(request: HttpRequest, text: str, status: HTTPStatus) -> HttpResponse:
    """Return a sentence as programs read it, or a page's script."""
    if refusals.is_api(request):
        return _kept_out(refusals.refusal(status, [refusals.told(text)]))
    return _kept_out(JsonResponse({"problem": text}, status=status))


def _kept_out(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of caches: a failure before the gate does not pass it."""
    response.headers["Cache-Control"] = "no-store"
    return response
