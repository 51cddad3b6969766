"""What an installation gives, as the types a checker knows.

A test compares each with the description of the interface. Holds no behavior.
"""

from typing import Generic, TypedDict, TypeVar

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A part of a list; `next` is where it goes on, "" at the end."""

    items: list[T]
    next: str


class Told(TypedDict):
    """One problem.

    where        the place in what was sent; "" for all of it
    field, row   the question of a form it is about; "" and 0 for none
    """

    message: str
    hint: str
    where: str
    field: str
    row: int
