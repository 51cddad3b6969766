"""Lists a part at a time: a place is named by what stands there, by no number that counts what is hidden.

Holds cutting. Refuses a place that never was in the list: it would begin anew, or leave something out.
What has left the list since, because a program works it off part by part, is a place all the same.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
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
LONGEST_PLACE = 64
"""Bytes of a name that is a place as it is; of a longer one its digest is."""
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
After = Annotated[
    str, Query(max_length=LONGEST_ID, description="Where the part before ended: what it gave as `next`.")
]


def part(
    found: Sequence[T],
    key: Callable[[T], str],
    *,
    limit: int,
    after: str,
    among: Callable[[], Sequence[str]] = tuple,
) -> Page[T]:
    """Return the part of a list that follows a place.

    key     what a thing is called, once in the list
    among   what everything is called that is in the list or may have left it, in its order
    """
    begin = _behind([mark(key(one)) for one in found], after, among) if after else 0
    items = tuple(found[begin : begin + limit])
    more = begin + limit < len(found)
    return Page(items, mark(key(items[-1])) if more else "")


def _behind(names: Sequence[str], after: str, among: Callable[[], Sequence[str]]) -> int:
    """Return how many of a list come before what follows a place."""
    if after in names:
        return names.index(after) + 1
    every = [mark(one) for one in among()]
    if after not in every:
        raise nowhere()
    before = frozenset(every[: every.index(after)])
    return sum(one in before for one in names)


def mark(name: str) -> str:
    """Return the place behind what is called so: short enough to be sent, however long that is."""
    text = name.encode()
    kept = text if len(text) <= LONGEST_PLACE else sha256(text).digest()
    return urlsafe_b64encode(kept).decode("ascii").rstrip("=")


def place(after: str) -> str:
    """Return what stands at a place that is called by something short. Refused when it is none."""
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
