"""Means by arm and visit, single courses, what is missing."""

from typing import Any

import pytest

from equipoise.analysis.descriptives import (
    descriptives_table,
    individuals_table,
    lines_table,
    missing_table,
    shown_scores,
)
from equipoise.statistics.describe import describe


def at(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    (found,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return found


def test_a_row_describes_the_values_and_their_change_from_baseline(six: Any) -> None:
    row = at(descriptives_table(six.evidence), score="madrs.total", visit="D28", arm="active")
    mean, change = describe([10, 12, 14]), describe([-20, -16, -18])
    assert [row[key] for key in ("n", "mean", "sd", "ci_low", "ci_high")] == [
        3,
        12,
        2,
        mean.ci_low,
        mean.ci_high,
    ]
    assert [row["change_n"], row["change_mean"], row["change_sd"]] == [3, -18, 2]
    assert [row["change_ci_low"], row["change_ci_high"]] == [change.ci_low, change.ci_high]
    assert [row["scale_min"], row["scale_max"], row["higher_is"]] == [0, 60, "worse"]
    assert [row["label"], row["visit_label"], row["day"]] == ["MADRS total", "Day 28", 28]


def test_there_is_no_change_at_baseline(six: Any) -> None:
    row = at(descriptives_table(six.evidence), score="madrs.total", visit="BASE", arm="active")
    assert [row["mean"], row["change_n"], row["change_mean"]] == [30, None, None]


def test_after_planned_unblinding_and_at_visits_of_some_arms_nothing_is_a_randomized_comparison(
    six: Any,
) -> None:
    six.person("P7", "control", BASE=30, D28=20, D56=10).visit("P7", "OL", 35).visit("P7", "OL7", 42)
    six.score("P7", "OL7", "madrs", "total", 5)
    rows = [row for row in descriptives_table(six.evidence) if row["score"] == "madrs.total"]
    said = {(row["visit"], row["arm"]): row["randomized_comparison"] for row in rows}
    assert [said["D28", "active"], said["D28", "control"]] == [True, True]
    assert [said["D56", "active"], said["OL7", "control"]] == [False, False]
    assert ("OL7", "active") not in said


def test_a_visit_without_anybody_is_a_row_of_nothing(six: Any) -> None:
    row = at(descriptives_table(six.evidence), score="madrs.total", visit="D56", arm="control")
    assert [row["n"], row["mean"], row["ci_low"], row["change_n"]] == [0, None, None, 0]


def test_without_an_allocation_there_is_one_row_a_visit(six: Any) -> None:
    rows = [row for row in descriptives_table(six.pooled) if row["visit"] == "D28"]
    assert [(row["arm"], row["n"], row["mean"]) for row in rows] == [(None, 6, pytest.approx(18.5))]


def test_only_scores_with_a_value_and_a_mean_are_shown(study: Any, filled: Any, pocket_data: Any) -> None:
    forms = [
        *pocket_data["forms"],
        {"id": "cssrs", "instrument": "cssrs_screen", "filled_by": "investigator"},
    ]
    chosen = filled(study(forms=forms))
    chosen.score("P1", "BASE", "cssrs", "ideation", 1).score("P1", "BASE", "cssrs", "urgent", 0)
    assert set(chosen.resolved.forms["cssrs"].scores) >= {"ideation", "urgent"}
    assert [scale.name for scale in shown_scores(chosen.evidence)] == ["madrs.total"]


def test_missing_counts_what_was_expected_and_came(six: Any) -> None:
    six.person("P7", "active", BASE=30, D7=None)
    row = at(missing_table(six.evidence), visit="D7", arm="active")
    assert [row["expected"], row["observed"], row["percent"]] == [4, 3, 25.0]
    assert all(row["visit"] != "OL7" for row in missing_table(six.evidence))


def test_a_course_is_placed_on_the_days_it_was_taken(six: Any) -> None:
    rows = individuals_table(six.evidence)
    assert rows is not None
    assert at(rows, participant="P1")["points"] == [[-7.0, 30.0], [7.0, 20.0], [28.0, 10.0]]
    assert at(rows, participant="P1")["arm"] == "active"


def test_a_course_after_an_open_dose_is_counted_from_the_first(six: Any) -> None:
    six.visit("P4", "OL", 40).add("visits", participant="P4", visit="OL7", repeat=1, date="2030-02-26", day=7)
    six.score("P4", "OL7", "madrs", "total", 8)
    rows = individuals_table(six.evidence)
    assert rows is not None
    assert at(rows, participant="P4")["points"][-1] == [47.0, 8.0]


def test_nobody_is_shown_singly_without_an_allocation(six: Any) -> None:
    assert individuals_table(six.pooled) is None


def test_lines_mark_unblinding_and_the_primary_visit(six: Any) -> None:
    assert lines_table(six.pooled) == {
        "unblinding_day": 28,
        "unblinding_visit": "D28",
        "unblinding_text": "Participants learn their arm",
        "primary_day": 28,
        "primary_visit": "D28",
    }
