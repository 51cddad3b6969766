"""What goes wrong: a page says what happened, what is safe and what to do, and never shows a value."""

import errno
import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.test import Client, RequestFactory
from tests.conduct.pages.conftest import HERE, World, text_of, words_of

from equipoise.conduct.accounts import reads as people
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
    answer = world.client("coordinator").get("/", headers={"Accept-Language": "fr"})
    assert '<html lang="en">' in text_of(answer)
    assert answer.headers["Content-Language"] == "en"


JSON = {"Accept": "application/json"}
OWN = "What stands here is a secret: 4711"
DOORS = {
    "refused by Django": (PermissionDenied(OWN), 403, "Your role does not include"),
    "suspicious": (SuspiciousOperation(OWN), 400, "could not be read"),
    "broken": (RuntimeError(OWN), 500, "What was saved before is safe."),
    "store away": (OperationalError(OWN), 503, "cannot be reached at the moment"),
    "connection lost": (InterfaceError(OWN), 503, "cannot be reached at the moment"),
    "no room": (OSError(errno.ENOSPC, OWN), 503, "cannot be reached at the moment"),
    "a file is missing": (FileNotFoundError(errno.ENOENT, OWN), 500, "What was saved before is safe."),
    "what no store can hold": (DataError(OWN), 400, "could not be read"),
    "a rule of the store": (IntegrityError(OWN), 500, "What was saved before is safe."),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_of_failure_answers_in_our_words_and_keeps_secrets(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, door: str
) -> None:
    error, status, words = DOORS[door]

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(reads, "home", broken)
    client = world.client("coordinator")
    client.raise_request_exception = False
    page, data = client.get("/"), client.get("/", headers=JSON)
    assert (page.status_code, data.status_code) == (status, status)
    assert words in words_of(page)
    assert list(data.json()) == ["problem"]
    for answer in (page, data):
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert "4711" not in answer.content.decode()
    ours = [one for one in caplog.records if one.name.startswith("equipoise")]
    assert bool(ours) == (status >= 500 or isinstance(error, DataError))
    assert not any("4711" in one.getMessage() or one.exc_info for one in ours)
    assert all("test_errors" not in one.getMessage() and "today" in one.getMessage() for one in ours)


def test_a_store_that_is_away_before_anybody_is_known_is_said_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError(OWN)

    client = world.client("coordinator")
    client.raise_request_exception = False
    monkeypatch.setattr(people, "viewer", broken)
    logging.disable(logging.CRITICAL)
    answer = client.get("/", headers=JSON)
    logging.disable(logging.NOTSET)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert answer.json()["problem"].startswith("Not saved yet")


def test_what_is_longer_than_a_request_may_be_is_said_to_be_too_long(world: World) -> None:
    form = world.opened("adverse_events")
    client = world.client("coordinator")
    sent = {"a:term:0": "x" * 20_000_001}
    page = client.post(f"/forms/{form}/", sent)
    assert (page.status_code, "too long" in words_of(page)) == (413, True)
    data = client.post(f"/forms/{form}/save/", data=str(sent), content_type="application/json", headers=JSON)
    assert (data.status_code, list(data.json())) == (413, ["problem"])
    assert not any(line.answer for line in world.page(form).items)


def test_another_host_and_another_method_are_refused_in_our_look(world: World) -> None:
    client = world.client("coordinator")
    elsewhere = client.get("/", headers={"Host": "evil.example.org"})
    assert (elsewhere.status_code, elsewhere.headers["Cache-Control"]) == (400, "no-store")
    assert "could not be read" in words_of(elsewhere)
    assert "evil" not in text_of(elsewhere)
    method = client.options("/")
    assert (method.status_code, method.headers["Allow"], method.headers["Cache-Control"]) == (
        405,
        "GET",
        "no-store",
    )
    assert "Nothing was changed." in words_of(method)


def test_a_script_without_its_token_is_told_so_as_data(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = world.client("coordinator").cookies
    answer = client.post(f"/forms/{'a' * 13}/save/", {}, headers=JSON)
    assert (answer.status_code, list(answer.json())) == (403, ["problem"])


def test_signing_out_clears_what_the_browser_kept(world: World) -> None:
    answer = world.client("coordinator").post("/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"
