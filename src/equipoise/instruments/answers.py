"""What is wrong with a set of answers, and what is missing from it.

Holds the check of one form against its scale. Refuses to score and to know visits, arms or people.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from numbers import Real

from equipoise.errors import Problem
from equipoise.instruments.definition import Asked, Item

Answers = Mapping[str, int | float | str | None]
LARGEST = 1e15
"""No scale has an answer beyond this; what is larger is a slip, as is infinity."""


def check(answers: Answers, *, items: Sequence[Item], source: str) -> list[Problem]:
    """Return everything wrong with `answers`; a missing answer (None or NaN) is not wrong, only missing.

    source  the scale's id, as problems print it
    """
    known_items = {item.id: item for item in items}
    found = []
    for name, answer in answers.items():
        item = known_items.get(name)
        if item is None:
            found.append(_unknown(name, known_items, source))
        elif not is_blank(answer):
            found += _misfit(item, answer, source)
    return found + _unasked(answers, items, source)


def is_blank(answer: object) -> bool:
    """Say whether nothing was answered: None, NaN or empty text."""
    return answer is None or answer == "" or (isinstance(answer, float) and math.isnan(answer))


def _unknown(name: object, items: Iterable[str], source: str) -> Problem:
    near = get_close_matches(str(name), items, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "its items are " + ", ".join(items)
    return Problem(f"{source} has no item `{name}`", hint, str(name), source)


def _misfit(item: Item, answer: object, source: str) -> list[Problem]:
    message = _complaint(item, answer)
    return [Problem(message, f"answer with {item.allowed}", item.id, source)] if message else []


def _complaint(item: Item, answer: object) -> str:
    if item.type == "text":
        return "" if isinstance(answer, str) else f"{answer!r} is not text"
    value = number(answer)
    if value is None:
        return f"{answer!r} is not a number that could be an answer"
    if (item.type == "code" or item.whole) and not value.is_integer():
        return f"{value:g} is not a whole number"
    if item.type == "code":
        return "" if int(value) in item.codes else f"{value:g} is not a code of this item"
    low, high = item.range
    return "" if low <= value <= high else f"{value:g} is out of range"


def number(answer: object) -> float | None:
    """Return a finite number of reasonable size as float, else None; True and False are not numbers."""
    if not isinstance(answer, Real) or isinstance(answer, bool):
        return None
    try:
        value = float(answer)
    except OverflowError:
        return None
    return value if abs(value) <= LARGEST else None


def _unasked(answers: Answers, items: Sequence[Item], source: str) -> list[Problem]:
    skipped = closed(answers, items)
    return [
        Problem(
            "answered although the answers before it skip this item",
            f"check {', '.join(item.asked_if.items)}",
            item.id,
            source,
            severity="warning",
        )
        for item in items
        if item.asked_if is not None and item.id in skipped and not is_blank(answers.get(item.id))
    ]


def closed(answers: Answers, items: Iterable[Item]) -> frozenset[str]:
    """Return the items that the answers before them skip.

    An item is skipped when each item that could open it has another answer, or is itself skipped and blank.
    While one of them is unknown, the item is asked.
    """
    skipped: set[str] = set()
    for item in items:
        gate = item.asked_if
        if gate is not None and all(_keeps_closed(gate, name, answers, skipped) for name in gate.items):
            skipped.add(item.id)
    return frozenset(skipped)


def _keeps_closed(gate: Asked, name: str, answers: Answers, skipped: set[str]) -> bool:
    value = number(answers.get(name))
    return name in skipped if value is None else value != gate.equals


def missing(answers: Answers, *, items: Sequence[Item], either: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the required items without an answer, in the scale's order.

    Items that the answers skip are not missing; of items in one group of `either`, one answer is enough.
    """
    given = {name for name, answer in answers.items() if not is_blank(answer)}
    covered = {item for group in either if given.intersection(group) for item in group}
    present = given | covered | closed(answers, items)
    return tuple(item.id for item in items if item.required and item.id not in present)
