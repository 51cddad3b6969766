"""Tests of `equipoise.statistics.sequential.inference`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from equipoise.statistics.sequential.boundaries import spending_boundaries
from equipoise.statistics.sequential.inference import final, final_p, nominal_z, repeated_p, upper_p

THIRDS = [1 / 3, 2 / 3, 1]
DESIGN = spending_boundaries(THIRDS, alpha=0.025, sides=1)
TWO_SIDED = spending_boundaries(THIRDS, alpha=0.05)


def _one_sided(alpha):
    return spending_boundaries(THIRDS, alpha=alpha, sides=1)


def test_inference_at_the_end_and_earlier_agrees_with_rpact(golden_rows):
    rows = {row["quantity"]: row for row in golden_rows("sequential", "expected.csv")}
    for name, look, means in (("end", 3, (0.3, 0.5, 0.9)), ("early", 2, (0.3, 1.2))):
        z, estimate = float(rows[f"{name}.z.1"]["value"]), float(np.mean(means))
        found = final(DESIGN, look, estimate=estimate, std_error=estimate / z)
        computed = {
            "p_value": found.p_value,
            "low": found.low,
            "high": found.high,
            "estimate": found.estimate,
            "repeated_low": found.repeated_low,
            "repeated_high": found.repeated_high,
            "repeated_p": repeated_p(_one_sided, look, z),
        }
        for quantity, value in computed.items():
            row = rows[f"{name}.{quantity}.1"]
            assert value == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row
        assert found.rejected


@settings(max_examples=25)
@given(st.integers(1, 3), st.floats(-3, 5), st.floats(0.2, 3))
def test_interval_p_value_and_boundary_agree(look, z, std_error):
    found = final(DESIGN, look, estimate=z * std_error, std_error=std_error)
    assert found.low < found.estimate < found.high
    # Past the boundary of the last look the trial cannot be ordered otherwise than the test decides.
    if look == 3:
        assert (found.p_value <= 0.025) == (found.low >= 0) == found.rejected


@settings(max_examples=25)
@given(st.integers(1, 3), st.floats(0, 4))
def test_two_sided_inference_does_not_know_which_side_is_which(look, z):
    up, down = (final(TWO_SIDED, look, estimate=sign * z, std_error=1.0) for sign in (1, -1))
    assert up.estimate == pytest.approx(-down.estimate, abs=1e-8)
    assert (up.low, up.high) == pytest.approx((-down.high, -down.low), abs=1e-8)
    assert up.p_value == pytest.approx(down.p_value, abs=1e-12)


def test_a_trial_without_looks_is_analyzed_as_ever():
    found = final(spending_boundaries([1], alpha=0.05), 1, estimate=2.5, std_error=1.0)
    assert found.estimate == pytest.approx(2.5)
    assert (found.low, found.high) == pytest.approx((2.5 - 1.959964, 2.5 + 1.959964), abs=1e-6)
    assert found.p_value == pytest.approx(2 * ndtr(-2.5))
    assert repeated_p(lambda alpha: spending_boundaries([1], alpha=alpha), 1, 2.5) == pytest.approx(
        2 * ndtr(-2.5), abs=1e-10
    )


def test_the_estimate_is_median_unbiased_and_the_interval_covers():
    drift, paths, rng = 2.0, 200, np.random.default_rng(7)
    pocock = spending_boundaries([0.5, 1], alpha=0.025, sides=1, spending="pocock")
    score = np.cumsum(rng.normal(drift / 2, np.sqrt(0.5), size=(paths, 2)), axis=1)
    estimates, naive, covered = [], [], []
    for first, second in score:
        look, t, at = (1, 0.5, first) if first / np.sqrt(0.5) >= pocock.upper[0] else (2, 1.0, second)
        found = final(pocock, look, estimate=at / t, std_error=1 / np.sqrt(t))
        estimates.append(found.estimate)
        naive.append(found.naive)
        covered.append(found.low <= drift <= found.high)
    half, share = np.mean(np.array(estimates) > drift), np.mean(covered)
    assert abs(half - 0.5) < 4 * np.sqrt(0.25 / paths)
    assert abs(share - 0.95) < 4 * np.sqrt(0.95 * 0.05 / paths)
    assert np.mean(naive) > np.mean(estimates)


@settings(max_examples=15)
@given(st.integers(1, 3), st.floats(0.1, 4))
def test_the_repeated_p_value_is_the_level_that_just_rejects(look, z):
    p = repeated_p(_one_sided, look, z)
    if p < 0.45:
        assert _one_sided(p).upper[look - 1] == pytest.approx(z, abs=1e-6)


def test_p_values_far_out_and_hopeless_ones_stay_within_bounds():
    assert repeated_p(_one_sided, 3, -1.0) == 1.0
    assert 0 < repeated_p(_one_sided, 3, 12.0) < 1e-14
    assert final_p(TWO_SIDED, 3, 0.0) == pytest.approx(1.0)
    assert upper_p(DESIGN, 3, -8.0) == pytest.approx(1.0)


def test_the_statistic_of_a_p_value_keeps_the_sign_of_the_estimate():
    assert nominal_z(0.05, -3.0) == pytest.approx(-1.959964, abs=1e-6)
    assert nominal_z(0.0, 3.0) > 30


def test_looks_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="no look 4"):
        final(DESIGN, 4, estimate=1, std_error=1)
    with pytest.raises(ValueError, match="no look 0"):
        upper_p(DESIGN, 0, 1.0)
    with pytest.raises(ValueError, match="above 0"):
        final(DESIGN, 1, estimate=1, std_error=0)


def test_the_result_reads_as_a_statistician_would_say_it():
    found = final(DESIGN, 2, estimate=0.75, std_error=0.25)
    assert found.summary().startswith("ended at look 2: 0.7")
    assert "without regard to the looks 0.75" in found.summary()
    assert found.to_frame().shape[0] == 1
