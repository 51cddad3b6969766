"""Tables as plain rows in an order that does not depend on how they came.

Holds the one place where frames become rows. Refuses to know what any column means.
"""

from typing import Any

import pandas as pd


def table_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as mappings, absent values as None, sorted by all columns as text.

    Two frames with the same rows in different orders give the same list.
    """
    plain = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in plain.to_dict(orient="records")
    ]
    for row in rows:
        for name, value in row.items():
            if value == "":
                row[name] = None
    return sorted(rows, key=lambda row: tuple("" if value is None else str(value) for value in row.values()))
