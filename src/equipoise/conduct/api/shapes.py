"""Shapes that every area's operations share: what is sent, a page of a list, a refusal.

Holds shapes only. What reads return is answered as it is: its own shape is the operation's.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from equipoise.source import UNREADABLE

T = TypeVar("T")
LONGEST_TEXT = 10_000
LONGEST_ID = 128
MOST_ROW = 10_000


def _readable(text: str) -> str:
    if UNREADABLE.search(text):
        raise ValueError("this holds characters that no store can keep")
    return text


Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(_readable)]
"""What somebody wrote."""
Id = Annotated[str, StringConstraints(max_length=LONGEST_ID), AfterValidator(_readable)]
"""What something is called."""

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    DAY.pattern + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _day(value: Any) -> Any:
    """Return a day that was written as one: what reads shapes takes a number for seconds since 1970."""
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError(_("this is no date"))


def _instant(value: Any) -> Any:
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return datetime.fromisoformat(value)
    raise ValueError(_("this is no day and time"))


Date = Annotated[date, BeforeValidator(_day)]
"""A day, as 2026-11-23."""
Moment = Annotated[datetime, BeforeValidator(_instant)]
"""A day and time, as 2026-11-23T18:00+00:00."""
Row = Annotated[int, Field(ge=0, le=MOST_ROW)]
"""The row of a repeated group, from 1; 0 where a question is asked once."""


class Sent(BaseModel):
    """What a program sends. An unknown name is refused, so that nothing is lost by a typing error.

    So is a text for a number and a number for a day: what was meant is not guessed.

    A model of pydantic's own: ninja's, which reads Django's objects too, takes twenty times as long.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


class ReasonSent(Sent):
    """Why."""

    reason: Text = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list.

    next   what to send as `after` to go on; "" at the end
    """

    items: tuple[T, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Told:
    """One problem.

    where        the place in what was sent; "" for all of it
    field, row   the question of a form it is about; "" and 0 for none
    """

    message: str
    hint: str
    where: str
    field: str
    row: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not done, and why.

    result   what came of it all the same; null for nothing
    """

    status: int
    problems: tuple[Told, ...]
    result: dict[str, Any] | None
