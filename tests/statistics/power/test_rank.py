"""Tests of `equipoise.statistics.power.rank`."""

import math

import numpy as np
import pytest
from scipy.special import ndtri

from equipoise.statistics.power.rank import normal_superiority, rank_sum, rank_sum_n


def test_the_number_is_noethers_formula():
    found = rank_sum_n(0.65, power=0.8, ratio=2)
    share = 2 / 3
    by_hand = (ndtri(0.975) + ndtri(0.8)) ** 2 / (12 * share * (1 - share) * 0.15**2)
    assert found.n == pytest.approx(by_hand, rel=1e-8)
    assert rank_sum(0.65, n=found.n, ratio=2).power == pytest.approx(0.8, abs=1e-8)


def test_power_is_near_the_share_of_simulated_trials_that_reject():
    trials, n, rng = 4000, 60, np.random.default_rng(2)
    values = rng.normal(size=(trials, n))
    values[:, : n // 2] += 0.5
    ranks = values.argsort(axis=1).argsort(axis=1) + 1
    total = ranks[:, : n // 2].sum(axis=1)
    z = (total - n // 2 * (n + 1) / 2) / math.sqrt((n // 2) ** 2 * (n + 1) / 12)
    found = rank_sum(normal_superiority(0.5, sd=1), n=n)
    # Noether takes the variance under no effect and n for n + 1, which is worth a percent or two here.
    assert abs((z > ndtri(0.975)).mean() - found.power) < 0.02 + 4 * math.sqrt(0.25 / trials)


def test_no_superiority_rejects_at_alpha():
    found = rank_sum(0.5, n=40)
    assert found.power + found.wrong == pytest.approx(0.05)
    assert normal_superiority(0.0, sd=2, sd_reference=1) == 0.5


def test_a_chance_beyond_one_is_refused():
    with pytest.raises(ValueError, match="a chance lies"):
        rank_sum(1.2, n=40)
