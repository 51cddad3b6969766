"""Tables as plain rows in an order that does not depend on how they came.

Holds the one place where frames become rows. Refuses to know what any column means.
"""

from typing import Any

import pandas as pd


def table_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as mappings, absent values as None, sorted by all columns as text.

    Two frames with the same rows in different orders give the same list. Not-a-number, pandas' missing value
    and the empty text are absent.
    """
    names = [str(name) for name in frame.columns]
    columns = [_cells(frame[name]) for name in names]
    rows = sorted(zip(*columns, strict=True), key=_as_text)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(column: "pd.Series[Any]") -> list[Any]:
    return [
        None if cell is None or cell is pd.NA or cell != cell or cell == "" else cell
        for cell in column.tolist()
    ]


def _as_text(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple("" if cell is None else str(cell) for cell in row)
