"""Tests of `equipoise.statistics.logistic`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.logistic import fit_logistic


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_at_the_fit_no_column_is_left_over(seed):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
    event = (rng.random(60) < 0.5).astype(float)
    fit = fit_logistic(event, x, names=["one", "two", "three"])
    assert x.T @ (event - fit.fitted) == pytest.approx(np.zeros(3), abs=1e-9)


def test_an_intercept_alone_is_the_log_odds():
    event = np.array([1.0, 1, 1, 0])
    fit = fit_logistic(event, np.ones((4, 1)), names=["one"])
    assert fit.coefficients == pytest.approx([np.log(3)])
    assert fit.information == pytest.approx(np.array([[4 * 0.75 * 0.25]]))


def test_log_odds_far_out_are_still_found():
    event = np.concatenate([np.ones(9_999), [0]])
    fit = fit_logistic(event, np.ones((10_000, 1)), names=["one"])
    assert fit.coefficients == pytest.approx([np.log(9_999)])


def test_separation_names_only_the_columns_that_carry_it():
    event = np.array([0.0, 0, 0, 1, 1, 1])
    x = np.column_stack([np.ones(6), [0, 1, 0, 1, 0, 1], [-3, -2, -1, 1, 2, 3]]).astype(float)
    with pytest.raises(FitError, match="separate") as caught:
        fit_logistic(event, x, names=["one", "harmless", "telling"])
    assert "telling" in [problem.path for problem in caught.value.problems]


def test_a_step_too_far_is_shortened():
    """Skewed covariates (drawn once) on which Newton's method without step halving runs away."""
    x = np.array(
        [
            [1.85, 9.02, 0.51],
            [0.08, 0.38, 1.13],
            [1.69, 0.56, 11.35],
            [100.12, 19.75, 0.39],
            [1.25, 2.88, 2.1],
            [0.04, 0.01, 1.34],
            [79.4, 2.29, 13.31],
            [1.84, 1.39, 0.05],
            [49.07, 0.1, 3.06],
            [1.66, 0.02, 4.01],
            [0.09, 42.05, 11.17],
            [0.49, 0.36, 0.69],
            [9.07, 0.85, 473.52],
            [0.02, 2.33, 584.03],
            [0.0, 0.25, 3.61],
            [0.0, 28.19, 0.0],
            [1.27, 0.46, 0.06],
            [1627.56, 0.04, 500.15],
        ]
    )
    event = np.zeros(18)
    event[[0, 3, 6, 15, 17]] = 1
    design = np.column_stack([np.ones(18), (x - x.mean(axis=0)) / x.std(axis=0)])
    fit = fit_logistic(event, design, names=list("abcd"))
    assert design.T @ (event - fit.fitted) == pytest.approx(np.zeros(4), abs=1e-9)
