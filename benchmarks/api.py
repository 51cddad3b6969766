"""How long a program waits for a form, and for saving it, beside the page: the same study, forms and answers.

Asked in turn, page first in one round and the interface for programs first in the next: reading a form of 250
answers, and saving 250 new values into a form of their own. Exits with 1 when the interface's 95th percentile
is over its bar. A save under an Idempotency-Key writes twice more; its figure is printed too, without a bar.

    python benchmarks/api.py
    python benchmarks/api.py --engine postgresql --rounds 300
"""

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
world = import_module("load.world")

BAR = 1.2
ROUNDS, WARM_UP = 200, 20
PARTICIPANTS = 20
OK = 200
PAGE, API, KEY = "page", "interface", "interface, with a key"
JSON = "application/json"


@dataclass(frozen=True)
class Asked:
    """A request: how it is sent, and what it is called in the figures."""

    way: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


def main() -> int:
    """Make the study, serve it, ask, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--events", type=int, default=0)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        address = stack.enter_context(world.postgresql(folder)) if given.engine == "postgresql" else ""
        home = world.make(folder, administrator=address, events=given.events)
        viewer, cookies, csrf = world.coordinator()
        token = token_of(viewer)
        people = [world.enroll(viewer) for _ in range(PARTICIPANTS)]
        count = -(-3 * (given.rounds + WARM_UP) // PARTICIPANTS)
        each = [world.open_forms(viewer, one, form="big", count=count) for one in people]
        forms = [form for turn in zip(*each, strict=True) for form in turn]
        import_module("django.db").connections.close_all()
        page = {"Cookie": cookies, "X-CSRFToken": csrf, "Accept": JSON, "Content-Type": JSON}
        program = {"Authorization": f"Bearer {token}", "Content-Type": JSON}
        with world.server(home) as port:
            print(f"{given.engine}, {given.rounds} rounds, medians and 95th percentiles in ms")
            saves = [
                saving(forms[3 * n : 3 * n + 3], page, program, n) for n in range(given.rounds + WARM_UP)
            ]
            missed = compare("save of 250 values", saves, port)
            read = forms[0]
            reads = [
                [
                    Asked(PAGE, "GET", f"/forms/{read}/", page),
                    Asked(API, "GET", f"/api/v1/forms/{read}", program),
                ]
                for _ in range(given.rounds + WARM_UP)
            ]
            missed |= compare("form of 250 answers", reads, port)
        return 1 if missed else 0


def token_of(viewer: object) -> str:
    """Make a token for somebody's program."""
    tokens = import_module("equipoise.conduct.accounts.tokens")
    at = datetime.now(UTC)
    return str(tokens.make(by=viewer, name="Benchmark", role="", site="", known=(), days=1, at=at))


def saving(forms: list[str], page: Mapping[str, str], program: Mapping[str, str], number: int) -> list[Asked]:
    """Return a save of 250 new values in each way, into a form of its own."""
    answers = [world.answers(form) for form in forms]
    typed = {}
    for item, text in answers[0].items():
        typed |= {f"a:{item}:0": text, f"s:{item}:0": "0", f"m:{item}:0": ""}
    sent = [
        {"answers": [{"item": item, "text": text, "seen": 0} for item, text in one.items()]}
        for one in answers
    ]
    keyed = {**program, "Idempotency-Key": f"round-{number}"}
    return [
        Asked(PAGE, "POST", f"/forms/{forms[0]}/save/", page, json.dumps(typed)),
        Asked(API, "POST", f"/api/v1/forms/{forms[1]}/answers", program, json.dumps(sent[1])),
        Asked(KEY, "POST", f"/api/v1/forms/{forms[2]}/answers", keyed, json.dumps(sent[2])),
    ]


def compare(what: str, rounds: list[list[Asked]], port: int) -> bool:
    """Ask in turn, print each way's figures, and return whether the bar is missed."""
    took: dict[str, list[float]] = {}
    for number, ways in enumerate(rounds):
        for one in ways if number % 2 else reversed(ways):
            seconds = ask(port, one)
            if number >= WARM_UP:
                took.setdefault(one.way, []).append(seconds)
    p95 = {way: sorted(times)[int(0.95 * len(times)) - 1] for way, times in took.items()}
    for way in sorted(took, reverse=True):
        print(f"{what}, {way:<22} {median(took[way]) * 1000:6.1f} {p95[way] * 1000:6.1f}")
    ratio = p95[API] / p95[PAGE]
    print(f"{what}: interface / page {ratio:.2f} (bar {BAR})")
    return ratio > BAR


def ask(port: int, one: Asked) -> float:
    """Ask and return the seconds until the last byte."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(one.method, one.path, body=one.body or None, headers=dict(one.headers))
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != OK:
        raise SystemExit(f"{one.path} answered {answer.status}: {said[:300]!r}")
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
