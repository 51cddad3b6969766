"""What happened for participants that masking counts from: events that tell arms, and visits opened by them.

Holds the one indexed read of it. Refuses to say who may know: `visibility` does.
"""

from collections.abc import Collection
from dataclasses import dataclass

from equipoise.conduct.capture.models import EventReached


@dataclass(frozen=True, slots=True)
class Milestones:
    """Events of the protocol that were reached, and visits of one arm that were opened."""

    reached: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()


NONE = Milestones()


def of(participants: Collection[str] | None = None) -> dict[str, Milestones]:
    """Return the milestones of these participants, each of them named; of all who have any when left out."""
    rows = EventReached.objects.order_by("id")
    if participants is not None:
        rows = rows.filter(participant__in=participants)
    found = dict.fromkeys(participants or (), NONE)
    for participant, event, opened in rows.values_list("participant", "event", "opened"):
        before = found.get(participant, NONE)
        found[participant] = Milestones(before.reached | {event}, before.opened | set(opened.split()))
    return found
