"""Tests of `equipoise.statistics.columns`."""

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics.columns import (
    code_labels,
    covariate_matrix,
    independent_columns,
    require_comparison,
)


def test_labels_are_coded_in_the_order_of_their_text():
    codes, labels = code_labels(["b", "a", "b"], n=3)
    assert (codes.tolist(), labels) == ([1, 0, 1], ["a", "b"])
    assert code_labels(np.array([10, 9]), n=2)[1] == [10, 9]


def test_covariates_become_named_columns():
    x, names = covariate_matrix([1, 2, 3], (), n=3)
    assert (x.shape, names) == ((3, 1), ["x1"])
    assert covariate_matrix(None, (), n=3)[0].shape == (3, 0)


@pytest.mark.parametrize(
    ("covariates", "names", "words"),
    [
        ([1, 2], (), "2 rows of covariates for 3"),
        (np.zeros((3, 1, 1)), (), "3 dimensions"),
        ([1, 2, np.nan], (), "missing"),
        ([1, 2, 3], ("a", "b"), "2 names"),
    ],
)
def test_covariates_that_do_not_fit_are_refused(covariates, names, words):
    with pytest.raises(ValueError, match=words):
        covariate_matrix(covariates, names, n=3)


def test_columns_that_say_nothing_new_are_left_out():
    arm = np.array([0, 0, 0, 1, 1, 1])
    x = np.array(
        [[1.0, 2, 4, 7, 3, 5], [7] * 6, [0, 0, 0, 3, 3, 3], [2, 4, 8, 14, 6, 10], [5, 1, 4, 2, 9, 3]]
    ).T
    assert independent_columns(x, arm) == [0, 4]
    assert independent_columns(x + 1e9, arm) == [0, 4]
    assert independent_columns(x * 1e-200, arm) == [0, 4]
    assert independent_columns(x * 1e200, arm) == [0, 4]


def test_a_column_that_varies_by_rounding_only_is_constant():
    assert (
        independent_columns(np.array([[0.3], [0.1 + 0.2], [0.3], [0.1 + 0.2]]), np.array([0, 0, 1, 1])) == []
    )


def test_arms_without_a_comparison_are_refused():
    require_comparison(["a", "b"], "a")
    with pytest.raises(FitError) as caught:
        require_comparison(["b"], "a")
    assert len(caught.value.problems) == 2
