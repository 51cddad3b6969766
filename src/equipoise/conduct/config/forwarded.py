"""Forwarded headers: believed from the one trusted proxy, removed from everybody else's requests.

Holds the middleware. Without a trusted proxy in the settings no such header is ever read.
"""

from collections.abc import Callable
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

from equipoise.conduct.accounts.entry_links import PASSED_ON
from equipoise.conduct.config.settings import current

HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
)


class Forwarded:
    """Django middleware; stands before all that read an address."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take address and scheme from the trusted proxy, nothing from anybody else."""
        said = {name: request.META.pop(name) for name in HEADERS if name in request.META}
        request.META[PASSED_ON] = bool(said)
        proxy = current().trusted_proxy
        if proxy and request.META.get("REMOTE_ADDR") == proxy:
            # A proxy adds the address it saw at the end; what stands before it anybody could have written.
            last = str(said.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
            request.META["REMOTE_ADDR"] = last if _is_address(last) else proxy
            if said.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["HTTP_X_FORWARDED_PROTO"] = "https"
        return self.respond(request)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
