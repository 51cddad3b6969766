"""Rows have the same bytes whether `verify` writes them column by column or one by one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.conduct.audit.columnwise import many_writer
from equipoise.conduct.audit.layouts import END, Layout

LAYOUT = Layout(
    "t",
    ("act", "big", "done", "id", "number", "seq", "text"),
    ("text", "text", "boolean", "integer", "real", "integer", "text"),
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
REALS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 0, 1, 1.0])
ROW = st.tuples(
    st.sampled_from(["a", "b", '"']),
    st.none() | st.just(""),
    st.none() | st.booleans() | st.sampled_from([0, 1]),
    st.integers(),
    st.none() | REALS,
    st.just(1),
    st.none() | WORDS,
)
write = many_writer(LAYOUT.columns, LAYOUT.kinds, begin=LAYOUT.begin, end=END)


@settings(max_examples=60)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_columns_have_the_bytes_that_each_row_has_alone(rows: list[tuple[Any, ...]]) -> None:
    alone = LAYOUT.writer()
    assert write(list(zip(*rows, strict=True))) == [alone(row) for row in rows]


GOOD = ("a", None, True, 1, 2.5, 1, "x")


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, None), (0, b"a"), (1, 7), (2, 2.0), (2, "1"), (3, 1.0), (3, True), (3, "1"), (4, "2.5"), (4, True)],
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_value_of_another_kind_is_never_taken_for_its_equal(place: int, value: Any, alone: bool) -> None:
    rows = [(*GOOD[:place], value, *GOOD[place + 1 :])] + [GOOD] * (not alone)
    with pytest.raises(TypeError):
        write(list(zip(*rows, strict=True)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_a_value_that_cannot_be_kept_is_refused(value: Any) -> None:
    row = (*GOOD[:4], value, *GOOD[5:]) if isinstance(value, float) else (*GOOD[:-1], value)
    with pytest.raises(ValueError, match=r"cannot be kept|surrogates"):
        write([(one,) for one in row])


def test_where_nothing_may_be_missing_nothing_is() -> None:
    strict = many_writer(("a", "b"), ("text", "text"), begin="{", end="}", nullable=False)
    assert strict([("x", "x"), ("y", "z")]) == [b'{"a":"x","b":"y"}', b'{"a":"x","b":"z"}']
    for column in ((None, None), ("y", None)):
        with pytest.raises(TypeError):
            strict([("x", "x"), column])
