import math

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation.completion import Completion
from equipoise.statistics.imputation.conditional_mean import replicate
from equipoise.statistics.imputation.model import fit_model
from equipoise.statistics.imputation.resampling import Reweighted

FOLDER = "imputation_antidepressant"
FIRST_VISIT = 4
NAN = np.nan


@pytest.fixture(scope="module")
def analyses(depression):
    _, outcome, arm, base = depression
    jump = imputation.incomplete(outcome, arm, covariates=base, strategy="jr")
    random = imputation.incomplete(outcome, arm, covariates=base)
    return {
        "jr jackknife": imputation.analyze(jump, arm=1),
        "jr anchored": imputation.analyze(jump, arm=1, variance="anchored"),
        "mar jackknife": imputation.analyze(random, arm=1),
    }


def _printed(found, words):
    """Return a quantity under the name of the vignette, which subtracts the drug from placebo."""
    visit, quantity = int(words[-2]) - FIRST_VISIT, words[-1]
    if words[0] == "mean":
        return getattr(found.means[("PLACEBO", "DRUG").index(words[1]), visit], quantity)
    turned = {"ci_low": "ci_high", "ci_high": "ci_low"}.get(quantity, quantity)
    sign = 1 if quantity in ("std_error", "p_value") else -1
    return sign * getattr(found.at(visit), turned)


def _disagreements(analyses, rows):
    wrong = []
    for row in rows:
        words = row["quantity"].split()
        found = _printed(analyses[" ".join(words[:2])], words[2:])
        if abs(found - float(row["value"])) > float(row["tolerance"]) + 1e-12:
            wrong.append(row["quantity"])
    return wrong


def test_the_depression_trial_agrees_with_rbmi_in_every_digit_printed(analyses, golden_rows):
    rows = golden_rows(FOLDER, "expected.csv")
    assert len(rows) > 100
    assert _disagreements(analyses, rows) == []


def test_the_comparison_with_rbmi_notices_another_strategy(depression, golden_rows):
    _, outcome, arm, base = depression
    copied = imputation.analyze(imputation.incomplete(outcome, arm, covariates=base, strategy="cr"), arm=1)
    rows = [row for row in golden_rows(FOLDER, "expected.csv") if row["quantity"].startswith("jr jackknife")]
    assert len(_disagreements({"jr jackknife": copied}, rows)) > 10


def test_the_gap_of_one_patient_is_missing_at_random_and_matters(depression, analyses):
    patients, outcome, arm, base = depression
    since = np.array(imputation.incomplete(outcome, arm).since)
    since[patients.index("3618")] = 1
    trial = imputation.incomplete(outcome, arm, covariates=base, strategy="jr", since=since)
    assert imputation.analyze(trial, arm=1).at(1).estimate == pytest.approx(-1.303, abs=5e-4)
    assert analyses["jr jackknife"].at(1).estimate == pytest.approx(-1.305, abs=5e-4)


def test_words_name_model_strategies_estimate_variance_and_distribution(analyses):
    found = analyses["jr jackknife"]
    for part in (
        "arm and covariates by visit, one covariance for all arms, unstructured, REML",
        "missing at random (1), jump to reference (79)",
        "conditional mean imputation, analysis of covariance at each visit",
        "frequentist (jackknife), 172 leave-one-out fits",
        "normal distribution",
    ):
        assert part in found.convention
    assert found.variance == "frequentist (jackknife)"
    assert analyses["jr anchored"].variance.startswith("information-anchored")
    assert (found.n, found.n_imputed, found.status.tried, found.status.ok) == (172, 80, 173, True)


@pytest.mark.parametrize(
    ("gap", "options"),
    [
        (True, {}),
        (True, {"covariance_by_arm": True}),
        (True, {"restricted": False}),
        (False, {}),
        (False, {"restricted": False}),
    ],
    ids=["pooled", "by arm", "ML", "closed form", "closed form, ML"],
)
def test_the_jackknife_is_that_of_fits_from_scratch(invented, by_hand, gap, options):
    trial = invented(n=30 if options.get("covariance_by_arm") else 24, gap=gap)
    assert fit_model(trial).closed is not gap
    by_arm, restricted = options.get("covariance_by_arm", False), options.get("restricted", True)
    completion = Completion(fit_model(trial, **options))
    found = replicate(completion, "jackknife", rng=None, n_resamples=0)
    for i in range(trial.n):
        kept = np.delete(np.arange(trial.n), i)
        _, differences, means = by_hand(trial, kept=kept, by_arm=by_arm, restricted=restricted)
        assert found.difference[i] == pytest.approx(differences, abs=1e-8)
        assert found.mean[i] == pytest.approx(means, abs=1e-8)
    errors = np.std(found.difference[:, 1], axis=0) * math.sqrt(trial.n - 1)
    result = imputation.analyze(trial, arm=1, **options)
    assert [e.std_error for e in result.estimates] == pytest.approx(errors, rel=1e-10)


