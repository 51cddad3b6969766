"""Administrators hear at once of attempts to sign in that fail, once each, and of nobody's everyday mistake."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conduct.people import People

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.audit.models import Event
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import guarding

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
HERE = "192.0.2.1"


@pytest.fixture
def watched(study: Path, people: People, post_office: tuple[str, list[str]]) -> settings.Settings:
    assert people.system_administrator
    return replace(settings.read(study), mail_server=post_office[0], public_url="https://study.example.org")


def fail(times: int, *, email: str = "ana@example.org", address: str = HERE, at: datetime = AT) -> None:
    for number in range(times):
        sign_in.failed(email.format(number), address=address, at=at + timedelta(seconds=number))


def reports() -> list[str]:
    rows = Event.objects.filter(action="account.attempts_reported")
    return list(rows.order_by("id").values_list("reason", flat=True))


def test_as_many_failures_as_make_an_account_wait_are_told_once(
    watched: settings.Settings, people: People, post_office: tuple[str, list[str]]
) -> None:
    fail(4)
    assert guarding.send(watched, at=AT + timedelta(minutes=1)) == {}
    fail(1, at=AT + timedelta(minutes=1))
    to = people.system_administrator.email
    assert guarding.send(watched, at=AT + timedelta(minutes=2)) == {to: ""}
    assert guarding.send(watched, at=AT + timedelta(minutes=3)) == {}
    assert reports() == ["5 failures from 1 places; 1 told"]
    mail = "\n".join(post_office[1])
    assert "5 attempts to sign in failed" in mail
    assert "https://study.example.org/people/" in mail
    assert "ana@" not in mail
    assert HERE not in mail


def test_a_place_that_tries_many_accounts_is_told_too(watched: settings.Settings) -> None:
    fail(19, email="p{}@example.org")
    assert guarding.send(watched, at=AT + timedelta(minutes=1)) == {}
    fail(1, email="other@example.org", at=AT + timedelta(minutes=1))
    assert list(guarding.send(watched, at=AT + timedelta(minutes=2)).values()) == [""]


def test_who_goes_on_is_told_of_again_and_old_failures_are_not(watched: settings.Settings) -> None:
    fail(5)
    guarding.send(watched, at=AT + timedelta(minutes=1))
    for minutes in (2, 4, 7, 14, 30):
        fail(1, at=AT + timedelta(minutes=minutes))
    guarding.send(watched, at=AT + timedelta(minutes=31))
    assert reports() == ["5 failures from 1 places; 1 told"] * 2
    fail(4, address="192.0.2.2", email="bo@example.org", at=AT + timedelta(hours=3))
    assert guarding.send(watched, at=AT + timedelta(hours=5)) == {}


def test_while_the_mail_server_is_away_it_is_tried_again(watched: settings.Settings) -> None:
    fail(5)
    away = replace(watched, mail_server="127.0.0.1:1")
    assert list(guarding.send(away, at=AT + timedelta(minutes=1)).values()) == ["unreachable"]
    assert reports() == []
    assert list(guarding.send(watched, at=AT + timedelta(minutes=2)).values()) == [""]


def test_nobody_to_tell_is_on_record(study: Path, post_office: tuple[str, list[str]]) -> None:
    fail(5)
    assert guarding.send(replace(settings.read(study), mail_server=post_office[0]), at=AT) == {}
    assert (
        guarding.send(replace(settings.read(study), mail_server=post_office[0]), at=AT + timedelta(minutes=1))
        == {}
    )
    assert reports() == ["5 failures from 1 places; 0 told"]
