"""Saves of 250 new values each, at a fixed rate whatever the server does, on a store of a million events.

Every save goes through the web layer of `equipoise serve`, mails and anchors on, with sign-in, permission and
CSRF. Latency counts from the moment a save was due, so that a server that falls behind shows it. Afterwards
every acknowledged value is looked for, and the whole study is verified. Exits with 1 when a save fails, a
value is missing, or the 95th percentile is over its bar.

    python benchmarks/load/saves.py --engine postgresql --rate 50
    python benchmarks/load/saves.py --engine sqlite --rate 20
"""

import argparse
import http.client
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from statistics import median

import switched
import world

BAR_SECONDS = 0.250
EVENTS = 1_000_000
SECONDS = 60
WORKERS = 64
PARTICIPANTS = 50
WARM_UP = 20
OK = 200


def main() -> int:
    """Make the study, serve it, save, look."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--events", type=int, default=EVENTS)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        administrator = stack.enter_context(world.postgresql(folder)) if given.engine == "postgresql" else ""
        home = world.make(folder, administrator=administrator, events=given.events)
        viewer, cookies, token = world.coordinator()
        count = given.rate * given.seconds + WARM_UP
        # As in a trial, saves at the same moment are about different people.
        people = [world.enroll(viewer) for _ in range(PARTICIPANTS)]
        each = [world.open_forms(viewer, one, form="big", count=-(-count // PARTICIPANTS)) for one in people]
        forms = [form for turn in zip(*each, strict=True) for form in turn][:count]
        import_module("django.db").connections.close_all()
        switched.on(home, folder, stack.enter_context(switched.mail_server()).port)
        print(f"{given.engine}: {given.events:,} events, {count:,} forms open; saving {given.rate} a second")
        with world.server(home) as port:
            served = world.Served(home, port, cookies, token)
            Load(served, forms[:WARM_UP], rate=5).run()
            load = Load(served, forms[WARM_UP:], rate=given.rate)
            database = [world.postmaster(folder)] if administrator else []
            before = spent(database)
            load.run()
            tell(before, spent(database), saves=len(load.forms))
        return judge(load, home, rate=given.rate)


def spent(database: list[int]) -> dict[str, float]:
    """Return the seconds of processors used so far: whose, how many."""
    own, all_ = time.process_time(), world.processors(os.getpid())
    return {"server": all_ - own, "database": world.processors(*database), "this script": own}


def tell(before: dict[str, float], after: dict[str, float], *, saves: int) -> None:
    """Print what a save costs in time of processors, which is what a rate is limited by."""
    each = {whose: (after[whose] - before[whose]) / saves * 1000 for whose in after}
    print("processors a save: " + ", ".join(f"{whose} {took:.1f} ms" for whose, took in each.items()))
    print(f"load average {os.getloadavg()[0]:.1f}")


class Load:
    """Saves that are due at fixed moments, each sent by the first free connection."""

    def __init__(self, served: world.Served, forms: list[str], *, rate: int) -> None:
        self.served, self.forms, self.rate = served, forms, rate
        self.due: queue.Queue[tuple[float, str, bytes] | None] = queue.Queue()
        self.took: list[float] = []
        self.acknowledged: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        """Send every save and wait for the answers."""
        bodies = [(form, body(form)) for form in self.forms]
        threads = [threading.Thread(target=self._send_all) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        began = time.perf_counter() + 0.2
        for place, (form, text) in enumerate(bodies):
            moment = began + place / self.rate
            time.sleep(max(0.0, moment - time.perf_counter()))
            self.due.put((moment, form, text))
        for _ in threads:
            self.due.put(None)
        for thread in threads:
            thread.join()

    def _send_all(self) -> None:
        while (one := self.due.get()) is not None:
            moment, form, text = one
            try:
                status = self._send(form, text)
            except OSError as error:
                self.failures.append(f"{form}: {error}")
                continue
            self.took.append(time.perf_counter() - moment)
            if status == OK:
                self.acknowledged.append(form)
            else:
                self.failures.append(f"{form}: status {status}")

    def _send(self, form: str, text: bytes) -> int:
        # A connection of its own for each save: one kept open may be closed by the server at any moment.
        connection = http.client.HTTPConnection("127.0.0.1", self.served.port, timeout=SECONDS)
        headers = {
            "Cookie": self.served.cookies,
            "X-CSRFToken": self.served.token,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        connection.request("POST", f"/forms/{form}/save/", body=text, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status


def body(form: str) -> bytes:
    """Return a save as the page sends it: answer, version seen and missing reason of every item."""
    fields: dict[str, str] = {}
    for item, text in world.answers(form).items():
        fields |= {f"a:{item}:0": text, f"s:{item}:0": "0", f"m:{item}:0": ""}
    return json.dumps(fields).encode()


def judge(load: Load, home: Path, *, rate: int) -> int:
    """Print the figures; look for every acknowledged value; verify the study."""
    times = sorted(load.took)
    p95 = times[int(0.95 * len(times)) - 1] if times else float("inf")
    print(
        f"{len(load.acknowledged):,} of {len(load.forms):,} saves acknowledged, {len(load.failures)} failed"
    )
    print(*load.failures[:3], sep="\n")
    print(f"median {median(times) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms")
    print(f"bar: {BAR_SECONDS * 1000:.0f} ms at {rate} a second; {p95 / BAR_SECONDS:.2f} of it used")
    missing = unstored(load.acknowledged)
    print(f"{len(load.acknowledged) * world.ITEMS:,} values acknowledged, {missing} of them not stored")
    command = [sys.executable, "-m", "equipoise", "verify", "--home", str(home)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    print(verified.stdout.strip() or verified.stderr.strip())
    good = not load.failures and not missing and p95 <= BAR_SECONDS and verified.returncode == 0
    return 0 if good else 1


def unstored(forms: list[str]) -> int:
    """Return how many acknowledged values are not current in the store as they were sent."""
    answers = import_module("equipoise.conduct.capture.answers")
    rows = import_module("equipoise.conduct.capture.models").Form.objects.filter(code__in=forms)
    numbers = dict(rows.values_list("code", "id"))
    missing = 0
    for form in forms:
        stored = {item: one.answer.typed for (item, _row), one in answers.current(numbers[form]).items()}
        missing += sum(stored.get(item) != text for item, text in world.answers(form).items())
    return missing


if __name__ == "__main__":
    sys.exit(main())
