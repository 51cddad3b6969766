"""The search for a sample size with an engine: participants and trials in, significant trials out.

Holds the way from a cell to the counts that `search` asks for. Every number of participants has random
numbers of its own, so that the interval of the answer is honest. Refuses to search.
"""

import hashlib
from dataclasses import replace

import numpy as np

from equipoise.analysis.looks import all_looks
from equipoise.design.blocks import Work
from equipoise.design.engine import Engine
from equipoise.design.rehearsal import series_of
from equipoise.design.search import Count
from equipoise.protocol import Resolved

SEED_BITS = 63
PURPOSE = "search"


def counts_of(engine: Engine, work: Work, *, resolved: Resolved, estimand: str) -> Count:
    """Return how many trials of so many participants reject an estimand's hypothesis, the procedure
    gating."""

    looks = all_looks(resolved)

    def count(participants: int, trials: int) -> int:
        own = replace(work, participants=participants, seed=_seed(work.seed, participants))
        data = engine.collect([(own, trials)])[own][..., :trials]
        return int(np.count_nonzero(series_of(resolved, own, data, looks=looks).rejected[estimand]))

    return count


def _seed(seed: int, participants: int) -> int:
    digest = hashlib.sha256(f"{PURPOSE} {seed} {participants}".encode()).digest()
    return int.from_bytes(digest, "big") % (1 << SEED_BITS)
