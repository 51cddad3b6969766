"""True values as work for an engine: found once for all cells that share them, and kept.

Holds the way to and from a worker. Refuses to derive a true value: `true_value` does.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from equipoise.design.blocks import Work, code_version, ready
from equipoise.design.engine import Engine, Task
from equipoise.design.true_value import PARTICIPANTS, TrueValue, true_value_key, true_values
from equipoise.design.truth import Truth

NAME = "true-values"
TrueValues = dict[str, TrueValue]


def find_truths(
    engine: Engine, cells: Sequence[tuple[Work, Truth]], *, participants: int = PARTICIPANTS
) -> list[TrueValues]:
    """Return the true values of every estimand in each cell.

    cells         works and the truths they unpack to
    participants  simulated in each arm
    """
    tasks = [_task(work, truth, participants) for work, truth in cells]
    found = engine.ask(tasks)
    return [_unpacked(found[task]) for task in tasks]


def _task(work: Work, truth: Truth, participants: int) -> Task:
    named = f"{code_version()} {true_value_key(truth)} {work.seed} {participants}"
    return Task(hashlib.sha256(named.encode()).hexdigest(), NAME, packed_truths, (work, participants))


def packed_truths(work: Work, participants: int) -> NDArray[np.uint8]:
    """Return a cell's true values as the bytes of a JSON text."""
    found = true_values(ready(work).whole, seed=work.seed, participants=participants)
    text = json.dumps({name: asdict(one) for name, one in found.items()})
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> TrueValues:
    return {name: TrueValue(**one) for name, one in json.loads(packed.tobytes()).items()}
