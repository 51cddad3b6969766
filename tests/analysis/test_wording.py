"""Estimands in words."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.wording import estimands_table

HANDLED = [
    {"event": "rescue", "strategy": "treatment_policy"},
    {"event": "antidepressant", "strategy": "hypothetical"},
]


def test_an_estimand_is_said_with_its_five_attributes(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand={"intercurrent_events": HANDLED})).note("P1", "rescue", 3)
    (row,) = estimands_table(chosen.evidence)
    assert row["variable_text"] == "Change in MADRS total from Baseline to Day 28"
    assert row["treatment"]["text"] == "Active against Control"
    assert row["population_text"] == "Everybody randomized, in the arm drawn for them"
    assert row["intercurrent_events"][0] == {
        "event": "rescue",
        "text": "Rescue medication taken",
        "strategy": "treatment_policy",
        "n_by_arm": {"active": 1, "control": 0},
    }
    assert row["sentence"] == (
        "The difference in means between Active and Control in: change in MADRS total from Baseline to Day 28. "
        "Population: everybody randomized, in the arm drawn for them. "
        "Whatever value is measured counts, even after: rescue medication taken. "
        "Values count as missing after: antidepressant started. "
        "Participants without the value are like those of the same arm who have it."
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ({"type": "value"}, "MADRS total at Day 28"),
        ({"type": "percent_change"}, "Percent change in MADRS total from Baseline to Day 28"),
    ],
)
def test_variables_are_said_by_type(variable: Any, text: str, study: Callable[..., Any]) -> None:
    chosen = study(estimand={"variable": {"score": "madrs.total", "visit": "D28", **variable}})
    assert estimands_table(chosen.pooled)[0]["variable_text"] == text


def test_responses_are_said_with_their_definition(study: Callable[..., Any]) -> None:
    variable = {"score": "madrs.total", "type": "remission", "visit": "D28"}
    change = {"variable": variable, "summary": "odds_ratio", "estimator": {"name": "odds_ratio"}}
    assert (
        estimands_table(study(estimand=change).pooled)[0]["variable_text"]
        == "Remission at Day 28: MADRS total 10 or less"
    )


def test_without_an_allocation_events_are_counted_together(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand={"intercurrent_events": HANDLED})).note("P1", "rescue", 3)
    assert estimands_table(chosen.pooled)[0]["intercurrent_events"][0]["n_by_arm"] == {"all": 1}
