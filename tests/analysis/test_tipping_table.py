"""How much worse imputed values would have to be, in a table and one sentence."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.estimates import estimate_all
from equipoise.analysis.tipping_table import tipping_point_table

MISSING = {f"C{number:02d}": ("D28",) for number in (0, 4, 8, 3, 7)}


@pytest.fixture
def table(study: Callable[..., Any], crowd: Callable[..., Any]) -> Callable[..., Any]:
    def build(variance: str = "jackknife", missing: Any = None, **options: Any) -> Any:
        estimand = {
            "estimator": {"name": "mmrm-delta", "covariates": ["madrs.total@BASE"], "options": options},
            "missing": "missing_at_random",
            "variance": variance,
        }
        filled = crowd(study(estimand=estimand), missing=MISSING if missing is None else missing)
        evidence = filled.evidence
        (row,) = tipping_point_table(evidence, estimate_all(evidence).answers)
        return row

    return build


SPAN = {"from": 0, "to": 30, "by": 2.5}


def test_every_planned_change_has_a_row_and_the_last_one_is_not_lost(table: Any) -> None:
    row = table(deltas={"from": 0, "to": 0.6, "by": 0.2})
    assert [point["delta"] for point in row["points"]] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_the_conclusion_tips_between_two_of_the_changes(table: Any) -> None:
    row = table(deltas=SPAN)
    holds = [point["ci_high"] < 0 for point in row["points"]]
    assert (holds[0], holds[-1]) == (True, False)
    turn = holds.index(False)
    assert row["points"][turn - 1]["delta"] < row["tips_at"] < row["points"][turn]["delta"]
    assert row["direction"] == "toward the reference"
    assert row["tips_text"].startswith(
        "The interval excludes no effect until imputed values of Active are changed by +"
    )
    assert row["tips_text"].endswith("points")
    assert (row["to"], row["visit"], row["alpha"]) == ("experimental", "D28", 0.05)


def test_drawn_data_sets_tip_where_their_own_intervals_say(table: Any) -> None:
    row = table("rubin", deltas=SPAN, imputations=40)
    holds = [point["ci_high"] < 0 for point in row["points"]]
    turn = holds.index(False)
    assert row["points"][turn - 1]["delta"] < row["tips_at"] < row["points"][turn]["delta"]
    assert "information-anchored (Rubin)" in row["convention"]


def test_changes_that_never_tip_are_said_so(table: Any) -> None:
    row = table(deltas={"from": 0, "to": 0.5, "by": 0.5})
    assert row["tips_at"] is None
    assert row["tips_text"] == "The interval excludes no effect at every change from 0 to 0.5 points"


def test_changes_away_from_the_reference_are_called_that(table: Any) -> None:
    assert table(deltas={"from": -2, "to": 0, "by": 1})["direction"] == "away from the reference"


def test_where_nothing_was_imputed_nothing_changes(table: Any) -> None:
    row = table(missing={"C03": ("D28",)}, deltas=SPAN)
    assert row["direction"] == "no change"
    assert row["tips_text"] == "No value of Active was imputed at the visit, so nothing changes"


def test_the_change_of_the_estimand_itself_is_its_row(study: Any, crowd: Any, table: Any) -> None:
    row = table(deltas=SPAN, delta=5)
    (point,) = [point for point in row["points"] if point["delta"] == 5]
    estimand = {
        "estimator": {
            "name": "mmrm-delta",
            "covariates": ["madrs.total@BASE"],
            "options": {"deltas": SPAN, "delta": 5},
        },
        "missing": "missing_at_random",
        "variance": "jackknife",
    }
    (result,) = estimate_all(crowd(study(estimand=estimand), missing=MISSING).evidence).results
    assert point["estimate"] == pytest.approx(result.estimate, rel=1e-9)
    assert point["ci_low"] == pytest.approx(result.ci_low, rel=1e-9)
