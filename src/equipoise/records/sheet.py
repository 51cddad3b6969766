"""A CSV text as a header and numbered rows.

Holds the reading of bytes, delimiters and quotes. Refuses to know what a column means, and to guess an
encoding: a file is UTF-8, or says itself that it is UTF-16.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.errors import Problem

DELIMITERS: dict[str, str] = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Sheet:
    """What a CSV text says.

    header      column names
    rows        cells of each row that has any, all as long as the header
    numbers     row numbers as a spreadsheet shows them, the header being 1
    delimiter   what stands between cells
    """

    header: list[str]
    rows: list[list[str]]
    numbers: list[int]
    delimiter: str

    def columns(self) -> dict[str, list[str]]:
        """Return the cells by column; of columns with one name, the first."""
        cells = list(zip(*self.rows, strict=True)) or [()] * len(self.header)
        found: dict[str, list[str]] = {}
        for name, column in zip(self.header, cells, strict=True):
            found.setdefault(name, list(column))
        return found


def decode(data: str | bytes, *, name: str) -> tuple[str, list[Problem]]:
    """Return the text of a file without its byte order mark, or a problem."""
    if isinstance(data, bytes):
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        try:
            data = data.decode("utf-16" if wide else "utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            hint = "save it as CSV in UTF-8"
            return "", [Problem("the file is not UTF-8 text", hint, "", name, line)]
    text = data.removeprefix("\ufeff")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        return "", [Problem("the file is not text", "is this the right file?", "", name, line)]
    if not text.strip():
        return "", [Problem("the file is empty", "was the export complete?", "", name)]
    return text, []


def read(text: str, *, delimiter: str, name: str, strict: bool = True) -> tuple[Sheet, list[Problem]]:
    """Read a CSV text; rows that cannot be read are left out and reported, one problem each.

    Empty lines are no rows; rows of empty cells only are reported as warnings.

    strict   False to take a quote inside a cell for itself, as spreadsheets do; else nothing after it is read
    """
    header: list[str] = []
    sheet = Sheet(header, [], [], delimiter)
    problems: list[Problem] = []
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    try:
        for number, cells in enumerate(reader, start=1):
            if not header:
                header.extend(cells)
            elif len(cells) != len(header):
                problems += _uneven(cells, sheet, number=number, name=name)
            elif any(cells):
                sheet.rows.append(cells)
                sheet.numbers.append(number)
            else:
                problems.append(_blank(name, number))
    except csv.Error as error:
        hint = "check the quotes in the row before and in this one; nothing after it could be read"
        problems.append(Problem(f"the row cannot be read: {error}", hint, "", name, number + 1))
    return sheet, problems


def _uneven(cells: Sequence[str], sheet: Sheet, *, number: int, name: str) -> list[Problem]:
    if not cells:
        return []
    if not any(cells):
        return [_blank(name, number)]
    hint = "put quotes round cells that hold a delimiter or a line break"
    if len(cells) > len(sheet.header) and sheet.delimiter == ",":
        hint = "a decimal comma or a comma in a text needs quotes round its cell"
    return [
        Problem(f"the row has {len(cells)} cells, the header {len(sheet.header)}", hint, "", name, number)
    ]


def _blank(name: str, number: int) -> Problem:
    return Problem("the row is empty and was left out", "", "", name, number, severity="warning")


def sniff(text: str, *, wanted: Sequence[str]) -> str:
    """Return the delimiter under which the header holds most of the wanted columns, or the most columns."""
    found = dict.fromkeys(DELIMITERS, (0, 0))
    first = text.lstrip("\r\n").partition("\n")[0]
    for delimiter in DELIMITERS:
        try:
            header = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            continue
        names = {cell.strip() for cell in header}
        found[delimiter] = len(names.intersection(wanted)), len(header)
    return max(found, key=lambda delimiter: found[delimiter])
