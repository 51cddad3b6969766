"""Tests of `equipoise.statistics.log_scale`."""

import math

import pytest

from equipoise.statistics.estimate import infer
from equipoise.statistics.log_scale import exponentiate


def test_estimate_and_limits_become_ratios_and_the_test_stays():
    log_ratio = infer(math.log(2), 0.5, method="some ratio")
    ratio = exponentiate(log_ratio)
    assert ratio.estimate == pytest.approx(2)
    assert ratio.ci_low * ratio.ci_high == pytest.approx(4)
    assert (ratio.std_error, ratio.p_value, ratio.method) == (0.5, log_ratio.p_value, "some ratio")


def test_a_ratio_too_large_for_a_number_is_infinite():
    assert exponentiate(infer(1.0, 1e6)).ci_high == math.inf
