"""2,300 applications for 30 places: listed, narrowed, searched, opened and declined in bulk.

Prints the slowest of several answers of each page, in one process with sign-in and permission, beside the bar
of 200 ms, on SQLite or PostgreSQL. Exits with 1 when one is over it.

    python benchmarks/applications.py [--engine sqlite|postgresql] [--applications 2300]
"""

import argparse
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from load import world

BAR_MS = 200.0
TIMES = 7
SEED = 20261123


def fill(count: int) -> None:
    """Let people apply, each with answers that differ."""
    services = import_module("equipoise.conduct.enrollment.services.applying")
    studies = import_module("equipoise.conduct.studies.reads")
    resolved, site = studies.resolved(studies.latest().number), studies.site("SEA")
    draws = random.Random(SEED)  # noqa: S311 - nothing secret is drawn
    at = datetime.now(UTC)
    for number in range(count):
        answers = {}
        for name in resolved.protocol.application.items:
            form, _dot, item = name.partition(".")
            codes = list(resolved.forms[form].item(item).codes or {})
            answers[name] = draws.choice(codes) if codes else str(draws.randint(12, 60))
        contact = {"name": f"Person{number} Somebody", "email": f"p{number}@example.org", "phone": ""}
        services.apply(resolved, site=site, language="en", contact=contact, answers=answers, at=at)


def slowest(work: Any) -> tuple[float, int]:
    """Return the longest of several runs in milliseconds, the first left out, and the answer's status."""
    taken, status = [], 0
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        status = work().status_code
        taken.append((time.perf_counter() - began) * 1000)
    return max(taken[1:]), status


def once(work: Any) -> tuple[float, int]:
    """Return how long one answer took in milliseconds, and its status."""
    began = time.perf_counter()
    status = work().status_code
    return (time.perf_counter() - began) * 1000, status


def main() -> int:
    """Measure every page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--applications", type=int, default=2300)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # The server runs as an account of its own.
        folder.chmod(0o755)
        address = stack.enter_context(world.postgresql(folder / "pg")) if asked.engine == "postgresql" else ""
        world.make(folder, administrator=address)
        # As each process of `equipoise serve` begins.
        import_module("equipoise.conduct.config.operations.serving").leave_out_of_collections()
        fill(asked.applications)
        viewer, _cookies, _token = world.coordinator()
        client = world.signed_in(viewer)
        reads = import_module("equipoise.conduct.identity.reads.applicants")
        one = reads.listed(["SEA"], reads.Filter()).lines[0].applicant
        unlikely = {"everybody": "1", "verdict": "unlikely", "decision": "declined", "reason": "places"}
        pages = {
            "list": lambda: client.get("/applicants/"),
            "last page": lambda: client.get("/applicants/?page=999"),
            "narrowed by answers": lambda: client.get("/applicants/?verdict=unlikely"),
            "narrowed by criterion": lambda: client.get("/applicants/?unmet=E7&state=new"),
            "found by name": lambda: client.get("/applicants/?find=person7"),
            "one application": lambda: client.get(f"/applicants/{one}/"),
            "decline in bulk, shown first": lambda: client.post("/applicants/decide/", unlikely),
        }
        figures = {name: slowest(work) for name, work in pages.items()}
        bulk = once(lambda: client.post("/applicants/decide/", {**unlikely, "sure": "1"}))
        left = reads.listed(["SEA"], reads.Filter(state="declined")).total
    figures[f"decline {left} in bulk, done once"] = bulk
    for name, (taken, status) in figures.items():
        print(f"{name:36} {taken:6.0f} ms   bar {BAR_MS:.0f} ms   status {status}")
    return int(any(taken > BAR_MS or status not in (200, 302) for taken, status in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
