"""Tests of `equipoise.statistics.exact`."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.exact import Exact, clopper_pearson, conditional_odds_ratio, fisher
from equipoise.statistics.proportion import Count

COUNTS = st.integers(1, 25).flatmap(lambda n: st.builds(Count, st.integers(0, n), st.just(n)))
UNCONDITIONAL = ("boschloo", "barnard")


def _count(text):
    return Count(*map(int, text.split("/")))


def _compute(quantity):
    method, *rest, field = quantity.split(" ")
    if method == "clopper_pearson":
        return getattr(clopper_pearson(_count(rest[0])), field)
    if method == "conditional_odds_ratio":
        return getattr(conditional_odds_ratio(_count(rest[0]), _count(rest[1])), field)
    return getattr(fisher(_count(rest[1]), _count(rest[2]), alternative=rest[0]), field)


def test_results_agree_with_other_software_and_a_textbook(golden_rows):
    rows = [
        row for row in golden_rows("exact", "expected.csv") if not row["quantity"].startswith(UNCONDITIONAL)
    ]
    assert rows
    for row in rows:
        found = _compute(row["quantity"])
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


@settings(max_examples=40)
@given(x=COUNTS, y=COUNTS)
def test_exchanging_the_groups_keeps_the_test_and_inverts_the_odds_ratio(x, y):
    assert fisher(x, y).p_value == pytest.approx(fisher(y, x).p_value)
    assert fisher(x, y, alternative="less").p_value == pytest.approx(
        fisher(y, x, alternative="greater").p_value
    )
    forward, backward = conditional_odds_ratio(x, y), conditional_odds_ratio(y, x)
    if 0 < forward.estimate < math.inf:
        assert forward.estimate * backward.estimate == pytest.approx(1)
    if forward.ci_low > 0:
        assert forward.ci_low * backward.ci_high == pytest.approx(1)


@settings(max_examples=40)
@given(x=COUNTS, y=COUNTS)
def test_the_interval_holds_the_estimate(x, y):
    found = conditional_odds_ratio(x, y)
    assert 0 <= found.ci_low <= found.estimate * (1 + 1e-9)
    assert found.estimate <= found.ci_high * (1 + 1e-9)


@settings(max_examples=30)
@given(COUNTS)
def test_each_clopper_pearson_limit_leaves_its_tail(count):
    found = clopper_pearson(count)
    chances = [math.comb(count.n, k) for k in range(count.n + 1)]

    def tail(p, ks):
        return sum(chances[k] * p**k * (1 - p) ** (count.n - k) for k in ks)

    if count.events > 0:
        assert tail(found.ci_low, range(count.events, count.n + 1)) == pytest.approx(0.025)
    if count.events < count.n:
        assert tail(found.ci_high, range(count.events + 1)) == pytest.approx(0.025)


def test_margins_that_leave_one_table_say_nothing():
    found = conditional_odds_ratio(Count(0, 8), Count(0, 9))
    assert found == Exact(1.0, 1.0, 0.95, 0.0, math.inf, found.method)


def test_summaries_name_the_estimate_where_there_is_one():
    assert fisher(Count(3, 4), Count(1, 4)).summary() == "p = .486"
    assert (
        conditional_odds_ratio(Count(3, 4), Count(1, 4)).summary() == "6.41 (95% CI 0.21 to 626.24), p = .486"
    )
    assert list(fisher(Count(3, 4), Count(1, 4)).to_frame()["p_value"]) == [pytest.approx(17 / 35)]


@pytest.mark.parametrize("compute", [fisher, conditional_odds_ratio])
def test_empty_groups_are_refused_all_at_once(compute):
    with pytest.raises(FitError) as caught:
        compute(Count(0, 0), Count(0, 0))
    assert [p.path for p in caught.value.problems] == ["first group", "second group"]


@pytest.mark.parametrize("count", [Count(-1, 4), Count(5, 4)])
def test_impossible_counts_are_refused(count):
    with pytest.raises(ValueError, match="events among"):
        fisher(count, Count(1, 4))
    with pytest.raises(ValueError, match="events among"):
        clopper_pearson(count)


@pytest.mark.parametrize("level", [0, 1, 1.5])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        clopper_pearson(Count(1, 4), level=level)
    with pytest.raises(ValueError, match="between 0 and 1"):
        conditional_odds_ratio(Count(1, 4), Count(1, 4), level=level)


def test_an_unknown_alternative_is_refused():
    with pytest.raises(ValueError, match="choose two-sided"):
        fisher(Count(1, 4), Count(2, 4), alternative="both")
