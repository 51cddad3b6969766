"""Filling gaps and drawing parameters in turn ends at the posterior that dropout alone gives without a chain."""

import numpy as np
import pytest

from equipoise.statistics import imputation
from equipoise.statistics.imputation.augmentation import BURN_IN, Group, fill
from equipoise.statistics.imputation.draws import draw_parameters

STANDARD_ERRORS = 4
DRAWS = 800


def dropout(*, n=60, visits=3, seed=11):
    """Return outcomes with dropout and nothing else, nearly half gone at the end, and arms."""
    rng = np.random.default_rng(seed)
    distance = np.abs(np.subtract.outer(range(visits), range(visits)))
    y = rng.normal(size=(n, visits)) @ np.linalg.cholesky(20 * 0.8**distance).T
    last = rng.integers(1, visits + 1, n)
    last[: n // 3] = visits
    y[np.arange(visits) >= last[:, None]] = np.nan
    return y, np.arange(n) % 2


def differences(one, other):
    """Return by how many standard errors two sets of draws differ in mean, at most."""
    gap = np.abs(one.mean(axis=0) - other.mean(axis=0))
    return float((gap / np.sqrt((one.var(axis=0) + other.var(axis=0)) / one.shape[0])).max())


@pytest.fixture(scope="module")
def exact():
    y, arm = dropout()
    return draw_parameters(imputation.incomplete(y, arm), n=DRAWS, rng=np.random.default_rng(1))


def backwards(burn_in):
    """Return draws for visits in reverse order, where dropout is a gap before the last outcome."""
    y, arm = dropout()
    trial = imputation.incomplete(y[:, ::-1], arm)
    found = draw_parameters(trial, n=DRAWS, rng=np.random.default_rng(2), burn_in=burn_in)
    return found.b[:, :, ::-1], found.sigma[:, 0, ::-1, ::-1]


def test_chains_end_at_the_posterior_that_needs_no_chain(exact):
    b, sigma = backwards(BURN_IN)
    assert differences(b, exact.b) < STANDARD_ERRORS
    assert differences(sigma, exact.sigma[:, 0]) < STANDARD_ERRORS
    assert differences(sigma**2, exact.sigma[:, 0] ** 2) < STANDARD_ERRORS


def test_the_comparison_notices_chains_cut_short(exact):
    _, sigma = backwards(1)
    assert differences(sigma, exact.sigma[:, 0]) > STANDARD_ERRORS


def test_a_missing_outcome_is_drawn_from_its_conditional_distribution():
    rng = np.random.default_rng(3)
    sigma = np.array([[4.0, 2.0, 1.0], [2.0, 5.0, 2.0], [1.0, 2.0, 6.0]])
    mean, observed, n = np.array([1.0, 2.0, 3.0]), 2.5, 20_000
    filled = np.full((n, 1, 3), np.nan)
    filled[:, 0, 1] = observed
    group = Group(np.array([0]), 0, seen=np.array([1]), gone=np.array([0, 2]))
    fill(
        filled, group, mean=np.broadcast_to(mean, (n, 1, 3)), sigma=np.repeat(sigma[None], n, axis=0), rng=rng
    )
    drawn = filled[:, 0, [0, 2]]
    expected = mean[[0, 2]] + sigma[[0, 2], 1] / 5.0 * (observed - mean[1])
    rest = sigma[np.ix_([0, 2], [0, 2])] - np.outer(sigma[[0, 2], 1], sigma[1, [0, 2]]) / 5.0
    assert np.abs(drawn.mean(axis=0) - expected).max() < STANDARD_ERRORS * np.sqrt(6 / n)
    spread = np.sqrt((rest**2 + np.outer(np.diag(rest), np.diag(rest))) / n)
    assert (np.abs(np.cov(drawn.T) - rest) / spread).max() < STANDARD_ERRORS
    assert (filled[:, 0, 1] == observed).all()


def test_somebody_never_seen_is_drawn_from_the_whole_distribution():
    n = 4000
    filled = np.full((n, 1, 2), np.nan)
    group = Group(np.array([0]), 0, seen=np.array([], dtype=int), gone=np.array([0, 1]))
    sigma = np.repeat(np.array([[[2.0, 1.0], [1.0, 3.0]]]), n, axis=0)
    fill(filled, group, mean=np.ones((n, 1, 2)), sigma=sigma, rng=np.random.default_rng(4))
    assert np.abs(filled[:, 0].mean(axis=0) - 1).max() < STANDARD_ERRORS * np.sqrt(3 / n)
