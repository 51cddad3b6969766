"""Estimators of a number at one visit, each against the statistical method it stands for."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis import ESTIMATORS
from equipoise.analysis.question import Question
from equipoise.errors import FitError
from equipoise.statistics.ancova import ancova
from equipoise.statistics.rank import hodges_lehmann
from equipoise.statistics.two_sample import pooled_t

START, END = [30, 28, 32, 30, 26, 34], [10, 12, 14, 24, 22, 29]
CHANGES = [end - start for start, end in zip(START, END, strict=True)]
ARMS = ["active"] * 3 + ["control"] * 3


def ask(study: Any) -> Any:
    question = Question(study.evidence, study.resolved.protocol.primary)
    return ESTIMATORS[question.estimand.estimator.name](question)


def test_t_change_is_the_pooled_t_on_changes(six: Any) -> None:
    answer = ask(six)
    assert answer.estimate == pooled_t(CHANGES[:3], CHANGES[3:])
    assert [(group.arm, group.n) for group in answer.groups] == [("active", 3), ("control", 3)]
    assert answer.groups[0].mean == pytest.approx(sum(CHANGES[:3]) / 3)


def test_ancova_adjusts_for_the_covariates_it_names(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand={"estimator": {"name": "ancova", "covariates": ["madrs.total@BASE"]}}))
    fit = ancova(CHANGES, ARMS, reference="control", covariates=START)
    answer = ask(chosen)
    assert answer.estimate.estimate == pytest.approx(fit.differences["active"].estimate, rel=1e-12)
    assert answer.estimate.df == fit.df
    assert answer.convention == "least squares, adjusted for madrs.total@BASE"


def test_ancova_adjusts_for_codes_and_sites_by_level(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    estimator = {"name": "ancova", "covariates": ["demographics.sex"], "strata": True}
    allocation = {
        "method": "complete",
        "ratio": {"active": 1, "control": 1},
        "strata": [{"id": "site", "levels": ["north", "south"]}],
    }
    chosen = filled(study(estimand={"estimator": estimator}, allocation=allocation))
    for place, who in enumerate(("P1", "P2", "P3", "P4", "P5", "P6")):
        chosen.code(who, "BASE", "demographics", "sex", "FM"[place in (1, 2, 4)])
        chosen.rows["participants"][place]["site"] = ["north", "south"][place in (0, 4, 5)]
    sex, site = [0.0, 1, 1, 0, 1, 0], [1.0, 0, 0, 0, 1, 1]
    fit = ancova(CHANGES, ARMS, reference="control", covariates=list(zip(sex, site, strict=True)))
    answer = ask(chosen)
    assert answer.estimate.estimate == pytest.approx(fit.differences["active"].estimate, rel=1e-12)
    assert answer.convention.endswith("demographics.sex, site")


def test_ancova_says_which_covariate_it_dropped(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    covariates = ["madrs.total@BASE", "stress.level@BASE"]
    chosen = filled(study(estimand={"estimator": {"name": "ancova", "covariates": covariates}}))
    for who, value in zip(("P1", "P2", "P3", "P4", "P5", "P6"), START, strict=True):
        chosen.score(who, "BASE", "stress", "level", value / 10)
    assert ask(chosen).notes == ("left out as collinear: stress.level@BASE",)


def test_a_covariate_nobody_has_cannot_be_adjusted_for(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    estimator = {"name": "ancova", "covariates": ["stress.level@BASE"]}
    with pytest.raises(FitError, match=r"stress\.level@BASE"):
        ask(filled(study(estimand={"estimator": estimator})))


def test_the_confidence_level_is_the_protocols(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    multiplicity = {"method": "fixed_sequence", "order": ["primary"], "alpha": 0.1}
    chosen = filled(study(multiplicity=multiplicity))
    assert ask(chosen).estimate.ci_level == 0.9


def test_hodges_lehmann_is_the_median_of_all_differences(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    estimand = {"summary": "location_shift", "estimator": {"name": "hodges_lehmann"}}
    answer = ask(filled(study(estimand=estimand)))
    assert answer.estimate == hodges_lehmann(CHANGES[:3], CHANGES[3:])
    assert answer.convention.endswith("Wilcoxon rank-sum test")
