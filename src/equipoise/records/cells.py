"""One cell of a dataset: its text in the file, its value in memory, and what may be wrong with it.

Holds the rules by kind of column. Refuses to know files and tables: which cell stands where is `storage`.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.records.tables import NUMERIC, Column

LONGEST_TEXT = 100_000
"""Characters; below the limit of Python's CSV reader, which is 131,072."""
LARGEST_WHOLE_TEXT = 1e15
"""Whole numbers below this are written without a point; every one of them is exact in binary."""
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z", re.ASCII)
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_FIRST_MONTH_DAY = "-01-01"


def complaint(column: Column, text: str) -> str:
    """Return what is wrong with a cell's text, as the end of a sentence; empty when nothing is."""
    if not text:
        return "is missing and may never be" if column.required else ""
    if column.codes:
        return "" if text in column.codes else f"is not one of: {', '.join(column.codes)}"
    if column.kind == "text":
        return _text_complaint(text)
    if column.kind == "whole" and column.required:
        return "" if _WHOLE.fullmatch(text) and int(text) >= 1 else "is not a whole number from 1"
    fits, said = _KINDS[column.kind]
    return "" if fits(text) else said


def is_number(text: str) -> bool:
    """Return whether a text is a finite number in point decimals."""
    return NUMBER.fullmatch(text) is not None and bool(np.isfinite(float(text)))


def is_date(text: str) -> bool:
    """Return whether a text is a day of the calendar, such as 2022-03-05."""
    return _DATE.fullmatch(text) is not None and _parses(dt.date, text)


def is_partial_date(text: str) -> bool:
    """Return whether a text is a year, a month or a day: 2022, 2022-03, 2022-03-05."""
    if not _PARTIAL_DATE.fullmatch(text):
        return False
    return _parses(dt.date, text + _FIRST_MONTH_DAY[len(text) - len("2022") :])


def is_instant(text: str) -> bool:
    """Return whether a text is an instant in UTC, such as 2022-03-05T17:00:00Z."""
    return _INSTANT.fullmatch(text) is not None and _parses(dt.datetime, text)


def is_time(text: str) -> bool:
    """Return whether a text is a time of day, such as 17:30."""
    return _TIME.fullmatch(text) is not None and _parses(dt.time, text)


def _is_moment(text: str) -> bool:
    return is_partial_date(text) or is_time(text) or is_instant(text)


def _parses(kind: type[dt.date] | type[dt.time], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


def _text_complaint(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT:,} characters"
    return "has a character that no text file can hold" if _UNWRITABLE.search(text) else ""


def _is_whole(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


def _is_flag(text: str) -> bool:
    return text in {"0", "1"}


_KINDS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "number": (is_number, "is not a number with a decimal point"),
    "whole": (_is_whole, "is not a whole number"),
    "flag": (_is_flag, "is neither 0 nor 1"),
    "date": (is_date, "is not a date written like 2022-03-05"),
    "partial_date": (is_partial_date, "is not a date written like 2022-03-05, 2022-03 or 2022"),
    "instant": (is_instant, "is not an instant in UTC written like 2022-03-05T17:00:00Z"),
    "moment": (
        _is_moment,
        "is not a date, time or instant written like 2022-03-05, 17:30 or 2022-03-05T17:00:00Z",
    ),
}


def encode(column: Column, cells: "pd.Series[Any]") -> list[str]:
    """Return a column as the texts of the file, empty where missing."""
    if column.kind not in NUMERIC:
        return ["" if cell is None else cell for cell in cells.tolist()]
    distinct, places = np.unique(cells.to_numpy(), return_inverse=True)
    texts = np.array([_number_text(float(number)) for number in distinct], dtype=object)
    found: list[str] = texts[places].tolist() if len(texts) else []
    return found


def _number_text(number: float) -> str:
    if np.isnan(number):
        return ""
    if number == 0:
        return "0"
    if number.is_integer() and abs(number) < LARGEST_WHOLE_TEXT:
        return f"{number:.0f}"
    return repr(number)


def decode(column: Column, texts: Sequence[str]) -> npt.NDArray[Any]:
    """Return the file's texts as a column's values; every text must be without complaint."""
    if column.kind not in NUMERIC:
        return np.fromiter((text or None for text in texts), dtype=object, count=len(texts))
    values = {text: float(text) if text else np.nan for text in set(texts)}
    return np.array([values[text] for text in texts], dtype=np.float64).astype(column.dtype)
