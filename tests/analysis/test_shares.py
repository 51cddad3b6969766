"""Estimators of yes-or-no variables, each against the statistical method it stands for."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis import ESTIMATORS
from equipoise.analysis.estimates import estimate_all
from equipoise.analysis.question import Question
from equipoise.statistics import cmh, exact
from equipoise.statistics.proportion import Count, odds_ratio, risk_difference
from equipoise.statistics.standardization import standardize

RESPONSE = {"score": "madrs.total", "type": "response", "visit": "D28"}
STRATIFIED = {
    "method": "permuted_blocks",
    "ratio": {"active": 1, "control": 1},
    "strata": [{"id": "sex", "item": "demographics.sex@BASE", "levels": ["F", "M", "X"]}],
    "block_sizes": {"value": [2, 4], "concealed": True},
}


def ask(study: Any) -> Any:
    question = Question(study.evidence, study.resolved.protocol.primary)
    return ESTIMATORS[question.estimand.estimator.name](question)


@pytest.mark.parametrize("interval", ["newcombe", "miettinen_nurminen"])
def test_risk_difference_uses_the_interval_the_protocol_names(
    interval: Any, study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    estimator = {"name": "risk_difference", "interval": interval}
    chosen = filled(
        study(estimand={"variable": RESPONSE, "summary": "risk_difference", "estimator": estimator})
    )
    answer = ask(chosen)
    assert answer.estimate == risk_difference(Count(3, 3), Count(0, 3), method=interval)
    assert [(group.count, group.n, group.percent) for group in answer.groups] == [(3, 3, 100.0), (0, 3, 0.0)]


def test_odds_ratio_compares_counts(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    estimator = {"name": "odds_ratio"}
    chosen = filled(study(estimand={"variable": RESPONSE, "summary": "odds_ratio", "estimator": estimator}))
    assert ask(chosen).estimate == odds_ratio(Count(3, 3), Count(0, 3))


def estimand(name: str, summary: str = "risk_difference", **more: Any) -> dict[str, Any]:
    return {
        "variable": {**RESPONSE, "fraction": 0.4},
        "summary": summary,
        "estimator": {"name": name, **more},
    }


@pytest.fixture
def sexes(study: Callable[..., Any], crowd: Callable[..., Any]) -> Callable[..., Any]:
    """Twenty people in two strata, some of each arm responding."""

    def build(planned: dict[str, Any], **changes: Any) -> Any:
        filled = crowd(study(estimand=planned, allocation=STRATIFIED, **changes))
        for number in range(20):
            filled.code(f"C{number:02d}", "BASE", "demographics", "sex", "FM"[number % 3 == 0])
        return filled

    return build


def raw(chosen: Any) -> tuple[list[float], list[str], list[str]]:
    sample = Question(chosen.evidence, chosen.resolved.protocol.primary).sample()
    strata = ["FM"[int(who[1:]) % 3 == 0] for who in sample.participants]
    return list(sample.outcome), list(sample.arms), strata


@pytest.mark.parametrize("summary", ["risk_difference", "odds_ratio"])
def test_cmh_compares_within_strata_and_tests_once(summary: str, sexes: Any) -> None:
    chosen = sexes(estimand("cmh", summary, strata=True))
    outcome, arms, strata = raw(chosen)
    tables, _ = cmh.tabulate_strata(outcome, arms, strata, arms=("active", "control"))
    whole = cmh.stratified_comparison(tables)
    expected = whole.odds_ratio if summary == "odds_ratio" else whole.difference
    answer = ask(chosen)
    assert expected is not None
    assert whole.test is not None
    assert (answer.estimate.estimate, answer.estimate.ci_low) == (expected.estimate, expected.ci_low)
    assert answer.estimate.p_value == whole.test.p_value
    assert "2 strata; P value: Cochran-Mantel-Haenszel" in answer.convention


def test_exact_has_no_standard_error_and_fishers_test(sexes: Any) -> None:
    chosen = sexes(estimand("exact", "odds_ratio"))
    outcome, arms, _ = raw(chosen)
    x, y = (
        Count(int(sum(value for value, one in zip(outcome, arms, strict=True) if one == arm)), 10)
        for arm in ("active", "control")
    )
    expected = exact.conditional_odds_ratio(x, y)
    (result,) = estimate_all(chosen.evidence).results
    assert (result.estimate, result.p_value) == (expected.estimate, expected.p_value)
    assert (result.ci_low, result.ci_high, result.std_error) == (expected.ci_low, expected.ci_high, None)


def test_an_infinite_odds_ratio_is_no_estimate(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    planned = {"variable": RESPONSE, "summary": "odds_ratio", "estimator": {"name": "exact"}}
    (result,) = estimate_all(filled(study(estimand=planned)).evidence).results
    assert result.status.startswith("not estimable: 3 of 3 against 0 of 3")


def test_a_standardized_difference_names_its_variance_and_what_it_is_over(sexes: Any) -> None:
    chosen = sexes(estimand("standardized_risk_difference", covariates=["madrs.total@BASE"], strata=True))
    outcome, arms, strata = raw(chosen)
    sample = Question(chosen.evidence, chosen.resolved.protocol.primary).sample()
    expected = standardize(
        outcome, arms, reference="control", covariates=sample.design, names=sample.names, strata=strata
    )
    answer = ask(chosen)
    assert answer.estimate == expected.differences["active"]
    assert answer.variance == expected.convention
    assert answer.variance.endswith("permuted blocks within strata")
    assert answer.convention == (
        "risk difference standardized over madrs.total@BASE, sex, logistic working model"
    )


def test_a_finite_sample_variance_is_used_where_the_protocol_names_it(sexes: Any) -> None:
    planned = {**estimand("standardized_risk_difference"), "variance": "finite_sample"}
    chosen = sexes(planned)
    outcome, arms, _ = raw(chosen)
    expected = standardize(outcome, arms, reference="control", variance="finite_sample")
    assert ask(chosen).estimate == expected.differences["active"]
