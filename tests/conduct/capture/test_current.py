"""The cache of the latest answers is rebuilt and compared: whatever it shows wrongly is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections

from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import current
from equipoise.conduct.capture.models import Entry, EntryCurrent, Form

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def answered(study: Path) -> None:
    """One form: item a answered once, item b corrected once."""
    with act("trial", "capture.save", at=AT, by="p-1") as one:
        form = one.add(Form(participant="P", visit="V", form="madrs", version=1, code="c"))
        for item, seq in (("a", 1), ("b", 1), ("b", 2)):
            entry = one.add(
                Entry(form=form, item=item, seq=seq, number=seq, origin="staff", collected_at="x")
            )
            EntryCurrent.objects.update_or_create(form=form, item=item, row=0, defaults={"entry": entry})


@pytest.mark.both_stores
@pytest.mark.usefixtures("answered")
def test_a_true_cache_has_no_problem() -> None:
    assert current.problems() == []


@pytest.mark.both_stores
@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE entry_current SET entry_id = 2 WHERE item = 'b'",
            "another answer than the latest of form 1, item b",
        ),
        (
            "UPDATE entry_current SET entry_id = 1 WHERE item = 'b'",
            "another answer than the latest of form 1, item b",
        ),
        ("DELETE FROM entry_current WHERE item = 'a'", "no answer of form 1, item a"),
        (
            "UPDATE entry_current SET item = 'c' WHERE item = 'a'",
            "another answer than the latest of form 1, item c",
        ),
    ],
)
def test_a_false_cache_is_named(statement: str, expected: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)
    assert expected in str(current.problems()[0])
