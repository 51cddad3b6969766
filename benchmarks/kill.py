"""Kill workers in the middle of their writes, and look for every save they had acknowledged.

Each worker writes acts of a few rows, and says "open" inside the transaction and "saved" after its commit. It
is killed by SIGKILL a moment after an "open". How many kills met an open transaction is counted, not hoped
for: the save that was open is not in the store. At the end every acknowledged save must be there and the
chain must be whole; exits with 1 when not.

    python benchmarks/kill.py
    python benchmarks/kill.py --kills 50 --home study
"""

import argparse
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.db import connections

from equipoise.conduct.config import boot, installation

KILLS = 1_000
ROWS = 20
MOST_SAVES_BEFORE = 3
LONGEST_WAIT_SECONDS = 0.004


@dataclass
class Toll:
    """What the workers had said: saves acknowledged, and those begun and not acknowledged when they died."""

    saved: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)


def main() -> int:
    """Kill, then look."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    if given.home:
        boot.start(given.home)
        return measure(given.kills)
    with tempfile.TemporaryDirectory() as folder:
        home, keys = Path(folder) / "data" / "home", Path(folder) / "secrets" / "keys"
        installation.lay_out(home, keys=keys, mode="test")
        study = boot.start(home)
        import_module("equipoise.conduct.config.schema").apply(study)
        return measure(given.kills)


def measure(kills: int) -> int:
    """Print what came of so many kills."""
    toll, chance = Toll(), random.Random(kills)  # noqa: S311 - moments, no secrets
    connections.close_all()
    for number in range(kills):
        kill_one(toll, chance, name=f"w{number}")
    events = apps.get_model("audit", "Event").objects.using("default")
    held = set(events.filter(action="test.save").values_list("subjects", flat=True))
    lost = [one for one in toll.saved if one not in held]
    checked = import_module("equipoise.conduct.audit.chains").check("trial", anchors=[])
    inside = sum(one not in held for one in toll.begun)
    print(f"{kills} kills, {inside} of them inside an open transaction")
    print(f"{len(toll.begun) - inside} between a commit and its acknowledgment")
    print(f"{len(toll.saved)} saves acknowledged, {len(lost)} of them lost; {len(held)} in the store")
    print(checked.summary(), *checked.problems[:3], sep="\n")
    return 1 if lost or checked.problems or not inside else 0


def kill_one(toll: Toll, chance: random.Random, *, name: str) -> None:
    """Let one worker write, kill it a moment after it opened a transaction, and note what it had said."""
    reading, writing = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(reading)
        write_for_ever(writing, name)
    os.close(writing)
    with os.fdopen(reading) as said:
        lines = [said.readline().split() for _ in range(1 + 2 * chance.randint(0, MOST_SAVES_BEFORE))]
        time.sleep(chance.uniform(0, LONGEST_WAIT_SECONDS))
        os.kill(worker, signal.SIGKILL)
        lines += [line.split() for line in said]
    os.waitpid(worker, 0)
    toll.saved += [one for word, one in lines if word == "saved"]
    if lines[-1][0] == "open":
        toll.begun.append(lines[-1][1])


def write_for_ever(out: int, name: str) -> None:
    """Write acts, and say before and after each commit what is happening; ends only by being killed."""
    act = import_module("equipoise.conduct.audit.services").act
    lock = apps.get_model("capture", "Lock")
    number = 0
    while True:
        number += 1
        save = f"{name}-{number}"
        with act("trial", "test.save", at=datetime.now(UTC), by="p-1", subjects=[save]) as one:
            one.add_all(
                [
                    lock(target=f"{save}-{row}-{secrets.token_hex(2)}", seq=1, locked=True)
                    for row in range(ROWS)
                ]
            )
            os.write(out, f"open {save}\n".encode())
        os.write(out, f"saved {save}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
