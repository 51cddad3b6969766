"""Tests of `equipoise.statistics.blinding`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.blinding import bang, bang_by_arm, cross_tabulate, james

ARMS = ("treatment", "placebo")
CELLS = st.integers(0, 30)


def _table(golden_rows):
    rows = golden_rows("blinding", "guesses.csv")
    return [[int(row[arm]) for arm in ARMS] for row in rows]


def test_indices_agree_with_the_published_table(golden_rows, agrees):
    table = _table(golden_rows)
    overall = james(table)
    computed = {"james.estimate": overall.estimate, "james.std_error": overall.std_error}
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
