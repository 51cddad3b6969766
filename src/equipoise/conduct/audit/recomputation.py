"""Recomputing a range of the chain: every event's hash, its payload's, and every row's digest.

Holds what one process does; `verification` says what it means. Rows are read beside the events in the order
of their numbers, so nothing is held in memory but rows that stand out of order. Refuses to know Django.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import Any

from equipoise.conduct.audit.canonical import payload_digest
from equipoise.conduct.audit.layouts import SALT, Layout
from equipoise.conduct.audit.sources import Reader, Source

MOST_FINDINGS = 1_000
"""So many findings of one process are listed; the rest is counted."""

LINK = (
    "act",
    "action",
    "actor",
    "at",
    "id",
    "on_behalf",
    "payload_sha256",
    "prev_hash",
    "reason",
    "subjects",
)
_ID, _ACT, _PAYLOAD, _PREVIOUS = (LINK.index(name) for name in ("id", "act", "payload_sha256", "prev_hash"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that differs: where it stands and what is wrong with it."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Range:
    """What one process looks at.

    first, last   numbers of events, both included
    rows          table to (first, last) number of its rows
    """

    first: int
    last: int
    rows: Mapping[str, tuple[int, int]]


UNREADABLE = "unreadable"
"""The digest of what cannot be read: equal to none."""

Row = tuple[str, str, bool]
"""A row as the store holds it: its act, its digest (of what is left, if erased), whether it was erased."""


@dataclass(slots=True)
class Recomputed:
    """What came of a range.

    first, before   number of its first event, and the hash that one names
    last, head      number and hash of its last event
    events, rows   how many were recomputed
    findings    what differs, at most MOST_FINDINGS;  n_findings  how many there are
    emptied     rows whose value was erased
    unclaimed   rows that no event of this range wrote;  missing  rows its events wrote that were not found
    """

    first: int = 0
    before: str = ""
    last: int = 0
    head: str = ""
    events: int = 0
    rows: int = 0
    n_findings: int = 0
    findings: list[Finding] = field(default_factory=list)
    emptied: dict[tuple[str, int], Row] = field(default_factory=dict)
    unclaimed: dict[tuple[str, int], Row] = field(default_factory=dict)
    missing: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)

    def find(self, place: str, message: str) -> None:
        """Note something that differs."""
        self.n_findings += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(place, message))


class Rows:
    """A table's rows in the order of their numbers, and those met before an event claimed them."""

    def __init__(self, reader: Reader, layout: Layout, span: tuple[int, int]) -> None:
        self._rows = _digested(reader, layout, span)
        self._waiting: dict[int, Row] = {}
        self._ahead: tuple[int, Row] | None = None

    def claim(self, number: int) -> Row | None:
        """Return a row, and forget it; None when there is none of this number."""
        if number in self._waiting:
            return self._waiting.pop(number)
        while (found := self._ahead or next(self._rows, None)) is not None:
            self._ahead = None
            if found[0] == number:
                return found[1]
            if found[0] > number:
                self._ahead = found
                return None
            self._waiting[found[0]] = found[1]
        return None

    def rest(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows nobody claimed."""
        yield from self._waiting.items()
        if self._ahead:
            yield self._ahead
        yield from self._rows


def recompute(source: Source, layouts: Mapping[str, Layout], span: Range) -> Recomputed:
    """Recompute a range of events and of rows."""
    done = Recomputed(last=span.first - 1)
    with source.open() as reader:
        streams = {name: Rows(reader, layouts[name], rows) for name, rows in span.rows.items()}
        for *link, stored, payload in reader.rows(_EVENTS, [span.first, span.last]):
            _event(done, link, stored=stored, payload=payload)
            for table, number, digest in _written(done, payload, event=link[_ID]):
                stream = streams.get(table)
                row = stream.claim(number) if stream else None
                if row == (link[_ACT], digest, False):
                    done.rows += 1
                elif row is None:
                    done.missing[table, number] = (digest, link[_ACT], link[_ID])
                else:
                    compare(done, (table, number), row, written=(digest, link[_ACT], link[_ID]))
        for table, stream in streams.items():
            done.unclaimed.update({(table, number): row for number, row in stream.rest()})
    return done


def compare(done: Recomputed, place: tuple[str, int], row: Row, *, written: tuple[str, str, int]) -> None:
    """Compare a row with what its event says was written: digest, act, and the event's number."""
    (digest, act, event), (row_act, row_digest, erased) = written, row
    done.rows += 1
    if row_act != act:
        done.find(_name(place), f"belongs to another act than event {event} says")
    if erased:
        done.emptied[place] = row
    elif row_digest != digest:
        done.find(_name(place), f"is not what event {event} wrote: it was changed afterwards")


_EVENTS = (
    f"SELECT {', '.join(f'e.{name}' for name in LINK)}, e.hash, p.rows "  # noqa: S608 - names of columns
    "FROM event e LEFT JOIN event_payload p ON p.id = e.id WHERE e.id BETWEEN ? AND ? ORDER BY e.id"
)


def _event(done: Recomputed, link: list[Any], *, stored: str, payload: str | None) -> None:
    """Recompute one event's hash and its payload's, and hold it against the event before."""
    number = link[_ID]
    place = f"event {number}"
    if number != done.last + 1:
        done.find(place, f"follows event {done.last}: those between are gone")
    if not done.head:
        done.first, done.before = number, link[_PREVIOUS]
    elif link[_PREVIOUS] != done.head:
        done.find(place, "does not name the hash of the event before it")
    if _link_hash(link) != stored:
        done.find(place, "does not have its own hash: it was changed afterwards")
    if payload is None:
        done.find(place, "has lost the list of what it wrote")
    elif not isinstance(payload, str) or payload_digest(payload) != link[_PAYLOAD]:
        done.find(place, "wrote other rows than its payload lists now")
    done.last, done.head = number, stored
    done.events += 1


def _link_hash(link: list[Any]) -> str:
    """Return what `canonical.event_hash` returns, without a detour by a dictionary."""
    try:
        parts = [
            f"{name}{value}" if name is _NUMBER else name + quoted(value)
            for name, value in zip(_NAMES, link, strict=True)
        ]
    except TypeError:
        return UNREADABLE
    return sha256(f"{{{','.join(parts)}}}".encode()).hexdigest()


_NAMES = tuple(f'"{name}":' for name in LINK)
_NUMBER = _NAMES[_ID]


def _written(done: Recomputed, payload: str | None, *, event: int) -> list[tuple[str, int, str]]:
    try:
        rows = json.loads(payload or "[]")
        return [(str(table), int(number), str(digest)) for table, number, digest in rows]
    except (ValueError, TypeError):
        done.find(f"event {event}", "has a payload that cannot be read")
        return []


def _digested(reader: Reader, layout: Layout, span: tuple[int, int]) -> Iterator[tuple[int, Row]]:
    """Yield number and digest of each row of a table, in the order of their numbers."""
    place, act, write = layout.columns.index("id"), layout.columns.index("act"), layout.writer()
    columns = ", ".join(f'"{name}"' for name in (*layout.columns, SALT))
    statement = f'SELECT {columns} FROM "{layout.table}" WHERE id BETWEEN ? AND ? ORDER BY id'  # noqa: S608
    for *values, salt in reader.rows(statement, span):
        try:
            digest = sha256((salt or b"") + write(values)).hexdigest()
        except (ValueError, TypeError):
            # SQLite lets its owner put a text where a number belongs; that is no value we wrote.
            digest = UNREADABLE
        yield values[place], (values[act], digest, salt is None)


def _name(place: tuple[str, int]) -> str:
    return f"{place[0]} {place[1]}"
