"""Pages for what goes wrong: they say what happened, what is safe and what to do, and never show a value.

Holds the handlers. Details go to the log, without values, arms or names.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer for an address that does not exist, or not for this person: both look the same."""
    return render(request, "frame/not_found.html", status=HTTPStatus.NOT_FOUND)


def not_understood(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer to a request that cannot be read."""
    text = _("The page sent something that could not be read. Nothing was changed.")
    return _page(request, _("This could not be read"), text, HTTPStatus.BAD_REQUEST)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer to a form that was not sent from a page of ours, or after the session ended."""
    text = _(
        "This page was open for too long, or was sent from elsewhere. Nothing was changed. "
        "Go back and try again."
    )
    return _page(request, _("Please send it again"), text, HTTPStatus.FORBIDDEN)


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the signature is Django's
    """Answer when the system itself fails: without the frame, which may be what failed."""
    title = _("Something failed on our side")
    text = _(
        "What was saved before is safe. What you just sent may not have been saved: go back, check, and try "
        "again. If somebody is in danger, act first and write later."
    )
    back, language = _("Go to today's work"), get_language() or "en"
    page = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="/static/frame/equipoise.css"><main><h1>{title}</h1><p>{text}</p>'
        f'<p><a href="/">{back}</a></p></main></html>'
    )
    response = HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, title: str, text: str, status: HTTPStatus) -> HttpResponse:
    return render(request, "frame/notice.html", {"title": title, "text": text}, status=status)
