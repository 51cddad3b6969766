"""CSV files that people open in a spreadsheet, as text that no spreadsheet takes for a formula.

Holds the one place where such cells are made harmless. Refuses to write datasets: what `analyze` reads is
written by `equipoise.records`, every character as it was entered.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet compute a cell, or skip to one that does; full width ones too."""
GUARD = "'"
"""Put before such a cell: spreadsheets show the rest as text."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

Cell = str | int | float | None


def write(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table as CSV for people: commas, Windows line ends, every cell guarded.

    header, rows   cells; None is an empty one
    Raises         ValueError when a row is not as long as the header
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in header])
    for row in rows:
        writer.writerow([guarded(cell) for _, cell in zip(header, row, strict=True)])
    return out.getvalue()


def guarded(cell: Cell) -> str:
    """Return a cell's text, with an apostrophe before what a spreadsheet would compute.

    Numbers stay numbers, also negative ones and those that come as text: `-3.5` is no formula.
    """
    text = "" if cell is None else str(cell)
    # Spreadsheets skip blanks and what cannot be seen before they look for a sign.
    seen = text.lstrip(" \u00a0\u200b\ufeff")
    if not seen.startswith(FORMULA_SIGNS) or _NUMBER.fullmatch(text):
        return text
    return GUARD + text
