"""Tests of `equipoise.statistics.stratified_association`."""

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics.cmh import cochran_mantel_haenszel
from equipoise.statistics.stratified_association import general_association, mean_scores


@pytest.fixture(scope="module")
def ordinal(golden_rows):
    rows = golden_rows("cmh", "ordinal.csv")
    return np.array([[int(row[c]) for c in ("worse", "same", "better")] for row in rows]).reshape(3, 3, 3)


def test_tests_agree_with_other_software(ordinal, golden_rows):
    computed = {
        "ordinal general": general_association(ordinal),
        "ordinal mean_scores integer": mean_scores(ordinal),
        "ordinal mean_scores given": mean_scores(ordinal, scores=[0, 1, 5]),
        "ordinal mean_scores modified_ridit": mean_scores(ordinal, scores="modified_ridit"),
    }
    rows = [row for row in golden_rows("cmh", "expected.csv") if row["quantity"].startswith("ordinal")]
    assert len(rows) >= len(computed)
    for row in rows:
        key, field = row["quantity"].rsplit(" ", 1)
        found = getattr(computed[key], field)
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


def test_two_arms_and_two_levels_give_the_plain_test():
    tables = np.array([[[9, 6], [4, 13]], [[3, 2], [1, 7]]])
    plain = cochran_mantel_haenszel(tables)
    for test in (general_association(tables), mean_scores(tables)):
        assert (test.statistic, test.df) == (pytest.approx(plain.statistic), 1)
    one = mean_scores(tables[:1], scores="modified_ridit")
    assert one.statistic == pytest.approx(cochran_mantel_haenszel(tables[:1]).statistic)


def test_scores_may_be_shifted_and_stretched(ordinal):
    assert mean_scores(ordinal, scores=[11, 21, 31]).statistic == pytest.approx(
        mean_scores(ordinal).statistic
    )


def test_a_stratum_of_one_participant_says_nothing(ordinal):
    lonely = np.zeros((1, 3, 3), dtype=int)
    lonely[0, 0, 2] = 1
    more = np.concatenate([ordinal, lonely])
    assert general_association(more).statistic == pytest.approx(general_association(ordinal).statistic)


def test_a_level_nobody_reached_lowers_the_degrees_of_freedom(ordinal):
    more = np.concatenate([ordinal, np.zeros((3, 3, 1), dtype=int)], axis=2)
    wider = general_association(more)
    assert (wider.df, wider.statistic) == (4, pytest.approx(general_association(ordinal).statistic))


def test_a_table_in_which_all_answer_alike_is_refused():
    with pytest.raises(FitError):
        general_association([[[3, 0], [4, 0]]])


@pytest.mark.parametrize(
    ("tables", "scores", "words"),
    [
        ([[1, 2], [2, 1]], "integer", "shape"),
        ([[[1, 2], [2, -1]]], "integer", "0 or more"),
        ([[[1, 2], [2, 1]]], "ridit", "unknown scores"),
        ([[[1, 2], [2, 1]]], [1, 2, 3], "one finite number"),
        ([[[1, 2], [2, 1]]], [1, np.nan], "one finite number"),
    ],
)
def test_a_mistaken_call_is_refused(tables, scores, words):
    with pytest.raises(ValueError, match=words):
        mean_scores(tables, scores=scores)
