"""A monitor learns whether the stores are well, and nothing else, without signing in."""

import socket
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connections
from django.test import Client, override_settings

from equipoise.conduct.config import databases, health, settings
from equipoise.conduct.stores import ownership

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
