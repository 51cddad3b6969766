"""Tests of `equipoise.statistics.proportion`."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.estimate import critical_value
from equipoise.statistics.proportion import Count, odds_ratio, risk_difference, wilson

COUNTS = st.integers(1, 40).flatmap(lambda n: st.builds(Count, st.integers(0, n), st.just(n)))
METHODS = st.sampled_from(["newcombe", "miettinen_nurminen"])


def _counts(text):
    return [Count(*map(int, part.split("/"))) for part in text.split()]


def test_intervals_agree_with_publications_and_other_software(golden_rows, agrees):
    computed = {}
    for row in golden_rows("proportion", "expected.csv"):
        method, *counts, _ = row["quantity"].split(" ")
        stem = " ".join([method, *counts])
        groups = _counts(" ".join(counts))
        if method == "wilson":
            estimate = wilson(*groups)
        elif method == "odds_ratio":
            estimate = odds_ratio(*groups)
        else:
            estimate = risk_difference(*groups, method=method)
        computed |= {f"{stem} low": estimate.ci_low, f"{stem} high": estimate.ci_high}
        computed |= {f"{stem} {f}": getattr(estimate, f) for f in ("estimate", "std_error", "p_value")}
    agrees("proportion", computed)


def _likeliest_score(x, y, delta):
    """Score statistic at `delta`, the restricted proportion found by search instead of the closed form."""

    def log_likelihood(q):
        pairs = (
            (x.events, q + delta),
            (x.n - x.events, 1 - q - delta),
            (y.events, q),
            (y.n - y.events, 1 - q),
        )
        return sum(count * math.log(p) if p > 0 else (-math.inf if count else 0.0) for count, p in pairs)

    low, high = max(0.0, -delta), min(1.0, 1 - delta)
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(200):
        one, two = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, two) if log_likelihood(one) >= log_likelihood(two) else (one, high)
    q = (low + high) / 2
    p = q + delta
    total = x.n + y.n
    variance = total / (total - 1) * (p * (1 - p) / x.n + q * (1 - q) / y.n)
    return (x.proportion - y.proportion - delta) / math.sqrt(variance)


@settings(max_examples=30, deadline=None)
@given(x=COUNTS, y=COUNTS)
def test_miettinen_nurminen_limits_are_where_the_score_reaches_its_critical_value(x, y):
    estimate = risk_difference(x, y, method="miettinen_nurminen")
    for limit in (estimate.ci_low, estimate.ci_high):
        if abs(limit) < 0.999:
            assert abs(_likeliest_score(x, y, limit)) == pytest.approx(critical_value(0.95), rel=1e-4)


@settings(max_examples=60)
@given(x=COUNTS, y=COUNTS, method=METHODS)
def test_difference_intervals_hold_the_estimate_and_stay_in_range(x, y, method):
    e = risk_difference(x, y, method=method)
    assert -1 <= e.ci_low <= e.estimate + 1e-12
    assert e.estimate - 1e-12 <= e.ci_high <= 1


@settings(max_examples=60)
@given(x=COUNTS, y=COUNTS, method=METHODS)
def test_exchanging_the_groups_turns_the_difference_and_inverts_the_odds_ratio(x, y, method):
    forward, backward = risk_difference(x, y, method=method), risk_difference(y, x, method=method)
    assert forward.ci_low == pytest.approx(-backward.ci_high, abs=1e-9)
    ratio, inverse = odds_ratio(x, y), odds_ratio(y, x)
    assert ratio.estimate * inverse.estimate == pytest.approx(1)
    assert ratio.ci_low * inverse.ci_high == pytest.approx(1)


@settings(max_examples=60)
@given(x=COUNTS, y=COUNTS)
def test_the_miettinen_nurminen_interval_excludes_zero_exactly_when_its_test_rejects(x, y):
    e = risk_difference(x, y, method="miettinen_nurminen")
    if e.p_value is not None and abs(e.p_value - 0.05) > 1e-6:
        assert (e.ci_low > 0 or e.ci_high < 0) == (e.p_value < 0.05)


def test_the_output_names_its_method():
    x, y = Count(5, 10), Count(3, 10)
    assert "Newcombe" in risk_difference(x, y).method
    assert "Miettinen-Nurminen" in risk_difference(x, y, method="miettinen_nurminen").method
    assert "Wald" in odds_ratio(x, y).method


def test_an_empty_cell_is_filled_and_said_so():
    assert "0.5 was added" in odds_ratio(Count(6, 10), Count(0, 10)).method
    assert "added" not in odds_ratio(Count(6, 10), Count(1, 10)).method


def test_no_test_is_made_when_nobody_had_the_event():
    estimate = risk_difference(Count(0, 10), Count(0, 10))
    assert (estimate.statistic, estimate.p_value) == (None, None)
    assert estimate.ci_low < 0 < estimate.ci_high


@pytest.mark.parametrize("compare", [risk_difference, odds_ratio])
def test_empty_groups_are_refused_all_at_once(compare):
    with pytest.raises(FitError) as caught:
        compare(Count(0, 0), Count(0, 0))
    assert [p.path for p in caught.value.problems] == ["first group", "second group"]


@pytest.mark.parametrize("count", [Count(-1, 4), Count(5, 4)])
def test_impossible_counts_are_refused(count):
    with pytest.raises(ValueError, match="events among"):
        wilson(count)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="choose newcombe"):
        risk_difference(Count(1, 4), Count(2, 4), method="wald")
