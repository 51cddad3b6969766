"""Options of estimators, each judged on a planted fault with its place."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

ANCOVA = "estimator: {name: ancova, covariates: [phq9.total@SCR], strata: true}\n    missing: complete_cases"
RISK = "estimator: {name: risk_difference, interval: newcombe}"
HERE = "estimands.0.estimator"


def given(name: str, options: str, variance: str = "") -> tuple[str, str]:
    """Give the main estimand another estimator."""
    said = f"\n    variance: {variance}" if variance else ""
    estimator = (
        f"estimator: {{name: {name}, covariates: [phq9.total@SCR], strata: true, options: {{{options}}}}}"
    )
    return ANCOVA, f"{estimator}\n    missing: missing_at_random{said}"


def mmrm(options: str) -> tuple[str, str]:
    return given("mmrm", options)


def jump(options: str, variance: str = "jackknife") -> tuple[str, str]:
    return given("mmrm-jr", options, variance)


def delta(options: str) -> tuple[str, str]:
    return given("mmrm-delta", options, "jackknife")


@pytest.mark.parametrize(
    "change",
    [
        mmrm(""),
        mmrm("covariance: cs, df: satterthwaite, by_arm: true"),
        mmrm("covariance: [us, toeph, cs], visits: [D14, D28]"),
        mmrm("df: residual, vcov: empirical"),
        mmrm("df: kenward-roger-second-order, vcov: kenward-roger"),
        jump("strategies: {new_drug: cir}, covariance_by_arm: true"),
        jump("imputations: 50", "rubin"),
        jump("resamples: 500", "bootstrap"),
        jump("", "anchored"),
        delta("delta: 2"),
        delta("deltas: {from: 0, to: 5, by: 0.5}, to: both"),
        given("retrieved-dropout", "stopping: [new_drug], fallback: shared-slopes"),
        given("retrieved-dropout", "stopping: [new_drug], imputations: 20", "rubin"),
        (RISK, "estimator: {name: cmh, strata: true}"),
        (RISK, "estimator: {name: standardized_risk_difference, covariates: [phq9.total@SCR]}"),
    ],
    ids=lambda change: change[1][:90],
)
def test_options_that_make_sense_pass(plant: Plant, change: tuple[str, str]) -> None:
    assert plant(change) == []


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (mmrm("covariance: toeplitz"), f"{HERE}.options.covariance", "`toeplitz` is not a choice"),
        (mmrm("covariance: [us, sp_exp]"), f"{HERE}.options.covariance.1", "`sp_exp` is not a choice"),
        (mmrm("covariance: [us, us]"), f"{HERE}.options.covariance.1", "`us` stands twice"),
        (mmrm("covariance: []"), f"{HERE}.options.covariance", "an empty list"),
        (mmrm("covariance: {us: 1}"), f"{HERE}.options.covariance", "is not a choice"),
        (mmrm("df: kr"), f"{HERE}.options.df", "`kr` is not a choice"),
        (mmrm("vcov: empirical"), f"{HERE}.options.vcov", "kenward-roger degrees of freedom do not go with vcov"),
        (mmrm("by_arm: 1"), f"{HERE}.options.by_arm", "`1` is neither true nor false"),
        (mmrm("visits: D28"), f"{HERE}.options.visits", "`D28` is no list of visits"),
        (mmrm("visits: [D14, D29]"), f"{HERE}.options.visits.1", "the score is not collected at `D29` after baseline"),
        (mmrm("visits: [SCR, D28]"), f"{HERE}.options.visits.0", "the score is not collected at `SCR` after baseline"),
        (mmrm("visits: [D14, D14, D28]"), f"{HERE}.options.visits.1", "`D14` stands twice"),
        (mmrm("visits: [D14]"), f"{HERE}.options.visits", "the model leaves out D28"),
        (mmrm("visits: [D28]"), f"{HERE}.name", "mmrm needs several visits and has D28 alone"),
        (mmrm("visits: [[D28]]"), f"{HERE}.options.visits.0", "is not collected at"),
        (mmrm("speed: 1"), f"{HERE}.options.speed", "mmrm does not offer `speed`"),
        (mmrm("delta: 1"), f"{HERE}.options.delta", "mmrm does not offer `delta`"),
        (jump("", ""), f"{HERE}.name", "nothing says which variance mmrm-jr takes"),
        (jump("", "robust"), "estimands.0.variance", "mmrm-jr does not offer `robust`"),
        (jump("strategies: jr"), f"{HERE}.options.strategies", "`jr` is no mapping"),
        (jump("strategies: {new_drug: jump}"), f"{HERE}.options.strategies.new_drug", "`jump` is not a choice"),
        (jump("strategies: {rescue: jr}"), f"{HERE}.options.strategies.rescue", "the estimand has no intercurrent event `rescue`"),
        (jump("imputations: 50"), f"{HERE}.options.imputations", "`imputations` goes with variance rubin"),
        (jump("resamples: 50"), f"{HERE}.options.resamples", "`resamples` goes with variance bootstrap"),
        (jump("imputations: 1", "rubin"), f"{HERE}.options.imputations", "`1` is no whole number from 2"),
        (jump("imputations: many", "rubin"), f"{HERE}.options.imputations", "`many` is no whole number from 2"),
        (delta(""), f"{HERE}.name", "nothing says by how much imputed values are changed"),
        (delta("delta: two"), f"{HERE}.options.delta", "`two` is not a number"),
        (delta("delta: 1, to: control"), f"{HERE}.options.to", "`control` is not a choice"),
        (delta("deltas: [0, 1]"), f"{HERE}.options.deltas", "is no range"),
        (delta("deltas: {from: 0, to: 1}"), f"{HERE}.options.deltas", "is no range"),
        (delta("deltas: {from: 0, to: 1, by: 0}"), f"{HERE}.options.deltas.by", "steps of 0 go nowhere"),
        (delta("deltas: {from: 3, to: 1, by: 1}"), f"{HERE}.options.deltas.to", "the range ends at 1, before 3"),
        (delta("deltas: {from: 0, to: 1, by: 0.001}"), f"{HERE}.options.deltas.by", "more than 400 values"),
        (given("retrieved-dropout", ""), f"{HERE}.name", "nothing says which intercurrent events end treatment"),
        (given("retrieved-dropout", "stopping: new_drug"), f"{HERE}.options.stopping", "is no list of intercurrent events"),
        (given("retrieved-dropout", "stopping: [rescue]"), f"{HERE}.options.stopping.0", "`rescue` is no intercurrent event under treatment_policy"),
        (given("retrieved-dropout", "stopping: [new_drug], fallback: mar"), f"{HERE}.options.fallback", "`mar` is not a choice"),
        ((RISK, "estimator: {name: cmh}"), "estimands.1.estimator.name", "cmh compares within strata, and none are named"),
    ],
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_an_error_at_its_place(
    plant: Plant, change: tuple[str, str], place: str, message: str
) -> None:
    found = [problem for problem in plant(change) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found
    assert all(problem.hint and problem.line for problem in found)


def test_a_strategy_for_an_event_that_leaves_nothing_missing_is_an_error(plant: Plant) -> None:
    composite = (
        "strategy: treatment_policy}]\n    summary: difference_in_means",
        "strategy: composite}]\n    summary: difference_in_means",
    )
    found = plant(composite, jump("composite: worst, strategies: {new_drug: jr}"))
    assert [problem.message for problem in found] == ["composite leaves nothing to impute after new_drug"]


def test_visits_after_unblinding_have_to_be_named(plant: Plant) -> None:
    told = (
        "masking: {participant: {until: lock}",
        "events: [{id: told, text: Told, visit: D14, tells: [participant]}]\nmasking: {participant: {until: told}",
    )
    found = [one for one in plant(told, mmrm("")) if one.severity == "error"]
    assert [one.path for one in found] == ["estimands.0.variable.visit"]
    assert "D28 is not among the visits at which mmrm compares arms" in found[0].message
    assert not [one for one in plant(told, mmrm("visits: [D14, D28]")) if one.severity == "error"]


def test_missing_values_that_a_model_uses_are_missing_at_random(plant: Plant) -> None:
    old, new = mmrm("")
    (found,) = plant((old, new.replace("missing_at_random", "complete_cases")))
    assert found.path == "estimands.0.missing"
    assert "mmrm can assume missing_at_random about missing values, not complete_cases" in found.message
