"""Answers as numbers, and which of them an item can have.

Holds whole columns of one item at a time. Refuses to know participants and visits.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.protocol.schedule import Item
from equipoise.records.cells import is_number

Column = npt.NDArray[np.float64]


def as_numbers(values: pd.DataFrame) -> Column:
    """Return the number of each row of `values`: the number, or the code where the code is a number."""
    numbers: Column = values["number"].to_numpy(dtype=np.float64)
    codes: npt.NDArray[Any] = values["code"].to_numpy()
    lacking = np.flatnonzero(np.isnan(numbers) & pd.notna(codes))
    if not len(lacking):
        return numbers
    known = {code: float(code) if is_number(code) else np.nan for code in set(codes[lacking])}
    numbers = numbers.copy()
    numbers[lacking] = [known[code] for code in codes[lacking]]
    return numbers


def as_values(rows: pd.DataFrame, kind: str) -> list[Any]:
    """Return the answers of rows of `values` in the type that expressions know; None where there is none.

    kind    the item's type in expressions (`Resolved.names`)
    """
    column = {"text": "text", "code": "code"}.get(kind, "date")
    if kind != "number":
        return rows[column].tolist()
    numbers = as_numbers(rows).tolist()
    codes = rows["code"].tolist()
    return [code if np.isnan(number) else number for number, code in zip(numbers, codes, strict=True)]


def code_numbers(item: Item) -> list[float]:
    """Return the codes of an item that are numbers."""
    return [float(code) for code in item.codes or () if is_number(code)]


def outside(item: Item, numbers: Column) -> npt.NDArray[np.bool_]:
    """Return where a number is none of the item's codes, or out of its range; never where it is missing."""
    given = ~np.isnan(numbers)
    if item.codes:
        return given & ~np.isin(numbers, code_numbers(item))
    if item.range is None:
        return np.zeros_like(given)
    low, high = item.range
    return given & ((numbers < low) | (numbers > high))


def uneven(item: Item, numbers: Column) -> npt.NDArray[np.bool_]:
    """Return where a number has more digits after the point than the item allows."""
    if item.decimals is None:
        return np.zeros(len(numbers), dtype=np.bool_)
    found: npt.NDArray[np.bool_] = ~np.isnan(numbers) & (np.round(numbers, item.decimals) != numbers)
    return found


def allowed(item: Item) -> str:
    """Return in words what may be answered."""
    if item.codes:
        return "one of " + ", ".join(item.codes)
    if item.range is None:
        return "any number"
    kind = "a whole number" if item.decimals == 0 else "a number"
    return f"{kind} from {item.range[0]:g} to {item.range[1]:g}"
