"""Tests of `equipoise.statistics.rank`."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.rank import hodges_lehmann, rank_sum, rank_sum_distribution, win_probability

SMALL = st.lists(st.integers(0, 6), min_size=2, max_size=5)
VALUES = st.lists(st.integers(-20, 20), min_size=2, max_size=12)
FORMS = {
    "exact": {"form": "exact"},
    "normal": {"form": "normal", "correct": False},
    "normal_corrected": {"form": "normal", "correct": True},
}


def _vary(x, y):
    return len({*x, *y}) > 1


def _compute(method, how, x, y):
    if method == "rank_sum":
        return rank_sum(x, y, **FORMS[how])
    if method == "win_probability":
        return win_probability(x, y)
    return hodges_lehmann(x, y, form=how, level=int(method.rsplit("_", 1)[1]) / 100)


def test_results_agree_with_other_software_and_printed_examples(golden_rows):
    samples = {}
    for row in golden_rows("rank", "samples.csv"):
        samples.setdefault(row["set"], {"x": [], "y": []})[row["arm"]].append(float(row["value"]))
    rows = golden_rows("rank", "expected.csv")
    assert rows
    for row in rows:
        name, method, how, field = row["quantity"].split(" ")
        found = getattr(_compute(method, how, **samples[name]), field)
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"]) + 1e-15), row


@settings(max_examples=40)
@given(SMALL, SMALL)
def test_the_exact_test_is_the_permutation_test(x, y):
    if not _vary(x, y):
        return
    pooled = np.array([*x, *y])

    def wins(chosen):
        rest = [i for i in range(len(pooled)) if i not in chosen]
        return sum((pooled[i] > pooled[j]) + (pooled[i] == pooled[j]) / 2 for i in chosen for j in rest)

    middle = len(x) * len(y) / 2
    far = abs(wins(range(len(x))) - middle)
    deals = [abs(wins(chosen) - middle) >= far for chosen in combinations(range(len(pooled)), len(x))]
    assert rank_sum(x, y, form="exact").p_value == pytest.approx(np.mean(deals))


@settings(max_examples=40)
@given(VALUES, VALUES, st.sampled_from(["auto", "normal"]))
def test_a_shift_moves_estimate_and_limits_and_a_turn_reflects_them(x, y, form):
    if not _vary(x, y):
        return
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    plain, turned = hodges_lehmann(x, y, form=form), hodges_lehmann(y, x, form=form)
    assert (turned.estimate, turned.ci_low, turned.ci_high) == (
        -plain.estimate,
        -plain.ci_high,
        -plain.ci_low,
    )
    assert plain.ci_low <= plain.estimate <= plain.ci_high
    if _vary(x + 64, y):
        moved = hodges_lehmann(x + 64, y, form=form)
        assert moved.estimate == plain.estimate + 64


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_the_win_probability_is_the_share_of_pairs_won(x, y):
    if not _vary(x, y):
        return
    found, turned = win_probability(x, y), win_probability(y, x)
    pairs = [(a > b) + (a == b) / 2 for a in x for b in y]
    assert found.estimate == pytest.approx(np.mean(pairs))
    assert found.estimate + turned.estimate == pytest.approx(1)
    assert found.std_error == pytest.approx(turned.std_error)
    assert 0 <= found.ci_low <= found.estimate <= found.ci_high <= 1


def test_exact_limits_cover_as_promised_at_every_small_size():
    for n, m in ((3, 3), (4, 6), (7, 5)):
        values = np.arange(n + m, dtype=float)
        _, chance = rank_sum_distribution(values + 1, n)
        below = chance[n * (n - 1) // 2 :].cumsum()
        found = hodges_lehmann(values[:n] + 0.1 * np.arange(n) ** 2, values[n:], level=0.8)
        differences = np.sort(
            (values[:n, None] + 0.1 * np.arange(n)[:, None] ** 2 - values[None, n:]).ravel()
        )
        rank = int(np.flatnonzero(differences == found.ci_low)[-1])
        # The interval misses a shift of 0 when U is at most the number of differences below its lower limit.
        assert below[rank] <= 0.1 + 1e-12
        assert below[rank + 1] > 0.1


def test_samples_too_small_for_the_level_are_said_so():
    found = hodges_lehmann([1, 2], [5, 9])
    assert (found.ci_low, found.ci_high) == (-8, -3)
    assert "too small for this level" in found.method


def test_ties_in_exact_limits_are_said_so():
    assert "ties ignored" in hodges_lehmann([1, 2, 3], [2, 5, 6], form="exact").method


def test_the_output_names_its_form():
    x, y = [1.5, 2.5, 4], [3, 5, 6]
    assert rank_sum(x, y).method.endswith("exact")
    assert "no continuity" in rank_sum(x, y, form="normal", correct=False).method
    assert rank_sum([1, 2, 2], y).method.endswith("continuity correction")
    assert rank_sum(np.arange(60), np.arange(60) + 0.5).method.endswith("continuity correction")


def test_all_wins_have_no_standard_error_and_no_test():
    found = win_probability([5, 6, 7], [1, 2, 3])
    assert (found.estimate, found.std_error, found.p_value, found.ci_low) == (1, 0, None, 1)


@pytest.mark.parametrize("compute", [rank_sum, hodges_lehmann, win_probability])
def test_what_cannot_be_ranked_is_refused(compute):
    with pytest.raises(FitError, match="cannot be ranked") as caught:
        compute([], [])
    assert [problem.path for problem in caught.value.problems] == ["first group", "second group"]
    with pytest.raises(FitError, match="equal"):
        compute([3, 3], [3, 3, 3])
    with pytest.raises(ValueError, match="missing"):
        compute([1, np.nan], [1, 2])


def test_too_many_participants_to_count_are_refused_with_the_way_out():
    with pytest.raises(FitError, match="normal form"):
        rank_sum(np.arange(400), np.arange(400) + 0.5, form="exact")
    with pytest.raises(FitError, match="win probability"):
        hodges_lehmann(np.arange(5000), np.arange(5000))


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="choose auto"):
        rank_sum([1, 2], [3, 4], form="precise")
