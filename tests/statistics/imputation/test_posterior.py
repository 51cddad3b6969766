"""Draws of the imputation model's parameters follow the posterior whose moments are known, and no other.

Complete data and the prior |Sigma|^(-(m+1)/2) give Sigma ~ inverse Wishart(S, n - q) and coefficients that are
matrix t. Comparisons fail beyond four Monte Carlo standard errors.
"""

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation.comparison import columns
from equipoise.statistics.imputation.draws import draw_parameters
from equipoise.statistics.imputation.posterior import LEAST_SHARE, refuse_few

STANDARD_ERRORS = 4
DRAWS = 3000
BY_ARM_DRAWS = 1000


def complete(*, n=30, visits=3, seed=1, covariates=1):
    """Return a trial without gaps, outcomes far from 0 and of unequal spread."""
    rng = np.random.default_rng(seed)
    arm, base = np.arange(n) % 2, rng.normal(20, 4, (n, covariates))
    lower = np.tril(rng.uniform(0, 1, (visits, visits)), -1) + np.diag(rng.uniform(1, 3, visits))
    y = 50 + arm[:, None] + base.sum(axis=1, keepdims=True) / 4 + rng.standard_normal((n, visits)) @ lower.T
    return imputation.incomplete(y, arm, covariates=base if covariates else None)


def inverse_wishart(s, df):
    """Return mean and variance of an inverse Wishart matrix's elements, as scipy 1.17 does."""
    m = s.shape[0]
    spread = (df - m + 1) * s**2 + (df - m - 1) * np.outer(np.diag(s), np.diag(s))
    return s / (df - m - 1), spread / ((df - m) * (df - m - 1) ** 2 * (df - m - 3))


def distance(draws, mean, variance):
    """Return how many Monte Carlo standard errors the farthest mean and variance of draws are off."""
    n = draws.shape[0]
    off = np.abs(draws.mean(axis=0) - mean) / np.sqrt(variance / n)
    squares = (draws - mean) ** 2
    spread = np.abs(squares.mean(axis=0) - variance) / (squares.std(axis=0) / np.sqrt(n))
    return float(off.max()), float(spread.max())


@pytest.fixture(scope="module")
def drawn():
    """Return a complete trial, draws of its parameters, and least squares: b, S and (u'u)^-1."""
    trial = complete()
    found = draw_parameters(trial, n=DRAWS, rng=np.random.default_rng(20261123))
    u = columns(trial).u
    b = np.linalg.lstsq(u, trial.outcome, rcond=None)[0]
    residual = trial.outcome - u @ b
    return trial, found, b, residual.T @ residual, np.linalg.inv(u.T @ u)


def test_covariances_of_complete_data_are_inverse_wishart(drawn):
    trial, found, b, s, _ = drawn
    mean, variance = inverse_wishart(s, trial.n - b.shape[0])
    assert max(distance(found.sigma[:, 0], mean, variance)) < STANDARD_ERRORS


def test_coefficients_of_complete_data_are_matrix_t(drawn):
    trial, found, b, s, spread = drawn
    mean, _ = inverse_wishart(s, trial.n - b.shape[0])
    variance = np.diag(spread)[:, None] * np.diag(mean)
    assert max(distance(found.b, b, variance)) < STANDARD_ERRORS


def test_the_comparison_notices_one_degree_of_freedom_more(drawn):
    trial, found, b, s, _ = drawn
    mean, variance = inverse_wishart(s, trial.n - b.shape[0] + 1)
    assert distance(found.sigma[:, 0], mean, variance)[0] > STANDARD_ERRORS


def test_coefficients_and_covariances_vary_together_as_they_must(drawn):
    _, found, b, s, spread = drawn
    # Given Sigma, coefficients of one covariate at two visits have covariance sigma_12 (u'u)^-1.
    about = found.b - b
    product = about[:, 0, 0] * about[:, 0, 1] - found.sigma[:, 0, 0, 1] * spread[0, 0]
    assert abs(product.mean()) < STANDARD_ERRORS * product.std() / np.sqrt(DRAWS)
    assert s[0, 1] != 0


