"""Alerts reach people by mail apart from the save: whom, with what in it, what is noted, and what pages say."""

import socket
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import override_settings
from tests.conduct.pages.conftest import AT, HERE, World, words_of

from equipoise.conduct.accounts import services as accounts
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import services
from equipoise.conduct.capture.models import AlertMail
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import alerting

PostOffice = tuple[str, list[str]]


@pytest.fixture
def study_mails(world: World, study: Any, post_office: PostOffice) -> settings.Settings:
    return replace(settings.read(study), mail_server=post_office[0], public_url="https://study.example.org/")


@pytest.fixture
def alert(world: World) -> str:
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5")
    return form


def sent_to(kept: list[str]) -> list[str]:
    return [line.removeprefix("To: ") for line in kept if line.startswith("To: ")]


@pytest.mark.both_stores
def test_those_who_must_know_are_told_once_with_a_link_and_nothing_of_the_answer(
    world: World, alert: str, study_mails: settings.Settings, post_office: PostOffice
) -> None:
    world.people.add("investigator", name="Investigator elsewhere", site="NYC")
    alerting.send(study_mails, at=AT)
    _, kept = post_office
    assert sent_to(kept) == ["investigator@example.org", "on-call-physician@example.org"]
    text = "\n".join(kept)
    assert text.count(f"https://study.example.org/alerts/#alert-{world.alert}") == 2
    assert "2026-11-23 11:00 (PST)" in text
    for secret in (HERE, "madrs", "MADRS", "suicid", "PREP1", "psilocybin", "niacin", "Call the"):
        assert secret not in text
    assert alerting.send(study_mails, at=AT + timedelta(days=1)) == {}
    receipts = AlertMail.objects.order_by("id").values_list("person", "seq", "why")
    assert list(receipts) == [("p-investigator", 1, ""), ("p-on-call-physician", 1, "")]
    event = Event.objects.using("default").latest("id")
    assert (event.action, event.subjects, event.actor) == ("alert.mailed", f"{HERE} form-{alert}", "system")
    assert chains.check("trial", anchors=[]).problems == ()


def test_a_mail_says_the_same_whatever_was_answered(
    world: World, alert: str, study_mails: settings.Settings, post_office: PostOffice
) -> None:
    alerting.send(study_mails, at=AT)
    first, earlier = list(post_office[1]), world.alert
    post_office[1].clear()
    services.note_alert(
        alert=world.alert, status="closed", text="seen", at=AT, by=world.people.investigator.viewer()
    )
    world.save(alert, suicidal_thoughts="6")
    alerting.send(study_mails, at=AT)
    assert [line.replace(world.alert, earlier) for line in post_office[1]] == first


def test_a_mail_server_that_is_away_keeps_nobody_from_saving_and_is_tried_again(
    world: World, alert: str, study_mails: settings.Settings, post_office: PostOffice
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = replace(study_mails, mail_server=f"127.0.0.1:{closed.getsockname()[1]}")
        assert set(alerting.send(away, at=AT).values()) == {"unreachable"}
        assert alerting.send(away, at=AT + timedelta(seconds=59)) == {}
        assert len(alerting.send(away, at=AT + timedelta(seconds=60))) == 2
        assert alerting.send(away, at=AT + timedelta(seconds=179)) == {}
    with override_settings(ALERTS_BY_MAIL=True):
        said = words_of(world.get("coordinator", "/alerts/"))
        assert "No mail reached Investigator at 23 Nov 10:01; it is tried again. Tell them yourself." in said
        assert "Alert not mailed" in words_of(world.get("monitor", "/audit/"))
        alerting.send(study_mails, at=AT + timedelta(seconds=180))
        assert len(sent_to(post_office[1])) == 2
        said = words_of(world.get("coordinator", "/alerts/"))
    assert "No mail reached" not in said
    assert "Mail to Investigator, 23 Nov 10:03" in said
    assert AlertMail.objects.count() == 6


def test_one_address_that_is_refused_keeps_no_mail_from_the_others(
    world: World, alert: str, study_mails: settings.Settings, post_office: PostOffice
) -> None:
    who = world.people.investigator
    accounts.change_address(person=who.person, email="refused@example.org", at=AT, by=who.person)
    tried = alerting.send(study_mails, at=AT)
    assert {letter.person: why for letter, why in tried.items()} == {
        "p-investigator": "refused",
        "p-on-call-physician": "",
    }
    assert sent_to(post_office[1]) == ["on-call-physician@example.org"]


def test_where_nobody_must_know_it_is_said_once_and_who_comes_later_is_told(
    world: World, alert: str, study_mails: settings.Settings, post_office: PostOffice
) -> None:
    for role in ("investigator", "on_call_physician"):
        accounts.close_account(person=world.people[role].person, at=AT, by="system", reason="left")
    assert list(alerting.send(study_mails, at=AT).values()) == ["nobody"]
    assert alerting.send(study_mails, at=AT + timedelta(hours=2)) == {}
    with override_settings(ALERTS_BY_MAIL=True):
        said = words_of(world.get("coordinator", "/alerts/"))
    assert "Nobody who works here holds a role that must know. Tell somebody yourself." in said
    world.people.add("investigator", name="Successor")
    alerting.send(study_mails, at=AT + timedelta(hours=3))
    assert sent_to(post_office[1]) == ["successor@example.org"]


def test_a_closed_alert_is_mailed_to_nobody(
    world: World, alert: str, study_mails: settings.Settings, post_office: PostOffice
) -> None:
    services.note_alert(
        alert=world.alert, status="closed", text="seen", at=AT, by=world.people.investigator.viewer()
    )
    assert alerting.send(study_mails, at=AT) == {}
    assert post_office[1] == []


def test_without_a_mail_server_the_page_says_that_nobody_is_told(world: World, alert: str) -> None:
    for path in ("/", "/alerts/", f"/participants/{HERE}/"):
        assert "No mail is set up here: nobody is told by mail." in words_of(world.get("coordinator", path))
    with override_settings(ALERTS_BY_MAIL=True):
        assert "The mails are on their way." in words_of(world.get("coordinator", "/alerts/"))


def test_a_serving_study_mails_by_itself_and_outlives_a_store_that_is_away(
    world: World,
    alert: str,
    study_mails: settings.Settings,
    post_office: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(**_: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("secret")
        return whole(**_)

    calls: list[int] = []
    whole = alerting.reads.letters
    monkeypatch.setattr(alerting.reads, "letters", away)
    monkeypatch.setattr(alerting, "EVERY_SECONDS", 0.01)
    ended = alerting.keep_sending(study_mails)
    until = time.monotonic() + 10
    while time.monotonic() < until and AlertMail.objects.count() < 2:
        time.sleep(0.02)
    ended.set()
    assert len(sent_to(post_office[1])) == 2
    assert len(calls) > 1


def test_nothing_is_begun_where_no_mail_server_is_set(
    world: World, study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(*_: object, **__: object) -> None:
        raise AssertionError("a thread was begun")

    monkeypatch.setattr(alerting.threading, "Thread", begun)
    alerting.keep_sending(settings.read(study))
    connections.close_all()
