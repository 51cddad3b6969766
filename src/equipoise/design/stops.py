"""Looks before the end as work for an engine: each cell with looks rehearsed once, and kept.

Holds the way to and from a worker, and the reason where looks cannot be rehearsed. Refuses to judge a look:
`sequential` does.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.posed import NoBatchPath
from equipoise.design.blocks import Work, key_of, ready
from equipoise.design.engine import Engine, Task
from equipoise.design.sequential import operating_characteristics
from equipoise.protocol import Resolved, canonical_json

Json = dict[str, Any]

NAME = "looks"
MOST_REPLICATES = 1024
"""Trials with looks rehearsed in a scenario: each is analyzed once a look, on the calendar."""


def find_stops(
    engine: Engine, works: Sequence[Work], *, resolved: Resolved, replicates: int
) -> tuple[list[Json], list[str]]:
    """Return what looks do in each cell, a row an estimand with looks, and why they are not rehearsed.

    replicates  of each cell, `MOST_REPLICATES` at most
    Raises      as `Engine.ask`; ProtocolError when boundaries do not exist
    """
    if not resolved.protocol.interims:
        return [], []
    tasks = [_task(work, resolved, min(replicates, MOST_REPLICATES)) for work in works]
    found = engine.ask(tasks)
    told = [json.loads(found[task].tobytes()) for task in tasks]
    rows = [row for one in told for row in one["rows"]]
    return rows, list(dict.fromkeys(one["reason"] for one in told if one["reason"]))


def _task(work: Work, resolved: Resolved, replicates: int) -> Task:
    planned = resolved.protocol.model_dump(mode="json", include={"interims", "multiplicity", "sample_size"})
    named = canonical_json({"work": key_of(work), "planned": planned, "replicates": replicates})
    return Task(hashlib.sha256(named).hexdigest(), NAME, packed_stops, (work, replicates))


def packed_stops(work: Work, replicates: int) -> NDArray[np.uint8]:
    """Return what looks do in a cell as the bytes of a JSON text."""
    reason, rows = "", list[Json]()
    try:
        found = operating_characteristics(ready(work).whole, replicates=replicates, seed=work.seed)
        rows = [one.row() for one in found]
    except NoBatchPath as error:
        reason = f"the looks are not rehearsed, since {error}"
    return np.frombuffer(json.dumps({"rows": rows, "reason": reason}).encode(), dtype=np.uint8)
