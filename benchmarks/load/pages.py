"""How long pages take while eight people use them, on a store of a million events, and how that grows.

Pages: a timeline of twenty visits, a form of 30 items, one of 250, the audit trail. Then two studies are
served side by side, one with ten thousand events and one with a million, and asked in turn: medians of ten
interleaved pairs give the growth. Last, the plan of every statement these pages make is read: none may scan a
large append-only table. Exits with 1 when a bar is missed.

    python benchmarks/load/pages.py --engine postgresql
    python benchmarks/load/pages.py --engine sqlite --events 100000
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import switched
import world

EVENTS, FEW_EVENTS = 1_000_000, 10_000
PEOPLE, THINK_SECONDS, SECONDS = 8, 1.0, 60
PAIRS, ASKED_PER_MEDIAN = 10, 9
BARS = {"timeline": 0.100, "30 items": 0.100, "250 items": 0.250, "audit trail": 0.100}
GROWTH_BAR = 1.2
LARGE_TABLE = 10_000
VISITS, UNSCHEDULED = 20, 7
WARM_UP = 10
OK = 200


@dataclass
class Made:
    """A study ready to be asked."""

    home: Path
    cookies: list[str]
    pages: dict[str, str]
    scans: list[str]


def main() -> int:
    """Make both studies, serve them, ask."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--make", type=Path)
    parser.add_argument("--administrator", default="")
    given = parser.parse_args()
    if given.make:
        return prepare(given.make, administrator=given.administrator, events=given.events)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        address = stack.enter_context(world.postgresql(folder)) if given.engine == "postgresql" else ""
        large = made(folder / "large", address, given.events)
        small = made(folder / "small", address, min(FEW_EVENTS, given.events))
        mails = stack.enter_context(switched.mail_server())
        for one in (large, small):
            switched.on(one.home, one.home.parent, mails.port)
        ports = [stack.enter_context(world.server(one.home)) for one in (large, small)]
        print(f"{given.engine}, {given.events:,} events")
        missed = use(large, ports[0], seconds=given.seconds)
        missed |= grow(large, small, ports)
        print(
            f"plans: {len(large.scans)} statements scan a large append-only table",
            *large.scans[:5],
            sep="\n  ",
        )
        return 1 if missed or large.scans else 0


def made(folder: Path, address: str, events: int) -> Made:
    """Make a study in a process of its own: Django knows one installation a process."""
    folder.mkdir()
    command = [sys.executable, __file__, "--make", str(folder), "--administrator", address]
    subprocess.run([*command, "--events", str(events)], check=True)
    told = json.loads((folder / "made.json").read_text(encoding="utf-8"))
    return Made(Path(told["home"]), told["cookies"], told["pages"], told["scans"])


def prepare(folder: Path, *, administrator: str, events: int) -> int:
    """Make a study with a participant of twenty visits, fill forms, and note what is needed to ask."""
    home = world.make(folder, administrator=administrator, events=events)
    viewer, cookies, _ = world.coordinator()
    participant = world.enroll(viewer)
    big, meq = course(viewer, participant)
    auditor, audit_cookies, _ = world.coordinator(role="monitor")
    pages = {
        "timeline": f"/participants/{participant}/",
        "30 items": f"/forms/{meq}/",
        "250 items": f"/forms/{big}/",
        "audit trail": f"/audit/?subject={participant}",
    }
    everybody = [cookies, *(world.coordinator()[1] for _ in range(PEOPLE - 1)), audit_cookies]
    scans = plans(list(pages.values()), [viewer, viewer, viewer, auditor])
    told = {"home": str(home), "cookies": everybody, "pages": pages, "scans": scans}
    (folder / "made.json").write_text(json.dumps(told), encoding="utf-8")
    return 0


def course(viewer: Any, participant: str) -> tuple[str, str]:
    """Hold visits and fill two forms; return the long form's code and the 30-item one's."""
    services = import_module("equipoise.conduct.capture.services")
    given = import_module("equipoise.conduct.capture.results").Given
    at = datetime.now(UTC)
    day = at.date() - timedelta(days=1)
    for visit in ("SCR", "PREP1", "PREP2", "DOSE", "D1", "INT1", "D7", "INT2", "INT3", "D28"):
        record: Callable[..., object] = services.record_visit
        record(participant=participant, visit=visit, status="held", date=day, at=at, by=viewer)
    for repeat in range(1, UNSCHEDULED + 1):
        services.begin_visit(participant=participant, visit="UNS", at=at, by=viewer)
        # One that waits for its date would be the next one too.
        recorded = {"participant": participant, "visit": "UNS", "repeat": repeat, "status": "held"}
        services.record_visit(**recorded, date=day, at=at, by=viewer)
    (big,) = world.open_forms(viewer, participant, form="big", count=1)
    answers = [given(item, text=text) for item, text in world.answers(big).items()]
    services.save(form=big, given=answers, at=at, by=viewer)
    meq = services.open_form(participant=participant, visit="D1", form="meq30", at=at, by=viewer)
    page = import_module("equipoise.conduct.capture.reads").form_page(meq, viewer=viewer)
    answers = [given(line.item, line.row, line.codes[0].code) for line in page.items]
    services.save(form=meq, given=answers, at=at, by=viewer)
    shown = import_module("equipoise.conduct.capture.reads").timeline(participant, viewer=viewer, at=at)
    if len(shown.visits) != VISITS:
        raise SystemExit(f"the timeline has {len(shown.visits)} visits: it is not the one the bar is about")
    return big, meq


