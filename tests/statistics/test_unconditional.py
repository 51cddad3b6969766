"""Tests of `equipoise.statistics.unconditional`."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.exact import fisher
from equipoise.statistics.proportion import Count
from equipoise.statistics.unconditional import barnard, boschloo

COUNTS = st.integers(1, 9).flatmap(lambda n: st.builds(Count, st.integers(0, n), st.just(n)))
TESTS = {"boschloo": boschloo, "barnard": barnard}


def _count(text):
    return Count(*map(int, text.split("/")))


def test_one_sided_p_values_agree_with_other_software(golden_rows):
    rows = [row for row in golden_rows("exact", "expected.csv") if row["quantity"].split(" ")[0] in TESTS]
    assert rows
    for row in rows:
        name, alternative, x, y, _ = row["quantity"].split(" ")
        found = TESTS[name](_count(x), _count(y), alternative=alternative).p_value
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


def _squared_score(a, n, c, m):
    hit = Fraction(a + c, n + m)
    if hit in (0, 1):
        return Fraction(0)
    return (Fraction(a, n) - Fraction(c, m)) ** 2 / (hit * (1 - hit) * (Fraction(1, n) + Fraction(1, m)))


def _fisher_two_sided(a, n, c, m):
    ways = {k: comb(n, k) * comb(m, a + c - k) for k in range(max(0, a + c - m), min(n, a + c) + 1)}
    return Fraction(sum(w for w in ways.values() if w <= ways[a]), sum(ways.values()))


def _largest_chance(region, n, m, *, points):
    """The region's chance on a grid of common chances, in floating point only at the end."""
    return max(
        sum(
            comb(n, a) * comb(m, c) * (k / points) ** (a + c) * (1 - k / points) ** (n + m - a - c)
            for a, c in region
        )
        for k in range(points + 1)
    )


def _tables(n, m):
    return [(a, c) for a in range(n + 1) for c in range(m + 1)]


@pytest.mark.parametrize(("x", "y"), [(Count(7, 15), Count(12, 15)), (Count(2, 9), Count(7, 10))])
def test_two_sided_p_values_are_those_of_whole_number_arithmetic(x, y):
    n, m = x.n, y.n
    observed = _squared_score(x.events, n, y.events, m)
    by_score = [t for t in _tables(n, m) if _squared_score(t[0], n, t[1], m) >= observed]
    assert barnard(x, y).p_value == pytest.approx(_largest_chance(by_score, n, m, points=300), rel=1e-3)
    observed = _fisher_two_sided(x.events, n, y.events, m)
    by_fisher = [t for t in _tables(n, m) if _fisher_two_sided(t[0], n, t[1], m) <= observed]
    assert boschloo(x, y).p_value == pytest.approx(_largest_chance(by_fisher, n, m, points=300), rel=1e-3)


def test_a_table_with_exactly_the_observed_statistic_counts():
    """3/15 against 8/15 mirrors 7/15 against 12/15; without it Barnard's p-value would be .03408."""
    assert _squared_score(3, 15, 8, 15) == _squared_score(7, 15, 12, 15)
    assert barnard(Count(7, 15), Count(12, 15), alternative="less").p_value > 0.0341


@settings(max_examples=25)
@given(x=COUNTS, y=COUNTS)
def test_boschloo_is_never_larger_than_fisher(x, y):
    for alternative in ("two-sided", "greater", "less"):
        found = boschloo(x, y, alternative=alternative).p_value
        assert found <= fisher(x, y, alternative=alternative).p_value + 1e-12


@settings(max_examples=12)
@given(x=COUNTS, y=COUNTS)
def test_exchanging_the_groups_keeps_the_tests(x, y):
    for test in TESTS.values():
        assert test(x, y).p_value == pytest.approx(test(y, x).p_value, abs=1e-9)
        less, greater = test(x, y, alternative="less"), test(y, x, alternative="greater")
        assert less.p_value == pytest.approx(greater.p_value, abs=1e-9)


def test_equal_shares_are_no_evidence():
    assert barnard(Count(2, 4), Count(3, 6)).p_value == pytest.approx(1)


@pytest.mark.parametrize("test", TESTS.values())
def test_a_mistaken_call_is_refused(test):
    with pytest.raises(ValueError, match="choose two-sided"):
        test(Count(1, 3), Count(1, 4), alternative="both")
    with pytest.raises(ValueError, match="events among"):
        test(Count(5, 3), Count(1, 4))
    with pytest.raises(FitError, match="somebody"):
        test(Count(0, 0), Count(1, 4))
