"""Tests of `equipoise.statistics.blinding`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.blinding import (
    bang,
    bang_by_arm,
    bang_with_certainty,
    certainty_weights,
    cross_tabulate,
    guess_shares,
    james,
    james_with_certainty,
)
from equipoise.statistics.proportion import Count, wilson

ARMS = ("treatment", "placebo")
CELLS = st.integers(0, 30)


def _table(golden_rows):
    rows = golden_rows("blinding", "guesses.csv")
    return [[int(row[arm]) for arm in ARMS] for row in rows]


def _people(golden_rows):
    """Guesses, arms and certainty, one entry a participant."""
    people = [
        (row["guess"], arm, float(row["certainty"]))
        for row in golden_rows("blinding", "certainty.csv")
        for arm in ARMS
        for _ in range(int(row[arm]))
    ]
    return tuple(map(list, zip(*people, strict=True)))


def test_indices_agree_with_the_published_table_and_other_software(golden_rows, agrees):
    table = _table(golden_rows)
    overall = james(table)
    computed = {"james.estimate": overall.estimate, "james.std_error": overall.std_error}
    options = {"order": ARMS, "unknown": "unknown"}
    certain = james_with_certainty(*_people(golden_rows), **options)
    computed |= {"james_certain.estimate": certain.estimate, "james_certain.std_error": certain.std_error}
    for arm, index in bang_with_certainty(*_people(golden_rows), **options).items():
        computed |= {f"bang_certain.{arm}.{f}": getattr(index, f) for f in ("estimate", "std_error")}
    for arm, index in bang_by_arm(table, ARMS).items():
        computed |= {f"bang.{arm}.estimate": index.estimate, f"bang.{arm}.std_error": index.std_error}
    agrees("blinding", computed)


def test_all_right_is_one_for_bang_and_zero_for_james():
    assert bang(correct=9, wrong=0, unknown=0).estimate == 1
    assert james([[9, 0], [0, 7], [0, 0]]).estimate == 0


def test_nobody_knowing_is_zero_for_bang_and_one_for_james():
    assert bang(correct=0, wrong=0, unknown=9).estimate == 0
    assert james([[0, 0], [0, 0], [9, 7]]).estimate == 1


def test_random_guessing_is_zero_for_bang_and_a_half_for_james():
    assert bang(correct=8, wrong=8, unknown=3).estimate == 0
    assert james([[8, 8], [8, 8], [0, 0]]).estimate == pytest.approx(0.5)


def test_answers_all_alike_have_no_standard_error_and_no_test():
    index = bang(correct=9, wrong=0, unknown=0)
    assert (index.std_error, index.p_value, index.ci_low, index.ci_high) == (0, None, 1, 1)


def test_everybody_right_about_one_arm_leaves_only_do_not_know_to_count():
    assert james([[6, 0], [0, 0], [0, 2]]).estimate == pytest.approx(0.25)


@settings(max_examples=60)
@given(st.tuples(CELLS, CELLS, CELLS).filter(any))
def test_bang_stays_between_its_bounds(cells):
    correct, wrong, unknown = cells
    index = bang(correct=correct, wrong=wrong, unknown=unknown)
    assert -1 <= index.ci_low <= index.estimate <= index.ci_high <= 1


@settings(max_examples=60)
@given(st.lists(CELLS, min_size=6, max_size=6).filter(any))
def test_james_stays_between_its_bounds_and_ignores_the_order_of_arms(cells):
    table = np.array(cells).reshape(3, 2)
    index, turned = james(table), james(table[[1, 0, 2]][:, [1, 0]])
    assert -1e-12 <= index.estimate <= 1 + 1e-12
    assert 0 <= index.ci_low <= index.ci_high <= 1
    assert turned.estimate == pytest.approx(index.estimate, abs=1e-12)
    assert turned.std_error == pytest.approx(index.std_error, abs=1e-9)


def test_the_standard_error_of_james_is_that_of_repeated_multinomial_samples(golden_rows):
    table = np.array(_table(golden_rows))
    n, repeats = int(table.sum()), 2000
    rng = np.random.default_rng(20261123)
    draws = rng.multinomial(n, table.ravel() / n, size=repeats).reshape(repeats, 3, 2)
    spread = np.std([james(draw).estimate for draw in draws], ddof=1)
    # The relative standard error of a standard deviation from r normal draws is 1 / sqrt(2 r).
    assert james(table).std_error == pytest.approx(spread, rel=4 / np.sqrt(2 * repeats))


def test_three_arms_have_a_bang_index_each():
    table = [[5, 1, 1], [1, 5, 1], [1, 1, 5], [2, 2, 2]]
    assert {index.estimate for index in bang_by_arm(table, "abc").values()} == {
        bang(correct=5, wrong=2, unknown=2).estimate
    }
    assert 0 < james(table).estimate < 1


def test_answers_are_cross_tabulated():
    table = cross_tabulate(["a", "b", "?", "a"], ["a", "a", "b", "a"], order=["a", "b"], unknown="?")
    assert table.tolist() == [[2, 0], [1, 0], [0, 1]]


def test_strange_answers_are_refused_all_at_once():
    with pytest.raises(ValueError, match="maybe, z"):
        cross_tabulate(["a", "maybe"], ["a", "z"], order=["a", "b"], unknown="?")


@pytest.mark.parametrize("table", [[[1, 2], [3, 4]], [[1], [2]], [1, 2, 3]])
def test_a_table_of_another_shape_is_refused(table):
    with pytest.raises(ValueError, match="shape"):
        james(table)


@pytest.mark.parametrize(
    "compute", [lambda: bang(correct=-1, wrong=0, unknown=3), lambda: james([[1, 2], [3, -4], [0, 0]])]
)
def test_negative_counts_are_refused(compute):
    with pytest.raises(ValueError, match="0 or more"):
        compute()


def test_no_answer_at_all_is_refused():
    with pytest.raises(FitError):
        bang(correct=0, wrong=0, unknown=0)
    with pytest.raises(FitError):
        james([[0, 0], [0, 0], [0, 0]])
    assert bang_by_arm([[1, 0], [0, 0], [0, 0]], ARMS).keys() == {"treatment"}


def test_full_certainty_gives_the_plain_indices(golden_rows):
    guesses, arms, _ = _people(golden_rows)
    table, options = _table(golden_rows), {"order": ARMS, "unknown": "unknown"}
    sure = [1.0] * len(guesses)
    plain, weighted = james(table), james_with_certainty(guesses, arms, sure, **options)
    assert (weighted.estimate, weighted.std_error) == pytest.approx((plain.estimate, plain.std_error))
    by_arm, weighted_by_arm = bang_by_arm(table, ARMS), bang_with_certainty(guesses, arms, sure, **options)
    for arm in ARMS:
        found = weighted_by_arm[arm]
        assert (found.estimate, found.std_error) == pytest.approx(
            (by_arm[arm].estimate, by_arm[arm].std_error)
        )


def test_no_certainty_is_as_if_nobody_knew(golden_rows):
    guesses, arms, _ = _people(golden_rows)
    nobody = [0.0] * len(guesses)
    options = {"order": ARMS, "unknown": "unknown"}
    assert james_with_certainty(guesses, arms, nobody, **options).estimate == 1
    assert {i.estimate for i in bang_with_certainty(guesses, arms, nobody, **options).values()} == {0}


def test_ratings_become_weights_between_a_pure_guess_and_full_certainty():
    assert certainty_weights([1, 2, 3, 4, 5], lowest=1, highest=5).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_an_arm_without_answers_has_no_weighted_index():
    found = bang_with_certainty(["a"], ["a"], [0.5], order="ab", unknown="?")
    assert set(found) == {"a"}


def test_shares_of_each_answer_have_wilson_intervals(golden_rows):
    table = np.array(_table(golden_rows))
    shares = guess_shares(table)
    assert shares[0][1] == wilson(Count(27, 139))
    assert [sum(row[j].estimate for row in shares) for j in (0, 1)] == pytest.approx([1, 1])
    assert guess_shares([[3, 0], [1, 0]])[0][1] is None


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (lambda: certainty_weights([0], lowest=1, highest=5), "between 1 and 5"),
        (lambda: certainty_weights([np.nan], lowest=1, highest=5), "missing"),
        (lambda: certainty_weights([1], lowest=5, highest=5), "not below"),
        (lambda: bang_with_certainty(["a"], ["a"], [2], order="ab", unknown="?"), "between 0 and 1"),
        (lambda: bang_with_certainty(["a"], ["a", "b"], [1], order="ab", unknown="?"), "2 arms"),
        (lambda: james_with_certainty(["x"], ["a"], [1], order="ab", unknown="?"), "labels"),
        (lambda: guess_shares([1, 2]), "table"),
        (lambda: guess_shares([[1, -2]]), "0 or more"),
    ],
)
def test_a_mistaken_certainty_is_refused(compute, words):
    with pytest.raises(ValueError, match=words):
        compute()


def test_certainty_without_any_answer_is_refused():
    with pytest.raises(FitError):
        james_with_certainty([], [], [], order="ab", unknown="?")
