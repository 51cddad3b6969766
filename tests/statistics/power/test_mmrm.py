"""Tests of `equipoise.statistics.power.mmrm`."""

import math

import numpy as np
import pytest

from equipoise.statistics.mmrm import fit_batch
from equipoise.statistics.power.ancova import ancova
from equipoise.statistics.power.means import t_test
from equipoise.statistics.power.mmrm import (
    correlations,
    group,
    mmrm,
    mmrm_effect,
    mmrm_n,
    mmrm_normal,
    mmrm_normal_n,
    scaled,
    variance_factor,
)

FALLING = [1.0, 0.9, 0.8, 0.7]
SYMMETRIC = group(correlations("cs", 0.25, visits=4), FALLING)


def test_the_reference_design_agrees_with_longpower(golden_rows):
    (row,) = [one for one in golden_rows("design", "expected.csv") if one["quantity"].startswith("mmrm_cs")]
    found = mmrm_normal_n(0.5, power=0.8, arm=SYMMETRIC)
    assert found.n_arm == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


@pytest.mark.parametrize(
    ("sizes", "covariates", "effect"), [((10, 10), 1, 1.4), ((24, 12), 0, 1.0), ((20, 20), 2, 1.0)]
)
def test_power_is_the_share_of_simulated_trials_that_the_model_rejects(sizes, covariates, effect):
    trials, rng, n = 3000, np.random.default_rng(17), sum(sizes)
    truth = scaled(correlations("ar1", 0.7, visits=4), [1.0, 1.1, 1.2, 1.0])
    arm = np.repeat([1.0, 0.0], sizes)
    beside = rng.normal(size=(trials, n, covariates))
    values = rng.normal(size=(trials, n, 4)) @ np.linalg.cholesky(truth).T
    values += 0.5 * beside.sum(axis=2, keepdims=True) + effect * arm[:, None] * np.arange(1, 5) / 4
    values[rng.random((trials, n, 1)) >= FALLING] = np.nan
    columns = np.concatenate([np.broadcast_to(arm[:, None], (trials, n, 1)), beside], axis=2)
    contrast = np.zeros((1, 4, 2 + covariates))
    contrast[0, 3, 1] = 1
    fits = fit_batch(values, columns, contrasts=contrast)
    right = ((fits.p_value < 0.05) & (fits.estimate > 0))[fits.converged].mean()
    design = {"n": n, "arm": group(truth, FALLING), "ratio": sizes[0] / sizes[1]}
    found = mmrm(effect, covariates=covariates, **design)
    assert abs(right - found.power) < 4 * math.sqrt(found.power * (1 - found.power) / trials)
    assert found.df == pytest.approx(float(np.nanmedian(fits.df)), rel=0.05)
    # At these numbers the normal formula promises what the model does not keep.
    assert mmrm_normal(effect, **design).power > right + 4 * math.sqrt(
        found.power * (1 - found.power) / trials
    )


def test_one_visit_is_students_t_test():
    assert mmrm(0.5, n=40, arm=group([[1.0]])).power == pytest.approx(t_test(0.5, n=40, sd=1).power)


def test_everybody_seen_at_every_visit_is_the_test_at_the_last_visit():
    one = group(correlations("ar1", 0.6, visits=3))
    found = mmrm(0.8, n=40, arm=one)
    assert found.df == pytest.approx(38)
    assert found.power == pytest.approx(t_test(0.8, n=40, sd=1).power)
    adjusted = mmrm(0.8, n=40, arm=one, covariates=1)
    assert adjusted.df == pytest.approx(37)
    assert adjusted.power == pytest.approx(ancova(0.8, n=40, sd=1, r_squared=0).power, abs=1e-3)


def test_earlier_visits_tell_of_those_who_leave():
    low, high = (variance_factor(group(correlations("cs", rho, visits=4), FALLING)) for rho in (0.1, 0.9))
    assert 1 < high < low < 1 / 0.7


def test_fewer_variances_leave_more_degrees_of_freedom():
    loose, banded, tight = (mmrm(0.5, n=60, arm=SYMMETRIC, structure=one) for one in ("us", "toep", "cs"))
    assert loose.df < banded.df < tight.df
    assert loose.power < tight.power < mmrm_normal(0.5, n=60, arm=SYMMETRIC).power


def test_arms_may_differ_in_everything():
    other = group(scaled(correlations("cs", 0.5, visits=4), 1.5), [1, 0.95, 0.95, 0.9])
    found = mmrm(1.0, n=120, arm=SYMMETRIC, reference=other, ratio=0.5)
    assert found.power < mmrm(1.0, n=120, arm=SYMMETRIC, ratio=0.5).power
    swapped = mmrm(1.0, n=120, arm=other, reference=SYMMETRIC, ratio=2.0)
    assert swapped.power == pytest.approx(found.power)
    # One visit and variances of their own: Welch's test.
    one, two = group([[1.0]]), group([[4.0]])
    welch = t_test(1.0, n=30, sd=1, sd_reference=2, ratio=2)
    alone = mmrm(1.0, n=30, arm=one, reference=two, ratio=2)
    assert alone.df == pytest.approx(welch.df)
    assert alone.power == pytest.approx(welch.power)


def test_number_power_and_effect_go_round():
    design = {"arm": SYMMETRIC, "covariates": 1, "ratio": 2.0}
    found = mmrm_n(0.6, power=0.85, **design)
    assert mmrm(0.6, n=found.n, **design).power == pytest.approx(0.85, abs=1e-8)
    assert mmrm_effect(n=found.n, power=0.85, **design).effect == pytest.approx(0.6, rel=1e-7)
    assert found.n > mmrm_normal_n(0.6, power=0.85, arm=SYMMETRIC, ratio=2.0).n


def test_a_strong_effect_needs_no_more_than_the_model_does():
    found = mmrm_n(5.0, power=0.5, arm=SYMMETRIC)
    assert found.n < 8
    with pytest.raises(ValueError, match="too few"):
        mmrm(5.0, n=found.n / 2, arm=SYMMETRIC)


def test_correlations_fall_with_distance_in_days():
    found = correlations("ar1", 0.5, visits=3, days=[0, 1, 3])
    assert found[0].tolist() == [1.0, 0.5, 0.125]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: group([[1.0, 2.0], [2.0, 1.0]]), "exclude each other"),
        (lambda: group([[1.0, 0.5], [0.4, 1.0]]), "symmetric"),
        (lambda: group([[1.0]], [0.9, 0.8]), "2 shares for 1"),
        (lambda: group(correlations("cs", 0.5, visits=2), [0.8, 0.9]), "never rises"),
        (lambda: group(correlations("cs", 0.5, visits=2), [1.0, 0.0]), "ends above 0"),
        (lambda: mmrm(1, n=3, arm=SYMMETRIC), "too few"),
        (lambda: mmrm(1, n=8, arm=group([[1.0]]), covariates=6), "too few"),
        (lambda: mmrm(1, n=60, arm=group(correlations("ar1", 0.5, visits=3)), structure="cs"), "no structure cs"),
    ],
)  # fmt: skip
def test_impossible_plans_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
