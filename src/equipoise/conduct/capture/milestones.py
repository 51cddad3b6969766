"""What happened for participants that masking counts from: events that tell arms, and visits opened by them.

Holds the one indexed read of it. Refuses to say who may know: `visibility` does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from equipoise.conduct.stores import statements

_REACHED = "SELECT participant, event, opened FROM event_reached"


@dataclass(frozen=True, slots=True)
class Milestones:
    """Events of the protocol that were reached, and visits of one arm that were opened."""

    reached: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()


NONE = Milestones()


def of(participants: Collection[str] | None = None) -> dict[str, Milestones]:
    """Return the milestones of these participants, each of them named; of all who have any when left out."""
    found = dict.fromkeys(participants or (), NONE)
    for participant, event, opened in _rows(participants):
        before = found.get(participant, NONE)
        found[participant] = Milestones(before.reached | {event}, before.opened | set(opened.split()))
    return found


def _rows(participants: Collection[str] | None) -> list[tuple[Any, ...]]:
    if participants is None:
        return statements.rows("default", f"{_REACHED} ORDER BY id", ())
    if not participants:
        return []
    marks = ", ".join(["%s"] * len(participants))
    # Names are this module's own; every value is a parameter.
    return statements.rows(
        "default", f"{_REACHED} WHERE participant IN ({marks}) ORDER BY id", [*participants]
    )
