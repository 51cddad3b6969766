"""CSV for people: nothing in it is a formula, and nothing in it is lost."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.exchange import spreadsheet
from equipoise.exchange.spreadsheet import GUARD, guarded

FORMULAS = [
    '=HYPERLINK("http://elsewhere.example","look")',
    "=1+1",
    "+1+1",
    "-1+1",
    "-",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "+49 30 123456",
    "-2+cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_a_spreadsheet_would_compute_is_shown_instead(cell: str) -> None:
    assert guarded(cell) == GUARD + cell


@pytest.mark.parametrize("cell", ["-3", "-3.5", "+2", "-.5", "1e-5", "-1.5E+3", "0"])
def test_numbers_that_come_as_text_stay_numbers(cell: str) -> None:
    assert guarded(cell) == cell


def test_numbers_and_empty_cells_are_written_as_they_are() -> None:
    assert [guarded(one) for one in (-3, -2.5, 0, None)] == ["-3", "-2.5", "0", ""]


@pytest.mark.parametrize("cell", ["Sam", "a=b", "x-1", "mail@example.org", "2026-11-23", "'quoted'", ""])
def test_other_texts_are_left_alone(cell: str) -> None:
    assert guarded(cell) == cell


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        spreadsheet.write(["a", "b"], [["1"]])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_every_cell_comes_back_and_none_begins_like_a_formula(rows: list[tuple[str, str]]) -> None:
    text = spreadsheet.write(["=first", "second"], rows)
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found[0] == ["'=first", "second"]
    for (first, second), (read_first, read_second) in zip(rows, found[1:], strict=True):
        assert (read_first.removeprefix(GUARD), read_second.removeprefix(GUARD)) == (
            first.removeprefix(GUARD),
            second.removeprefix(GUARD),
        )
        for cell in (read_first, read_second):
            assert not cell.startswith(("=", "@", "\t", "\r")), cell