def test_an_arm_with_its_own_covariance_is_drawn_as_if_alone():
    trial = complete(n=40, covariates=0, seed=2)
    found = draw_parameters(
        trial, n=BY_ARM_DRAWS, rng=np.random.default_rng(7), covariance_by_arm=True, burn_in=10
    )
    for arm in (0, 1):
        y = trial.outcome[trial.arm == arm]
        about = y - y.mean(axis=0)
        mean, variance = inverse_wishart(about.T @ about, y.shape[0] - 1)
        assert max(distance(found.sigma[:, arm], mean, variance)) < STANDARD_ERRORS
        level = found.b[:, 0] + arm * found.b[:, 1]
        assert max(distance(level, y.mean(axis=0), np.diag(mean) / y.shape[0])) < STANDARD_ERRORS


def test_dropout_moves_later_visits_only(drawn):
    trial, found, _, _, _ = drawn
    y = trial.outcome.copy()
    y[::3, 2] = np.nan
    left = imputation.incomplete(y, trial.arm, covariates=trial.covariates)
    again = draw_parameters(left, n=DRAWS, rng=np.random.default_rng(20261123))
    assert again.b[:, :, :2] == pytest.approx(found.b[:, :, :2], rel=1e-9)
    assert again.sigma[:, 0, :2, :2] == pytest.approx(found.sigma[:, 0, :2, :2], rel=1e-9)
    assert again.sigma[:, 0, 2, 2].std() > found.sigma[:, 0, 2, 2].std()


def varied(n, q):
    """Return covariates (n, q) that can be told apart."""
    return np.random.default_rng(1).normal(size=(n, q))


def left(*last):
    """Return who was seen when, (n, 3), from how many visits each participant was seen at before leaving."""
    return np.arange(3) < np.array(last)[:, None]


def test_too_few_participants_are_refused_with_every_visit():
    together = np.zeros(9, dtype=int)
    with pytest.raises(FitError, match="no posterior to rely on") as refused:
        refuse_few(left(3, 3, 2, 2, 1, 1, 1, 1, 1), together, varied(9, 3))
    told = [problem.message[:53] for problem in refused.value.problems]
    assert told == [
        "4 participants have every outcome up to visit 2, 5 ar",
        "2 participants have every outcome up to visit 3, 6 ar",
    ]
    refuse_few(left(3, 3, 3, 3, 3, 3, 1, 1, 1), together, varied(9, 3))


def test_an_arm_too_small_for_its_own_covariance_is_refused():
    seen, arm = left(*[3] * 9, 3, 3, 1, 1, 1), np.array([0] * 9 + [1] * 5)
    refuse_few(seen, np.zeros_like(arm), varied(14, 3))
    with pytest.raises(FitError, match="2 participants of arm 1 have every outcome up to visit 2") as refused:
        refuse_few(seen, arm, varied(14, 3))
    assert refused.value.problems[0].hint == "take one covariance for all arms"


def test_arms_may_share_covariates_that_only_one_of_them_could_carry():
    seen, arm = left(*[3] * 9, *[3] * 4), np.array([0] * 9 + [1] * 4)
    refuse_few(seen, arm, varied(13, 6))
    with pytest.raises(FitError, match="of arm 0"):
        refuse_few(seen, arm, varied(13, 8))


def test_a_visit_that_follows_from_an_earlier_one_is_refused():
    trial = complete()
    y = trial.outcome.copy()
    y[:, 2] = 2 * y[:, 0] + 1
    twice = imputation.incomplete(y, trial.arm, covariates=trial.covariates)
    with pytest.raises(FitError, match="visit 3 does not vary"):
        draw_parameters(twice, n=2, rng=np.random.default_rng(1))
    assert np.finfo(float).eps < LEAST_SHARE


def test_a_level_nobody_of_which_was_seen_at_a_visit_is_refused():
    trial = complete(n=30, covariates=0)
    level = np.where(np.arange(30) < 4, 1.0, 0.0)
    y = trial.outcome.copy()
    y[:4, 1] = np.nan
    gaps = imputation.incomplete(y, trial.arm, covariates=level)
    with pytest.raises(FitError, match="cannot be told apart among those with every outcome up to visit 2"):
        draw_parameters(gaps, n=2, rng=np.random.default_rng(1))


def test_gaps_that_leave_the_posterior_open_are_refused_before_a_chain_hides_it():
    trial = complete(n=60, visits=5)
    y = np.where(np.random.default_rng(5).random((60, 5)) < 0.45, np.nan, trial.outcome)
    gaps = imputation.incomplete(y, trial.arm, covariates=trial.covariates)
    with pytest.raises(FitError, match="have every outcome up to visit 5, 8 are needed"):
        draw_parameters(gaps, n=2, rng=np.random.default_rng(1))
