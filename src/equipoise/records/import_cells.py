"""The cells of another system's CSV: what one says, or what is wrong with it.

Holds missing markers, decimal commas and the reading of one column for one target. Refuses to guess: a number
that could mean two things is a problem.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from equipoise.errors import Problem
from equipoise.protocol.schedule import Item
from equipoise.records.cells import is_date, is_instant, is_number, is_partial_date, is_time
from equipoise.records.import_targets import Target
from equipoise.records.sheet import Sheet

COMMA_NUMBER = re.compile(r"[+-]?\d+(,\d+)+", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
SHOWN = 60
"""Characters of a wrong cell that a problem shows."""
_MOMENTS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "date": (is_date, "write dates like 2022-03-05"),
    "partial_date": (is_partial_date, "write dates like 2022-03-05, 2022-03 or 2022"),
    "time": (is_time, "write times like 17:30"),
    "instant": (is_instant, "write instants in UTC like 2022-03-05T17:00:00Z"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A file being read.

    cells     column to its cells, blanks round them and missing markers left out (None where missing)
    commas    whether numbers have decimal commas
    """

    sheet: Sheet
    name: str
    cells: dict[str, list[str | None]]
    commas: bool

    def problem(self, row: int, column: str, message: str, hint: str = "") -> Problem:
        """Return an error in one cell; `row` counts from 0."""
        place = self.sheet.header.index(column) + 1
        return Problem(message, hint, column, self.name, self.sheet.numbers[row], place)

    def warning(self, row: int, column: str, message: str, hint: str = "") -> Problem:
        """Return a warning about one cell."""
        place = self.sheet.header.index(column) + 1
        number = self.sheet.numbers[row]
        return Problem(message, hint, column, self.name, number, place, severity="warning")


def without_missing(cells: Iterable[str], markers: Iterable[str]) -> list[str | None]:
    """Return cells without blanks round them, None where they are missing."""
    missing = {"", *(marker.strip() for marker in markers)}
    return [None if (bare := cell.strip()) in missing else bare for cell in cells]


def has_decimal_commas(cells: Iterable[str | None]) -> bool:
    """Return whether number cells say beyond doubt that a comma is the decimal point.

    At least one cell must have a comma that cannot group thousands, and none a decimal point.
    """
    texts = [cell for cell in cells if cell is not None]
    if any("." in text and is_number(text) for text in texts):
        return False
    return any(DECIMAL_COMMA.fullmatch(text) and not THOUSANDS.fullmatch(text) for text in texts)


def read_number(text: str, *, commas: bool) -> float | None:
    """Return a number; None when the text is none, or could be two."""
    if commas and DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return float(text) if is_number(text) else None


Answer = float | str
"""A number, a code, a text or a date."""


def read_column(reading: Reading, target: Target) -> tuple[list[Answer | None], list[Problem]]:
    """Return one target's answer of every row, None where missing or wrong, and what is wrong."""
    found: list[Answer | None] = []
    problems = []
    for row, cell in enumerate(reading.cells[target.column]):
        answer = None if cell is None else _answer(cell, target, reading)
        if isinstance(answer, _Wrong):
            problems.append(reading.problem(row, target.column, answer.message, answer.hint))
        found.append(None if isinstance(answer, _Wrong) else answer)
    return found, problems


@dataclass(frozen=True, slots=True)
class _Wrong:
    message: str
    hint: str


def _answer(cell: str, target: Target, reading: Reading) -> Answer | _Wrong:
    if target.kind == "number":
        return _number(cell, target, commas=reading.commas)
    if target.kind == "code" and target.item is not None:
        return _code(cell, target.item, commas=reading.commas)
    if target.kind in _MOMENTS:
        fits, hint = _MOMENTS[target.kind]
        return cell if fits(cell) else _Wrong(f"`{shown(cell)}` is no {target.kind.replace('_', ' ')}", hint)
    return cell


def _number(cell: str, target: Target, *, commas: bool) -> float | _Wrong:
    number = read_number(cell, commas=commas)
    if number is None:
        return not_a_number(cell)
    if target.range is not None and not target.range[0] <= number <= target.range[1]:
        low, high = target.range
        message = f"{number:g} is outside the range of {target.name}, {low:g} to {high:g}"
        return _Wrong(message, "correct the value, or the mapping if the column holds something else")
    decimals = target.item.decimals if target.item is not None else None
    if decimals is not None and round(number, decimals) != number:
        said = "a whole number" if decimals == 0 else f"a number with {decimals} digits after the point"
        return _Wrong(f"{number:g} is not {said}, as {target.name} must be", "correct the value")
    return number


def not_a_number(cell: str) -> _Wrong:
    """Return why a cell is no number."""
    if COMMA_NUMBER.fullmatch(cell):
        hint = "write decimals with a point and thousands without any sign"
        return _Wrong(f"`{shown(cell)}` may be a decimal or a grouped number", hint)
    return _Wrong(f"`{shown(cell)}` is not a number", "list it under `missing` if it means no value")


def _code(cell: str, item: Item, *, commas: bool) -> str | _Wrong:
    codes = item.codes or {}
    if cell in codes:
        return cell
    number = read_number(cell, commas=commas)
    same = [code for code in codes if number is not None and is_number(code) and float(code) == number]
    if same:
        return same[0]
    return _Wrong(f"`{shown(cell)}` is not a code of {item.id}", f"one of {', '.join(codes)}")


def nearest(cell: str, known: Iterable[str]) -> str:
    """Return a hint that names what was perhaps meant."""
    names = list(known)
    near = get_close_matches(cell, names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names)}"


def shown(cell: str) -> str:
    """Return a cell short enough for a message, on one line."""
    flat = " ".join(cell.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 3] + "..."
