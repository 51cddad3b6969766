"""Tests of `equipoise.statistics.power.means`, and of the searches in `plan`."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from equipoise.statistics.power.means import (
    one_sample_t,
    one_sample_t_n,
    sd_of_change,
    t_test,
    t_test_effect,
    t_test_n,
)
from equipoise.statistics.power.plan import split, t_power, z_power


def test_t_tests_agree_with_r_and_rpact(golden_rows):
    strict, unequal = t_test(0.5, n=10, sd=1), t_test(0.8, n=55, sd=1, ratio=18 / 37)
    computed = {
        "t.n": t_test_n(0.5, power=0.8, sd=1).n,
        "t.strict": strict.power + strict.wrong,
        "t.right": strict.power,
        "t.ratio_2": t_test_n(0.5, power=0.8, sd=1, ratio=2).n,
        "t.one_sided": t_test_n(0.5, power=0.9, sd=1, sides=1, alpha=0.025).n,
        "t.unequal": unequal.power + unequal.wrong,
        "t.effect": t_test_effect(n=30, power=0.8, sd=7.58).effect,
        "one_sample.n": one_sample_t_n(0.5, power=0.8, sd=1).n,
        "one_sample.power": one_sample_t(0.7, n=12, sd=1).power,
    }
    assert unequal.n_arm == pytest.approx(18)
    _agree(golden_rows("power", "expected.csv"), computed)


def test_the_reference_design_agrees(golden_rows):
    computed = {"two_sample_t_two_sided_d_.5_power_.8_total_n": t_test_n(0.5, power=0.8, sd=1).n}
    _agree(golden_rows("design", "expected.csv"), computed)


def _agree(rows, computed):
    found = [row for row in rows if row["quantity"] in computed]
    assert len(found) == len(computed)
    for row in found:
        value = computed[row["quantity"]]
        assert value == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


@settings(max_examples=25)
@given(
    st.floats(0.2, 3), st.floats(0.5, 20), st.floats(0.3, 3), st.sampled_from([1, 2]), st.floats(0.3, 0.99)
)
def test_number_power_and_effect_go_round(effect, sd, ratio, sides, power):
    design = {"sd": sd, "sd_reference": 1.5 * sd, "ratio": ratio, "sides": sides}
    found = t_test_n(effect * sd, power=power, **design)
    again = t_test(effect * sd, n=found.n, **design)
    assert again.power >= power - 1e-8
    if found.n > 10:
        assert again.power == pytest.approx(power, abs=1e-8)
        assert t_test_effect(n=found.n, power=power, **design).effect == pytest.approx(effect * sd, rel=1e-6)


@settings(max_examples=25)
@given(st.floats(0, 3), st.floats(6, 300), st.sampled_from([1, 2]))
def test_power_rises_with_number_and_effect(effect, n, sides):
    at = t_test(effect, n=n, sd=1, sides=sides).power
    assert t_test(effect, n=n + 5, sd=1, sides=sides).power >= at - 1e-12
    assert t_test(effect + 0.1, n=n, sd=1, sides=sides).power >= at - 1e-12
    assert t_test(-effect, n=n, sd=1).power == pytest.approx(t_test(effect, n=n, sd=1).power)


def test_without_an_effect_both_tails_are_alpha():
    found = t_test(0, n=30, sd=7)
    assert found.power == pytest.approx(found.wrong)
    assert found.power + found.wrong == pytest.approx(0.05)
    assert sum(z_power(0, alpha=0.05, sides=2)) == pytest.approx(0.05)


def test_welchs_power_is_the_share_of_simulated_trials_that_reject():
    trials, rng = 20_000, np.random.default_rng(3)
    x, y = rng.normal(1.2, 1, (trials, 12)), rng.normal(0, 2.5, (trials, 24))
    of_x, of_y = x.var(axis=1, ddof=1) / 12, y.var(axis=1, ddof=1) / 24
    variance = of_x + of_y
    df = variance**2 / (of_x**2 / 11 + of_y**2 / 23)
    right = (x.mean(axis=1) - y.mean(axis=1)) / np.sqrt(variance) > stdtrit(df, 0.975)
    found = t_test(1.2, n=36, sd=1, sd_reference=2.5, ratio=0.5)
    assert abs(right.mean() - found.power) < 4 * math.sqrt(found.power * (1 - found.power) / trials)


def test_strong_effects_are_certain_and_stay_numbers():
    assert t_test(100, n=30, sd=1).power == 1.0
    assert t_power(50.0, 20, alpha=0.05, sides=2) == (1.0, 0.0)


def test_a_change_varies_as_its_ends_hang_together():
    assert sd_of_change(3, 4, 0) == 5
    assert sd_of_change(4, 4, 1) == 0
    with pytest.raises(ValueError, match="correlation"):
        sd_of_change(1, 1, 1.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t_test(1, n=3, sd=1), "fewer than 2"),
        (lambda: t_test(1, n=30, sd=0), "above 0"),
        (lambda: t_test(1, n=30, sd=1, alpha=1.2), "alpha"),
        (lambda: t_test(1, n=30, sd=1, sides=3), "sides"),
        (lambda: t_test_n(0, power=0.8, sd=1), "no number"),
        (lambda: t_test_n(1, power=1, sd=1), "a power lies"),
        (lambda: t_test_n(-1, power=0.8, sd=1, sides=1), "no number"),
        (lambda: t_test_effect(n=30, power=0.01, sd=1), "needs no effect"),
        (lambda: one_sample_t(1, n=1, sd=1), "at least 2"),
        (lambda: split(10, 0), "above 0"),
        (lambda: t_power(1, 0, alpha=0.05, sides=2), "degrees of freedom"),
    ],
)
def test_impossible_plans_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_plan_reads_as_a_statistician_would_say_it():
    found = t_test_n(8, power=0.8, sd=7.58)
    assert found.whole == (16, 16)
    assert found.summary() == (
        "16 + 16 participants give 80.0% power for 8, two-sided alpha 0.05 (Student's two-sample t, exact)"
    )
    assert one_sample_t(1, n=9, sd=1).summary().startswith("9 participants give")
    assert found.to_frame().shape == (1, 10)
