"""What the allocation tests share: golden folders, a seed, and plans that are valid."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from equipoise.allocation import Plan, StratumFactor

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / "tests" / "golden"


@pytest.fixture(scope="session")
def seed():
    return hashlib.sha256(b"seed").digest()


@pytest.fixture(scope="session")
def canonical():
    return b'{"allocation":{},"arms":[]}'


@pytest.fixture(scope="session")
def golden_rows():
    """Return a reader of one CSV of a golden folder: (folder, file) to rows."""

    def read(folder, file):
        with (GOLDEN / folder / file).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    return read


@pytest.fixture(scope="session")
def golden_plans():
    """Return the plans of tests/golden/allocation_list: name to (plan, the same as plain data)."""
    plain = json.loads((GOLDEN / "allocation_list" / "plans.json").read_text(encoding="utf-8"))
    return {name: (_plan(data), data) for name, data in plain.items()}


def _plan(data):
    return Plan(
        **{
            **data,
            "strata": tuple(StratumFactor(factor, tuple(levels)) for factor, levels in data["strata"]),
            "block_sizes": tuple(data.get("block_sizes", ())),
        }
    )