def test_the_anchored_variance_is_that_of_missing_at_random_with_a_fixed_delta(invented, by_hand):
    trial = invented(n=24)
    delta = by_hand(trial)[0] - by_hand(trial, plain=True)[0]
    again = [
        by_hand(trial, kept=np.delete(np.arange(trial.n), i), delta=delta, plain=True)[1][1]
        for i in range(trial.n)
    ]
    found = imputation.analyze(trial, arm=1, variance="anchored")
    expected = np.std(again, axis=0) * math.sqrt(trial.n - 1)
    assert [e.std_error for e in found.estimates] == pytest.approx(expected, rel=1e-8)
    plain = imputation.analyze(trial, arm=1)
    assert [e.estimate for e in found.estimates] == [e.estimate for e in plain.estimates]


def test_a_bootstrap_trial_is_analyzed_as_if_its_participants_had_been_there(invented, by_hand):
    trial = invented(n=24)
    model = fit_model(trial)
    weight = np.ones((1, trial.n))
    weight[0, [2, 5, 8]] = 2, 0, 3
    drawn = Reweighted(weight)
    found = Completion(model).effects(drawn, model.refit(drawn))
    again = np.repeat(np.arange(trial.n), weight[0].astype(int))
    assert found.difference[0] == pytest.approx(by_hand(trial, kept=again)[1], abs=1e-9)


def test_the_bootstrap_depends_on_its_generator_only_and_is_near_the_jackknife(invented):
    trial = invented(n=60, strategies=("mar", "jr"))
    count = 100
    first, second = (
        imputation.analyze(
            trial, arm=1, variance="bootstrap", rng=np.random.default_rng(9), n_resamples=count
        )
        for _ in range(2)
    )
    assert first == second
    assert "100 resamples" in first.convention
    jackknife = imputation.analyze(trial, arm=1)
    # A standard deviation over B draws has a relative standard error of 1 / sqrt(2 B).
    for drawn, exact in zip(first.estimates, jackknife.estimates, strict=True):
        assert abs(math.log(drawn.std_error / exact.std_error)) < 4 / math.sqrt(2 * count)


def test_order_of_participants_unit_and_level_change_nothing(invented):
    trial = invented(n=24)
    names = list(imputation.STRATEGIES)

    def results(order, *, times=1.0, plus=0.0):
        other = imputation.incomplete(
            trial.outcome[order] * times + plus,
            trial.arm[order],
            covariates=trial.covariates[order] * 1e3 + 1e6,
            strategy=[names[code] for code in trial.strategy[order]],
            since=trial.since[order],
        )
        found = imputation.analyze(other, arm=1)
        return np.array([(e.estimate, e.std_error) for e in found.estimates]) / times

    plain = results(np.arange(trial.n))
    order = np.random.default_rng(0).permutation(trial.n)
    assert results(order) == pytest.approx(plain, rel=1e-9)
    for times in (1e6, 1e-300, 1e290):
        assert results(order, times=times) == pytest.approx(plain, rel=1e-9)
    # What remains of sixteen digits.
    assert results(order, plus=1e9) == pytest.approx(plain, abs=1e-6)


def test_complete_outcomes_make_all_strategies_the_same():
    rng = np.random.default_rng(4)
    y, arm = rng.normal(size=(30, 2)), np.arange(30) % 2
    found = [
        imputation.analyze(imputation.incomplete(y, arm, strategy=name), arm=1).estimates
        for name in imputation.STRATEGIES
    ]
    assert all(one == found[0] for one in found)
    assert found[0][1].estimate == pytest.approx(y[arm == 1, 1].mean() - y[arm == 0, 1].mean(), abs=1e-12)


def test_one_visit_is_a_regression_on_arm_and_covariates(invented, by_hand):
    trial = invented(visits=1)
    assert trial.missing.any()
    found = imputation.analyze(trial, arm=1, visit=0)
    assert found.estimates[0].estimate == pytest.approx(by_hand(trial)[1][1, 0], abs=1e-9)


