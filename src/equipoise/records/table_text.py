"""A table as the text of its CSV file and back, with everything that is wrong in it.

Holds one table at a time. Refuses to touch files and digests, which is `storage`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from equipoise.errors import IntegrityError, Problem
from equipoise.records import cells, sheet, tables
from equipoise.records.tables import Table, tells_arm

SHOWN = 60
"""Characters of a wrong cell that a problem shows."""
_QUOTED = re.compile('[",\r\n]')


def write(frame: pd.DataFrame, table: Table, *, name: str) -> tuple[bytes, list[Problem]]:
    """Return a table as CSV in UTF-8, or what keeps it from being read back."""
    if frame.empty:
        return f"{','.join(table.names)}\n".encode(), []
    texts = {column.name: cells.encode(column, frame[column.name]) for column in table.columns}
    numbers = range(2, len(frame) + 2)
    found = [*_complaints(table, texts, numbers, name=name), *_repeated(table, frame, numbers, name=name)]
    if found:
        return b"", found
    lines = [",".join(table.names), *map(",".join, zip(*map(_quoted, texts.values()), strict=True)), ""]
    return "\n".join(lines).encode(), []


def _quoted(texts: list[str]) -> list[str]:
    quoted = {text: '"' + text.replace('"', '""') + '"' for text in set(texts) if _QUOTED.search(text)}
    return [quoted.get(text, text) for text in texts] if quoted else texts


def read(data: bytes, table: Table, *, name: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the table that a CSV file holds, or everything wrong with it; columns may stand in any order.

    Raises    IntegrityError when a column's name says that it holds an arm
    """
    empty = pd.DataFrame()
    text, problems = sheet.decode(data, name=name)
    if problems:
        return empty, problems
    found, problems = sheet.read(text, delimiter=",", name=name)
    problems = [replace(problem, severity="error") for problem in problems]
    misnamed = _misnamed(found.header, table, name=name)
    if misnamed:
        return empty, problems + misnamed
    texts = found.columns()
    problems += _complaints(table, texts, found.numbers, name=name)
    if problems:
        return empty, problems
    if not found.numbers:
        return tables.table(table.name), []
    built = {column.name: cells.decode(column, texts[column.name]) for column in table.columns}
    frame = pd.DataFrame({key: pd.Series(one, dtype=one.dtype, copy=False) for key, one in built.items()})
    return frame, list(_repeated(table, frame, found.numbers, name=name))


def _misnamed(header: Sequence[str], table: Table, *, name: str) -> list[Problem]:
    unknown = [column for column in header if column not in table.names]
    arms = [
        Problem(f"the column `{column}` would tell an arm", "keep it in the allocation", column, name)
        for column in unknown
        if tells_arm(column)
    ]
    if arms:
        raise IntegrityError("records never hold an arm", arms)
    wrong = [(column, "is unknown") for column in unknown]
    wrong += [(column, "is missing") for column in table.names if column not in header]
    wrong += [(column, "stands twice") for column in table.names if header.count(column) > 1]
    hint = f"{name} has the columns {', '.join(table.names)}"
    return [Problem(f"the column `{column}` {said}", hint, column, name, 1) for column, said in wrong]


def _complaints(
    table: Table, texts: dict[str, list[str]], numbers: Sequence[int], *, name: str
) -> Iterator[Problem]:
    places = {column: place for place, column in enumerate(texts, start=1)}
    for column in table.columns:
        column_texts = texts[column.name]
        wrong = {text: said for text in set(column_texts) if (said := cells.complaint(column, text))}
        for number, text in zip(numbers, column_texts, strict=True) if wrong else ():
            if text in wrong:
                shown = f"`{text[:SHOWN]}` " if text else "the cell "
                yield Problem(shown + wrong[text], "", column.name, name, number, places[column.name])


def _repeated(table: Table, frame: pd.DataFrame, numbers: Sequence[int], *, name: str) -> Iterator[Problem]:
    """Yield every row whose key an earlier row has."""
    for row, first in repeats(frame, table.key):
        what = ", ".join(f"{column} {frame[column].iloc[row]}" for column in table.key)
        message = f"the row repeats row {numbers[first]} ({what})"
        yield Problem(message, "keep one of the two", "", name, numbers[row])


def repeats(frame: pd.DataFrame, key: Sequence[str]) -> list[tuple[int, int]]:
    """Return (position, position of the first like it) of every row whose key an earlier row has."""
    if not key or len(frame) <= 1:
        return []
    keys = np.zeros(len(frame), dtype=np.int64)
    for name in key:
        codes, distinct = pd.factorize(frame[name], use_na_sentinel=False)
        keys = pd.factorize(keys * len(distinct) + codes)[0]
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    return [
        (int(row), int(first[places[row]])) for row in np.flatnonzero(first[places] != np.arange(len(keys)))
    ]
