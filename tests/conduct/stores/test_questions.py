"""Questions whose text is made once are answered as the object-relational layer answers them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture.models import Lock
from equipoise.conduct.stores.questions import Question

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
STEPS = Question(Lock, "WHERE target = %s ORDER BY seq DESC")


@pytest.mark.both_stores
def test_rows_are_those_of_the_layer_flags_and_salt_included(study: Path) -> None:
    with act("trial", "test", at=AT, by="system") as one:
        one.add_all([Lock(target="P", seq=seq, locked=seq == 2, reason=f"%s {seq}") for seq in (1, 2, 3)])
        one.add(Lock(target="Q", seq=1, locked=True))
    found = STEPS.rows("P")
    layer = list(Lock.objects.filter(target="P").order_by("-seq"))
    assert [(row.id, row.seq, row.reason) for row in found] == [
        (row.id, row.seq, row.reason) for row in layer
    ]
    assert [row.locked for row in found] == [False, True, False]
    assert all(isinstance(row.locked, bool) for row in found)
    assert [bytes(row.salt or b"") for row in found] == [bytes(row.salt or b"") for row in layer]
    assert [row.canonical() for row in found] == [row.canonical() for row in layer]


@pytest.mark.both_stores
def test_the_first_row_is_the_first_in_the_order_asked_for(study: Path) -> None:
    with act("trial", "test", at=AT, by="system") as one:
        one.add_all([Lock(target="P", seq=seq, locked=True) for seq in (1, 3, 2)])
    first = STEPS.first("P")
    assert first is not None
    assert first.seq == 3
    assert STEPS.first("nobody") is None
    assert STEPS.rows("' OR '' = '") == []


def test_a_table_that_lies_in_every_store_cannot_be_asked_so(study: Path) -> None:
    with pytest.raises(TypeError, match="every store"):
        Question(Event, "WHERE id = %s").rows(1)
