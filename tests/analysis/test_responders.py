"""Responders by visit and arm."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.responders import responders_table
from equipoise.statistics.proportion import Count, wilson


def test_responders_are_counted_among_those_observed_with_wilsons_interval(six: Any) -> None:
    six.person("P7", "active", BASE=30, D28=None)
    rows = responders_table(six.evidence)
    (row,) = [row for row in rows if (row["kind"], row["visit"], row["arm"]) == ("response", "D28", "active")]
    interval = wilson(Count(3, 3))
    assert [row["n"], row["count"], row["percent"]] == [3, 3, 100.0]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([100 * interval.ci_low, 100 * interval.ci_high])
    assert row["definition"] == "MADRS total at least 50% lower than at baseline"


def test_nobody_observed_gives_no_percentage(six: Any) -> None:
    row = next(row for row in responders_table(six.evidence) if row["visit"] == "D56")
    assert [row["n"], row["count"], row["percent"], row["ci_low"]] == [0, 0, None, None]


def test_definitions_of_the_estimands_win(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    variable = {"score": "madrs.total", "type": "remission", "visit": "D28", "threshold": 12}
    change = {"variable": variable, "summary": "odds_ratio", "estimator": {"name": "odds_ratio"}}
    rows = responders_table(filled(study(estimand=change)).evidence)
    (row,) = [
        row for row in rows if (row["kind"], row["visit"], row["arm"]) == ("remission", "D28", "active")
    ]
    assert [row["definition"], row["count"]] == ["MADRS total 12 or less", 2]


def test_there_are_no_responders_at_baseline(six: Any) -> None:
    found = {(row["visit"], row["arm"]) for row in responders_table(six.evidence)}
    both = {(visit, arm) for visit in ("D7", "D28", "D56") for arm in ("active", "control")}
    assert found == both | {("OL7", "control")}


def test_without_an_allocation_they_are_counted_together(six: Any) -> None:
    rows = [row for row in responders_table(six.pooled) if (row["kind"], row["visit"]) == ("response", "D28")]
    assert [(row["arm"], row["count"], row["n"]) for row in rows] == [(None, 3, 6)]
