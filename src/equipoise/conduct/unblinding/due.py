"""What must be so before a participant is told as the protocol plans.

Holds the judgement: randomized, not told yet, and the visit's forms complete, or the visit missed with its
reason. Refuses to name a form that is hidden from whoever asks.
"""

from collections.abc import Iterator
from datetime import datetime

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture import gates
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.models import AssignedKit, Visit, VisitStatus
from equipoise.conduct.capture.pinned import pinned
from equipoise.conduct.capture.reads.completeness import completed
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.unblinding import together
from equipoise.errors import IntegrityError, Problem
from equipoise.protocol import Resolved
from equipoise.protocol.arms import TrialEvent

OVER = frozenset({"missed", "declined"})


def missing(ground: Ground, resolved: Resolved, event: str, *, at: datetime) -> list[Problem]:
    """Return everything that keeps a participant from being told.

    Raises  IntegrityError when the trial store knows a kit that the allocation store does not
    """
    found = next(one for one in resolved.protocol.events if one.id == event)
    problems = list(_place(ground.participant))
    if found.visit is None:
        if not ground.study_locked:
            problems.append(
                Problem("the data of the study are not locked", "this is told after the lock", "study")
            )
        return problems
    return [*problems, *_forms(ground, resolved, found, at=at)]


def _place(participant: str) -> Iterator[Problem]:
    kit = AssignedKit.objects.filter(participant=participant).values_list("kit", flat=True).first()
    place = allocator.assigned(participant)
    if kit is not None and (place is None or place.kit != kit):
        raise IntegrityError("the stores do not belong together", [together.OLDER])
    if place is None:
        yield Problem("they are not randomized", "there is nothing to tell", participant)


def _forms(ground: Ground, resolved: Resolved, event: TrialEvent, *, at: datetime) -> Iterator[Problem]:
    visit = resolved.protocol.visit(event.visit or "")
    held = Visit.objects.filter(participant=ground.participant, visit=visit.id).order_by("repeat").first()
    last = VisitStatus.objects.filter(visit=held).order_by("-seq").first() if held else None
    if last is not None and last.status in OVER:
        return
    now = consents.standing(ground.participant, at=at)
    begun = held is not None and pinned(held) is not None
    if not begun and now.withdrawn and gates.closed(now.withdrawn, resolved=resolved, planned=visit):
        return
    done, sight = completed(ground.participant), ground.sight(resolved)
    waits, hidden = [], False
    for form in resolved.protocol.forms_at(visit.id):
        if (visit.id, form) not in done:
            known = sight.form(form) and sight.visit(visit.id)
            waits += [resolved.forms[form].label] if known else []
            hidden = hidden or not known
    for label in waits:
        yield Problem(
            f"{label} ({visit.name}) is not complete",
            "complete it, with a reason for each answer that is missing",
            visit.id,
        )
    if hidden:
        yield Problem(
            f"a form of {visit.name} that you do not see is not complete", "ask the data manager", visit.id
        )
