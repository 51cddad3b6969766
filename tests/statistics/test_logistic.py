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
    event = np.concatenate([np.ones(99_999), [0]])
    fit = fit_logistic(event, np.ones((100_000, 1)), names=["one"])
    assert fit.coefficients == pytest.approx([np.log(99_999)])


def test_separation_names_only_the_columns_that_carry_it():
    event = np.array([0.0, 0, 0, 1, 1, 1])
    x = np.column_stack([np.ones(6), [0, 1, 0, 1, 0, 1], [-3, -2, -1, 1, 2, 3]]).astype(float)
    with pytest.raises(FitError, match="separate") as caught:
        fit_logistic(event, x, names=["one", "harmless", "telling"])
    assert "telling" in [problem.path for problem in caught.value.problems]
