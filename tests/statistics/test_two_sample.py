"""Tests of `equipoise.statistics.two_sample`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.two_sample import (
    Summary,
    pooled_t,
    pooled_t_from_summary,
    summarize,
    welch_t,
    welch_t_from_summary,
)

GROUPS = st.lists(st.floats(-60, 60), min_size=3, max_size=15).filter(lambda values: np.ptp(values) > 1e-3)


def _named(prefix, estimate):
    fields = ("estimate", "std_error", "df", "statistic", "p_value", "ci_low", "ci_high")
    return {f"{prefix}.{field}": getattr(estimate, field) for field in fields}


def test_t_tests_agree_with_r_and_statsmodels(golden_rows, agrees):
    rows = golden_rows("two_sample", "sleep.csv")
    one, two = ([float(r["extra"]) for r in rows if r["group"] == group] for group in "12")
    agrees("two_sample", {**_named("welch", welch_t(one, two)), **_named("pooled", pooled_t(one, two))})


def test_published_summaries_give_the_published_differences(golden_rows, agrees):
    groups = {
        (r["outcome"], r["arm"]): Summary(float(r["mean"]), float(r["sd"]), int(r["n"]))
        for r in golden_rows("back2024", "summaries.csv")
    }
    computed = {}
    for outcome in ("MADRS", "SPFI", "PCL-5"):
        arms = groups[outcome, "psilocybin"], groups[outcome, "niacin"]
        computed |= _named(outcome, pooled_t_from_summary(*arms))
    agrees("back2024", computed)


@settings(max_examples=40)
@given(x=GROUPS, y=GROUPS)
def test_values_and_their_summaries_give_the_same_estimate(x, y):
    assert pooled_t(x, y) == pooled_t_from_summary(summarize(x), summarize(y))
    assert welch_t(x, y) == welch_t_from_summary(summarize(x), summarize(y))


@settings(max_examples=40)
@given(x=GROUPS, y=GROUPS, test=st.sampled_from([pooled_t, welch_t]))
def test_exchanging_the_groups_turns_the_sign(x, y, test):
    forward, backward = test(x, y), test(y, x)
    assert forward.estimate == -backward.estimate
    assert forward.ci_low == pytest.approx(-backward.ci_high, rel=1e-9, abs=1e-9)
    assert forward.p_value == pytest.approx(backward.p_value, rel=1e-9)


@settings(max_examples=40)
@given(x=GROUPS, y=GROUPS, shift=st.integers(-1_000_000, 1_000_000), order=st.randoms(use_true_random=False))
def test_shift_and_row_order_change_nothing(x, y, shift, order):
    moved = [value + shift for value in order.sample(x, len(x))]
    first, second = pooled_t(x, y), pooled_t(moved, [value + shift for value in y])
    assert second.estimate == pytest.approx(first.estimate, abs=1e-8)
    assert second.std_error == pytest.approx(first.std_error, rel=1e-5)


def test_one_constant_group_is_enough_spread_for_both_tests():
    assert pooled_t([1.0, 2.0, 3.0], [5.0, 5.0]).std_error > 0
    assert welch_t([1.0, 2.0, 3.0], [5.0, 5.0]).df == pytest.approx(2)


@pytest.mark.parametrize("test", [pooled_t, welch_t])
def test_every_problem_is_named_at_once(test):
    with pytest.raises(FitError) as caught:
        test([1.0], [])
    assert [p.path for p in caught.value.problems] == ["first group", "second group", ""]


@pytest.mark.parametrize("test", [pooled_t, welch_t])
def test_two_constant_groups_are_refused_even_when_their_mean_rounds(test):
    with pytest.raises(FitError, match="equal"):
        test([0.1, 0.1, 0.1], [0.7, 0.7, 0.7])


def test_a_missing_value_is_refused_and_counted():
    with pytest.raises(ValueError, match="1 missing"):
        pooled_t([1.0, float("nan"), 2.0], [1.0, 2.0])


def test_a_negative_published_sd_is_refused():
    with pytest.raises(FitError, match="standard deviation"):
        pooled_t_from_summary(Summary(1.0, -2.0, 10), Summary(1.0, 2.0, 10))
