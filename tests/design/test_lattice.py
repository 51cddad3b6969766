"""Recorded scores: exact moments, and the latent normals that give stated ones."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from equipoise.design.lattice import Lattice, _newton, fit

UNBOUNDED = Lattice(-np.inf, np.inf)


def _by_enumeration(lattice: Lattice, mean: float, sd: float) -> tuple[float, float]:
    """Sum over every value it can take: another way than the sums of tails in the module."""
    values = np.arange(lattice.low, lattice.high + 1)
    upper = np.append(values[:-1] + 0.5, np.inf)
    lower = np.append(-np.inf, values[1:] - 0.5)
    weights = ndtr((upper - mean) / sd) - ndtr((lower - mean) / sd)
    expected = float((weights * values).sum())
    return expected, float(np.sqrt((weights * (values - expected) ** 2).sum()))


@given(high=st.integers(1, 80), mean=st.floats(-20, 100), sd=st.floats(0.3, 40))
@settings(max_examples=60, deadline=None)
def test_recorded_moments_are_those_of_the_values_and_their_probabilities(
    high: int, mean: float, sd: float
) -> None:
    lattice = Lattice(0.0, float(high))
    assert lattice.moments(mean, sd) == pytest.approx(_by_enumeration(lattice, mean, sd), abs=1e-6)


@given(high=st.integers(3, 90), at=st.floats(0.02, 0.98), share=st.floats(0.1, 0.97))
@example(high=60, at=0.1055, share=0.36)
@settings(max_examples=60, deadline=None)
def test_the_latent_normal_gives_the_stated_moments_wherever_any_exists(
    high: int, at: float, share: float
) -> None:
    lattice = Lattice(0.0, float(high))
    mean = at * high
    least = np.sqrt(mean % 1 * (1 - mean % 1))
    most = np.sqrt(mean * (high - mean))
    assume(most - least > 0.2)
    sd = float(least + share * (most - least))
    means, sds = fit(lattice, means=(mean,), sds=(sd,))
    assert lattice.moments(means[0], sds[0]) == pytest.approx((mean, sd), abs=1e-8)


@pytest.mark.parametrize(("high", "mean", "sd"), [(3, 0.064, 0.424), (4, 3.849, 0.742), (27, 26.355, 3.987)])
def test_moments_where_newton_stalls_are_found_by_bisection(high: int, mean: float, sd: float) -> None:
    lattice = Lattice(0.0, float(high))
    assert not _newton(lattice, (np.array([mean]), np.array([sd])), thresholds=lattice.thresholds())[2].all()
    means, sds = fit(lattice, means=(mean,), sds=(sd,))
    assert lattice.moments(means[0], sds[0]) == pytest.approx((mean, sd), abs=1e-8)


def test_a_scale_of_very_many_steps_counts_as_not_rounded() -> None:
    means, sds = fit(Lattice(0.0, 1e6), means=(5e5,), sds=(1e4,))
    assert (means[0], sds[0]) == (5e5, 1e4)


def test_several_moments_are_solved_side_by_side_as_one_by_one() -> None:
    lattice = Lattice(0.0, 60.0)
    pairs = [(6.33, 6.72), (19.07, 10.34), (27.67, 5.27)]
    stated = [tuple(column) for column in zip(*pairs, strict=True)]
    together = fit(lattice, means=stated[0], sds=stated[1])
    for place, (mean, sd) in enumerate(pairs):
        alone = fit(lattice, means=(mean,), sds=(sd,))
        assert (alone[0][0], alone[1][0]) == pytest.approx((together[0][place], together[1][place]), abs=1e-9)


def test_without_bounds_rounding_adds_a_twelfth_to_the_variance() -> None:
    means, sds = fit(UNBOUNDED, means=(20.0,), sds=(4.0,))
    assert means[0] == pytest.approx(20)
    assert sds[0] ** 2 == pytest.approx(16 - 1 / 12, abs=1e-9)


@pytest.mark.parametrize(
    ("mean", "sd", "said"),
    [
        (60.0, 3.0, "inside the range"),
        (-1.0, 3.0, "inside the range"),
        (20.5, 0.5, "standard deviation above 0.5"),
        (10.0, 23.0, "standard deviation below 22.4"),
    ],
)
def test_impossible_moments_are_refused_with_the_reason(mean: float, sd: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit(Lattice(0.0, 60.0), means=(mean,), sds=(sd,))


def test_recording_rounds_to_whole_steps_within_the_range() -> None:
    recorded = Lattice(0.0, 60.0).record(np.array([-5.0, 0.49, 0.5, 12.2, 99.0]))
    assert recorded.tolist() == [0, 0, 1, 12, 60]
