"""Tests of `equipoise.statistics.sequential.conditional`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.statistics.sequential.conditional import (
    conditional_power,
    predictive_power,
    z_of_conditional_power,
    z_of_predictive_power,
)

FRACTIONS = st.floats(0.05, 0.95)
CHANCES = st.floats(0.01, 0.99)


@given(CHANCES, FRACTIONS, st.floats(1, 3), st.one_of(st.none(), st.floats(-1, 4)))
def test_the_statistic_for_a_conditional_power_has_it(threshold, fraction, bound, drift):
    z = z_of_conditional_power(threshold, fraction=fraction, bound=bound, drift=drift)
    assert conditional_power(z, fraction=fraction, bound=bound, drift=drift) == pytest.approx(threshold)


@given(CHANCES, FRACTIONS, st.floats(1, 3))
def test_the_statistic_for_a_predictive_power_has_it(threshold, fraction, bound):
    z = z_of_predictive_power(threshold, fraction=fraction, bound=bound)
    assert predictive_power(z, fraction=fraction, bound=bound) == pytest.approx(threshold)


def test_conditional_power_is_the_share_of_simulated_ends():
    z, fraction, bound, drift, paths = 1.2, 0.4, 1.96, 2.5, 20_000
    rng = np.random.default_rng(5)
    ends = z * np.sqrt(fraction) + rng.normal(drift * (1 - fraction), np.sqrt(1 - fraction), paths)
    expected = conditional_power(z, fraction=fraction, bound=bound, drift=drift)
    assert abs(np.mean(ends >= bound) - expected) < 4 * np.sqrt(expected * (1 - expected) / paths)


def test_predictive_power_is_conditional_power_averaged_over_the_drift():
    z, fraction, bound = 1.2, 0.4, 1.96
    at, weights = np.polynomial.hermite_e.hermegauss(60)
    drifts = z / np.sqrt(fraction) + at / np.sqrt(fraction)
    powers = [conditional_power(z, fraction=fraction, bound=bound, drift=drift) for drift in drifts]
    average = weights @ powers / weights.sum()
    assert predictive_power(z, fraction=fraction, bound=bound) == pytest.approx(average, abs=1e-9)


def test_a_look_at_the_end_promises_nothing():
    with pytest.raises(ValueError, match="before the end"):
        conditional_power(1.0, fraction=1.0, bound=2.0)
