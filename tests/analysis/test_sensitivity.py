"""Each estimand beside what examines it."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise import analysis
from equipoise.analysis.estimates import estimate_all
from equipoise.analysis.sensitivity import sensitivity_table

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})


@pytest.fixture
def suite(study: Callable[..., Any], crowd: Callable[..., Any], pocket_data: Any) -> Callable[..., Any]:
    """Return the rows of a primary estimand and others that examine it."""

    def build(*others: dict[str, Any]) -> Any:
        primary = pocket_data["estimands"][0]
        more = [
            {**primary, "id": f"other_{place}", "role": "sensitivity", "sensitivity_of": "primary", **other}
            for place, other in enumerate(others)
        ]
        filled = crowd(study(estimands=[primary, *more]), missing={"C01": ("D28",)})
        evidence = filled.evidence
        return sensitivity_table(evidence, estimate_all(evidence).results)

    return build


def test_the_first_row_is_what_is_examined(suite: Any) -> None:
    (found,) = suite({"estimator": {"name": "ancova"}})
    assert found["of"] == "primary"
    assert [row["estimand"] for row in found["rows"]] == ["primary", "other_0"]
    assert [row["agrees"] for row in found["rows"]] == [None, True]
    assert (
        found["rows"][0]["assumption"]
        == "Participants without the value are like those of the same arm who have it"
    )


def test_an_interval_across_no_effect_does_not_agree_with_one_beside_it(suite: Any) -> None:
    early = {"variable": {"score": "madrs.total", "type": "change", "visit": "D7"}}
    level = {"variable": {"score": "madrs.total", "type": "value", "visit": "BASE"}}
    (found,) = suite(early, level)
    limits = [(row["ci_low"], row["ci_high"]) for row in found["rows"]]
    across = [low < 0 < high for low, high in limits]
    assert across == [False, False, True]
    assert [row["agrees"] for row in found["rows"]] == [None, True, False]


def test_other_measures_and_directions_are_not_judged(suite: Any) -> None:
    response = {
        "variable": {"score": "madrs.total", "type": "response", "visit": "D28"},
        "summary": "risk_difference",
        "estimator": {"name": "risk_difference"},
    }
    turned = {"treatment": {"experimental": "control", "reference": "active"}}
    (found,) = suite(response, turned)
    assert [row["agrees"] for row in found["rows"]] == [None, None, None]


def test_what_cannot_be_estimated_stays_in_the_table_and_says_why(suite: Any) -> None:
    (found,) = suite({"estimator": {"name": "ancova", "covariates": ["stress.level@BASE"]}})
    assert found["rows"][1]["status"].startswith("not estimable")
    assert found["rows"][1]["agrees"] is None


def test_without_sensitivity_analyses_there_is_no_table(suite: Any) -> None:
    assert suite() == []
