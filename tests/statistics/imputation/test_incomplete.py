import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation

NAN = np.nan


def test_dropout_begins_where_the_row_stays_empty_and_a_gap_before_it_is_missing_at_random():
    outcome = [[1, 2, 3], [1, NAN, 3], [1, NAN, NAN], [NAN, 2, NAN], [NAN, NAN, NAN], [3, 2, 1]]
    trial = imputation.incomplete(outcome, [0, 1, 0, 1, 0, 1], strategy="jr")
    assert trial.since.tolist() == [3, 3, 1, 2, 0, 3]
    assert (trial.missing & trial.governed).sum() == 6


def test_an_outcome_after_an_event_is_kept_but_does_not_inform_the_model():
    outcome = [[1, 2, 3], [1, 2, 4], [2, 1, 3], [0, 2, 1]]
    trial = imputation.incomplete(
        outcome, [0, 1, 0, 1], strategy=["jr", "mar", "mar", "jr"], since=[1, 1, 3, 3]
    )
    assert trial.present.all()
    assert trial.modeled.tolist() == [[True, False, False], *[[True] * 3] * 3]


def test_every_problem_is_told_at_once():
    outcome = [[1, np.inf, NAN], [1, NAN, NAN], [2, 3, NAN]]
    with pytest.raises(FitError) as error:
        imputation.incomplete(
            outcome,
            [0, 0, 0.5],
            covariates=[[1.0], [NAN], [2.0]],
            strategy=["jr", "jump", "mar"],
            since=[0, 9, 1],
            reference=3,
        )
    texts = " | ".join(str(problem) for problem in error.value.problems)
    for part in (
        "infinite",
        "covariate",
        "nobody has an outcome at visit 3",
        "'jump'",
        "outside 0 to 3",
        "whole",
    ):
        assert part in texts, texts
    assert len(error.value.problems) == 6


@pytest.mark.parametrize(
    ("arm", "reference", "text"),
    [
        ([0, 0, 0, 0], 0, "two are needed"),
        ([0, 1, 0, 1], 2, "nobody is in the reference arm 2"),
        ([0, 2, 0, 2], 0, "nobody is in arm 1"),
        ([-1, 1, 0, 1], 0, "no whole number"),
        ([0, 1], 0, r"shape \(2,\) for 4 participants"),
    ],
)
def test_arms_that_cannot_be_compared_are_refused(arm, reference, text):
    with pytest.raises(FitError, match=text):
        imputation.incomplete([[1.0, 2.0]] * 4, arm, reference=reference)


def test_an_arm_with_everybody_missing_at_a_visit_is_refused_with_arm_and_visit():
    outcome = [[1, 2], [2, NAN], [3, 4], [4, NAN]]
    with pytest.raises(FitError, match="nobody in arm 1 has an outcome at visit 2"):
        imputation.incomplete(outcome, [0, 1, 0, 1])


def test_an_arm_seen_only_after_its_events_is_refused():
    with pytest.raises(FitError, match="arm 1 has an outcome at visit 2 that tells"):
        imputation.incomplete([[1.0, 2.0]] * 4, [0, 1, 0, 1], strategy="jr", since=[2, 1, 2, 1])


@pytest.mark.parametrize("outcome", [[], [1.0, 2.0], [[]]])
def test_outcomes_that_are_no_table_are_refused(outcome):
    with pytest.raises(FitError, match="table"):
        imputation.incomplete(outcome, [])


def test_a_trial_cannot_be_changed_after_it_was_checked():
    trial = imputation.incomplete([[1.0], [2.0]], [0, 1])
    with pytest.raises(ValueError, match="read-only"):
        trial.outcome[0, 0] = np.inf