def plans(paths: list[str], viewers: list[Any]) -> list[str]:
    """Return the statements of these pages that scan a large append-only table."""
    connection = import_module("django.db").connections["default"]
    kept: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if sql.lstrip().upper().startswith("SELECT"):
            kept.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        for path, viewer in zip(paths, viewers, strict=True):
            world.get(path, viewer)
    tables = import_module("equipoise.conduct.audit.tables").append_only("default")
    large = [table for table in tables if _rows(connection, table) > LARGE_TABLE]
    return sorted(
        {sql[:160] for sql, params in kept for table in large if _scans(connection, sql, params, table)}
    )


def _rows(connection: Any, table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - a table of ours
        return int(cursor.fetchone()[0])


def _scans(connection: Any, sql: str, params: Any, table: str) -> bool:
    explain, scan = (
        ("EXPLAIN", "Seq Scan on") if connection.vendor == "postgresql" else ("EXPLAIN QUERY PLAN", "SCAN")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", params)
        lines = [" ".join(str(cell) for cell in row) for row in cursor.fetchall()]
    named = [line.replace('"', "") for line in lines]
    return any(f"{scan} {table} " in f"{line} " and "USING" not in line for line in named)


def use(study: Made, port: int, *, seconds: int) -> bool:
    """Let eight people use every page for a while;

    print the 95th percentile of each; return whether a bar is missed.
    """
    # Each worker reads the protocol's version once; a study that is in use has done so.
    for name, path in [*study.pages.items()] * WARM_UP:
        ask(port, path, study.cookies[-1 if name == "audit trail" else 0])
    took: dict[str, list[float]] = {name: [] for name in study.pages}
    until = time.perf_counter() + seconds

    def person(number: int) -> None:
        names = [name for name in study.pages if name != "audit trail"]
        time.sleep(number * THINK_SECONDS / PEOPLE)
        while time.perf_counter() < until:
            for name in names:
                took[name].append(ask(port, study.pages[name], study.cookies[number]))
                time.sleep(THINK_SECONDS)

    def auditor() -> None:
        while time.perf_counter() < until:
            took["audit trail"].append(ask(port, study.pages["audit trail"], study.cookies[-1]))
            time.sleep(THINK_SECONDS)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    threads.append(threading.Thread(target=auditor))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    missed = False
    for name, times in took.items():
        p95 = sorted(times)[int(0.95 * len(times)) - 1]
        missed |= p95 > BARS[name]
        bar = f"bar {BARS[name] * 1000:.0f}, {p95 / BARS[name]:.2f} of it used"
        figures = f"median {median(times) * 1000:5.0f} ms, p95 {p95 * 1000:5.0f} ms ({bar})"
        print(f"{name:<12} {figures}, {len(times)} asked")
    return missed


def ask(port: int, path: str, cookies: str) -> float:
    """Ask for a page and return the seconds until its last byte."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookies})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != OK:
        raise SystemExit(f"{path} answered {answer.status}")
    return time.perf_counter() - began


def grow(large: Made, small: Made, ports: list[int]) -> bool:
    """Ask both studies in turn; print the ratio of medians; return whether the bar is missed."""
    missed = False
    for name in large.pages:
        who = -1 if name == "audit trail" else 0
        ratios = []
        for _ in range(PAIRS):
            both = [
                median(ask(port, study.pages[name], study.cookies[who]) for _ in range(ASKED_PER_MEDIAN))
                for study, port in zip((large, small), ports, strict=True)
            ]
            ratios.append(both[0] / both[1])
        ratio = median(ratios)
        missed |= ratio > GROWTH_BAR
        print(f"growth of {name:<12} {ratio:.2f} (bar {GROWTH_BAR})")
    return missed


if __name__ == "__main__":
    sys.exit(main())
