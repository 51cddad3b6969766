"""Acts leave their events, linked and in order."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit.canonical import ZERO, event_hash
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def site(name: str) -> Site:
    return Site(site=name, seq=1, name=name, time_zone="UTC")


def test_each_event_names_the_hash_before_it(study: Path) -> None:
    before = Event.objects.using("default").count()
    for name in ("SEA", "NYC"):
        with act("trial", "study.site_added", at=AT, by="system", subjects=[name]) as one:
            one.add(site(name))
    events = list(Event.objects.using("default").order_by("id"))
    assert [event.id for event in events] == list(range(1, before + 3))
    hashes = [ZERO, *(event.hash for event in events)]
    assert [event.prev_hash for event in events] == hashes[:-1]
    assert all(event.hash == event_hash(event.link()) for event in events)


def add_and_fail() -> None:
    with act("trial", "study.site_added", at=AT, by="system") as one:
        one.add(site("SEA"))
        one.add(None)  # type: ignore[type-var]


def test_an_act_that_fails_leaves_neither_row_nor_event(study: Path) -> None:
    before = Event.objects.using("default").count()
    with pytest.raises(AttributeError):
        add_and_fail()
    assert Event.objects.using("default").count() == before
    assert not Site.objects.exists()


@pytest.mark.both_stores
def test_an_event_about_more_than_fits_is_refused_alike_on_both_engines(study: Path) -> None:
    before = Event.objects.using("default").count()
    with (
        pytest.raises(ValueError, match="at most 255"),
        act("trial", "study.site_added", at=AT, by="system", subjects=["x" * 250, "form-1"]) as one,
    ):
        one.add(site("SEA"))
    assert (Event.objects.using("default").count(), Site.objects.count()) == (before, 0)
