"""Lists a part at a time: a place is named by what stands there, by no number that counts what is hidden.

Holds cutting. Refuses a place that is not in the list: it would silently begin anew or leave something out.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, TypeVar

from django.utils.translation import gettext as _
from ninja import Query

from equipoise.conduct.api.operation import Refused
from equipoise.conduct.api.shapes import LONGEST_ID, Page
from equipoise.conduct.frame.refusals import told
from equipoise.source import UNREADABLE

T = TypeVar("T")
USUAL, MOST = 50, 100
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
After = Annotated[
    str, Query(max_length=LONGEST_ID, description="Where the part before ended: what it gave as `next`.")
]


def part(found: Sequence[T], key: Callable[[T], str], *, limit: int, after: str) -> Page[T]:
    """Return the part of a list that follows a place.

    key   what a thing is called, once in the list
    """
    begin = 0
    if after:
        name = place(after)
        begin = next((at for at, one in enumerate(found, start=1) if key(one) == name), 0)
        if not begin:
            raise nowhere()
    items = tuple(found[begin : begin + limit])
    more = begin + limit < len(found)
    return Page(items, mark(key(items[-1])) if more else "")


def mark(name: str) -> str:
    """Return the place behind what is called so."""
    return urlsafe_b64encode(name.encode()).decode("ascii").rstrip("=")


def place(after: str) -> str:
    """Return what stands at a place. Refused when it is none."""
    try:
        name = urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
    except ValueError as error:
        raise nowhere() from error
    if UNREADABLE.search(name):
        raise nowhere()
    return name


def nowhere() -> Refused:
    """Return the refusal of a place that is none."""
    problem = told(_("there is no such place in this list"), hint=_("begin without `after`"), where="after")
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, [problem])
