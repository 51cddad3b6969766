"""Whatever the owner of a database changes behind the system's back, `verify` notices and names."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections, transaction

from equipoise.conduct.audit import chains, verification
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.layouts import Layout
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.recomputation import Range, Recomputed, recompute
from equipoise.conduct.audit.services import act
from equipoise.conduct.audit.sources import Source
from equipoise.conduct.audit.tables import append_only
from equipoise.conduct.audit.verification import RESTORED, Anchored
from equipoise.conduct.capture.models import Lock
from equipoise.conduct.config import settings
from equipoise.conduct.stores import ownership, triggers
from equipoise.conduct.stores.names import STORES
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
N_EVENTS = 6

Tamper = Callable[..., None]


@pytest.fixture
def filled(study: Path) -> Path:
    """Six events: one with two sites, four with one, one with a lock of the study."""
    for number in range(5):
        with act(
            "trial", "study.site_added", at=AT + timedelta(hours=number), by="p-1", subjects=["SEA"]
        ) as one:
            one.add_all(
                [Site(site=f"S{number}{n}", seq=1, name="Zürich 🏔", time_zone="UTC") for n in range(2)]
            )
    with act("trial", "study.locked", at=AT + timedelta(hours=9), by="p-1", reason="interim look") as one:
        one.add(Lock(target="study", seq=1, locked=True))
    return study


@pytest.fixture
def tamper(filled: Path) -> Tamper:
    """Change the trial store as its owner, with the triggers lifted."""

    def change(*statements: str) -> None:
        with ownership.as_owner(settings.read(filled).keys), transaction.atomic(using="default"):
            for table in append_only("default"):
                triggers.remove("default", table)
            with connections["default"].cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            triggers.install("default", append_only("default"))

    return change


def found(*anchors: Anchored, processes: int | None = None) -> list[str]:
    checked = chains.check("trial", anchors=list(anchors), processes=processes)
    return [f"{problem.path}: {problem.message}" for problem in checked.problems]


@pytest.mark.every_store
def test_an_untouched_chain_is_whole(filled: Path) -> None:
    for store in STORES:
        checked = chains.check(store, anchors=[])
        assert checked.problems == ()
        assert checked.events == (N_EVENTS if store == "trial" else 0)
    assert chains.check("trial", anchors=[]).rows == 11


@pytest.mark.both_stores
def test_a_chain_divided_between_processes_is_whole_too(filled: Path) -> None:
    checked = chains.check("trial", anchors=[], processes=2)
    assert (checked.problems, checked.events, checked.rows) == ((), N_EVENTS, 11)


CASES = {
    "UPDATE site SET name = 'Zurich' WHERE id = 3": [
        "site 3: is not what event 2 wrote: it was changed afterwards"
    ],
    "UPDATE data_lock SET locked = false": [
        "data_lock 1: is not what event 6 wrote: it was changed afterwards"
    ],
    "DELETE FROM site WHERE id = 3": ["site 3: was written by event 2 and is gone"],
    "INSERT INTO site (id, act, salt, site, seq, name, time_zone) SELECT 99, act, salt, 'X', 1, name, time_zone "
    "FROM site WHERE id = 3": ["site 99: was written by no event"],
    "INSERT INTO site (id, act, salt, site, seq, name, time_zone) SELECT -7, act, salt, 'X', 1, name, time_zone "
    "FROM site WHERE id = 3": ["site -7: was written by no event"],
    "UPDATE site SET salt = NULL WHERE id = 3": ["site 3: has lost its salt, and no event erased it"],
    "UPDATE event SET reason = 'better' WHERE id = 6": [
        "event 6: does not have its own hash: it was changed afterwards"
    ],
    "UPDATE event SET at = '2026-11-23T09:00:00.000000Z' WHERE id = 2": [
        "event 2: does not have its own hash: it was changed afterwards"
    ],
    "DELETE FROM event WHERE id = 3": [
        "event 4: follows event 2: those between are gone",
        "event 4: does not name the hash of the event before it",
        "site 5: was written by no event",
        "site 6: was written by no event",
    ],
    "DELETE FROM event_payload WHERE id = 6": [
        "event 6: has lost the list of what it wrote",
        "data_lock 1: was written by no event",
    ],
    "UPDATE event_payload SET rows = '[]' WHERE id = 6": [
        "event 6: wrote other rows than its payload lists now",
        "data_lock 1: was written by no event",
    ],
    "UPDATE event_payload SET rows = '[[' WHERE id = 6": [
        "event 6: wrote other rows than its payload lists now",
        "event 6: has a payload that cannot be read",
        "data_lock 1: was written by no event",
    ],
    "DELETE FROM event WHERE id = 6": [
        "event 6: is gone, and left the list of what it wrote",
        "data_lock 1: was written by no event",
    ],
}


@pytest.mark.both_stores
@pytest.mark.parametrize("statement", CASES)
def test_a_change_behind_the_systems_back_is_named(tamper: Tamper, statement: str) -> None:
    tamper(statement)
    expected = [f"trial: {one}" for one in CASES[statement]]
    assert sorted(found()) == sorted(expected)


@pytest.mark.parametrize("statement", CASES)
def test_a_divided_chain_says_the_same(
    tamper: Tamper, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_carried_out", in_turn)
    tamper(statement)
    assert {f"trial: {one}" for one in CASES[statement]} == set(found(processes=3))


def in_turn(source: Source, layouts: dict[str, Layout], ranges: list[Range]) -> list[Recomputed]:
    return [recompute(source, layouts, one) for one in ranges]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE site SET seq = 'x' WHERE id = 3",
        "UPDATE site SET name = x'00ff' WHERE id = 3",
        "UPDATE site SET name = CAST(x'ff' AS TEXT) WHERE id = 3",
        "UPDATE event SET actor = x'00ff' WHERE id = 3",
        "UPDATE event_payload SET rows = '{}' WHERE id = 3",
        "UPDATE event_payload SET rows = '[[[], {}, null]]' WHERE id = 3",
        "UPDATE event_payload SET rows = '3' WHERE id = 3",
        "UPDATE event_payload SET rows = x'ff' WHERE id = 3",
        "DROP TABLE event_payload",
    ],
)
def test_whatever_an_owner_writes_is_answered_with_findings(tamper: Tamper, statement: str) -> None:
    if statement.startswith("DROP"):
        with connections["default"].cursor() as cursor:
            cursor.execute(statement)
    else:
        tamper(statement)
    assert found()


@pytest.mark.every_store
def test_a_table_emptied_by_its_owner_is_named(tamper: Tamper, engine: str) -> None:
    tamper("DELETE FROM site" if engine == "sqlite" else "TRUNCATE site")
    assert len(found()) == 10


def head(at: datetime) -> Anchored:
    last = Event.objects.using("default").order_by("-id")[0]
    return Anchored(instant(at), last.id, last.hash, "anchors.jsonl")


@pytest.mark.every_store
def test_a_chain_cut_back_beyond_an_anchor_is_noticed(tamper: Tamper, engine: str) -> None:
    anchor = head(AT + timedelta(days=1))
    assert found(anchor) == []
    everything = ("event", "event_payload", "site", "data_lock")
    verb = "DELETE FROM" if engine == "sqlite" else "TRUNCATE"
    tamper(*(f"{verb} {table}" for table in everything))
    assert found() == []  # what no chain can notice by itself
    assert found(anchor) == [
        f"trial: anchor of {anchor.at} in anchors.jsonl: names event 6, and the chain ends at 0: it was cut"
    ]


def test_a_chain_written_anew_is_noticed_by_an_anchor(filled: Path, tamper: Tamper) -> None:
    anchor = head(AT + timedelta(days=1))
    tamper(
        "DELETE FROM event WHERE id = 6", "DELETE FROM event_payload WHERE id = 6", "DELETE FROM data_lock"
    )
    with act("trial", "study.site_added", at=AT, by="p-1"):
        pass
    assert [one.partition("jsonl: ")[2] for one in found(anchor)] == [
        "names another hash of event 6: the chain was written anew"
    ]


def test_an_anchor_newer_than_a_restored_backup_is_explained(filled: Path, tamper: Tamper) -> None:
    anchor = head(AT + timedelta(days=1))
    tamper(
        "DELETE FROM event WHERE id = 6", "DELETE FROM event_payload WHERE id = 6", "DELETE FROM data_lock"
    )
    with act("trial", RESTORED, at=AT + timedelta(days=2), by="system"):
        pass
    later = head(AT + timedelta(days=3))
    checked = chains.check("trial", anchors=[anchor, later])
    assert checked.problems == ()
    assert checked.anchors == 1
    assert "took back 1 events after event 5" in checked.notes[0]


def test_a_restore_explains_no_anchor_taken_after_it(filled: Path, tamper: Tamper) -> None:
    with act("trial", RESTORED, at=AT + timedelta(days=1), by="system"):
        pass
    anchor = head(AT + timedelta(days=2))
    tamper("DELETE FROM event WHERE id = 7", "DELETE FROM event_payload WHERE id = 7")
    with act("trial", RESTORED, at=AT + timedelta(days=1), by="system"):
        pass
    assert len(found(anchor)) == 1


@pytest.mark.every_store
def test_values_come_back_as_they_were_hashed(study: Path) -> None:
    with act("trial", "capture.alert_closed", at=AT, by="p-1") as one:
        one.add(Site(site="ÅÄ", seq=True, name="e\u0301 \u00e9 \u202e \x7f", time_zone="UTC"))
    assert found() == []


@pytest.mark.both_stores
def test_verifying_beside_the_work_raises_no_false_alarm(study: Path) -> None:
    stop = threading.Event()

    def write(worker: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with act("trial", "study.locked", at=AT, by="p-1") as one:
                one.add_all([Lock(target=f"{worker}-{number}-{n}", seq=1, locked=True) for n in range(12)])
        connections["default"].close()

    writers = [threading.Thread(target=write, args=[number]) for number in range(3)]
    for writer in writers:
        writer.start()
    try:
        for processes in (1, 1, 1, 2, 2):
            assert found(processes=processes) == []
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert found() == []
