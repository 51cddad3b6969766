"""One answer: from what a person typed to a typed value, or what is wrong with it.

Holds the reading of single answers and the limits that keep any input safe. Refuses to know other answers:
skipping, cross checks and scores are `filling`. Nothing typed is ever altered to fit.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Literal

from equipoise.protocol.schedule import Item
from equipoise.source import UNREADABLE

LONGEST_TEXT = 20_000
"""Characters of a free text. Longer ones are refused as a whole, never cut."""
LONGEST_NUMBER = 32
LARGEST_NUMBER = 1e15
"""As in `instruments.answers`: what is larger is a slip."""
EARLIEST_YEAR = 1875
"""Nobody alive was born before; an earlier year is a slip of the pen."""
LATEST_YEAR = 2200

MISSING_REASONS: Mapping[str, str] = {
    "not_done": "Not done",
    "declined": "Participant declined",
    "unable": "Participant was unable",
    "unknown": "Not known",
    "not_applicable": "Does not apply",
    "lost": "Source was lost",
}
"""What may stand in the place of an answer, and its name on pages."""

Kind = Literal[
    "missing_reason", "unreadable", "long", "type", "code", "range", "decimals",
    "required", "skipped", "check", "unknown_item", "reason",
]  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_FIRST_DAY = "-01-01"
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Typed:
    """An answer as it was typed, or the reason why there is none; both empty takes an answer back."""

    text: str = ""
    missing_reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A typed answer: one of number, text, code, date, or none of them with a missing reason.

    date   a date, partial date, time or instant as ISO text
    unit   the number's unit in UCUM
    """

    number: float | None = None
    text: str | None = None
    code: str | None = None
    date: str | None = None
    unit: str = ""
    missing_reason: str = ""

    @property
    def value(self) -> float | str | None:
        """The answer; None where there is none."""
        if self.number is not None:
            return self.number
        if self.code is not None:
            return self.code
        return self.date if self.date is not None else self.text

    @property
    def typed(self) -> str:
        """The answer as it is typed: a code, a number with a point, ISO text; empty where there is none."""
        if self.number is not None:
            return plain_number(self.number)
        return str(self.value or "")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an answer: an error keeps it from being stored, a warning asks a person to look.

    item, row   the answer; item "" for the whole form
    check       what asked: the kind, or the edit check's id
    """

    kind: Kind
    item: str
    row: int
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    check: str = ""


NO_ANSWER = Answer()


def plain_number(number: float) -> str:
    """Return a number as people type it: no exponent, no needless zeros."""
    if number.is_integer() and abs(number) < LARGEST_NUMBER:
        return f"{number:.0f}"
    return repr(number) if "e" not in repr(number) else f"{number:.17f}".rstrip("0").rstrip(".")


def read(
    item: Item, typed: Typed, *, row: int = 0, of_scale: bool = False, zone: tzinfo | None = None
) -> tuple[Answer | None, list[Finding]]:
    """Read one answer.

    of_scale   whether a rating scale asks it: then a number out of range is an error, not a doubt
    zone       the site's time zone, for an instant typed without an offset
    Returns    the answer, None when it cannot be stored; and what was found, errors and warnings
    """
    said = _unstorable(typed)
    if said is not None:
        return None, [Finding(said[0], item.id, row, said[1], said[2])]
    if typed.missing_reason:
        return _missing(item, typed, row)
    text = typed.text.strip()
    if not text:
        return NO_ANSWER, []
    if item.type == "number":
        return _number(item, text, row=row, of_scale=of_scale)
    return _worded(item, text, row=row, zone=zone)


def _worded(item: Item, text: str, *, row: int, zone: tzinfo | None) -> tuple[Answer | None, list[Finding]]:
    if item.type == "code":
        return _code(item, text, row)
    if item.type == "text":
        return Answer(text=text.replace("\r\n", "\n").replace("\r", "\n")), []
    moment, problem, hint = _MOMENTS[item.type](text, zone)
    return (None, [Finding("type", item.id, row, problem, hint)]) if problem else (Answer(date=moment), [])


def _unstorable(typed: Typed) -> tuple[Kind, str, str] | None:
    for text in (typed.text, typed.missing_reason):
        if len(text) > LONGEST_TEXT:
            message = f"the text has {len(text):,} characters; at most {LONGEST_TEXT:,} can be stored"
            return "long", message, "shorten it, or keep the document outside and name it here"
        found = UNREADABLE.search(text)
        if found is not None:
            place = found.start() + 1
            message = f"the character U+{ord(found.group()):04X} at position {place:,} cannot be stored"
            return "unreadable", message, "delete it and type the text again"
    return None


def _missing(item: Item, typed: Typed, row: int) -> tuple[Answer | None, list[Finding]]:
    if typed.text.strip():
        message = "there is an answer and a reason why there is none"
        return None, [Finding("missing_reason", item.id, row, message, "keep one of the two")]
    if typed.missing_reason not in MISSING_REASONS:
        message = f"`{typed.missing_reason[:64]}` is no reason for a missing answer"
        return None, [
            Finding("missing_reason", item.id, row, message, f"one of {', '.join(MISSING_REASONS)}")
        ]
    return Answer(missing_reason=typed.missing_reason), []


def _number(item: Item, text: str, *, row: int, of_scale: bool) -> tuple[Answer | None, list[Finding]]:
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        hint = "write it with a decimal point" if "," in text else f"expected {allowed(item)}"
        return None, [Finding("type", item.id, row, f"`{text[:LONGEST_NUMBER]}` is not a number", hint)]
    number = float(text)
    if not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
        return None, [Finding("type", item.id, row, "the number is too large", f"expected {allowed(item)}")]
    severity: Literal["error", "warning"] = "error" if of_scale else "warning"
    found = range_findings(item, number, row=row, severity=severity)
    if of_scale and found:
        return None, found
    return Answer(number=number + 0.0, unit=item.unit or ""), found


def range_findings(
    item: Item, number: float, *, row: int, severity: Literal["error", "warning"]
) -> list[Finding]:
    """Return what is odd about a number: outside the item's range, or more digits than it has."""
    kind: Kind
    if item.range is not None and not item.range[0] <= number <= item.range[1]:
        kind, message = "range", f"{plain_number(number)} is outside the range"
    elif item.decimals is not None and round(number, item.decimals) != number:
        kind = "decimals"
        message = f"{plain_number(number)} has more than {item.decimals} digits after the point"
    else:
        return []
    return [Finding(kind, item.id, row, message, f"expected {allowed(item)}", severity, kind)]


