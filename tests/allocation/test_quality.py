"""Tests of `equipoise.allocation.quality`."""

import numpy as np
import pytest

from equipoise.allocation import Plan
from equipoise.allocation.quality import exact_quality, simulated_quality
from equipoise.errors import ProtocolError

EQUAL = {"a": 1, "b": 1}
PLANS = {
    "permuted_blocks": lambda value: Plan("permuted_blocks", EQUAL, block_sizes=(int(value),)),
    "big_stick": lambda value: Plan("big_stick", EQUAL, maximum_imbalance=int(value)),
    "efron": lambda value: Plan("efron", EQUAL, bias=float(value)),
}


def test_exact_rates_agree_with_the_publication(golden_rows):
    rows = golden_rows("randomization", "expected.csv")
    assert rows
    for row in rows:
        method, parameter, n, quantity = row["quantity"].split(" ")
        quality = exact_quality(PLANS[method](parameter), n=int(n.removeprefix("n=")))
        assert getattr(quality, quantity) == pytest.approx(
            float(row["value"]), rel=0, abs=float(row["tolerance"])
        ), row


@pytest.mark.parametrize(
    "plan",
    [
        Plan("complete", EQUAL),
        Plan("permuted_blocks", EQUAL, block_sizes=(2, 4, 6)),
        Plan("big_stick", EQUAL, maximum_imbalance=3),
        Plan("efron", EQUAL, bias=0.7),
    ],
)
def test_simulation_agrees_with_the_exact_law(plan):
    exact = exact_quality(plan, n=30)
    simulated = simulated_quality(plan, n=30, rng=np.random.default_rng(20261123), repeats=1000)
    assert abs(simulated.correct_guess_rate - exact.correct_guess_rate) < 4 * simulated.std_error
    # The relative standard error of a root mean square over r sequences is near 1 / sqrt(2 r).
    assert simulated.imbalance == pytest.approx(exact.imbalance, rel=4 / np.sqrt(2 * 1000))


def test_complete_randomization_cannot_be_guessed():
    assert exact_quality(Plan("complete", EQUAL), n=50).correct_guess_rate == pytest.approx(0.5)


def test_fuller_blocks_of_three_arms_are_guessed_as_often_as_counting_says():
    # In a block of one each: a third at first, then a half, then certain.
    plan = Plan("permuted_blocks", {"a": 1, "b": 1, "c": 1}, block_sizes=(3,))
    quality = simulated_quality(plan, n=3, rng=np.random.default_rng(1), repeats=50)
    assert quality.correct_guess_rate == pytest.approx((1 / 3 + 1 / 2 + 1) / 3)
    assert quality.imbalance == 0


def test_an_unequal_ratio_is_measured_against_its_weights():
    plan = Plan("permuted_blocks", {"a": 2, "b": 1}, block_sizes=(3,))
    quality = simulated_quality(plan, n=3, rng=np.random.default_rng(1), repeats=50)
    assert quality.imbalance == 0


def test_the_same_generator_gives_the_same_numbers():
    plan = Plan("complete", {"a": 2, "b": 1})
    one, two = (simulated_quality(plan, n=9, rng=np.random.default_rng(5), repeats=20) for _ in range(2))
    assert one == two


def test_what_has_no_exact_law_is_refused():
    with pytest.raises(ValueError, match="simulated_quality"):
        exact_quality(Plan("complete", {"a": 2, "b": 1}), n=10)


def test_impossible_requests_are_refused():
    with pytest.raises(ProtocolError, match="block_sizes"):
        exact_quality(Plan("permuted_blocks", EQUAL), n=10)
    with pytest.raises(ValueError, match="0 participants"):
        exact_quality(Plan("complete", EQUAL), n=0)
    with pytest.raises(ValueError, match="two sequences"):
        simulated_quality(Plan("complete", EQUAL), n=4, rng=np.random.default_rng(0), repeats=1)


def test_the_summary_says_how_it_was_found():
    plan = Plan("big_stick", EQUAL, maximum_imbalance=4)
    exact = exact_quality(plan, n=100)
    assert exact.summary().startswith("55.9% of 100 allocations guessed right")
    assert exact.summary().endswith("exact")
    assert exact.to_frame().shape == (1, 6)
    assert "20 simulated" in simulated_quality(plan, n=4, rng=np.random.default_rng(0), repeats=20).summary()
