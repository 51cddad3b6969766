"""`verify`: recompute a whole chain and say everything that differs from what was once written.

Holds dividing the work between processes and judging what they found. Refuses to mend anything.
"""

import gc
import json
import multiprocessing
import os
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from equipoise.conduct.audit.canonical import ZERO
from equipoise.conduct.audit.layouts import Layout
from equipoise.conduct.audit.recomputation import (
    MOST_FINDINGS,
    Range,
    Recomputed,
    compare,
    recompute,
)
from equipoise.conduct.audit.sources import Reader, Source
from equipoise.errors import Problem

WORTH_DIVIDING = 20_000
"""Events below which a second process costs more than it saves."""
MOST_PROCESSES = 4
LOOK_AROUND = 2_000
"""Events on either side of a division that are asked which rows they wrote."""
LEAST = -(2**62)
"""The least number a row may have: one that was smuggled in below 1 is looked at too."""
RESTORED = "store.restored"
HINT = "stop, keep a copy of the store as it is, and find out who could write to it"


@dataclass(frozen=True, slots=True)
class Anchored:
    """A head of the chain that left this machine.

    source  where this copy was found
    """

    at: str
    count: int
    hash: str
    source: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was recomputed of one store's chain.

    events, rows, erased   how many;  head  the last event's hash
    anchors    how many anchors the chain agrees with
    problems   everything that differs
    notes      what differs with a reason, e.g. events that a restore took back
    """

    store: str
    events: int = 0
    rows: int = 0
    erased: int = 0
    head: str = ZERO
    anchors: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """Return one line."""
        state = f"{len(self.problems)} problems" if self.problems else "whole"
        erased = f", {self.erased:,} erased" if self.erased else ""
        agreed = f", agrees with {self.anchors} anchors" if self.anchors else ""
        return f"{self.store}: {state}; {self.events:,} events, {self.rows:,} rows{erased}{agreed}"


def verify(
    source: Source,
    *,
    store: str,
    layouts: Mapping[str, Layout],
    anchors: Collection[Anchored] = (),
    processes: int | None = None,
) -> Verified:
    """Recompute the chain of one store as it is now.

    layouts    table to layout, for every table of audited rows
    anchors    heads that left the machine, and those the store remembers
    processes  how many work at once; by default one for each processor, at most four
    """
    with source.open() as reader:
        ranges = list(_ranges(reader, layouts, processes=processes))
        shared = source.shared(reader)
        parts = _carried_out(shared, layouts, ranges)
        whole = _joined(parts)
        _settle(whole, _erasures(reader))
        (last_payload,) = reader.one("SELECT coalesce(max(id), 0) FROM event_payload")
        (first,) = reader.one("SELECT coalesce(min(id), 1) FROM event")
        if first < 1:
            whole.find(f"event {first}", "stands before the chain")
        if last_payload > ranges[-1].last:
            whole.find(f"event {last_payload}", "is gone, and left the list of what it wrote")
        notes, agreed = _compare_anchors(reader, whole, anchors)
    problems = [Problem(finding.message, HINT, f"{store}: {finding.place}") for finding in whole.findings]
    if whole.n_findings > len(whole.findings):
        problems.append(Problem(f"and {whole.n_findings - len(whole.findings):,} more", HINT, store))
    return Verified(
        store, whole.events, whole.rows, len(whole.emptied), whole.head, agreed, tuple(problems), tuple(notes)
    )


def _ranges(reader: Reader, layouts: Mapping[str, Layout], *, processes: int | None) -> Iterator[Range]:
    """Divide the events, and at each division the rows as the events near it wrote them."""
    (last,) = reader.one("SELECT coalesce(max(id), 0) FROM event")
    ends = {
        table: reader.one(f'SELECT coalesce(max(id), 0) FROM "{table}"')[0]  # noqa: S608 - a table's name
        for table in layouts
    }
    wanted = processes or min(MOST_PROCESSES, os.cpu_count() or 1)
    n_parts = max(1, min(wanted, last // WORTH_DIVIDING)) if processes is None else wanted
    start, rows_start = 1, dict.fromkeys(layouts, LEAST)
    for part in range(1, n_parts + 1):
        end = last * part // n_parts
        rows_end = ends if part == n_parts else _rows_until(reader, end, rows_start)
        yield Range(start, end, {table: (rows_start[table], rows_end[table]) for table in layouts})
        start, rows_start = end + 1, {table: rows_end[table] + 1 for table in layouts}


def _rows_until(reader: Reader, event: int, least: Mapping[str, int]) -> dict[str, int]:
    """Estimate the last number of each table's rows at an event; a bad estimate only costs memory."""
    found = {table: number - 1 for table, number in least.items()}
    for (rows,) in reader.rows(
        "SELECT rows FROM event_payload WHERE id BETWEEN ? AND ?", [event - LOOK_AROUND, event]
    ):
        for table, number in _numbers(rows):
            if number > found.get(table, number):
                found[table] = number
    return found


