"""Rows become the same bytes whether they are written one by one or many at once."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.conduct.audit.canonical import canonical
from equipoise.conduct.audit.layouts import Layout

LAYOUT = Layout("t", ("act", "done", "id", "number", "text"), ("text", "boolean", "integer", "real", "text"))
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
REALS = st.floats(allow_nan=False, allow_infinity=False)
ROW = st.tuples(st.integers(), st.none() | REALS, st.none() | WORDS)


@settings(max_examples=50)
@given(st.lists(ROW, min_size=1, max_size=8), WORDS, st.none() | st.booleans())
def test_many_rows_have_the_bytes_that_each_has_alone(
    rows: list[tuple[Any, ...]], act: str, done: bool | None
) -> None:
    own = dict(zip(("id", "number", "text"), zip(*rows, strict=True), strict=True))
    write = LAYOUT.writer()
    alone = [write([act, done, *row]) for row in rows]
    assert list(LAYOUT.texts(own, {"act": act, "done": done})) == alone


def test_columns_that_hold_nothing_leave_no_bytes() -> None:
    texts = list(LAYOUT.texts({"id": [1, 2], "text": [None, "b"]}, {}))
    assert texts == [canonical(["t", {"id": 1}]), canonical(["t", {"id": 2, "text": "b"}])]
