"""Recomputing a range of the chain: every event's hash, its payload's, and every row's digest.

Holds what one process does; `verification` says what it means. Rows are read beside the events in the order
of their numbers, so nothing is held in memory but rows that stand out of order. Refuses to know Django.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import Any

from equipoise.conduct.audit.canonical import payload_digest
from equipoise.conduct.audit.columnwise import many_writer
from equipoise.conduct.audit.layouts import END, SALT, Kind, Layout
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


_ROW, _FIRST = '["', '[["'
"""How each row of a payload begins, and a payload itself."""

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


@dataclass(frozen=True, slots=True)
class _Part:
    """Some thousand rows of a table, as columns.

    listed   each as a payload lists it: its table, number and digest as JSON
    """

    numbers: Sequence[int] = ()
    acts: Sequence[str] = ()
    digests: Sequence[str] = ()
    erased: Sequence[bool] = ()
    listed: Sequence[str] = ()


class Rows:
    """A table's rows in the order of their numbers, and those met before an event claimed them."""

    def __init__(self, reader: Reader, layout: Layout, span: tuple[int, int]) -> None:
        self._parts = _digested(reader, layout, span)
        self._part = _Part()
        self._next = 0
        self._waiting: dict[int, Row] = {}

    def claim(self, number: int) -> Row | None:
        """Return a row, and forget it; None when there is none of this number."""
        if number in self._waiting:
            return self._waiting.pop(number)
        while self._more():
            found = self._part.numbers[self._next]
            if found > number:
                return None
            row = self._row()
            if found == number:
                return row
            self._waiting[found] = row
        return None

    def claim_listed(self, payload: str, *, act: str) -> int:
        """Claim the next rows if a payload lists them and no others, and they are as this act wrote them.

        Returns how many; 0 where that is not so, or cannot be told this quickly: nothing is claimed then.
        """
        n = payload.count(_ROW)
        if not n or not self._more():
            return 0
        part, these = self._part, slice(self._next, self._next + n)
        if (
            f"[{','.join(part.listed[these])}]" != payload
            or part.acts[these] != (act,) * n
            or True in part.erased[these]
        ):
            return 0
        self._next += n
        return n

    def rest(self) -> Iterator[tuple[int, Row]]:
        """Yield the rows nobody claimed."""
        yield from self._waiting.items()
        while self._more():
            yield self._part.numbers[self._next], self._row()

    def _more(self) -> bool:
        """Whether a row is left."""
        if self._next == len(self._part.numbers):
            self._part, self._next = next(self._parts, _Part()), 0
        return self._next < len(self._part.numbers)

    def _row(self) -> Row:
        part, place = self._part, self._next
        self._next += 1
        return part.acts[place], part.digests[place], part.erased[place]


def recompute(source: Source, layouts: Mapping[str, Layout], span: Range) -> Recomputed:
    """Recompute a range of events and of rows."""
    done = Recomputed(last=span.first - 1)
    with source.open() as reader:
        streams = {name: Rows(reader, layouts[name], rows) for name, rows in span.rows.items()}
        for link, computed, stored, payload in _events(reader, span):
            _event(done, link, computed=computed, stored=stored, payload=payload)
            if claimed := _claim_listed(streams, payload, act=link[_ACT]):
                done.rows += claimed
                continue
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


def _claim_listed(streams: Mapping[str, Rows], payload: str | None, *, act: str) -> int:
    """Claim all rows of an event at once where they are of one table; return how many, 0 where not."""
    if not isinstance(payload, str):
        return 0
    stream = streams.get(payload[len(_FIRST) : payload.find('"', len(_FIRST))])
    return stream.claim_listed(payload, act=act) if stream else 0


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


def _events(reader: Reader, span: Range) -> Iterator[tuple[Sequence[Any], str, str, str | None]]:
    """Yield each event: what its hash is of, the hash recomputed, the hash stored, and its payload."""
    for part in reader.parts(_EVENTS, [span.first, span.last]):
        *columns, stored, payloads = zip(*part, strict=True)
        links = list(zip(*columns, strict=True))
        try:
            computed = [sha256(text).hexdigest() for text in _write_links(columns)]
        except (ValueError, TypeError):
            # Somebody put a value of another kind there: each event is judged by itself.
            computed = [_link_hash(link) for link in links]
        yield from zip(links, computed, stored, payloads, strict=True)


def _event(done: Recomputed, link: Sequence[Any], *, computed: str, stored: str, payload: str | None) -> None:
    """Hold one event's hash and its payload's against what was stored, and it against the event before."""
    number = link[_ID]

    def find(message: str) -> None:
        done.find(f"event {number}", message)

    if number != done.last + 1:
        find(f"follows event {done.last}: those between are gone")
    if not done.head:
        done.first, done.before = number, link[_PREVIOUS]
    elif link[_PREVIOUS] != done.head:
        find("does not name the hash of the event before it")
    if computed != stored:
        find("does not have its own hash: it was changed afterwards")
    if payload is None:
        find("has lost the list of what it wrote")
    elif not isinstance(payload, str) or payload_digest(payload) != link[_PAYLOAD]:
        find("wrote other rows than its payload lists now")
    done.last, done.head = number, stored
    done.events += 1


def _link_hash(link: Sequence[Any]) -> str:
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
_KINDS: tuple[Kind, ...] = tuple("integer" if name == "id" else "text" for name in LINK)
_write_links = many_writer(LINK, _KINDS, begin="{", end="}", nullable=False)


_decode = json.JSONDecoder().decode


def _written(done: Recomputed, payload: str | None, *, event: int) -> list[tuple[str, int, str]]:
    try:
        rows = _decode(payload or "[]")
        return [(str(table), int(number), str(digest)) for table, number, digest in rows]
    except (ValueError, TypeError):
        done.find(f"event {event}", "has a payload that cannot be read")
        return []


def _digested(reader: Reader, layout: Layout, span: tuple[int, int]) -> Iterator[_Part]:
    """Yield a table's rows, in the order of their numbers, a few thousand at a time."""
    place, act, write = layout.columns.index("id"), layout.columns.index("act"), layout.writer()
    write_many = many_writer(layout.columns, layout.kinds, begin=layout.begin, end=END)
    columns = ", ".join(f'"{name}"' for name in (*layout.columns, SALT))
    statement = f'SELECT {columns} FROM "{layout.table}" WHERE id BETWEEN ? AND ? ORDER BY id'  # noqa: S608
    begin = f"[{quoted(layout.table)},"
    for part in reader.parts(statement, span):
        *values, salts = zip(*part, strict=True)
        try:
            texts = zip(salts, write_many(values), strict=True)
            digests = [sha256((salt or b"") + text).hexdigest() for salt, text in texts]
        except (ValueError, TypeError):
            digests = [_digest(row, salt, write) for *row, salt in part]
        numbers, erased = values[place], [salt is None for salt in salts]
        listed = [f'{begin}{number},"{digest}"]' for number, digest in zip(numbers, digests, strict=True)]
        yield _Part(numbers, values[act], digests, erased, listed)


def _digest(values: Sequence[Any], salt: bytes | None, write: Callable[[Sequence[Any]], bytes]) -> str:
    try:
        return sha256((salt or b"") + write(values)).hexdigest()
    except (ValueError, TypeError):
        # SQLite lets its owner put a text where a number belongs; that is no value we wrote.
        return UNREADABLE


def _name(place: tuple[str, int]) -> str:
    return f"{place[0]} {place[1]}"
