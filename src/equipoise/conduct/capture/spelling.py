"""Numbers and days as people write them in their language, turned into the one way they are stored.

Holds the ways of each language that pages speak. What is not surely one of them is returned as it was typed,
for the form's own check to refuse: "1,234" may mean a thousand, and is not guessed at.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

MONTHS = {
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre"),
        *("noviembre", "diciembre"),
    )
}
VARIANTS = {"es": {"setiembre": 9, "sept": 9, "set": 9}}
SHORT = len("ene")
_DECIMAL = re.compile(r"([+-]?\d+),(\d+)", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2}:\d{2}))?", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d{1,2})[/.-](\d{4})", re.ASCII)
_WORDED = re.compile(r"(?:(\d{1,2})(?: de|\.?) )?([a-z]+)\.?(?: del?)? (\d{4})", re.ASCII)
LONGEST = 40
_MONTH, _DAY = len("2026-11"), len("2026-11-23")


def plain(text: str, kind: str, language: str) -> str:
    """Return what was typed as the study writes it: a number with a point, a day as ISO text.

    kind   the item's type; a text or code is returned as it is
    """
    way = _WAYS.get(language, {}).get(kind)
    typed = text.strip()
    return way(typed) if way is not None and typed and len(typed) <= LONGEST else text


def _sure(day: str, typed: str) -> str:
    """Return a day or month as ISO text where there is such a one; what was typed otherwise."""
    try:
        date.fromisoformat(f"{day}-01" if len(day) == _MONTH else day[:_DAY])
    except ValueError:
        return typed
    return day


def _number(text: str) -> str:
    found = _DECIMAL.fullmatch(text)
    return f"{found[1]}.{found[2]}" if found and not _THOUSANDS.fullmatch(text) else text


def _day(text: str) -> str:
    found = _DAY_FIRST.fullmatch(text)
    if found is not None:
        day, month, year, time = found.groups()
        return _sure(f"{year}-{month:0>2}-{day:0>2}" + (f"T{time:0>5}" if time else ""), text)
    found = _MONTH_FIRST.fullmatch(text)
    return _sure(f"{found[2]}-{found[1]:0>2}", text) if found else _worded(text)


def _worded(text: str) -> str:
    found = _WORDED.fullmatch(text.lower())
    month = _months("es").get(found[2]) if found else None
    if found is None or month is None:
        return text
    day = f"-{found[1]:0>2}" if found[1] else ""
    return _sure(f"{found[3]}-{month:02}{day}", text)


@lru_cache
def _months(language: str) -> Mapping[str, int]:
    """Return month to number, whole and by its first letters."""
    whole = {name: number for number, name in enumerate(MONTHS[language], start=1)}
    return {**{name[:SHORT]: number for name, number in whole.items()}, **whole, **VARIANTS[language]}


_WAYS: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "es": {"number": _number, "date": _day, "partial_date": _day, "instant": _day}
}
"""Language to how each type of answer is written in it."""