def _numbers(payload: str) -> Iterator[tuple[str, int]]:
    try:
        for table, number, _ in json.loads(payload):
            yield table, number
    except (ValueError, TypeError):
        return


def _carried_out(source: Source, layouts: Mapping[str, Layout], ranges: list[Range]) -> list[Recomputed]:
    if len(ranges) == 1:
        return [recompute(source, layouts, ranges[0])]
    # Spawned, not forked: connections and threads of the running process stay its own. They handle millions
    # of short-lived values without cycles, and looking for cycles would take a tenth of their time.
    with ProcessPoolExecutor(
        len(ranges), multiprocessing.get_context("spawn"), initializer=gc.disable
    ) as pool:
        return list(pool.map(recompute, [source] * len(ranges), [layouts] * len(ranges), ranges))


def _joined(parts: list[Recomputed]) -> Recomputed:
    """Join ranges: each begins where the one before it ended, and rows near a division find their event."""
    whole = Recomputed(before=parts[0].before, head=ZERO)
    for part in parts:
        if part.events and part.before != whole.head:
            whole.find(f"event {part.first}", "does not name the hash of the event before it")
        whole.head = part.head or whole.head
        whole.events += part.events
        whole.rows += part.rows
        whole.n_findings += part.n_findings
        whole.findings += part.findings
        whole.emptied |= part.emptied
        whole.unclaimed |= part.unclaimed
        whole.missing |= part.missing
    del whole.findings[MOST_FINDINGS:]
    return whole


def _settle(whole: Recomputed, erasures: Mapping[tuple[str, int], str]) -> None:
    """Say what is left: rows no event wrote, rows that are gone, values taken away without an erasure."""
    for place in [place for place in whole.missing if place in whole.unclaimed]:
        compare(whole, place, whole.unclaimed.pop(place), written=whole.missing.pop(place))
    for place, row in sorted(whole.emptied.items()):
        if place not in erasures:
            whole.find(f"{place[0]} {place[1]}", "has lost its salt, and no event erased it")
        elif erasures[place] != row[1]:
            whole.find(f"{place[0]} {place[1]}", "is not what its erasure left: it was changed afterwards")
    for place in sorted(erasures.keys() - whole.emptied.keys()):
        whole.find(f"{place[0]} {place[1]}", "was erased, and holds something again")
    for place, (_, _, event) in sorted(whole.missing.items()):
        whole.find(f"{place[0]} {place[1]}", f"was written by event {event} and is gone")
    for place in sorted(whole.unclaimed):
        whole.find(f"{place[0]} {place[1]}", "was written by no event")


def _erasures(reader: Reader) -> dict[tuple[str, int], str]:
    """Return each erased row with the digest of what its erasure left."""
    rows = reader.rows("SELECT of_table, of_row, emptied_sha256 FROM erasure")
    return {(table, number): digest for table, number, digest in rows}


def _compare_anchors(
    reader: Reader, whole: Recomputed, anchors: Collection[Anchored]
) -> tuple[list[str], int]:
    """Hold the chain against anchors; return what a restore explains, and how many agree."""
    restores = list(reader.rows("SELECT id, at FROM event WHERE action = ? ORDER BY id", [RESTORED]))
    notes, agreed = [], 0
    for anchor in sorted(set(anchors), key=lambda one: (one.count, one.at, one.source)):
        found = list(reader.rows("SELECT hash FROM event WHERE id = ?", [anchor.count]))
        if found == [(anchor.hash,)] or (anchor.count == 0 and anchor.hash == ZERO):
            agreed += 1
            continue
        place = f"anchor of {anchor.at} in {anchor.source}"
        taken_back = [one for one in restores if one[0] <= anchor.count and anchor.at <= one[1]]
        if taken_back:
            number, at = taken_back[0]
            lost = anchor.count - number + 1
            notes.append(f"{place}: the restore of {at} took back {lost:,} events after event {number - 1}")
        elif not found:
            whole.find(place, f"names event {anchor.count}, and the chain ends at {whole.events}: it was cut")
        else:
            whole.find(place, f"names another hash of event {anchor.count}: the chain was written anew")
    return notes, agreed