def test_a_delta_moves_imputed_outcomes_only(invented, by_hand):
    trial = invented(n=24)
    delta = np.random.default_rng(1).normal(size=trial.outcome.shape)
    found = imputation.analyze(trial, arm=1, delta=delta)
    assert [e.estimate for e in found.estimates] == pytest.approx(by_hand(trial, delta=delta)[1][1], abs=1e-9)
    again = [by_hand(trial, kept=np.delete(np.arange(trial.n), i), delta=delta)[1][1] for i in range(trial.n)]
    expected = np.std(again, axis=0) * math.sqrt(trial.n - 1)
    assert [e.std_error for e in found.estimates] == pytest.approx(expected, rel=1e-8)
    assert "delta added" in found.convention


def test_deltas_stand_at_missing_visits_of_the_arms_named_and_add_up_if_asked():
    trial = imputation.incomplete(
        [[1, NAN, NAN], [NAN, 2, NAN], [NAN, NAN, 1], [1, 2, 3], [1, 2, 3]], [1, 1, 0, 0, 1]
    )
    assert imputation.deltas(trial, {1: 2.0}).tolist() == [[0, 2, 2], [2, 0, 2], *[[0, 0, 0]] * 3]
    both = imputation.deltas(trial, {0: -1.0, 1: 2.0}, accumulate=True)
    assert both.tolist() == [[0, 2, 4], [2, 0, 2], [-1, -2, 0], *[[0, 0, 0]] * 2]
    with pytest.raises(FitError) as error:
        imputation.deltas(trial, {2: 1.0, 0: NAN})
    assert len(error.value.problems) == 2


def test_a_model_without_a_maximum_gives_no_numbers_and_says_why():
    y = np.random.default_rng(1).normal(size=(20, 1)) @ [[1.0, 2.0]]
    found = imputation.analyze(imputation.incomplete(y, np.arange(20) % 2), arm=1)
    assert math.isnan(found.estimates[0].estimate)
    assert found.estimates[0].p_value is None
    assert not found.status.ok
    assert "singular" in str(found.status)


def test_leaving_out_the_only_one_with_a_covariate_leaves_no_standard_error_and_names_the_row():
    rng = np.random.default_rng(2)
    alone = (np.arange(20) == 4).astype(float)
    found = imputation.analyze(
        imputation.incomplete(rng.normal(size=(20, 2)), np.arange(20) % 2, covariates=alone), arm=1
    )
    assert math.isfinite(found.estimates[0].estimate)
    assert math.isnan(found.estimates[0].std_error)
    assert (found.status.tried, found.status.failed) == (21, 1)
    assert found.notes == ("no fit without the participant in row 5",)


def test_who_was_never_seen_and_what_was_left_out_is_noted(invented):
    trial = invented()
    twice = imputation.incomplete(
        trial.outcome, trial.arm, covariates=np.column_stack([trial.covariates, trial.covariates[:, 0]])
    )
    found = imputation.analyze(twice, arm=1)
    assert "covariates left out because they follow from the others: 3" in found.notes
    assert any(note.startswith("participants without any outcome") for note in found.notes)
    expected = imputation.analyze(
        imputation.incomplete(trial.outcome, trial.arm, covariates=trial.covariates), arm=1
    )
    assert found.estimates == expected.estimates


def test_a_strategy_with_nothing_to_start_from_says_what_it_amounts_to():
    rng = np.random.default_rng(6)
    y = rng.normal(size=(24, 2))
    y[:3] = NAN
    trial = imputation.incomplete(y, np.arange(24) % 2, strategy=["cir", "lmcf", "cir"] + ["jr"] * 21)
    notes = imputation.analyze(trial, arm=1).notes
    assert (
        "participants with no visit before the event, copy increments in reference is jump to reference: 2"
        in notes
    )
    assert (
        "participants with no visit before the event, last mean carried forward is missing at random: 1"
        in notes
    )


def test_every_wrong_request_is_told_at_once(invented):
    trial = invented()
    with pytest.raises(FitError) as error:
        imputation.analyze(trial, arm=0, visit=5, delta=np.zeros(3), variance="rubin", level=2.0)
    texts = " ".join(str(problem) for problem in error.value.problems)
    for part in (
        "reference itself",
        "no visit 5",
        "a delta is a table",
        "no variance 'rubin'",
        "confidence level",
    ):
        assert part in texts
    with pytest.raises(FitError, match=r"give a random generator(.|\n)*1 resamples"):
        imputation.analyze(trial, arm=7, variance="bootstrap", n_resamples=1)
