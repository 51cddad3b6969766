"""The baseline table."""

from collections.abc import Callable
from typing import Any

from equipoise.analysis.baseline import baseline_table


def aged(study: Any) -> Any:
    for who, age, sex in (
        ("P1", 40, "F"),
        ("P2", 30, "M"),
        ("P4", 50, "F"),
        ("P5", 45, "F"),
        ("P6", 35, "M"),
    ):
        study.score(who, "BASE", "demographics", "age", age).code(who, "BASE", "demographics", "sex", sex)
    return study


def test_numbers_have_all_their_statistics_by_arm_and_together(six: Any) -> None:
    row = next(row for row in baseline_table(aged(six).evidence) if row["variable"] == "demographics.age")
    active = row["by_arm"]["active"]
    assert [row["label"], row["statistic"], row["unit"]] == ["Age", "mean_sd", "years"]
    assert [active[key] for key in ("n", "missing", "mean", "median", "min", "max")] == [2, 1, 35, 35, 30, 40]
    assert [row["total"]["n"], row["total"]["mean"]] == [5, 40]


def test_codes_have_a_row_a_level_and_one_for_the_missing(six: Any) -> None:
    rows = [row for row in baseline_table(aged(six).evidence) if row["variable"] == "demographics.sex"]
    assert [(row["level"], row["level_label"]) for row in rows] == [
        ("F", "Female"),
        ("M", "Male"),
        ("X", "Another or not told"),
        (None, "Missing"),
    ]
    assert [row["by_arm"]["active"]["count"] for row in rows] == [1, 1, 0, 1]
    assert rows[0]["by_arm"]["control"]["percent"] == 200 / 3
    assert sum(row["total"]["count"] for row in rows) == 6


def test_scores_carry_their_range(six: Any) -> None:
    row = next(row for row in baseline_table(six.evidence) if row["variable"] == "madrs.total")
    assert row["unit"] == "points, 0 to 60"
    assert row["by_arm"]["active"]["mean"] == 30


def test_what_nobody_answered_is_no_row(six: Any) -> None:
    assert {row["variable"] for row in baseline_table(six.evidence)} == {"madrs.total"}


def test_several_sites_are_shown(six: Any) -> None:
    for place, row in enumerate(six.rows["participants"]):
        row["site"] = ["north", "south"][place % 2]
    rows = [row for row in baseline_table(six.evidence) if row["variable"] == "site"]
    assert [(row["level"], row["by_arm"]["active"]["count"]) for row in rows] == [("north", 2), ("south", 1)]


def test_stratification_factors_are_shown(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    allocation = {
        "method": "complete",
        "ratio": {"active": 1, "control": 1},
        "strata": [{"id": "shift", "item": "stress.shift@BASE", "levels": ["day", "night"]}],
    }
    chosen = filled(study(allocation=allocation)).code("P1", "BASE", "stress", "shift", "night")
    assert "stress.shift" in {row["variable"] for row in baseline_table(chosen.evidence)}


def test_without_an_allocation_there_is_only_the_total(six: Any) -> None:
    rows = baseline_table(aged(six).pooled)
    assert [row["by_arm"] for row in rows] == [{}] * len(rows)
    assert rows[0]["total"]["n"] == 5
