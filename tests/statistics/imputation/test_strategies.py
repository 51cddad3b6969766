import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.statistics.imputation.strategies import STRATEGIES

EXAMPLES = 30


def _arms(seed, m):
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(2, m, m + 2))
    return (*rng.normal(size=(2, m)), *(half @ half.swapaxes(1, 2)))


@given(seed=st.integers(0, 10**6), m=st.integers(1, 5), data=st.data())
@settings(max_examples=EXAMPLES)
def test_each_strategy_leaves_what_was_before_it_and_gives_a_covariance(seed, m, data):
    since = data.draw(st.integers(0, m))
    mean, other, sigma, sigma_other = _arms(seed, m)
    for name, strategy in STRATEGIES.items():
        joined, joint = strategy.join(mean, other, sigma, sigma_other, since)
        assert np.linalg.eigvalsh(joint)[0] > 0
        assert np.allclose(joint, joint.T, atol=1e-12)
        if name != "cr":
            assert np.allclose(joined[:since], mean[:since])
            assert np.allclose(joint[:since, :since], sigma[:since, :since])
        if since == m:
            assert np.array_equal(joined, mean)
            assert np.array_equal(joint, sigma)


@given(seed=st.integers(0, 10**6), m=st.integers(2, 5))
@settings(max_examples=EXAMPLES)
def test_after_a_jump_later_visits_follow_earlier_ones_as_in_the_reference(seed, m):
    mean, other, sigma, sigma_other = _arms(seed, m)
    for since in range(1, m):
        for name in ("jr", "cir"):
            joint = STRATEGIES[name].join(mean, other, sigma, sigma_other, since)[1]
            slope = np.linalg.solve(joint[:since, :since], joint[:since, since:])
            expected = np.linalg.solve(sigma_other[:since, :since], sigma_other[:since, since:])
            assert np.allclose(slope, expected, atol=1e-8)
            left = joint[since:, since:] - joint[since:, :since] @ slope
            left_other = sigma_other[since:, since:] - sigma_other[since:, :since] @ expected
            assert np.allclose(left, left_other, atol=1e-8)


@pytest.mark.parametrize("name", ["jr", "cr", "cir"])
def test_two_arms_that_are_alike_make_reference_based_strategies_missing_at_random(name):
    mean, _, sigma, _ = _arms(3, 4)
    joined, joint = STRATEGIES[name].join(mean, mean.copy(), sigma, sigma.copy(), 2)
    assert np.allclose(joined, mean)
    assert np.allclose(joint, sigma)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mar", [1, 2, 3, 4]),
        ("jr", [1, 2, 30, 50]),
        ("cr", [10, 20, 30, 50]),
        ("cir", [1, 2, 12, 32]),
        ("lmcf", [1, 2, 2, 2]),
    ],
)
def test_means_after_the_second_visit(name, expected):
    mean, other = np.array([1.0, 2, 3, 4]), np.array([10.0, 20, 30, 50])
    assert STRATEGIES[name].join(mean, other, np.eye(4), np.eye(4), 2)[0].tolist() == expected


def test_a_stack_of_means_and_covariances_is_joined_one_by_one():
    mean, other, sigma, sigma_other = (
        np.stack(parts) for parts in zip(*(_arms(s, 4) for s in range(3)), strict=True)
    )
    for strategy in STRATEGIES.values():
        joined, joint = strategy.join(mean, other, sigma, sigma_other, 2)
        for t in range(3):
            one, one_joint = strategy.join(mean[t], other[t], sigma[t], sigma_other[t], 2)
            assert np.allclose(joined[t], one)
            assert np.allclose(joint[t], one_joint)


def test_from_the_start_a_strategy_is_the_one_it_names():
    mean, other, sigma, sigma_other = _arms(5, 4)
    named = {name: row.from_start for name, row in STRATEGIES.items() if row.from_start}
    assert named == {"cir": "jr", "lmcf": "mar"}
    for name, instead in named.items():
        found = STRATEGIES[name].join(mean, other, sigma, sigma_other, 0)
        expected = STRATEGIES[instead].join(mean, other, sigma, sigma_other, 0)
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[1], expected[1])
