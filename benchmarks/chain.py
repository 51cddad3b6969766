"""How fast a chain is recomputed, and how fast it is written.

The store is filled with rows and events as `act` writes them, only in bulk. `verify` is timed at a hundredth,
a tenth and the whole of it, so that its growth shows; then single acts of 250 new answers are timed. Exits
with 1 when verifying 1,000,000 events with 4,000,000 answers is over its bar.

    python benchmarks/chain.py
    python benchmarks/chain.py --events 100000 --administrator postgresql://postgres@localhost/postgres
"""

import argparse
import math
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from django.apps import apps
from django.db import connections, transaction

from equipoise.conduct.audit.canonical import ZERO, event_hash, payload_digest, payload_text, row_digest
from equipoise.conduct.config import boot, installation

EVENTS = 1_000_000
ENTRIES_PER_EVENT = 4
ANSWERS_PER_FORM = 100
EVENTS_AT_ONCE = 5_000
ACTS = 40
VALUES_PER_ACT = 250
BAR_SECONDS = 30
AT = "2026-11-23T10:00:00.000000Z"
ACT_BYTES = SALT_BYTES = 16


def main() -> int:
    """Fill, verify at three sizes, then write single acts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--administrator", default="")
    parser.add_argument("--name", default=f"benchmark_{secrets.token_hex(3)}")
    parser.add_argument("--folder", default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        home, keys = Path(folder) / "data" / "home", Path(folder) / "secrets" / "keys"
        installation.lay_out(home, keys=keys, mode="test", administrator=given.administrator, name=given.name)
        study = boot.start(home)
        import_module("equipoise.conduct.config.schema").apply(study)
        return measure(given.events)


def measure(n_events: int) -> int:
    """Print every figure of a fresh installation."""
    check = import_module("equipoise.conduct.audit.chains").check
    chain = Chain()
    took, sizes = [], [n_events // 100, n_events // 10, n_events]
    for size in sizes:
        fill(chain, until=size)
        used = processors()
        began = time.perf_counter()
        done = check("trial", anchors=[])
        took.append(time.perf_counter() - began)
        if done.problems:
            print(*done.problems[:5], sep="\n")
            return 1
        rate = f"{done.events:,} events, {done.rows:,} rows"
        print(f"verify {rate:<40}{took[-1]:>8.2f} s  ({processors() - used:.2f} s of processors)")
    exponent = math.log(took[-1] / took[-2]) / math.log(sizes[-1] / sizes[-2])
    print(f"growth from a tenth to the whole: exponent {exponent:.2f}")
    times = [one_act(number) for number in range(ACTS)]
    print(f"one act of {VALUES_PER_ACT} new answers: median {median(times) * 1000:.1f} ms")
    print(
        f"bar {BAR_SECONDS} s for {EVENTS:,} events: {took[-1] / BAR_SECONDS:.2f} of it used at {n_events:,}"
    )
    return 0 if took[-1] <= BAR_SECONDS else 1


def processors() -> float:
    """Return processor time of this process and of those it waited for."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


class Table:
    """A table that is filled with plain rows: a model's instances would take most of the time.

    blank   the values of a row in the order of its layout, as a model has them before anybody sets one
    """

    def __init__(self, app: str, name: str) -> None:
        self.model = apps.get_model(app, name)
        self.layout = import_module("equipoise.conduct.audit.models").layout(self.model)
        self.write = self.layout.writer()
        fresh = self.model()
        self.blank = [getattr(fresh, column) for column in self.layout.columns]
        self.columns = (*self.layout.columns, "salt")
        self.rows: list[list[Any]] = []

    def add(self, token: str, number: int, /, **values: Any) -> tuple[str, int, str]:
        """Keep a row, and return what its event lists of it."""
        given = {"act": token, "id": number, **values}
        row = [given.get(name, blank) for name, blank in zip(self.layout.columns, self.blank, strict=True)]
        salt = secrets.token_bytes(SALT_BYTES)
        self.rows.append([*row, salt])
        return self.layout.table, number, row_digest(salt, self.write(row))

    def flush(self) -> None:
        """Store the rows that were kept."""
        insert(self.layout.table, self.columns, self.rows)
        self.rows.clear()


class Chain:
    """A chain that grows by acts of a few answers."""

    def __init__(self) -> None:
        self.forms, self.entries = Table("capture", "Form"), Table("capture", "Entry")
        self.events: list[dict[str, Any]] = []
        self.payloads: list[tuple[int, str]] = []
        self.head, self.count, self.form = ZERO, 0, 0

    def act(self) -> None:
        """Keep one act."""
        self.count += 1
        token, first = secrets.token_hex(ACT_BYTES), (self.count - 1) * ENTRIES_PER_EVENT
        written = []
        if first % ANSWERS_PER_FORM == 0:
            self.form += 1
            place = {"participant": f"P{self.form}", "visit": "V", "form": "madrs", "version": 1}
            place |= {"code": f"{self.form:013d}"}
            written.append(self.forms.add(token, self.form, **place))
        for place in range(first, first + ENTRIES_PER_EVENT):
            answer = {"form_id": self.form, "item": f"item_{place % ANSWERS_PER_FORM}", "seq": 1}
            answer |= {"number": float(place % 7), "origin": "staff", "collected_at": AT}
            written.append(self.entries.add(token, place + 1, **answer))
        text = payload_text(written)
        link = {
            "id": self.count,
            "at": AT,
            "actor": "p-1",
            "on_behalf": "",
            "action": "capture.save",
            "reason": "",
        }
        link |= {"subjects": f"P{self.form}", "act": token, "prev_hash": self.head}
        link["payload_sha256"] = payload_digest(text)
        self.head = event_hash(link)
        self.events.append(link | {"hash": self.head})
        self.payloads.append((self.count, text))

    def flush(self) -> None:
        """Store what was kept, in one transaction."""
        with transaction.atomic():
            self.forms.flush()
            self.entries.flush()
            insert("event", tuple(self.events[0]), [list(event.values()) for event in self.events])
            insert("event_payload", ("id", "rows"), self.payloads)
        self.events.clear()
        self.payloads.clear()


def fill(chain: Chain, *, until: int) -> None:
    """Write acts in bulk until the store holds so many events."""
    while chain.count < until:
        for _ in range(min(EVENTS_AT_ONCE, until - chain.count)):
            chain.act()
        chain.flush()
    if connections["default"].vendor == "postgresql":
        count_on("entry", "form")


def count_on(*tables: str) -> None:
    """Let PostgreSQL's counters follow the numbers that were given, as only the owner may."""
    with import_module("equipoise.conduct.stores.ownership").as_owner(boot.current().keys):
        for table in tables:
            with connections["default"].cursor() as cursor:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM \"{table}\""  # noqa: S608
                )


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows by the quickest way there is."""
    names = ", ".join(f'"{name}"' for name in columns)
    if not rows:
        return
    with connections["default"].cursor() as cursor:
        if connections["default"].vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join("?" for _ in columns)
            raw = connections["default"].connection
            raw.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)  # noqa: S608


def one_act(number: int) -> float:
    """Write one act of new answers, and return the seconds it took."""
    act = import_module("equipoise.conduct.audit.services").act
    entry = apps.get_model("capture", "Entry")
    rows = [
        entry(form_id=1, item=f"new_{number}_{place}", seq=1, number=1.0, origin="staff", collected_at=AT)
        for place in range(VALUES_PER_ACT)
    ]
    began = time.perf_counter()
    with act("trial", "capture.save", at=datetime.now(UTC), by="p-1", subjects=["P1"]) as one:
        one.add_all(rows)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
