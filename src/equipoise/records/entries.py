"""Filled forms: the answers of one form that belong together.

Holds the grouping of `values` by participant, visit, repeat and row. Refuses to know what a form means.
"""

from typing import Any, NamedTuple

import pandas as pd

from equipoise.protocol import Resolved
from equipoise.records.answers import as_values


class Entry(NamedTuple):
    """Where one filled form, or one row of a log or group, stands."""

    participant: str
    visit: str
    repeat: int
    row: int


def entries(values: pd.DataFrame, resolved: Resolved, form: str) -> dict[Entry, dict[str, Any]]:
    """Return each filled form's answers by item, in the types expressions know; None where there is none."""
    mine = values[(values["form"] == form).to_numpy()]
    found: dict[Entry, dict[str, Any]] = {}
    for item, rows in mine.groupby("item", sort=False):
        kind = resolved.names.get(f"{form}.{item}")
        if kind is None:
            continue
        columns = [rows[name].tolist() for name in Entry._fields]
        for *place, answer in zip(*columns, as_values(rows, kind), strict=True):
            found.setdefault(Entry(*place), {})[str(item)] = answer
    return found
