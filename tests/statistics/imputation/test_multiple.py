"""Multiple imputation of the depression trial agrees with rbmi, mice and SAS, and says what it did."""

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation.comparison import compare
from equipoise.statistics.imputation.multiple import RUBIN, analyze_multiple

FOLDER = "rubin_antidepressant"
FIRST_VISIT = 4
SEED = 20261123
NAN = np.nan


@pytest.fixture(scope="module")
def analyses(depression):
    """Return the analysis under jump to reference and under missing at random."""
    _, outcome, arm, base = depression
    trials = {
        name: imputation.incomplete(outcome, arm, covariates=base, strategy=name) for name in ("jr", "mar")
    }
    return {
        name: analyze_multiple(trial, arm=1, rng=np.random.default_rng(SEED))
        for name, trial in trials.items()
    }


def disagreements(analyses, rows):
    """Return the golden rows that computed numbers do not meet."""
    wrong = []
    for row in rows:
        strategy, kind, *where, visit, quantity = row["quantity"].split()
        found, place = analyses[strategy], int(visit) - FIRST_VISIT
        estimate = found.means[("PLACEBO", "DRUG").index(where[0]), place] if where else found.at(place)
        assert kind == ("mean" if where else "difference")
        if abs(getattr(estimate, quantity) - float(row["value"])) > float(row["tolerance"]):
            wrong.append(row["quantity"])
    return wrong


def test_the_depression_trial_agrees_with_rbmi_mice_and_sas(analyses, golden_rows):
    rows = golden_rows(FOLDER, "expected.csv")
    assert len(rows) > 35
    assert disagreements(analyses, rows) == []


def test_the_comparison_notices_another_strategy_and_single_imputation_s_standard_errors(
    analyses, golden_rows, depression
):
    rows = golden_rows(FOLDER, "expected.csv")
    jump, random = analyses["jr"], analyses["mar"]
    assert len(disagreements({"jr": random, "mar": jump}, rows)) > 10
    _, outcome, arm, base = depression
    single = imputation.analyze(imputation.incomplete(outcome, arm, covariates=base, strategy="jr"), arm=1)
    errors = [
        row for row in rows if row["quantity"] in ("jr difference 6 std_error", "jr difference 7 std_error")
    ]
    assert len(disagreements({"jr": single}, errors)) == 2


def test_information_anchoring_does_not_reject_what_the_frequentist_variance_rejects(analyses, depression):
    _, outcome, arm, base = depression
    jump = imputation.incomplete(outcome, arm, covariates=base, strategy="jr")
    frequentist = imputation.analyze(jump, arm=1, visit=3)
    assert frequentist.at(3).p_value < 0.05 < analyses["jr"].at(3).p_value


def test_the_result_names_model_strategies_estimate_variance_and_distribution(analyses):
    found = analyses["jr"]
    for words in (
        "one covariance for all arms",
        "prior |Sigma|^(-(m+1)/2)",
        "missing at random (1), jump to reference (79)",
        "500 imputations",
        "information-anchored (Rubin)",
        "Barnard-Rubin df",
    ):
        assert words in found.convention
    assert (found.variance, found.n, found.n_imputed) == (RUBIN, 172, 80)
    assert found.status.tried == 500
    assert found.notes[0].startswith("Monte Carlo standard error")
    assert RUBIN in found.at(3).method


def test_delta_moves_the_estimate_by_the_share_imputed(invented):
    trial = invented(strategies=("mar",))
    delta = imputation.deltas(trial, {1: 2.0})
    options = {"arm": 1, "n": 5, "burn_in": 1}
    plain = analyze_multiple(trial, rng=np.random.default_rng(1), **options)
    moved = analyze_multiple(trial, rng=np.random.default_rng(1), delta=delta, **options)
    expected = compare(trial, delta[None]).difference[0, 1]
    change = [b.estimate - a.estimate for a, b in zip(plain.estimates, moved.estimates, strict=True)]
    assert change == pytest.approx(expected.tolist())
    everywhere = np.where(trial.missing, delta, 50.0)
    again = analyze_multiple(trial, rng=np.random.default_rng(1), delta=everywhere, **options)
    assert again.estimates == moved.estimates
    assert "delta added to imputed outcomes" in moved.convention
    assert "delta" not in plain.convention


def test_one_visit_is_the_same_as_that_visit_among_all(invented):
    trial = invented()
    every = analyze_multiple(trial, arm=1, n=4, rng=np.random.default_rng(1), burn_in=1)
    one = analyze_multiple(trial, arm=1, n=4, rng=np.random.default_rng(1), burn_in=1, visit=1)
    assert one.visits == (1,)
    assert one.at(1) == every.at(1)


def test_without_gaps_the_answer_is_that_of_the_complete_data(invented):
    trial = invented()
    y = np.where(trial.present, trial.outcome, 7.0 + np.arange(trial.n)[:, None] / 9)
    whole = imputation.incomplete(y, trial.arm, covariates=trial.covariates)
    found = analyze_multiple(whole, arm=1, n=3, rng=np.random.default_rng(1))
    exact = compare(whole, y[None])
    for visit in range(trial.visits):
        assert found.at(visit).estimate == pytest.approx(exact.difference[0, 1, visit])
        assert found.at(visit).std_error == pytest.approx(np.sqrt(exact.difference_variance[0, 1, visit]))


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200])
def test_outcomes_of_any_size_have_a_standard_error(invented, size):
    trial = invented()
    sized = imputation.incomplete(trial.outcome * size, trial.arm, covariates=trial.covariates)
    plain = imputation.incomplete(trial.outcome, trial.arm, covariates=trial.covariates)
    found, expected = (
        analyze_multiple(each, arm=1, n=3, rng=np.random.default_rng(1), burn_in=1) for each in (sized, plain)
    )
    for one, other in zip(found.estimates, expected.estimates, strict=True):
        assert one.std_error / size == pytest.approx(other.std_error)
        assert (one.ci_low / size, one.p_value) == pytest.approx((other.ci_low, other.p_value))


def test_three_arms_each_have_a_covariance(invented):
    trial = invented(n=60, arms=3)
    found = analyze_multiple(
        trial, arm=2, n=4, rng=np.random.default_rng(1), covariance_by_arm=True, burn_in=2
    )
    assert "a covariance for each arm" in found.convention
    assert {a for a, _ in found.means} == {0, 1, 2}


def test_every_problem_of_a_request_is_told(invented):
    trial = invented()
    with pytest.raises(FitError) as refused:
        analyze_multiple(trial, arm=0, visit=9, n=1, delta=[1.0], rng=np.random.default_rng(1), level=2)
    assert {problem.path for problem in refused.value.problems} == {"arm", "visit", "n", "delta", "level"}
    delta = np.full(trial.outcome.shape, NAN)
    with pytest.raises(FitError, match="finite"):
        analyze_multiple(trial, arm=1, delta=delta, rng=np.random.default_rng(1))


def test_a_covariate_that_follows_from_another_is_named(invented):
    trial = invented()
    twice = np.column_stack([trial.covariates, trial.covariates[:, 0] * 2 + 1])
    again = imputation.incomplete(trial.outcome, trial.arm, covariates=twice)
    found = analyze_multiple(again, arm=1, n=2, rng=np.random.default_rng(1), burn_in=1)
    assert found.notes[:2] == (
        "covariates left out because they follow from the others: 3",
        "participants without any outcome, imputed at every visit: 1",
    )
