"""Many rows go in at once, in their order, and come back as they were written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit.insertion import FEW, insert
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture.models import Entry, Form
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEXTS = ("plain", "سيرترالين 💊", "quote \" ' \\ %s", "two\nlines", "", None, "0", "null", "\u2028")


@pytest.mark.every_store
def test_many_rows_come_back_as_they_were_written(study: Path) -> None:
    with act("trial", "test", at=AT, by="system") as one:
        form = one.add(Form(participant="P", visit="log", form="f", version=1, code="c"))
        rows = [
            Entry(
                form=form,
                item=f"i{place}",
                seq=1,
                number=place / 3 if place % 2 else None,
                text=TEXTS[place % len(TEXTS)],
                origin="staff",
                collected_at="x",
            )
            for place in range(5 * FEW)
        ]
        one.add_all(rows)
    assert [row.pk for row in rows] == list(range(rows[0].pk, rows[0].pk + len(rows)))
    for row in rows:
        found = Entry.objects.get(id=row.pk)
        assert found.canonical() == row.canonical()
        assert bytes(found.salt or b"") == bytes(row.salt or b"")


@pytest.mark.both_stores
def test_numbers_go_on_where_the_last_rows_ended(study: Path) -> None:
    def sites(first: int, count: int) -> list[Site]:
        return [Site(site=f"s{first + place}", seq=1, name="n", time_zone="UTC") for place in range(count)]

    with act("trial", "test", at=AT, by="system") as one:
        written = [*one.add_all(sites(0, 2)), *one.add_all(sites(2, 3 * FEW)), *one.add_all(sites(90, 1))]
    assert [row.pk for row in written] == sorted({row.pk for row in written})
    assert [Site.objects.get(id=row.pk).site for row in written] == [row.site for row in written]


def test_rows_of_which_one_is_wrong_are_not_written(study: Path) -> None:
    rows = [Site(site="same", seq=1, name="n", time_zone="UTC", act="", salt=b"") for _ in range(2 * FEW)]
    with pytest.raises(Exception, match="UNIQUE"), act("trial", "test", at=AT, by="system") as one:
        insert(rows, alias=one.alias)
    assert not Site.objects.filter(site="same").exists()
