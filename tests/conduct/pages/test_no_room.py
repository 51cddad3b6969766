"""A full disk: people read a plain sentence, nothing is half written, and what was typed goes in once there is room."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections
from tests.conduct.pages.conftest import HERE, World, fields_of, text_of, words_of

from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture.models import Alert, Entry, EntryCurrent, Participant
from equipoise.conduct.config import settings
from equipoise.conduct.stores import ownership

JSON = {"Accept": "application/json"}
TYPED = {"a:suicidal_thoughts:0": "5", "a:reduced_sleep:0": "3"}
FULL = """
CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON public.{table} FOR EACH STATEMENT EXECUTE FUNCTION public.full_disk()
"""
MENDED = "DROP TRIGGER full_disk ON public.{table}; DROP FUNCTION public.full_disk()"


@contextmanager
def full(*, table: str = "event") -> Iterator[None]:
    """Let no file grow; on PostgreSQL the server says what it says of a full disk, when it writes to a table."""
    if connections["default"].vendor == "postgresql":
        owner = ownership.addresses(settings.current().keys)["trial"]
        with psycopg.connect(owner, autocommit=True) as server:
            server.execute(FULL.format(table=table))  # type: ignore[call-overload]
            yield
            server.execute(MENDED.format(table=table))  # type: ignore[call-overload]
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def written() -> tuple[int, ...]:
    """Return how many rows there are of what a save writes."""
    counted = [Event.objects.using("default"), Entry.objects, EntryCurrent.objects, Alert.objects]
    return (*(rows.count() for rows in counted), Participant.objects.count())


@pytest.mark.both_stores
def test_a_save_on_a_full_disk_stores_nothing_says_so_and_succeeds_once_there_is_room(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    client, before = world.client("coordinator"), written()
    with full():
        answer = client.post(f"/forms/{form}/save/", TYPED, headers=JSON)
        told = answer.json()
        assert answer.status_code == 503
        assert told["problem"].startswith("Nothing was stored")
        (alert,) = told["alerts"]
        assert alert["failed"].startswith(
            "The alert could not be stored. Tell them yourself, now: Investigator"
        )
        assert alert["instruction"]
        whole = client.post(f"/forms/{form}/", TYPED)
        assert whole.status_code == 422
        assert {name: fields_of(whole)[name] for name in TYPED} == TYPED
        assert "Nothing was stored" in words_of(whole)
        assert "Tell them yourself, now" in words_of(whole)
        assert written() == before
    again = client.post(f"/forms/{form}/save/", TYPED, headers=JSON)
    assert (again.status_code, again.json()["alerts"][0]["failed"]) == (200, "")
    assert [mine - theirs for mine, theirs in zip(written(), before, strict=True)] == [2, 2, 2, 1, 0]
    assert chains.check("trial", anchors=[]).problems == ()


@pytest.mark.parametrize("engine", ["postgresql18"], indirect=True)
def test_the_alert_is_kept_where_only_the_answers_found_no_room(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    with full(table="entry"):
        answer = world.client("coordinator").post(f"/forms/{form}/save/", TYPED, headers=JSON)
    assert (answer.status_code, answer.json()["alerts"][0]["failed"]) == (503, "")
    assert (Alert.objects.count(), Entry.objects.count(), EntryCurrent.objects.count()) == (1, 0, 0)


@pytest.mark.both_stores
def test_every_other_page_says_on_a_full_disk_that_nothing_may_be_saved(world: World) -> None:
    client = world.client("coordinator")
    client.raise_request_exception = False
    before = written()
    with full():
        assert client.get(f"/participants/{HERE}/").status_code == 200
        for path, sent in (
            ("/participants/new/", {"site": "SEA", "language": "en"}),
            (
                f"/participants/{HERE}/visit/",
                {"visit": "SCR", "repeat": "1", "status": "missed", "reason": "ill"},
            ),
            (f"/participants/{HERE}/form/", {"form": "madrs", "visit": "PREP1", "visit_repeat": "1"}),
        ):
            answer = client.post(path, sent)
            assert answer.status_code == 503, path
            assert answer.headers["Retry-After"]
            assert "The study cannot be reached at the moment" in words_of(answer)
            assert "No space left" not in text_of(answer)
    assert written() == before
    assert client.post("/participants/new/", {"site": "SEA", "language": "en"}).status_code == 302
    assert chains.check("trial", anchors=[]).problems == ()
