"""Tests of `equipoise.statistics.chi_squared`."""

import math

import pytest

from equipoise.statistics.chi_squared import chi_squared
from equipoise.statistics.estimate import two_sided_p


def test_one_degree_of_freedom_is_a_squared_normal():
    assert chi_squared(1.7**2, 1).p_value == pytest.approx(two_sided_p(1.7))


def test_two_degrees_of_freedom_are_exponential():
    assert chi_squared(5.0, 2).p_value == pytest.approx(math.exp(-2.5))


def test_a_far_tail_keeps_its_digits():
    assert chi_squared(400.0, 2).p_value == pytest.approx(math.exp(-200), rel=1e-10)


def test_summary_and_frame():
    test = chi_squared(5.991464547, 2, method="some test")
    assert test.summary() == "chi-squared 5.99 on 2 df, p = .050"
    assert test.to_frame()["method"].tolist() == ["some test"]


@pytest.mark.parametrize(("statistic", "df"), [(-1, 1), (math.nan, 1), (1, 0)])
def test_impossible_statistics_are_refused(statistic, df):
    with pytest.raises(ValueError, match="or more"):
        chi_squared(statistic, df)
