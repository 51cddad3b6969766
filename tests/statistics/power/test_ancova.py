"""Tests of `equipoise.statistics.power.ancova`."""

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from equipoise.statistics.power.ancova import ancova, ancova_effect, ancova_n
from equipoise.statistics.power.means import t_test


@pytest.mark.parametrize(("n", "covariates"), [(8, 1), (14, 3)])
def test_power_is_the_share_of_simulated_trials_that_reject(n, covariates):
    trials, effect, rng = 30_000, 1.3, np.random.default_rng(11)
    arm = np.repeat([1.0, 0.0], n // 2)
    design = np.concatenate(
        [np.ones((trials, n, 1)), np.broadcast_to(arm[:, None], (trials, n, 1)), rng.normal(size=(trials, n, covariates))],
        axis=2,
    )  # fmt: skip
    outcome = rng.normal(size=(trials, n)) + effect * arm
    inverse = np.linalg.inv(design.transpose(0, 2, 1) @ design)
    slopes = (inverse @ (design.transpose(0, 2, 1) @ outcome[:, :, None]))[:, :, 0]
    df = n - 2 - covariates
    spread = ((outcome - (design @ slopes[:, :, None])[:, :, 0]) ** 2).sum(axis=1) / df
    right = slopes[:, 1] > stdtrit(df, 0.975) * np.sqrt(spread * inverse[:, 1, 1])
    found = ancova(effect, n=n, sd=1, r_squared=0.0, covariates=covariates)
    assert found.df == df
    assert abs(right.mean() - found.power) < 4 * math.sqrt(found.power * (1 - found.power) / trials)


def test_a_covariate_that_explains_much_beats_the_t_test_and_one_that_explains_nothing_costs():
    plain = t_test(0.8, n=30, sd=1).power
    assert ancova(0.8, n=30, sd=1, r_squared=0.5).power > plain + 0.1
    assert plain - 0.03 < ancova(0.8, n=30, sd=1, r_squared=0.0).power < plain


@pytest.mark.parametrize("sides", [1, 2])
def test_number_power_and_effect_go_round(sides):
    design = {"sd": 9.0, "r_squared": 0.25, "covariates": 2, "ratio": 2.0, "sides": sides}
    found = ancova_n(4.0, power=0.9, **design)
    assert ancova(4.0, n=found.n, **design).power == pytest.approx(0.9, abs=1e-8)
    assert ancova_effect(n=found.n, power=0.9, **design).effect == pytest.approx(4.0, rel=1e-7)
    assert found.n_arm == pytest.approx(2 * found.n_reference)


def test_without_an_effect_both_tails_are_alpha():
    found = ancova(0.0, n=20, sd=1, r_squared=0.3)
    assert found.power + found.wrong == pytest.approx(0.05, abs=1e-10)


@pytest.mark.parametrize(
    "design",
    [
        {"n": 4, "sd": 1, "r_squared": 0.5, "covariates": 2},
        {"n": 30, "sd": 0, "r_squared": 0.5},
        {"n": 30, "sd": 1, "r_squared": 1.0},
        {"n": 30, "sd": 1, "r_squared": 0.5, "covariates": 0},
    ],
)
def test_impossible_plans_are_refused(design):
    with pytest.raises(ValueError, match=r"degrees of freedom|give an SD"):
        ancova(1.0, **design)
