"""What holds for every answer and every request, whatever else happens: protective headers, and bounds.

Holds the middleware that stands before all others, so that an answer made by the first of them, a file of
ours or a failure carries the same headers as a page. Refuses what is longer than a request may be before a
byte of it is read (a file sent to a form that takes none would be written to disk first), and what arrived
only in part: half an answer is worse than none.
"""

from collections.abc import Callable
from functools import cache

from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from equipoise.conduct.config import errors

WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
LONGEST_NUMBER = 18
"""Digits of a length that is worth reading."""


class Protection:
    """Django middleware; stands before all others."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with headers that keep a browser from running or framing what it is not told to."""
        response = _out_of_bounds(request) or self.respond(request)
        for name, value in _headers().items():
            response.headers.setdefault(name, value)
        return response


@cache
def _headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": build_policy(),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": str(settings.SECURE_REFERRER_POLICY),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }


def _out_of_bounds(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to what is too long, or did not arrive whole; None for all else."""
    if request.method not in WITH_BODY:
        return None
    said = request.META.get("CONTENT_LENGTH") or "0"
    number = said.isascii() and said.isdecimal()
    if not number or len(said) > LONGEST_NUMBER or int(said) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return errors.not_understood(request, RequestDataTooBig())
    try:
        whole = len(request.body) == int(said)
    except UnreadablePostError:
        whole = False
    return None if whole else errors.not_understood(request, BadRequest())
