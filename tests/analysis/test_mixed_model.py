"""The mixed model of an estimand: planned structures in order, one fit for several visits, failures as values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise import analysis
from equipoise.analysis import mixed_model
from equipoise.analysis.estimates import estimate_all
from equipoise.statistics.mmrm.crossed import fit_crossed

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})


def mmrm(**options: Any) -> dict[str, Any]:
    estimator = {"name": "mmrm", "covariates": ["madrs.total@BASE"], "options": options}
    return {"estimator": estimator, "missing": "missing_at_random"}


@pytest.fixture
def twenty(study: Callable[..., Any], crowd: Callable[..., Any]) -> Callable[..., Any]:
    def build(missing: Any = None, estimand: Any = None, **changes: Any) -> Any:
        return crowd(study(estimand=estimand or mmrm(), **changes), missing=missing)

    return build


def test_complete_data_give_the_comparison_of_least_squares(twenty: Any) -> None:
    """With every covariate crossed with visit and nothing missing, each visit stands by itself."""
    study = twenty()
    mixed = estimate_all(study.evidence).results[0]
    ancova = {"name": "ancova", "covariates": ["madrs.total@BASE"]}
    plain = estimate_all(twenty(estimand={"estimator": ancova}).evidence).results[0]
    assert mixed.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert mixed.std_error == pytest.approx(plain.std_error, rel=1e-9)
    assert mixed.df == pytest.approx(plain.df, rel=1e-9)
    assert mixed.status == "ok"
    assert mixed.convention == (
        "mixed model over Day 7, Day 28, arm, madrs.total@BASE crossed with visit: unstructured, REML, "
        "adjusted standard errors, Kenward-Roger, linear, observed information"
    )


def test_participants_without_the_value_count_through_their_other_visits(twenty: Any) -> None:
    missing = {"C03": ("D28",), "C07": ("D28",), "C08": ("D7", "D28")}
    result = estimate_all(twenty(missing).evidence).results[0]
    assert (result.n, result.n_arm, result.n_reference) == (19, 9, 10)
    assert result.notes == (
        "3 of 20 without the variable at D28",
        "1 without a value at any visit, left out",
    )
    assert [group.n for group in result.groups] == [9, 10]


def test_a_structure_that_the_visits_seen_cannot_carry_is_a_result_that_says_so(twenty: Any) -> None:
    study = twenty(estimand=mmrm(covariance=["us"]))
    # Nobody is seen twice, so no unstructured covariance can be estimated.
    keep = {f"C{number:02d}": ("D7" if number % 4 < 2 else "D28") for number in range(20)}
    study.rows["values"] = [row for row in study.rows["values"] if row["visit"] != keep[row["participant"]]]
    found = estimate_all(study.evidence)
    assert found.results[0].status.startswith("not estimable: us: No participant has both visits 1 and 2")


def test_no_structure_with_a_fit_is_a_result_that_says_why(twenty: Any) -> None:
    study = twenty()
    for row in study.rows["values"]:
        if row["visit"] != "BASE":
            row["number"] = 10.0
    (result,) = estimate_all(study.evidence).results
    assert result.estimate is None
    assert result.status.startswith("not estimable: us: ")


def test_the_fallback_is_named_in_the_notes(twenty: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: Any, covariance: str, **more: Any) -> Any:
        if covariance == "us":
            raise mixed_model.FitError("no maximum")
        return fit_crossed(*arguments, covariance=covariance, **more)

    monkeypatch.setattr(mixed_model, "fit_crossed", failing)
    found = estimate_all(twenty(estimand=mmrm(covariance=["us", "csh"])).evidence)
    assert found.results[0].status == "ok"
    assert "covariance csh, as planned where us (no maximum)" in found.results[0].notes
    covariance = found.answers["primary"].covariance
    assert covariance is not None
    assert [(one.structure, one.converged) for one in covariance.tried] == [("us", False), ("csh", True)]


def test_estimands_of_two_visits_share_one_fit(
    twenty: Any, pocket_data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {**pocket_data["estimands"][0], **mmrm()}
    other = {
        **first,
        "id": "early",
        "role": "secondary",
        "label": "Early",
        "variable": {**first["variable"], "visit": "D7"},
    }
    calls: list[str] = []

    def counted(*arguments: Any, **more: Any) -> Any:
        calls.append("fit")
        return fit_crossed(*arguments, **more)

    monkeypatch.setattr(mixed_model, "fit_crossed", counted)
    study = twenty(estimands=[first, other])
    done = analysis.analyze(study.resolved, study.records, study.allocation, provenance=WHEN)
    assert calls == ["fit"]
    by_visit = {
        (row["estimand"], row["visit"]): row["estimate"]
        for row in done.tables["by_visit"]
        if row["kind"] == "difference"
    }
    assert by_visit == {
        ("primary", "D7"): done.results[1].estimate,
        ("primary", "D28"): done.results[0].estimate,
    }


def test_each_arm_may_have_its_own_covariance(twenty: Any) -> None:
    study = twenty(estimand=mmrm(by_arm=True))
    done = analysis.analyze(study.resolved, study.records, study.allocation, provenance=WHEN)
    assert [row["arm"] for row in done.tables["covariance"]] == ["control", "active"]
    assert done.results[0].convention.endswith("a covariance in each arm")


def test_factors_count_equally_in_adjusted_means(twenty: Any) -> None:
    estimator = {"name": "mmrm", "covariates": ["demographics.sex"]}
    study = twenty(estimand={"estimator": estimator, "missing": "missing_at_random"})
    for number in range(20):
        study.code(f"C{number:02d}", "BASE", "demographics", "sex", "F" if number % 5 else "M")
    evidence = study.evidence
    found = estimate_all(evidence)
    answer = found.answers["primary"]
    assert answer.sample is not None
    design, outcome = answer.sample.design.matrix[:, 0], answer.sample.outcome[:, 1]
    arm = answer.sample.indicator("active")
    x = np.column_stack([np.ones(20), arm, design])
    beta = np.linalg.lstsq(x, outcome, rcond=None)[0]
    expected = beta[0] + beta[1] + beta[2] / 2
    mean = next(
        one.estimate.estimate
        for one in answer.by_visit
        if (one.arm, one.reference, one.visit) == ("active", None, "D28")
    )
    assert mean == pytest.approx(expected, rel=1e-9)


def test_a_blinded_analysis_has_nothing_of_a_model(twenty: Any) -> None:
    study = twenty()
    done = analysis.analyze(study.resolved, study.records, provenance=WHEN)
    tables = {"by_visit", "covariance", "missing_patterns", "sensitivity", "tipping_point"}
    assert not tables & set(done.tables)
    assert done.results[0].estimate is None
