"""A monitor learns whether the stores are well, and nothing else, without signing in."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connections
from django.test import Client, override_settings

from equipoise.conduct.config import databases, health, logs, settings
from equipoise.conduct.stores import ownership, room
from equipoise.conduct.stores.writing import writing

WELL = {"well": True, "stores": {"trial": "well", "allocation": "well", "identity": "well"}}


@pytest.mark.both_stores
def test_a_study_that_is_well_says_so_and_no_more(study: Path) -> None:
    answer = Client().get("/health/")
    assert (answer.status_code, answer.json()) == (200, WELL)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.cookies == {}


@pytest.mark.both_stores
def test_a_store_whose_tables_are_older_is_named(study: Path) -> None:
    with ownership.as_owner(settings.read(study).keys), connections["identity"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'identity'")
    answer = Client().get("/health/")
    assert (answer.status_code, answer.json()["stores"]["identity"]) == (503, "not upgraded")


@pytest.mark.parametrize("alias", ["default", "allocation", "identity"])
def test_a_store_that_is_away_is_named_and_the_others_are_well(
    study: Path, monkeypatch: pytest.MonkeyPatch, alias: str
) -> None:
    def away() -> None:
        raise OperationalError("password=secret host=10.0.0.7")

    monkeypatch.setattr(connections[alias], "cursor", away)
    answer = Client().get("/health/")
    assert answer.status_code == 503
    assert list(answer.json()["stores"].values()).count(health.AWAY) == 1
    assert "secret" not in answer.content.decode()


@pytest.mark.both_stores
def test_a_server_that_takes_connections_and_says_nothing_is_away_soon(study: Path, engine: str) -> None:
    if engine == "sqlite":
        pytest.skip("a file does not keep anybody waiting")
    connection = connections["identity"]
    connection.close()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": str(silent.getsockname()[1])}
        connection.settings_dict["OPTIONS"] = {**connection.settings_dict["OPTIONS"], "connect_timeout": 2}
        began = time.monotonic()
        answer = Client().get("/health/")
        assert time.monotonic() - began < databases.CONNECT_SECONDS * 4
    assert (answer.status_code, answer.json()["stores"]["identity"]) == (503, "away")
    described = databases.databases(settings.read(study))["default"]
    assert described["OPTIONS"]["connect_timeout"] == databases.CONNECT_SECONDS


def test_a_monitor_on_the_machine_needs_no_tls_and_pages_do(study: Path) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert Client().get("/health/").status_code == 200
        assert Client().get("/help-now/").status_code == 301


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What was refused in one test says nothing of the next."""
    yield
    room.taken("trial")


@pytest.mark.usefixtures("forgetful")
def test_a_store_that_can_be_read_and_takes_nothing_is_named_until_it_takes_something(
    study: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OperationalError), writing("trial"):
        raise OperationalError("could not extend file: 'Ada Doe'")
    answer = Client().get("/health/")
    assert (answer.status_code, answer.json()["stores"]) == (
        503,
        {**WELL["stores"], "trial": "takes nothing"},
    )
    assert "the trial store took nothing: OperationalError" in caplog.text
    assert "Ada Doe" not in caplog.text
    with writing("trial"):
        pass
    assert Client().get("/health/").json() == WELL
    room.refused("trial")
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + room.REFUSING_SECONDS + 1)
    assert Client().get("/health/").json() == WELL


@pytest.mark.usefixtures("forgetful", "study")
def test_what_one_process_was_refused_every_process_knows() -> None:
    other = multiprocessing.get_context("fork").Process(target=room.refused, args=("trial",))
    other.start()
    other.join()
    assert Client().get("/health/").json()["stores"]["trial"] == health.FULL


@pytest.mark.usefixtures("forgetful", "study")
def test_what_somebody_did_wrong_is_no_fault_of_the_store() -> None:
    with pytest.raises(ValueError, match="wrong"), writing("trial"):
        raise ValueError("wrong")
    assert Client().get("/health/").json() == WELL


def test_a_full_file_system_takes_nothing(study: Path) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        with writing("trial") as alias, connections[alias].cursor() as cursor:
            cursor.execute("CREATE TABLE more (text TEXT)")
            cursor.execute("INSERT INTO more VALUES (zeroblob(1000000))")

    with pytest.raises(OperationalError, match="full"):
        fill()
    try:
        assert Client().get("/health/").json()["stores"]["trial"] == health.FULL
    finally:
        room.taken("trial")


def test_asking_by_another_name_is_no_failure_that_anybody_is_called_for(
    study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert Client(headers={"host": "other.example.org"}).get("/sign-in/").status_code == 400
    assert "somebody asked by a name that is not among `hosts`" in caplog.text
    assert "other.example.org" not in "".join(
        one.getMessage() for one in caplog.records if one.name == "equipoise.conduct.config.errors"
    )
    loud = logs.configuration("json")["loggers"]["django.security.DisallowedHost"]["level"]
    assert loud == "CRITICAL"
