"""A real trial through the whole analysis."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from equipoise import analysis, protocol, records

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
GOLDEN = ROOT / "tests" / "golden" / "antidepressant_ancova" / "expected.csv"
WHEN = analysis.Provenance(command="test", created_at="2026-11-23T00:00:00Z")
COMPARED = ("n", "estimate", "std_error", "p_value", "df", "ci_low", "ci_high")


@pytest.fixture(scope="module")
def done() -> Any:
    data = REFERENCE / "antidepressant_trial.csv"
    if not data.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{data} is missing; CI needs it")
        pytest.skip(f"{data} is not on this machine (set EQUIPOISE_REFERENCE_DATA)")
    file = ROOT / "protocols" / "antidepressant.yaml"
    resolved = protocol.resolve(protocol.load(file.read_bytes(), name=file.name))
    found = records.import_csv(data.read_bytes(), resolved, name=data.name)
    return analysis.analyze(resolved, found.records, found.allocation, provenance=WHEN)


@pytest.mark.parametrize("quantity", COMPARED)
def test_the_planned_ancova_gives_the_reference_numbers(quantity: str, done: Any) -> None:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        expected = {row["quantity"].removeprefix("difference."): row for row in csv.DictReader(file)}
    row = expected[quantity]
    assert done.results[0].row()[quantity] == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


def test_nothing_is_said_of_doses_that_nobody_recorded(done: Any) -> None:
    assert [arm["received"] for arm in done.tables["flow"]["arms"]] == [None, None]
    assert "adverse_events" not in done.tables


def test_its_questions_are_post_hoc_because_nothing_says_otherwise(done: Any) -> None:
    assert {row["fixed"] for row in done.tables["provenance"]["estimands"]} == {"post hoc"}
