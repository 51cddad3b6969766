"""Forwarded headers: whoever they come from, they are believed from the one trusted proxy only."""

from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from equipoise.conduct.config import forwarded
from equipoise.conduct.config.settings import current

PROXY, STRANGER, REAL = "10.0.0.1", "192.0.2.9", "203.0.113.7"


def sent(monkeypatch: pytest.MonkeyPatch, *, proxy: str, **meta: str) -> dict[str, Any]:
    """Return what the system sees of a request."""
    monkeypatch.setattr(forwarded, "current", lambda: replace(current(), trusted_proxy=proxy))
    seen: dict[str, Any] = {}

    def respond(request: HttpRequest) -> HttpResponse:
        seen.update(request.META)
        return HttpResponse()

    forwarded.Forwarded(respond)(RequestFactory().get("/", **meta))  # type: ignore[arg-type]
    return seen


@pytest.mark.parametrize("header", forwarded.HEADERS)
def test_no_header_is_believed_without_a_trusted_proxy(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    seen = sent(monkeypatch, proxy="", REMOTE_ADDR=STRANGER, **{header: REAL})
    assert header not in seen
    assert seen["REMOTE_ADDR"] == STRANGER


def test_a_stranger_who_claims_to_be_forwarded_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = sent(
        monkeypatch,
        proxy=PROXY,
        REMOTE_ADDR=STRANGER,
        HTTP_X_FORWARDED_FOR=REAL,
        HTTP_X_FORWARDED_PROTO="https",
    )
    assert seen["REMOTE_ADDR"] == STRANGER
    assert "HTTP_X_FORWARDED_PROTO" not in seen


@pytest.mark.parametrize(
    ("said", "address"), [(REAL, REAL), (f"{STRANGER}, {REAL}", REAL), ("", PROXY), (f"{REAL}, ", PROXY)]
)
def test_the_proxy_is_believed_in_what_it_saw_itself(
    monkeypatch: pytest.MonkeyPatch, said: str, address: str
) -> None:
    seen = sent(
        monkeypatch, proxy=PROXY, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=said, HTTP_X_FORWARDED_PROTO="https"
    )
    assert seen["REMOTE_ADDR"] == address
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_a_host_is_never_taken_from_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = sent(monkeypatch, proxy=PROXY, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_HOST="evil.example")
    assert "HTTP_X_FORWARDED_HOST" not in seen
