"""Listing who had access when, for whoever reviews it."""

from dataclasses import astuple, fields
from pathlib import Path

from equipoise.conduct.accounts.accesses import Access, accesses
from equipoise.errors import Problem, RecordError
from equipoise.exchange import spreadsheet


def write(path: Path) -> str:
    """Write every role anybody ever held as a CSV for a spreadsheet, and return in one line what is in it.

    Raises  RecordError when there is such a file
    """
    if path.exists():
        raise RecordError(
            "nothing was written", [Problem("it is there already", "name another", source=str(path))]
        )
    found = accesses()
    header = [field.name for field in fields(Access)]
    rows = [
        ["yes" if cell is True else "" if cell is False else cell for cell in astuple(one)] for one in found
    ]
    path.touch(mode=0o600)
    # A byte order mark, or spreadsheets take UTF-8 for something else.
    path.write_bytes(spreadsheet.write(header, rows).encode("utf-8-sig"))
    return f"{sum(bool(one.role) for one in found)} roles of {len({one.person for one in found})} people"
