"""Whom a code break must still reach by mail: investigators of the site and medical monitors.

Holds the choice. A mail says that a code was broken and where to read on: no participant, no arm, no reason.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture.reads.whereabouts import sites_of
from equipoise.conduct.unblinding.models import CodeBreak, CodeBreakMail

TOLD = ("investigator", "medical_monitor")
PAUSE = timedelta(minutes=15)
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send; `person` "" where nobody holds a role that must know."""

    number: int
    person: str
    email: str
    attempt: int


def letters(*, at: datetime) -> tuple[Letter, ...]:
    """Return the mails to send now, the oldest code break first."""
    rows = list(CodeBreak.objects.order_by("id"))
    if not rows:
        return ()
    tried: dict[tuple[int, str], list[CodeBreakMail]] = {}
    for mail in CodeBreakMail.objects.order_by("seq"):
        tried.setdefault((int(mail.code_break_id), mail.person), []).append(mail)
    where = sites_of([row.participant for row in rows])
    found = []
    for row in rows:
        known = people.holders(TOLD, site=where.get(row.participant, ""), at=moment(row.broken_at))
        for person, email in known or (("", ""),):
            before = tried.get((int(row.id), person), [])
            if _due(before, at=at):
                found.append(Letter(int(row.id), person, email, len(before) + 1))
    return tuple(found)


def _due(before: list[CodeBreakMail], *, at: datetime) -> bool:
    if not before:
        return True
    last = before[-1]
    waits = bool(last.why) and bool(last.person) and len(before) < MOST_TRIES
    return waits and moment(last.tried_at) + PAUSE <= at
