"""Many trials at once give what one at a time gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.ancova import ancova
from equipoise.statistics.estimate import infer
from equipoise.statistics.many import ancova_many, infer_many, pooled_t_many
from equipoise.statistics.two_sample import pooled_t

NUMBERS = ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high")


def trials(seed, *, n, missing):
    rng = np.random.default_rng(seed)
    outcome = np.round(rng.normal(20, 5, (6, n)))
    outcome[rng.uniform(size=outcome.shape) < missing] = np.nan
    return outcome, rng.uniform(size=outcome.shape) < 0.5, np.round(rng.normal(28, 6, (6, n, 2)))


def assert_same(many, row, one):
    for name in NUMBERS:
        assert getattr(many, name)[row] == pytest.approx(getattr(one, name), rel=1e-11, abs=1e-11), name


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 20), missing=st.sampled_from([0.0, 0.3]))
def test_pooled_t_agrees_with_one_trial(seed, n, missing):
    outcome, arm, _ = trials(seed, n=n, missing=missing)
    found = pooled_t_many(outcome, arm, level=0.9)
    for row in range(6):
        seen = np.isfinite(outcome[row])
        try:
            one = pooled_t(outcome[row, seen & arm[row]], outcome[row, seen & ~arm[row]], level=0.9)
        except FitError:
            assert np.isnan(found.estimate[row])
        else:
            assert_same(found, row, one)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(4, 20), missing=st.sampled_from([0.0, 0.3]))
def test_ancova_agrees_with_one_trial_wherever_it_judges(seed, n, missing):
    outcome, arm, covariates = trials(seed, n=n, missing=missing)
    found, fine = ancova_many(outcome, arm, covariates, level=0.95)
    for row in np.flatnonzero(fine):
        seen = np.isfinite(outcome[row])
        one = ancova(
            outcome[row, seen],
            np.where(arm[row, seen], "a", "b").tolist(),
            reference="b",
            covariates=covariates[row, seen],
        )
        assert_same(found, row, one.differences["a"])


def test_ancova_leaves_collinear_covariates_to_the_judge_of_one_trial():
    outcome, arm, covariates = trials(1, n=20, missing=0)
    covariates[0, :, 1] = 3 * covariates[0, :, 0]
    covariates[1, :, 1] = 7.0
    found, fine = ancova_many(outcome, arm, covariates, level=0.95)
    assert fine.tolist() == [False, False, True, True, True, True]
    assert np.isnan(found.estimate[:2]).all()


def test_an_error_of_zero_has_no_test_and_the_normal_no_df():
    estimate, error, df = np.array([2.0, 2.0]), np.array([0.0, 1.0]), np.array([5.0, np.nan])
    found = infer_many(estimate, error, df=df, level=0.95)
    assert np.isnan(found.p_value[0])
    assert found.ci_low[0] == found.ci_high[0] == 2.0
    assert found.p_value[1] == pytest.approx(infer(2.0, 1.0).p_value, rel=1e-13)
