"""How fast a chain is recomputed, and how fast it is written.

The store is filled with rows and events as `act` writes them, only in bulk. `verify` is timed at a hundredth,
a tenth and the whole of it, so that its growth shows; then single acts of 250 new answers are timed. Exits
with 1 when verifying 1,000,000 events with 4,000,000 answers is over its bar.

    python benchmarks/chain.py
    python benchmarks/chain.py --events 100000 --administrator postgresql://postgres@localhost/postgres
"""

import argparse
import itertools
import math
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
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
    chain = filled()
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


def filled() -> Iterator[tuple[Any, Any, list[Any]]]:
    """Yield event, payload and entries, linked, for ever."""
    event, payload, entry, form = models()
    head, forms = ZERO, 0
    for number in itertools.count(1):
        token = secrets.token_hex(ACT_BYTES)
        first = (number - 1) * ENTRIES_PER_EVENT
        rows = []
        if first % ANSWERS_PER_FORM == 0:
            forms += 1
            one = form(id=forms, participant=f"P{forms}", visit="V", form="madrs", version=1)
            rows.append(sealed(one, token))
        for place in range(first, first + ENTRIES_PER_EVENT):
            one = entry(id=place + 1, form_id=forms, item=f"item_{place % ANSWERS_PER_FORM}", seq=1)
            one.number, one.origin, one.collected_at = float(place % 7), "staff", AT
            rows.append(sealed(one, token))
        text = payload_text(
            (row._meta.db_table, row.id, row_digest(row.salt, row.canonical())) for row in rows
        )
        link = event(
            id=number,
            at=AT,
            actor="p-1",
            action="capture.save",
            subjects=f"P{forms}",
            act=token,
            prev_hash=head,
        )
        link.payload_sha256 = payload_digest(text)
        link.hash = head = event_hash(link.link())
        yield link, payload(id=number, rows=text), rows


def models() -> tuple[Any, ...]:
    """Return the models that are filled."""
    names = [("audit", "Event"), ("audit", "EventPayload"), ("capture", "Entry"), ("capture", "Form")]
    return tuple(apps.get_model(*name) for name in names)


def sealed(row: Any, token: str) -> Any:
    """Return a row with its act and salt."""
    row.act, row.salt = token, secrets.token_bytes(SALT_BYTES)
    return row


def fill(chain: Iterator[tuple[Any, Any, list[Any]]], *, until: int) -> None:
    """Write acts in bulk until the store holds so many events."""
    event, payload, entry, form = models()
    done = event.objects.using("default").count()
    while done < until:
        taken = list(itertools.islice(chain, min(EVENTS_AT_ONCE, until - done)))
        rows = [row for _, _, written in taken for row in written]
        with transaction.atomic():
            insert(form, [row for row in rows if isinstance(row, form)])
            insert(entry, [row for row in rows if isinstance(row, entry)])
            insert(event, [one for one, _, _ in taken])
            insert(payload, [one for _, one, _ in taken])
        done += len(taken)
    if connections["default"].vendor == "postgresql":
        count_on(entry, form)


def count_on(*models: Any) -> None:
    """Let PostgreSQL's counters follow the numbers that were given, as only the owner may."""
    study = boot.current()
    with import_module("equipoise.conduct.stores.ownership").as_owner(study.keys):
        for model in models:
            with connections["default"].cursor() as cursor:
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM \"{table}\""  # noqa: S608
                )


def insert(model: Any, rows: list[Any]) -> None:
    """Write rows by the quickest way there is."""
    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connections["default"]) for field in fields]
        for row in rows
    ]
    with connections["default"].cursor() as cursor:
        if connections["default"].vendor == "postgresql":
            with cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
                for row in values:
                    copy.write_row([getattr(value, "obj", value) for value in row])
        else:
            places = ", ".join("%s" for _ in fields)
            cursor.executemany(
                f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})',  # noqa: S608
                values,
            )


def one_act(number: int) -> float:
    """Write one act of new answers, and return the seconds it took."""
    act = import_module("equipoise.conduct.audit.services").act
    _, _, entry, _ = models()
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
