"""The published trial, from a dataset on disk with exactly its means and SDs to results.json.

The numbers stand for nobody: 15 a side made to order, sent through the flagship protocol's own analysis.
"""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from equipoise import allocation, analysis, protocol, records
from equipoise.analysis import standardized_pair
from equipoise.records import Records
from equipoise.statistics.two_sample import Summary, summarize

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "back2024"
SCORES = {"MADRS": ("madrs", "total"), "SPFI": ("spfi", "burnout"), "PCL-5": ("pcl5", "total")}
ESTIMANDS = {"MADRS": "primary", "SPFI": "burnout", "PCL-5": "ptsd"}
# No source prints the baseline of these two; any level gives the same difference of changes.
ASSUMED = {"SPFI": Summary(24.0, 6.0, 15), "PCL-5": Summary(34.0, 13.0, 15)}
WHEN = analysis.Provenance(command="test", created_at="2026-11-23T00:00:00Z")


def golden(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(name: str, **wanted: str) -> Summary | None:
    found = [row for row in golden(name) if all(row[key] == value for key, value in wanted.items())]
    return Summary(float(found[0]["mean"]), float(found[0]["sd"]), int(found[0]["n"])) if found else None


def pair(outcome: str, arm: str) -> Any:
    """Return baseline and day 28 of one arm."""
    change = summary("summaries.csv", outcome=outcome, arm=arm)
    baseline = summary("levels.csv", outcome=outcome, arm=arm, visit="baseline") or ASSUMED[outcome]
    endpoint = summary("levels.csv", outcome=outcome, arm=arm, visit="day 28")
    assert change is not None
    return standardized_pair(baseline, change, endpoint_sd=endpoint.sd if endpoint else None)


def rows() -> list[dict[str, Any]]:
    return [
        {
            "participant": f"{arm}-{place:02d}",
            "visit": visit,
            "repeat": 1,
            "form": form,
            "item": item,
            "row": 1,
            "number": float(value),
            "origin": "derived",
        }
        for outcome, (form, item) in SCORES.items()
        for arm in ("psilocybin", "niacin")
        for visit, values in zip(("PREP1", "D28"), pair(outcome, arm), strict=True)
        for place, value in enumerate(values)
    ]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Write the dataset, read it back, analyze it, and read results.json."""
    folder = tmp_path_factory.mktemp("back2024")
    file = ROOT / "protocols" / "frontline.yaml"
    resolved = protocol.resolve(protocol.load(file.read_bytes(), name=file.name))
    values = rows()
    people = sorted({row["participant"] for row in values})
    columns = {name: [row[name] for row in values] for name in values[0]}
    made = Records(
        manifest=records.manifest_of(resolved, simulated=True),
        participants=records.table(
            "participants", {"participant": people, "status": ["randomized"] * len(people)}
        ),
        values=records.table("values", columns),
    )
    records.write(made, folder / "records")
    given = allocation.from_rows({"participant": who, "arm": who.partition("-")[0]} for who in people)
    allocation.write(given, folder / "allocation.csv")
    done = analysis.analyze(
        resolved,
        records.read(folder / "records"),
        allocation.read(folder / "allocation.csv"),
        provenance=WHEN,
    )
    done.write(folder / "result")
    written = json.loads((folder / "result" / "results.json").read_text(encoding="utf-8"))
    return {row["estimand"]: row for row in written}


@pytest.mark.parametrize("row", golden("expected.csv"), ids=lambda row: row["quantity"])
def test_the_whole_analysis_gives_the_published_numbers(
    row: dict[str, str], results: dict[str, dict[str, Any]]
) -> None:
    outcome, quantity = row["quantity"].split(".")
    found = results[ESTIMANDS[outcome]][quantity]
    assert found == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


def test_testing_stops_at_burnout_as_the_paper_did(results: dict[str, dict[str, Any]]) -> None:
    assert [results[one]["rejected"] for one in ("primary", "burnout")] == [True, False]
    assert results["ptsd"]["p_value"] is None
    assert results["ptsd"]["gate"] == "descriptive, not tested"
    assert [results[one]["n"] for one in ESTIMANDS.values()] == [30, 30, 30]


def test_the_primary_stands_first(results: dict[str, dict[str, Any]]) -> None:
    assert next(iter(results)) == "primary"


@pytest.mark.parametrize("arm", ["psilocybin", "niacin"])
def test_the_sample_has_the_published_levels(arm: str) -> None:
    for values, visit in zip(pair("MADRS", arm), ("baseline", "day 28"), strict=True):
        wanted = summary("levels.csv", outcome="MADRS", arm=arm, visit=visit)
        assert wanted is not None
        found = summarize(values)
        # Published means are rounded, so baseline plus change misses day 28 by a rounding.
        assert found.mean == pytest.approx(wanted.mean, abs=0.011)
        assert found.sd == pytest.approx(wanted.sd, abs=1e-9)
