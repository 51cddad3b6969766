"""Tests of `equipoise.statistics.power.proportions`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.statistics.exact import fisher
from equipoise.statistics.power.proportions import (
    METHODS,
    TESTS,
    exact_power,
    two_proportions,
    two_proportions_n,
)
from equipoise.statistics.proportion import Count, odds_ratio, risk_difference


def test_powers_agree_with_r_rpact_and_pwr(golden_rows):
    arcsine = two_proportions(0.5, 0.3, n=100, ratio=40 / 60, method="arcsine")
    computed = {
        "pooled.n": two_proportions_n(0.6, 0.4, power=0.9).n,
        "pooled.ratio_2": two_proportions_n(0.6, 0.4, power=0.9, ratio=2).n,
        "pooled.power": two_proportions(0.5, 0.3, n=100, sides=1, alpha=0.025).power,
        "arcsine.power": arcsine.power + arcsine.wrong,
        "arcsine.n": two_proportions_n(0.6, 0.4, power=0.9, method="arcsine").n,
    }
    for test in ("fisher", "score"):
        found = exact_power(0.7, 0.3, n_arm=22, n_reference=17, test=test)
        computed[f"exact.{test}"] = found.power + found.wrong
    rows = [row for row in golden_rows("power", "expected.csv") if row["quantity"] in computed]
    assert len(rows) == len(computed)
    for row in rows:
        value = computed[row["quantity"]]
        assert value == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


def test_the_reference_design_agrees(golden_rows):
    (row,) = [one for one in golden_rows("design", "expected.csv") if one["quantity"].startswith("two_prop")]
    found = two_proportions_n(0.6, 0.4, power=0.9)
    assert found.n == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


def test_the_correction_for_continuity_is_that_of_fleiss_levin_and_paik():
    plain = two_proportions_n(0.6, 0.4, power=0.9).n_reference
    corrected = two_proportions_n(0.6, 0.4, power=0.9, method="continuity").n_reference
    # Their formula gives the corrected number from the plain one in closed form.
    assert corrected == pytest.approx(plain / 4 * (1 + np.sqrt(1 + 4 / (plain * 0.2))) ** 2, rel=1e-7)


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(METHODS)), st.floats(0.05, 0.45), st.floats(0.55, 0.95), st.sampled_from([1, 2])
)
def test_numbers_and_powers_go_round(method, low, high, sides):
    found = two_proportions_n(high, low, power=0.9, method=method, sides=sides)
    if found.n > 2:
        assert found.power == pytest.approx(0.9, abs=1e-8)
    if sides == 2:
        other = two_proportions(low, high, n=found.n, method=method)
        assert other.power == pytest.approx(found.power, abs=1e-12)


@pytest.mark.parametrize("test", sorted(TESTS))
def test_what_counts_as_rejected_is_what_the_analysis_rejects(test):
    n, m = 9, 7
    p_value = {
        "score": lambda x, y: risk_difference(x, y).p_value,
        "miettinen_nurminen": lambda x, y: risk_difference(x, y, method="miettinen_nurminen").p_value,
        "log_odds": lambda x, y: odds_ratio(x, y).p_value,
        "fisher": lambda x, y: fisher(x, y).p_value,
    }[test]
    chance = 0.0
    for x in range(n + 1):
        for y in range(m + 1):
            p = p_value(Count(x, n), Count(y, m))
            if p is not None and p <= 0.05:
                chance += _binomial(x, n, 0.8) * _binomial(y, m, 0.2)
    found = exact_power(0.8, 0.2, n_arm=n, n_reference=m, test=test)
    assert found.power + found.wrong == pytest.approx(chance, abs=1e-12)


def _binomial(x: int, n: int, p: float) -> float:
    ways = 1.0
    for step in range(x):
        ways *= (n - step) / (step + 1)
    return ways * p**x * (1 - p) ** (n - x)


def test_fishers_test_never_exceeds_alpha_and_the_score_test_may():
    sizes = {
        test: max(
            (found := exact_power(p, p, n_arm=15, n_reference=15, test=test)).power + found.wrong
            for p in (0.1, 0.3, 0.5)
        )
        for test in ("fisher", "score")
    }
    assert sizes["fisher"] < 0.05
    assert 0.03 < sizes["score"] < 0.08


def test_certain_outcomes_are_certain():
    found = exact_power(1.0, 0.0, n_arm=10, n_reference=10)
    assert (found.power, found.wrong) == pytest.approx((1.0, 0.0))
    assert two_proportions(1.0, 0.0, n=40, method="unpooled").power == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_proportions(1.2, 0.4, n=50), "proportions lie"),
        (lambda: two_proportions_n(0.4, 0.4, power=0.8), "no number"),
        (lambda: exact_power(0.4, 0.4, n_arm=0, n_reference=5), "needs a participant"),
    ],
)
def test_impossible_plans_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
