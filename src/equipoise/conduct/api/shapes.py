"""Shapes that every area's operations share: what is sent, a page of a list, a refusal.

Holds shapes only. What reads return is answered as it is: its own shape is the operation's.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

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

Row = Annotated[int, Field(ge=0, le=MOST_ROW)]
"""The row of a repeated group, from 1; 0 where a question is asked once."""


class Sent(BaseModel):
    """What a program sends. An unknown name is refused, so that nothing is lost by a typing error.

    A model of pydantic's own: ninja's, which reads Django's objects too, takes twenty times as long.
    """

    model_config = ConfigDict(extra="forbid")


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
