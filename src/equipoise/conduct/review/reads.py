"""The audit trail as people read it: events in order, the newest first, a page at a time.

Holds reads. What is hidden from the viewer is left out: an event about a form they may not know of does not
exist for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import words
from equipoise.conduct.capture.reads import subjects
from equipoise.conduct.capture.reads.sights import SYSTEM
from equipoise.conduct.review import event_names

PAGE = 50
BATCH = 200
MOST_BATCHES = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: its id, in words, and the number of the form it is (None for anything else)."""

    id: str
    title: str
    form: int | None


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event.

    number     its place in the chain
    at         in UTC, as the chain counts
    by         name of who acted, "" for what happened by itself; on_behalf the role whose paper was entered
    action     its code; `name` what it is called
    """

    number: int
    at: datetime
    by: str
    on_behalf: str
    action: str
    name: str
    about: tuple[Subject, ...]
    reason: str
    hash: str


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the trail; `before` is where the next one goes on, None at the end."""

    lines: tuple[TrailLine, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty means everything.

    days as ISO dates, inclusive, in UTC as the chain counts
    """

    person: str = ""
    subject: str = ""
    action: str = ""
    from_day: str = ""
    to_day: str = ""


def actions() -> tuple[tuple[str, str], ...]:
    """Return every kind of event there may be, as code and name, in the order of names."""
    named = ((one, event_names.name(one)) for one in event_names.NAMES)
    return tuple(sorted(named, key=lambda pair: pair[1]))


def trail(wanted: Wanted, *, viewer: Viewer, before: int | None = None) -> Trail:
    """Return a page of events the viewer may know of."""
    rows = _matching(wanted)
    kept: list[Event] = []
    for _ in range(MOST_BATCHES):
        part = list((rows.filter(id__lt=before) if before is not None else rows)[:BATCH])
        visible = subjects.visible([(one.action, one.subjects) for one in part], viewer=viewer)
        for one in part:
            before = one.id
            if (one.action, one.subjects) in visible:
                kept.append(one)
                if len(kept) == PAGE:
                    return Trail(_lines(kept), before)
        if len(part) < BATCH:
            return Trail(_lines(kept), None)
    return Trail(_lines(kept), before)


def _matching(wanted: Wanted) -> QuerySet[Event]:
    rows = Event.objects.using("default").order_by("-id")
    if wanted.subject:
        rows = subjects.about(rows, wanted.subject)
    if wanted.person:
        rows = rows.filter(actor=wanted.person)
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.from_day:
        rows = rows.filter(at__gte=wanted.from_day)
    if wanted.to_day:
        rows = rows.filter(at__lt=f"{wanted.to_day}U")
    return rows


def _lines(rows: Sequence[Event]) -> tuple[TrailLine, ...]:
    about = {word for row in rows for word in row.subjects.split()}
    names = people.names(about | {row.actor for row in rows})
    called = names | subjects.titles(about)
    return tuple(
        TrailLine(
            number=row.id,
            at=moment(row.at),
            by="" if row.actor == SYSTEM else names.get(row.actor, row.actor),
            on_behalf=words.role(row.on_behalf),
            action=row.action,
            name=event_names.name(row.action),
            about=tuple(Subject(one, called.get(one, one), _form(one)) for one in row.subjects.split()),
            reason=row.reason,
            hash=row.hash,
        )
        for row in rows
    )


def _form(subject: str) -> int | None:
    number = subject.removeprefix(subjects.FORM)
    return int(number) if number != subject and number.isdecimal() else None
