import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.ancova import ancova
from equipoise.statistics.imputation.comparison import columns


@pytest.mark.parametrize("far", [0, 1e9])
def test_many_completed_data_sets_agree_with_one_analysis_of_covariance_each(invented, far):
    trial = invented(arms=3, reference=1)
    rng = np.random.default_rng(5)
    completed = rng.normal(far, 2, (2, trial.n, trial.visits)) + trial.covariates[:, :1]
    found = imputation.compare(trial, completed)
    for t in range(2):
        for visit in range(trial.visits):
            one = ancova(completed[t, :, visit], trial.arm, reference=1, covariates=trial.covariates)
            assert found.df == one.df
            for arm, expected in one.ls_means.items():
                assert found.mean[t, arm, visit] == pytest.approx(
                    expected.estimate, rel=1e-12, abs=1e-6 * (far > 0) + 1e-10
                )
                assert found.mean_variance[t, arm, visit] ** 0.5 == pytest.approx(
                    expected.std_error, rel=1e-6
                )
            for arm, expected in one.differences.items():
                assert found.difference[t, arm, visit] == pytest.approx(
                    expected.estimate, abs=1e-6 if far else 1e-10
                )
                assert found.difference_variance[t, arm, visit] ** 0.5 == pytest.approx(
                    expected.std_error, rel=1e-6
                )


def test_the_reference_differs_from_itself_by_nothing(invented):
    found = imputation.compare(invented(), np.ones((1, 36, 3)))
    assert not found.difference[:, 0].any()


def test_covariates_that_follow_from_others_are_left_out_and_named():
    rng = np.random.default_rng(0)
    arm, x = np.arange(12) % 2, rng.normal(50, 5, 12)
    trial = imputation.incomplete(
        rng.normal(size=(12, 2)), arm, covariates=np.column_stack([x, 3 * x - 1, np.full(12, 7), arm])
    )
    assert columns(trial).dropped == (1, 2, 3)


def test_more_coefficients_than_participants_are_refused():
    trial = imputation.incomplete([[1.0], [2.0], [4.0]], [0, 1, 1], covariates=[1.0, 5.0, 2.0])
    with pytest.raises(FitError, match="3 participants cannot carry 3 coefficients"):
        imputation.compare(trial, np.ones((1, 3, 1)))
    few = imputation.incomplete([[1.0], [2.0]], [0, 1], covariates=[[1.0, 2.0], [2.0, 5.0]])
    with pytest.raises(FitError, match="2 participants cannot carry 2 coefficients"):
        imputation.compare(few, np.ones((1, 2, 1)))
