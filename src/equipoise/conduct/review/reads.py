"""The audit trail as people read it: events in order, the newest first, a page at a time.

Holds reads. What is hidden from the viewer is left out: an event about a form they may not know of does not
exist for them, and nothing shown counts it. So a line has no number and no hash, and a page goes on behind a
line named by its instant and its place among the lines of that instant.
"""

from collections.abc import Iterator, Mapping, Sequence
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
BATCH, LARGEST_BATCH = 200, 1_600
"""Events read at once: twice as many each time, as long as what is read is not for the viewer."""
OF_INSTANT = "~"
"""Stands between an instant and a place."""
PLACES = 9
"""Digits of a place at most."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: its id, in words, and the code of the form it is ("" for anything else)."""

    id: str
    title: str
    form: str


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event.

    at         in UTC, as the chain counts
    by         name of who acted, "" for what happened by itself; on_behalf the role whose paper was entered
    action     its code; `name` what it is called
    """

    at: datetime
    by: str
    on_behalf: str
    action: str
    name: str
    about: tuple[Subject, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the trail; `before` is where the next one goes on, "" at the end."""

    lines: tuple[TrailLine, ...]
    before: str


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


def trail(wanted: Wanted, *, viewer: Viewer, before: str = "", most: int = 0) -> Trail:
    """Return a page of events the viewer may know of.

    before   where the page before this one ended, as it said; what is no such place begins anew
    most     events on a page; PAGE when left out
    """
    rows = _matching(wanted)
    at, _, place = before.partition(OF_INSTANT)
    if place.isdecimal():
        rows = _behind(rows, at, int(place[:PLACES]), viewer=viewer)
    kept: list[Event] = []
    for one in _visible(rows, viewer=viewer):
        if len(kept) == (most or PAGE):
            return Trail(_lines(kept), _end(kept, before))
        kept.append(one)
    return Trail(_lines(kept), "")


def is_place(text: str) -> bool:
    """Whether a text is what a page says of where it ended."""
    at, _, place = text.partition(OF_INSTANT)
    try:
        moment(at)
    except ValueError:
        return False
    return place.isascii() and place.isdecimal() and len(place) <= PLACES


def _visible(rows: QuerySet[Event], *, viewer: Viewer) -> Iterator[Event]:
    """Yield the events the viewer may know of, however many others stand between them."""
    size = BATCH
    while True:
        part = list(rows[:size])
        visible = subjects.visible([(one.action, one.subjects) for one in part], viewer=viewer)
        yield from (one for one in part if (one.action, one.subjects) in visible)
        if len(part) < size:
            return
        rows, size = rows.filter(id__lt=part[-1].id), min(2 * size, LARGEST_BATCH)


def _behind(rows: QuerySet[Event], at: str, place: int, *, viewer: Viewer) -> QuerySet[Event]:
    """Return the events behind the line at a place, from 1, among those of its instant."""
    for number, one in enumerate(_visible(rows.filter(at=at), viewer=viewer), start=1):
        if number == place:
            return rows.filter(id__lt=one.id)
    return rows.filter(at__lt=at)


def _end(kept: Sequence[Event], before: str) -> str:
    """Return the place of the last line of a page; lines of its instant on the page before count too."""
    at = kept[-1].at
    place = sum(1 for one in kept if one.at == at)
    earlier, _, places = before.partition(OF_INSTANT)
    if earlier == at and places.isdecimal():
        place += int(places[:PLACES])
    return f"{at}{OF_INSTANT}{place}"


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
            at=moment(row.at),
            by="" if row.actor == SYSTEM else names.get(row.actor, row.actor),
            on_behalf=words.role(row.on_behalf),
            action=row.action,
            name=event_names.name(row.action),
            about=tuple(
                Subject(one, called.get(one, one), subjects.form_of(one)) for one in row.subjects.split()
            ),
            reason=row.reason,
        )
        for row in rows
    )


def _subject(one: str, called: Mapping[str, str]) -> Subject:
    return Subject(one, called.get(one, one), subjects.form_of(one))
