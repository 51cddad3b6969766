"""Samples with exactly given moments."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from equipoise.analysis import standardized_pair, standardized_sample
from equipoise.statistics.two_sample import Summary

means = st.floats(-1000, 1000)
spreads = st.floats(0.01, 100)


@given(means, spreads, st.integers(2, 60))
@settings(max_examples=50, deadline=None)
def test_a_sample_has_exactly_its_mean_and_sd(mean: float, sd: float, n: int) -> None:
    sample = standardized_sample(mean, sd, n)
    assert sample.size == n
    assert sample.mean() == pytest.approx(mean, abs=1e-10)
    assert sample.std(ddof=1) == pytest.approx(sd, rel=1e-10)


@given(means, spreads, means, spreads, spreads, st.integers(3, 40))
@settings(max_examples=50, deadline=None)
def test_a_pair_has_exactly_its_baseline_change_and_endpoint(
    start: float, start_sd: float, change: float, change_sd: float, end_sd: float, n: int
) -> None:
    assume(abs(start_sd - change_sd) <= end_sd <= start_sd + change_sd)
    baseline, endpoint = standardized_pair(
        Summary(start, start_sd, n), Summary(change, change_sd, n), endpoint_sd=end_sd
    )
    changes = endpoint - baseline
    assert [baseline.mean(), changes.mean()] == pytest.approx([start, change], abs=1e-9)
    assert [one.std(ddof=1) for one in (baseline, changes, endpoint)] == pytest.approx(
        [start_sd, change_sd, end_sd], rel=1e-6, abs=1e-6
    )


def test_without_an_endpoint_sd_change_and_baseline_are_uncorrelated() -> None:
    baseline, endpoint = standardized_pair(Summary(24, 6, 15), Summary(-6.4, 5, 15))
    assert np.corrcoef(baseline, endpoint - baseline)[0, 1] == pytest.approx(0, abs=1e-12)


def test_spreads_that_no_correlation_joins_are_refused() -> None:
    with pytest.raises(ValueError, match="correlation"):
        standardized_pair(Summary(20, 1, 10), Summary(-5, 1, 10), endpoint_sd=9)


@pytest.mark.parametrize(("sd", "n"), [(-1.0, 5), (1.0, 1), (0.0, 0)])
def test_impossible_samples_are_refused(sd: float, n: int) -> None:
    with pytest.raises(ValueError, match="standard deviation"):
        standardized_sample(0.0, sd, n)


def test_different_numbers_of_participants_are_refused() -> None:
    with pytest.raises(ValueError, match="same participants"):
        standardized_pair(Summary(20, 5, 10), Summary(-5, 5, 9))


def test_a_single_number_without_spread_is_the_mean() -> None:
    assert standardized_sample(3.5, 0, 1).tolist() == [3.5]
