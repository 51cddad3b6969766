"""A real trial through the whole analysis."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from equipoise import analysis, protocol, records

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
GOLDEN = ROOT / "tests" / "golden"
WHEN = analysis.Provenance(command="test", created_at="2026-11-23T00:00:00Z")
COMPARED = ("n", "estimate", "std_error", "df", "ci_low", "ci_high")


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


def expected(folder: str) -> list[dict[str, str]]:
    with (GOLDEN / folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_of(done: Any, estimand: str) -> dict[str, Any]:
    return next(result.row() for result in done.results if result.estimand == estimand)


@pytest.mark.parametrize("quantity", COMPARED)
def test_the_complete_cases_give_the_reference_numbers(quantity: str, done: Any) -> None:
    rows = {row["quantity"].removeprefix("difference."): row for row in expected("antidepressant_ancova")}
    row = rows[quantity]
    found = row_of(done, "complete_cases")[quantity]
    assert found == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


def test_the_primary_mixed_model_gives_the_numbers_of_sas(done: Any) -> None:
    """Each SAS number of a difference, against the results and, for every visit, the table by visit."""
    at = {"4": "week_1", "7": "primary"}
    compared = 0
    for row in expected("mmrm_antidepressant"):
        words = row["quantity"].split()
        if words[0] != "DRUG-PLACEBO":
            continue
        found = row_of(done, at[words[2]])
        if found[words[3]] is not None:
            compared += 1
            tolerance = float(row["tolerance_relative"])
            assert found[words[3]] == pytest.approx(float(row["value"]), rel=tolerance), row
    assert compared == 5
    assert row_of(done, "primary")["n"] == 172


def test_estimands_of_other_visits_share_the_model_by_visit(done: Any) -> None:
    rows = [row for row in done.tables["by_visit"] if row["kind"] == "difference"]
    assert [row["estimand"] for row in rows[:4]] == ["primary"] * 4
    found = {row["visit"]: (row["estimate"], row["std_error"], row["df"]) for row in rows[:4]}
    for estimand in ("primary", "week_4", "week_2", "week_1"):
        row = row_of(done, estimand)
        assert found[row["visit"]] == (row["estimate"], row["std_error"], row["df"])


def test_adjusted_means_differ_by_the_difference(done: Any) -> None:
    for visit in ("v4", "v5", "v6", "v7"):
        rows = {
            (row["kind"], row["arm"]): row["estimate"]
            for row in done.tables["by_visit"]
            if (row["estimand"], row["visit"]) == ("primary", visit)
        }
        gap = rows["lsmean", "drug"] - rows["lsmean", "placebo"]
        assert rows["difference", "drug"] == pytest.approx(gap, rel=1e-9)


def test_the_patterns_count_everybody_once(done: Any) -> None:
    rows = [row for row in done.tables["missing_patterns"] if row["estimand"] == "primary"]
    assert sum(row["n"] for row in rows) == 172
    seen_last = sum(row["n"] for row in rows if row["pattern"].endswith("O"))
    assert seen_last == row_of(done, "complete_cases")["n"] == 129


def test_the_covariance_says_which_structure_was_used(done: Any) -> None:
    (row,) = [row for row in done.tables["covariance"] if row["estimand"] == "primary"]
    assert (row["structure"], row["arm"], row["visits"]) == ("us", None, ["v4", "v5", "v6", "v7"])
    assert [one["structure"] for one in row["tried"]] == ["us"]
    assert len(row["sd"]) == len(row["correlation"]) == 4


VISITS = {"4": "v4", "5": "v5", "6": "v6", "7": "v7"}


def by_visit(done: Any, estimand: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return (DRUG, PLACEBO or difference, visit) to the row of one model."""
    return {
        ("difference" if row["kind"] == "difference" else row["arm"].upper(), row["visit"]): row
        for row in done.tables["by_visit"]
        if row["estimand"] == estimand
    }


def test_jump_to_reference_gives_the_numbers_of_rbmi_at_every_visit(done: Any) -> None:
    """The reference subtracts drug from placebo, so signs and limits are turned."""
    found = by_visit(done, "jump_to_reference")
    turned = {"ci_low": "ci_high", "ci_high": "ci_low"}
    compared = 0
    for row in expected("imputation_antidepressant"):
        words = row["quantity"].split()
        if words[:2] != ["jr", "jackknife"] or words[-1] == "p_value":
            continue
        value, tolerance = float(row["value"]), float(row["tolerance"])
        visit, name = VISITS[words[-2]], words[-1]
        if words[2] == "mean":
            ours = found[words[3], visit][name]
        else:
            gap = found["difference", visit]
            ours = gap[name] if name == "std_error" else -gap[turned.get(name, name)]
        compared += 1
        assert ours == pytest.approx(value, abs=tolerance), row
    assert compared >= 40
    row = row_of(done, "jump_to_reference")
    assert row["variance_convention"] == "frequentist (jackknife)"
    assert row["estimate"] == found["difference", "v7"]["estimate"]


def test_rubins_variance_of_the_same_assumption_lies_within_its_monte_carlo_error(done: Any) -> None:
    found = by_visit(done, "jump_to_reference_rubin")
    compared = 0
    for row in expected("rubin_antidepressant"):
        words = row["quantity"].split()
        if words[0] != "jr" or words[-1] not in ("estimate", "std_error"):
            continue
        whose = "difference" if words[1] == "difference" else words[2]
        ours = found[whose, VISITS[words[-2]]][words[-1]]
        compared += 1
        assert ours == pytest.approx(float(row["value"]), abs=float(row["tolerance"])), row
    assert compared >= 20
    assert row_of(done, "jump_to_reference_rubin")["variance_convention"] == "information-anchored (Rubin)"


def test_the_suite_says_which_assumptions_keep_the_conclusion(done: Any) -> None:
    (suite,) = done.tables["sensitivity"]
    assert suite["of"] == "primary"
    assert {row["estimand"]: row["agrees"] for row in suite["rows"]} == {
        "primary": None,
        "complete_cases": True,
        "jump_to_reference": True,
        "jump_to_reference_rubin": False,
        "copy_reference": True,
        "copy_increments": True,
        "worse_by_2": True,
        "unadjusted": True,
    }
    assert all(row["p_value"] is None for row in suite["rows"][1:])


def test_the_tipping_point_lies_where_the_interval_touches_zero(done: Any) -> None:
    (row,) = done.tables["tipping_point"]
    deltas = [point["delta"] for point in row["points"]]
    assert (deltas[0], deltas[-1], len(deltas)) == (0, 8, 17)
    holds = [point["delta"] for point in row["points"] if point["ci_high"] < 0]
    assert max(holds) < row["tips_at"] < max(holds) + 0.5
    assert row["direction"] == "toward the reference"
    first = row["points"][0]["estimate"]
    mar = next(
        one
        for one in expected("imputation_antidepressant")
        if one["quantity"].endswith("visit 7 estimate") and one["quantity"].startswith("mar")
    )
    assert -first == pytest.approx(float(mar["value"]), abs=float(mar["tolerance"]))


def test_nothing_is_said_of_doses_that_nobody_recorded(done: Any) -> None:
    assert [arm["received"] for arm in done.tables["flow"]["arms"]] == [None, None]
    assert "adverse_events" not in done.tables


def test_its_questions_are_post_hoc_because_nothing_says_otherwise(done: Any) -> None:
    assert {row["fixed"] for row in done.tables["provenance"]["estimands"]} == {"post hoc"}
