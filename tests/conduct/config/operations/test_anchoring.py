"""Anchors leave the machine by folder and by mail, and people are told when none has left for a day."""

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from equipoise.conduct.audit import anchors, chains
from equipoise.conduct.audit.models import Anchor
from equipoise.conduct.audit.services import act
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import anchoring
from equipoise.conduct.stores.names import STORES

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def eventful(study: Path) -> settings.Settings:
    with act("trial", "study.locked", at=AT, by="p-1"):
        pass
    return settings.read(study)


@pytest.mark.both_stores
def test_anchors_reach_folder_and_mail_and_the_chain_agrees_with_them(
    eventful: settings.Settings, post_office: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, kept = post_office
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    sending = replace(
        eventful, anchor_folder=str(elsewhere), anchor_mail="safe@example.org", mail_server=address
    )
    for hours in (0, 6):
        sent = anchoring.send(sending, at=AT + timedelta(hours=hours))
        assert not sent.problems, sent.problems[0].message
        assert (sent.places, sent.problems) == ((f"{elsewhere}/anchors.jsonl", "safe@example.org"), ())
    (tmp_path / "mail.eml").write_text("\r\n".join(kept))
    found = anchors.read([elsewhere / "anchors.jsonl", tmp_path / "mail.eml"])
    assert {store: len(one) for store, one in found.items()} == dict.fromkeys(STORES, 4)
    checked = chains.check("trial", anchors=found["trial"])
    assert (checked.problems, checked.anchors) == ((), 6)


def test_what_cannot_be_reached_is_said_and_the_rest_is_sent(
    eventful: settings.Settings, tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
        sending = replace(
            eventful, anchor_folder=str(tmp_path), anchor_mail="safe@example.org", mail_server=nobody
        )
        sent = anchoring.send(sending, at=AT)
    assert sent.places == (f"{tmp_path}/anchors.jsonl",)
    assert "no anchor reached safe@example.org" in sent.problems[0].message


def test_an_anchor_that_goes_nowhere_counts_as_none(eventful: settings.Settings) -> None:
    assert "anchors go nowhere" in anchoring.send(eventful, at=AT).problems[0].message
    assert Anchor.objects.using("default").count() == 1
    assert anchors.last_left(at=AT) == anchors.LastLeft(None, overdue=True)


def test_people_are_told_after_a_day_without_an_anchor(eventful: settings.Settings, tmp_path: Path) -> None:
    anchoring.send(replace(eventful, anchor_folder=str(tmp_path)), at=AT)
    assert anchors.last_left(at=AT + timedelta(hours=23)) == anchors.LastLeft(AT, overdue=False)
    assert anchors.last_left(at=AT + timedelta(hours=25)) == anchors.LastLeft(AT, overdue=True)


def test_a_serving_study_sends_by_itself(eventful: settings.Settings, tmp_path: Path) -> None:
    anchoring.keep_sending(replace(eventful, anchor_folder=str(tmp_path)))
    until = time.monotonic() + 10
    # The last thing that is written; when it is there the thread touches no store for six hours.
    while time.monotonic() < until and not Anchor.objects.using("identity").exists():
        time.sleep(0.02)
    assert len((tmp_path / anchoring.FILE).read_text().splitlines()) == len(STORES)
