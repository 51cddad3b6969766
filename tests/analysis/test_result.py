"""One row of results.json."""

import dataclasses
import json
from typing import Any

import pytest

from equipoise.analysis import Result

AGREED = [
    "estimand",
    "role",
    "analysis_set",
    "estimator",
    "convention",
    "visit",
    "scale",
    "comparison",
    "estimate",
    "std_error",
    "df",
    "ci_level",
    "ci_low",
    "ci_high",
    "p_value",
    "n",
    "n_arm",
    "n_reference",
    "status",
]


def result(**changes: Any) -> Result:
    given: dict[str, Any] = {
        "estimand": "primary",
        "name": "Depression",
        "role": "primary",
        "analysis_set": "all_randomized",
        "estimator": "t_change",
        "visit": "D28",
        "scale": "madrs",
        "variable": "madrs.total",
        "variable_type": "change",
        "measure": "difference_in_means",
        "arm": "active",
        "reference": "control",
        "estimate": -3.0,
        "ci_level": 0.95,
        "ci_low": -5.0,
        "ci_high": -1.0,
        "p_value": 0.0004,
        "n": 30,
    }
    return Result(**{**given, **changes})


def test_a_row_opens_with_the_agreed_keys_in_their_order() -> None:
    assert list(result().row())[: len(AGREED)] == AGREED


def test_every_field_is_in_the_row() -> None:
    renamed = {"arm": "comparison", "reference": "comparison", "measure": "summary"}
    fields = {renamed.get(field.name, field.name) for field in dataclasses.fields(Result)}
    assert fields == set(result().row())


def test_what_is_absent_is_null() -> None:
    row = json.loads(json.dumps(result(estimate=None, ci_low=None, ci_high=None, p_value=None, n=None).row()))
    assert [row[key] for key in ("estimate", "ci_low", "std_error", "df", "p_value", "n")] == [None] * 6


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("field", ["estimate", "std_error", "ci_high", "p_value"])
def test_a_number_that_is_not_finite_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{field} of primary"):
        result(**{field: value})


def test_a_result_is_a_row_of_a_frame() -> None:
    frame = result().to_frame()
    assert frame.shape[0] == 1
    assert frame.loc[0, ["estimand", "arm", "reference", "estimate"]].tolist() == [
        "primary",
        "active",
        "control",
        -3.0,
    ]


def test_the_summary_is_what_a_statistician_would_say() -> None:
    assert result().summary() == "Depression: -3.00 (95% CI -5.00 to -1.00), p < .001, n = 30"


def test_the_summary_says_why_there_is_no_estimate() -> None:
    assert (
        result(estimate=None, status="not estimable: nobody").summary()
        == "Depression: no estimate (not estimable: nobody)"
    )


def test_untested_keeps_estimate_and_interval_and_drops_the_p_value() -> None:
    shown = result(rejected=True, p_adjusted=0.1).untested("descriptive, not tested")
    assert (shown.estimate, shown.ci_low, shown.ci_high) == (-3.0, -5.0, -1.0)
    assert (shown.p_value, shown.p_adjusted, shown.tested, shown.rejected) == (None, None, False, None)
    assert shown.summary().endswith("n = 30, descriptive, not tested")
    assert "p" not in shown.summary().split("), ")[1].split(",")[0]