def _code(item: Item, text: str, row: int) -> tuple[Answer | None, list[Finding]]:
    if text in (item.codes or {}):
        return Answer(code=text), []
    return None, [
        Finding("code", item.id, row, f"`{text[:64]}` is not a possible answer", f"expected {allowed(item)}")
    ]


def allowed(item: Item) -> str:
    """Return in words what may be answered."""
    if item.codes:
        return f"one of {', '.join(item.codes)}"
    kind = "a whole number" if item.decimals == 0 else "a number"
    if item.range is None:
        return kind
    return f"{kind} from {item.range[0]:g} to {item.range[1]:g}"


Moment = tuple[str, str, str]
"""The text to store, or what is wrong and what to do."""


def _date(text: str, _zone: tzinfo | None) -> Moment:
    hint = "write it like 2026-11-23"
    return (
        (text, "", "") if _DATE.fullmatch(text) and _is_day(text) else ("", f"`{text[:40]}` is no date", hint)
    )


def _partial_date(text: str, _zone: tzinfo | None) -> Moment:
    full = text + _FIRST_DAY[len(text) - _YEAR_DIGITS :] if _PARTIAL.fullmatch(text) else ""
    if full and _is_day(full):
        return text, "", ""
    return (
        "",
        f"`{text[:40]}` is no date",
        "write it like 2026-11-23, or 2026-11 or 2026 where no more is known",
    )


def _time(text: str, _zone: tzinfo | None) -> Moment:
    try:
        if _TIME.fullmatch(text):
            time.fromisoformat(text)
            return text, "", ""
    except ValueError:
        pass
    return "", f"`{text[:40]}` is no time of day", "write it like 17:30"


def _instant(text: str, zone: tzinfo | None) -> Moment:
    hint = "write it like 2026-11-23T17:30, or with its offset, 2026-11-23T17:30:00-08:00"
    moment = _parsed(text)
    if moment is None:
        return "", f"`{text[:40]}` is no date and time", hint
    if moment.tzinfo is None:
        if zone is None:
            return "", "the time has no offset", hint
        local, moment = moment, moment.replace(tzinfo=zone)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
            return "", f"there was no {text[:16]} at the site: the clocks were put forward", "check the time"
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds"), "", ""


def _parsed(text: str) -> datetime | None:
    """Return the date and time a text names; None when it names none that can be."""
    try:
        moment = datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    except ValueError:
        return None
    return moment if moment is not None and EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def _is_day(text: str) -> bool:
    try:
        return EARLIEST_YEAR <= date.fromisoformat(text).year <= LATEST_YEAR
    except ValueError:
        return False


_MOMENTS: Mapping[str, Callable[[str, tzinfo | None], Moment]] = {
    "date": _date,
    "partial_date": _partial_date,
    "time": _time,
    "instant": _instant,
}
