"""What goes wrong: a page says what happened, what is safe and what to do, and never shows a value."""

import logging

import pytest
from django.test import Client, RequestFactory
from tests.conduct.pages.conftest import HERE, World, text_of, words_of

from equipoise.conduct.capture import reads
from equipoise.conduct.config import errors


def test_an_unknown_address_looks_like_a_foreign_one(world: World) -> None:
    client = world.client("outsider")
    unknown, foreign = client.get("/no/such/page/"), client.get(f"/participants/{HERE}/")
    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert words_of(unknown) == words_of(foreign)
    assert "Nothing was changed." in words_of(unknown)


def test_a_failure_says_what_is_safe_and_shows_no_value(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret value 4711")

    monkeypatch.setattr(reads, "home", broken)
    client = world.client("coordinator")
    client.raise_request_exception = False
    logging.disable(logging.CRITICAL)
    answer = client.get("/")
    logging.disable(logging.NOTSET)
    assert answer.status_code == 500
    page = text_of(answer)
    assert "4711" not in page
    assert "Traceback" not in page
    assert "What was saved before is safe." in words_of(answer)
    assert '<html lang="en">' in page
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_request_that_cannot_be_read_changes_nothing() -> None:
    request = RequestFactory().get("/")
    request.viewer = None  # type: ignore[attr-defined]
    answer = errors.not_understood(request)
    assert answer.status_code == 400
    assert "Nothing was changed." in words_of(answer)


def test_a_form_without_its_token_is_sent_back(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    somebody = world.client("coordinator")
    client.cookies = somebody.cookies
    answer = client.post("/participants/new/", {"site": "SEA"})
    assert answer.status_code == 403
    assert "Please send it again" in words_of(answer)
    assert "FRONTLINE-SEA-002" not in world.get("coordinator", "/participants/")


def test_every_page_has_one_heading_a_language_and_a_strict_policy(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    for path in (
        "/",
        "/participants/",
        f"/participants/{HERE}/",
        f"/forms/{form}/",
        "/queries/",
        "/alerts/",
        "/nowhere/",
    ):
        answer = world.client("coordinator").get(path)
        page = text_of(answer)
        assert page.count("<h1") == 1, path
        assert '<html lang="en">' in page
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert " style=" not in page, path
        assert "<style" not in page, path
        assert not any(f" {handler}=" in page for handler in ("onclick", "onload", "onerror", "onsubmit")), (
            path
        )
        assert all("src=" in tag for tag in page.split("<script")[1:]), path


def test_no_page_claims_a_language_it_is_not_written_in(world: World) -> None:
    answer = world.client("coordinator").get("/", headers={"Accept-Language": "es"})
    assert '<html lang="en">' in text_of(answer)
    assert answer.headers["Content-Language"] == "en"
