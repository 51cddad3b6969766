"""An event is hashed alike by the server that links it and by whoever recomputes the chain."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.conduct.audit import chains
from equipoise.conduct.audit.canonical import ZERO, canonical, event_hash, unlinked
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
REASONS = (
    "plain",
    "سيرترالين 💊",
    "quote \" ' \\ %s %%",
    "two\nlines\t",
    "",
    "\u2028 \x7f",
    '"id":1,"prev_hash":"',
)
WRITERS, EACH = 4, 5


@settings(max_examples=50)
@given(st.integers(1), st.sampled_from([ZERO, "f" * 64]), WORDS, WORDS)
def test_the_pieces_of_an_event_make_its_canonical_text(
    number: int, before: str, reason: str, actor: str
) -> None:
    event = Event(
        id=number, prev_hash=before, reason=reason, actor=actor, at="now", action="a.b", act="0"
    ).link()
    first, second, third = unlinked(event)
    assert f"{first}{number}{second}{before}{third}".encode() == canonical(event)


@pytest.mark.every_store
def test_the_store_hashes_an_event_as_verifying_does(study: Path) -> None:
    for number, reason in enumerate(REASONS):
        subjects = [f"s{number}", "ü"]
        with act("trial", "test", at=AT, by="system", subjects=subjects, reason=reason, on_behalf="x") as one:
            one.add(Site(site=f"s{number}", seq=1, name="n", time_zone="UTC"))
        stored = Event.objects.using("default").get(act=one.token)
        assert stored.reason == reason
        assert stored.hash == event_hash(stored.link())
        assert one.event is not None
        assert (one.event.id, one.event.prev_hash, one.event.hash) == (
            stored.id,
            stored.prev_hash,
            stored.hash,
        )
    assert not chains.check("trial", anchors=[]).problems


@pytest.mark.both_stores
def test_writers_at_the_same_moment_get_one_place_each(study: Path) -> None:
    before = Event.objects.using("default").count()

    def write(name: str) -> None:
        for number in range(EACH):
            with act("trial", "test", at=AT, by=name) as one:
                one.add(Site(site=f"{name}-{number}", seq=1, name="n", time_zone="UTC"))
        connections["default"].close()

    threads = [threading.Thread(target=write, args=(f"w{number}",)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = list(Event.objects.using("default").order_by("id"))
    assert [event.id for event in events] == list(range(1, before + WRITERS * EACH + 1))
    assert [event.prev_hash for event in events] == [ZERO, *(event.hash for event in events[:-1])]


@pytest.mark.both_stores
def test_an_act_inside_a_transaction_of_somebody_else_is_refused(study: Path) -> None:
    # It commits by itself, and would commit what it knows nothing of.
    nested = act("trial", "test", at=AT, by="system")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(using="default"), nested:
        pass
    assert not Event.objects.using("default").filter(action="test").exists()
