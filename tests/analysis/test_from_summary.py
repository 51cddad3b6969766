"""The summary-statistics door against the published trial."""

import csv
from pathlib import Path

import pytest

from equipoise.analysis import from_summary
from equipoise.errors import FitError
from equipoise.statistics.two_sample import Summary

GOLDEN = Path(__file__).parents[1] / "golden" / "back2024"


def golden(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(outcome: str, arm: str) -> Summary:
    (row,) = [row for row in golden("summaries.csv") if (row["outcome"], row["arm"]) == (outcome, arm)]
    return Summary(float(row["mean"]), float(row["sd"]), int(row["n"]))


@pytest.mark.parametrize("row", golden("expected.csv"), ids=lambda row: row["quantity"])
def test_published_means_give_the_published_difference(row: dict[str, str]) -> None:
    outcome, quantity = row["quantity"].split(".")
    result = from_summary(published(outcome, "psilocybin"), published(outcome, "niacin"), scale=outcome)
    assert getattr(result, quantity) == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


def test_the_result_carries_both_sides_and_its_convention() -> None:
    result = from_summary(
        published("MADRS", "psilocybin"), published("MADRS", "niacin"), arms=("psilocybin", "niacin")
    )
    assert [(group.arm, group.n, group.mean) for group in result.groups] == [
        ("psilocybin", 15, -21.33),
        ("niacin", 15, -9.33),
    ]
    assert [result.n, result.df, result.status] == [30, 28, "ok"]
    assert result.convention == "pooled two-sample t, from means and standard deviations"
    assert result.summary().startswith("From summary statistics: -12.00 (95% CI -17.67 to -6.33), p < .001")


def test_one_participant_is_not_enough() -> None:
    with pytest.raises(FitError, match="second group"):
        from_summary(Summary(1.0, 1.0, 5), Summary(0.0, 0.0, 1))
