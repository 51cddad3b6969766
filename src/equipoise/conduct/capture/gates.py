"""What consent allows: which visits may be begun, which forms opened, what may still be saved.

Holds the rules. Refuses to hold back an alert: safety rules are judged before any of this is asked.
"""

from datetime import datetime

from equipoise.conduct.capture.models import Deviation
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.consent.reads import Standing
from equipoise.errors import Problem
from equipoise.protocol import Resolved
from equipoise.protocol.schedule import Visit

UNUPDATED = "no_consent_update"
"""The deviation that something was done before the current consent was signed."""
ASK_AGAIN = "let the participant read and sign it, or record the deviation with the reason"
WITHDREW = "the participant withdrew: no further data"
SPARED = frozenset({"treatment", "contacts"})
"""Degrees of withdrawal that end treatment and let visits go on."""


def covering(number: int) -> str:
    """Return what the deviation is about that lets work go on without a consent form."""
    return f"consent {number}"


def is_treatment(resolved: Resolved, planned: Visit) -> bool:
    """Whether a visit belongs to an epoch in which somebody is treated."""
    return any(planned.epoch in arm.elements for arm in resolved.protocol.arms)


def closed(degree: str, *, resolved: Resolved, planned: Visit) -> bool:
    """Whether a withdrawal of this degree ends a visit that was not begun yet."""
    return degree in ("records", "all") or (degree in SPARED and is_treatment(resolved, planned))


def visit_problems(participant: str, *, resolved: Resolved, planned: Visit, at: datetime) -> list[Problem]:
    """Return why a visit cannot be begun."""
    now = consents.standing(participant, at=at)
    problems = _given(now)
    if now.withdrawn and closed(now.withdrawn, resolved=resolved, planned=planned):
        said = {"all": WITHDREW, "records": "the participant withdrew: only records may be looked into"}
        message = said.get(now.withdrawn, "the participant withdrew from treatment")
        problems.append(Problem(message, "only a new consent gives it back", "consent"))
    elif not problems and not now.current and not _excused(participant, now.in_force):
        problems.append(Problem("a newer consent form is in force at the site", ASK_AGAIN, "consent"))
    return problems


def form_problems(participant: str, *, at: datetime) -> list[Problem]:
    """Return why no form can be opened, in a log or at a visit that was begun."""
    now = consents.standing(participant, at=at)
    if now.withdrawn == "all":
        return [_closed()]
    return _given(now)


def save_problem(participant: str) -> Problem | None:
    """Return why nothing can be saved for somebody who withdrew at some time; None when something can."""
    return _closed() if consents.withdrawn(participant) == "all" else None


def _given(now: Standing) -> list[Problem]:
    if not now.number:
        return [Problem("there is no consent", "take consent first", "consent")]
    if not now.countersigned:
        hint = "whoever explained the study signs it on the participant's consent page"
        return [Problem("the consent is not countersigned yet", hint, "consent")]
    return []


def _closed() -> Problem:
    return Problem(WITHDREW, "nothing was stored; what was collected before is kept", "consent")


def _excused(participant: str, number: int) -> bool:
    rows = Deviation.objects.filter(participant=participant, kind=UNUPDATED, about=covering(number))
    return rows.exists()
