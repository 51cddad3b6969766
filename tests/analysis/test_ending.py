"""What a result means when a trial with looks has ended."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from equipoise import analysis
from equipoise.analysis.ending import conclude, looks_table, repeated_p_values
from equipoise.analysis.estimates import estimate_all
from equipoise.analysis.looks import looks_of
from equipoise.analysis.result import Result
from equipoise.errors import ProtocolError
from equipoise.statistics.sequential.boundaries import spending_boundaries
from equipoise.statistics.sequential.inference import final

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})
LOOK = {"id": "half", "estimand": "primary", "trigger": {"visit": "D28", "fraction": 0.5}, "spending": {"method": "obrien_fleming"}, "futility": {"method": "statistic", "statistic": 0.0}, "seen_by": ["dsmb_member"]}  # fmt: skip
PLAN = {
    "interims": [LOOK],
    "multiplicity": {"method": "fixed_sequence", "order": ["primary"], "alpha": 0.05},
    "sample_size": {"n": 60, "justification": "By simulation"},
}


def result(**changes: Any) -> Result:
    row: dict[str, Any] = {
        "estimand": "primary",
        "name": "Primary",
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
        "estimate": -4.0,
        "std_error": 1.6,
        "df": 58.0,
        "ci_level": 0.95,
        "p_value": 0.0155,
        "n": 60,
    }
    return Result(**{**row, **changes})


@pytest.fixture
def looks(pocket: Callable[..., Any]) -> Any:
    return looks_of(pocket(**PLAN), "primary")


def test_a_lower_score_is_benefit_and_stays_negative_in_words(looks: Any) -> None:
    found = conclude(looks, result())
    assert found is not None
    assert found.statistic > 0
    assert found.final.low < found.final.estimate < 0 < -found.final.low
    assert found.final.naive == pytest.approx(-4.0)
    unit = 4.0 / found.statistic
    plain = final(spending_boundaries([0.5, 1], alpha=0.05), 2, estimate=4.0, std_error=unit)
    assert found.final.estimate == pytest.approx(-plain.estimate)
    assert (found.final.low, found.final.high) == pytest.approx((-plain.high, -plain.low))
    assert found.reached
    assert not found.futile


def test_a_p_value_between_the_two_levels_no_longer_rejects(looks: Any) -> None:
    just = conclude(looks, result(p_value=0.0495))
    assert just is not None
    assert just.repeated_p > 0.05
    assert not just.reached
    assert found_p(looks, 0.0489) < 0.05


def found_p(looks: Any, p_value: float) -> float:
    found = conclude(looks, result(p_value=p_value))
    assert found is not None
    return found.repeated_p


def test_a_look_before_the_end_asks_for_more_and_may_be_futile(looks: Any) -> None:
    early = conclude(looks, result(), look="half")
    assert early is not None
    assert not early.reached
    assert early.repeated_p > conclude(looks, result()).repeated_p
    assert conclude(looks, result(p_value=0.002), look="half").reached
    worse = conclude(looks, result(estimate=1.0, p_value=0.6), look="half")
    assert worse.futile
    assert not conclude(looks, result(estimate=1.0, p_value=0.6)).futile


def test_a_ratio_is_judged_on_its_logarithm(looks: Any) -> None:
    found = conclude(looks, result(measure="odds_ratio", estimate=0.5, std_error=None, p_value=0.01))
    assert found is not None
    plain = conclude(looks, result(estimate=math.log(0.5), p_value=0.01))
    assert found.final.estimate == pytest.approx(math.exp(plain.final.estimate))
    assert found.final.low == pytest.approx(math.exp(plain.final.low))


@pytest.mark.parametrize(
    "changes",
    [{"estimate": None}, {"p_value": None}, {"measure": "odds_ratio", "estimate": 0.0}, {"p_value": 1.0, "std_error": None}],
)  # fmt: skip
def test_without_a_test_nothing_is_concluded(looks: Any, changes: dict[str, Any]) -> None:
    assert conclude(looks, result(**changes)) is None
    assert repeated_p_values({"primary": looks}, [result(**changes)]) == {"primary": None}
    (row,) = looks_table({"primary": looks}, [result(**changes)]) or []
    assert row["ended_at"] is None


def test_an_estimand_without_looks_waits_for_the_end(looks: Any) -> None:
    results = [result(), result(estimand="other", role="secondary", p_value=0.01)]
    assert repeated_p_values({"primary": looks}, results)["other"] == 0.01
    assert repeated_p_values({"primary": looks}, results, look="half")["other"] is None


def test_the_analysis_tests_at_what_the_looks_left(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    plain = estimate_all(filled(study()).evidence).results[0]
    found = estimate_all(filled(study(**PLAN)).evidence)
    (row,) = found.looks or []
    primary = found.results[0]
    assert (primary.estimate, primary.p_value) == (plain.estimate, plain.p_value)
    assert primary.p_adjusted == pytest.approx(row["p_repeated"])
    assert primary.p_adjusted > primary.p_value
    assert row["looks"][1]["nominal"] == pytest.approx(0.048999543, abs=1e-8)
    assert row["text"] in primary.notes


def test_a_look_reaches_tables_and_an_unknown_one_stops(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    data = filled(study(**PLAN))
    done = analysis.analyze(data.resolved, data.records, data.allocation, provenance=WHEN, look="half")
    assert done.tables["group_sequential"][0]["ended_at"] == "half"
    with pytest.raises(ProtocolError, match="not planned"):
        analysis.analyze(data.resolved, data.records, data.allocation, provenance=WHEN, look="never")


def test_a_blinded_analysis_says_nothing_of_looks(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    data = filled(study(**PLAN))
    done = analysis.analyze(data.resolved, data.records, None, provenance=WHEN)
    assert "group_sequential" not in done.tables
