"""Whether somebody knows a participant's arm: a property of person, participant and time.

Holds the one answer that saving, signing and rating ask for. It is made of what the allocation store logged
and of the roles somebody held since the participant was told. Refuses to guess where that store is away.
"""

from collections.abc import Iterator

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture.models import EventReached, Participant
from equipoise.conduct.capture.visibility import masked
from equipoise.conduct.stores.questions import Question
from equipoise.conduct.studies import reads as studies

_REACHED = Question(EventReached, "WHERE participant = %s ORDER BY id")


def exposed(person: str, participant: str) -> bool:
    """Whether somebody was ever shown a participant's arm, or held a role that may know it.

    Raises  Error when the allocation store does not answer: then nobody may be taken for blind
    """
    return allocator.exposed(person, participant) or by_role(person, participant)


def by_role(person: str, participant: str) -> bool:
    """Whether somebody held a role at the participant's site that the protocol told, since it was told."""
    told = list(_told(participant))
    if not told:
        return False
    site = Participant.objects.filter(participant=participant).values_list("site", flat=True).first()
    return any(
        one.role in roles and one.site in ("", site) and (not one.ends_at or one.ends_at > since)
        for one in people.history([person])
        for roles, since in told
    )


def _told(participant: str) -> Iterator[tuple[frozenset[str], str]]:
    """Yield the roles that each event told, and since when."""
    rows = _REACHED.rows(participant)
    latest = studies.latest_number() if rows else None
    if latest is None:
        return
    resolved = studies.resolved(latest)
    reached: frozenset[str] = frozenset()
    for row in rows:
        reached |= {row.event}
        tells = {role for one in resolved.protocol.events if one.id == row.event for role in one.tells}
        named = set(resolved.protocol.masking)
        open_now = {role for role in named if not masked(role, resolved, reached)}
        yield frozenset(tells | open_now), row.reached_at
