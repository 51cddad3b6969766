"""Tests of `equipoise.statistics.root`."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.statistics.root import crossing_zero, widened


@given(st.floats(-50, 50), st.sampled_from([1.0, -1.0]), st.sampled_from([1, 3, 5]))
def test_a_monotone_function_is_solved_where_it_is_zero(root, sign, power):
    found = crossing_zero(lambda x: sign * (x - root) ** power, -60, 71, tolerance=1e-10)
    # A flat crossing cannot be seen more sharply than its values.
    assert found == pytest.approx(root, abs=1e-8 if power == 1 else 1e-3)


def test_an_end_that_is_the_answer_is_returned():
    assert crossing_zero(lambda x: x, 0, 5) == 0
    assert crossing_zero(lambda x: x - 5, 0, 5) == 5


def test_an_interval_is_widened_until_the_sign_changes():
    low, high = widened(lambda x: x - 1000, 0, 1)
    assert low < 1000 <= high
    low, high = widened(lambda x: x + 1000, 0, -1)
    assert high <= -1000 < low


def test_what_never_changes_sign_is_refused():
    with pytest.raises(ValueError, match="no number"):
        widened(lambda x: 1.0, 0, 1)
    with pytest.raises(ValueError, match="same sign"):
        crossing_zero(math.exp, 0, 1)
