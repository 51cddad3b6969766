"""Imputation as a protocol names it, against the method it stands for and reference numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise import analysis
from equipoise.analysis.estimates import estimate_all
from equipoise.statistics import imputation
from equipoise.statistics.imputation.multiple import analyze_multiple

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})
MISSING = {"C00": ("D28",), "C03": ("D28",), "C05": ("D7", "D28"), "C08": ("D28",), "C10": ("D7",)}
COVARIATE = "madrs.total@BASE"


def plan(name: str, variance: str | None = "jackknife", **options: Any) -> dict[str, Any]:
    return {
        "estimator": {"name": name, "covariates": [COVARIATE], "options": options},
        "missing": "missing_at_random",
        "variance": variance,
    }


@pytest.fixture
def twenty(study: Callable[..., Any], crowd: Callable[..., Any]) -> Callable[..., Any]:
    def build(estimand: Any, *, missing: Any = None) -> Any:
        return crowd(study(estimand=estimand), missing=MISSING if missing is None else missing)

    return build


def found(study: Any) -> Any:
    return estimate_all(study.evidence)


def trial(study: Any, strategy: str = "mar") -> Any:
    sample = found(study).answers["primary"].sample
    return imputation.incomplete(
        sample.outcome, sample.indicator("active"), covariates=sample.design.matrix, strategy=strategy
    )


@pytest.mark.parametrize("strategy", ["mar", "jr", "cr", "cir", "lmcf"])
def test_each_row_is_the_assumption_in_its_name(strategy: str, twenty: Any) -> None:
    study = twenty(plan(f"mmrm-{strategy}"))
    (result,) = found(study).results
    expected = imputation.analyze(trial(study, strategy), arm=1, variance="jackknife")
    assert result.estimate == pytest.approx(expected.at(1).estimate, rel=1e-12)
    assert result.std_error == pytest.approx(expected.at(1).std_error, rel=1e-12)
    assert result.variance_convention == "frequentist (jackknife)"
    assert result.n == 20


def test_everything_missing_at_random_gives_the_estimate_of_the_mixed_model(twenty: Any) -> None:
    mixed = {**plan("mmrm", None)}
    assert found(twenty(plan("mmrm-mar"))).results[0].estimate == pytest.approx(
        found(twenty(mixed)).results[0].estimate, rel=1e-8
    )


@pytest.mark.parametrize("variance", ["bootstrap", "rubin"])
def test_chance_comes_from_the_estimand_alone(variance: str, twenty: Any) -> None:
    options = {"resamples": 40} if variance == "bootstrap" else {"imputations": 20}
    first, again = (found(twenty(plan("mmrm-jr", variance, **options))).results[0] for _ in range(2))
    assert first == again
    sha256 = twenty(plan("mmrm-jr", variance, **options)).resolved.estimand_hashes["primary"]
    assert first.notes[-1] == f"random numbers from the estimand's SHA-256 ({sha256[:12]}...)"
    relabeled = {**plan("mmrm-jr", variance, **options), "label": "Another"}
    assert found(twenty(relabeled)).results[0].std_error != first.std_error


def test_rubins_variance_is_named_and_has_its_degrees_of_freedom(twenty: Any) -> None:
    study = twenty(plan("mmrm-jr", "rubin", imputations=30))
    (result,) = found(study).results
    seed = int(study.resolved.estimand_hashes["primary"], 16)
    expected = analyze_multiple(trial(study, "jr"), arm=1, n=30, rng=np.random.default_rng(seed)).at(1)
    assert (result.estimate, result.std_error, result.df) == (
        expected.estimate,
        expected.std_error,
        expected.df,
    )
    assert result.variance_convention == "information-anchored (Rubin)"


@pytest.mark.parametrize(("to", "arms"), [("experimental", (1,)), ("both", (0, 1))])
def test_a_delta_is_added_to_imputed_values_of_the_arms_named(
    to: str, arms: tuple[int, ...], twenty: Any
) -> None:
    study = twenty(plan("mmrm-delta", delta=3, to=to))
    (result,) = found(study).results
    given = trial(study)
    added = imputation.deltas(given, dict.fromkeys(arms, 3.0))
    assert result.estimate == pytest.approx(imputation.analyze(given, arm=1, delta=added).at(1).estimate)


def test_the_tables_by_visit_hold_what_was_imputed(twenty: Any) -> None:
    study = twenty(plan("mmrm-jr"))
    done = analysis.analyze(study.resolved, study.records, study.allocation, provenance=WHEN)
    rows = {(row["kind"], row["arm"], row["visit"]): row for row in done.tables["by_visit"]}
    assert len(rows) == 6
    assert rows["difference", "active", "D28"]["estimate"] == done.results[0].estimate
    assert rows["lsmean", "active", "D28"]["n"] == 8
    assert "covariance" not in done.tables
    assert {
        row["pattern"]: row["n"] for row in done.tables["missing_patterns"] if row["arm"] == "active"
    } == {
        "OO": 7,
        "O.": 2,
        ".O": 1,
    }


def test_a_model_without_a_fit_is_a_result_in_the_protocols_words(twenty: Any) -> None:
    unseen = {f"C{number:02d}": ("D7",) for number in range(0, 20, 2)}
    (result,) = found(twenty(plan("mmrm-jr"), missing=unseen)).results
    assert result.estimate is None
    assert "nobody in Active has an outcome at Day 7" in result.status


def stopped(study: Any, *, seen: int, unseen: int) -> Any:
    """Let `seen` of each arm stop and be followed, and `unseen` of each arm stop and be lost."""
    for arm in (0, 1):
        for place in range(seen + unseen):
            study.note(f"C{2 * place + arm:02d}", "rescue", 10)
    return study


RETRIEVED = {
    **plan("retrieved-dropout", None, stopping=["rescue"], imputations=20),
    "intercurrent_events": [{"event": "rescue", "strategy": "treatment_policy"}],
}


def test_retrieved_dropouts_speak_for_those_who_were_lost(twenty: Any) -> None:
    lost = {f"C{2 * place + arm:02d}": ("D28",) for arm in (0, 1) for place in (6, 7)}
    (result,) = found(stopped(twenty(RETRIEVED, missing=lost), seen=6, unseen=2)).results
    assert result.status == "ok"
    assert result.variance_convention == "information-anchored (Rubin)"
    assert "Active, Day 28: 2 imputed from 6 retrieved dropouts" in result.notes


def test_too_few_retrieved_dropouts_are_a_refusal_or_the_fallback_planned(twenty: Any) -> None:
    lost = {f"C{2 * place + arm:02d}": ("D28",) for arm in (0, 1) for place in (2, 3)}
    (refused,) = found(stopped(twenty(RETRIEVED, missing=lost), seen=2, unseen=2)).results
    assert refused.estimate is None
    assert "Control, Day 28: 2 participants off treatment were seen" in refused.status
    estimator = RETRIEVED["estimator"]
    planned = {**RETRIEVED, "estimator": {**estimator, "options": {**estimator["options"], "fallback": "jr"}}}
    (taken,) = found(stopped(twenty(planned, missing=lost), seen=2, unseen=2)).results
    assert taken.status == "ok"
    assert any("jump to reference" in note for note in taken.notes)
