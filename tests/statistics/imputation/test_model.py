import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation.model import fit_model
from equipoise.statistics.imputation.resampling import LeaveOneOut, Reweighted
from equipoise.statistics.mmrm.newton import COLLINEAR, CONVERGED

NAN = np.nan


def _without(trial, kept):
    names = list(imputation.STRATEGIES)
    return imputation.incomplete(
        trial.outcome[kept],
        trial.arm[kept],
        covariates=trial.covariates[kept],
        strategy=[names[code] for code in trial.strategy[kept]],
        since=trial.since[kept],
        reference=trial.reference,
    )


@pytest.mark.parametrize(("by_arm", "restricted"), [(False, True), (True, False)])
def test_a_refit_without_somebody_is_the_fit_of_the_others(invented, by_arm, restricted):
    trial = invented(n=48)
    model = fit_model(trial, covariance_by_arm=by_arm, restricted=restricted)
    found = model.refit(LeaveOneOut(np.arange(6)))
    for i in range(6):
        kept = np.delete(np.arange(trial.n), i)
        alone = fit_model(_without(trial, kept), covariance_by_arm=by_arm, restricted=restricted)
        assert alone.converged
        assert found.code[i] == CONVERGED
        ratio = (alone.scale / model.scale) ** 2
        assert found.sigma[i] == pytest.approx(alone.fits.sigma[0] * ratio, rel=1e-9, abs=1e-9)
        # Covariates stand about the mean of those left.
        means = (u := model.columns.u)[i] @ found.coefficients[i], u[7] @ found.coefficients[i]
        j = 7 if i > 7 else 6
        assert means[1] == pytest.approx(alone.columns.u[j] @ alone.fits.coefficients[0], abs=1e-9)


def test_counting_everybody_once_changes_nothing_and_counting_twice_is_doubling(invented):
    trial = invented()
    model = fit_model(trial, restricted=False)
    found = model.refit(Reweighted(np.array([np.ones(trial.n), np.full(trial.n, 2.0)])))
    assert found.coefficients == pytest.approx(np.repeat(model.fits.coefficients, 2, axis=0), abs=1e-10)
    assert found.sigma == pytest.approx(np.repeat(model.fits.sigma, 2, axis=0), rel=1e-10)


def test_somebody_without_an_outcome_informs_nothing(invented):
    trial = invented()
    assert not trial.present[1].any()
    model = fit_model(trial)
    assert model.refit(LeaveOneOut(np.array([1]))).sigma == pytest.approx(model.fits.sigma, rel=1e-12)


def test_a_refit_that_cannot_tell_a_covariate_is_counted_and_not_fitted():
    rng = np.random.default_rng(2)
    alone = (np.arange(20) == 4).astype(float)
    trial = imputation.incomplete(rng.normal(size=(20, 2)), np.arange(20) % 2, covariates=alone)
    found = fit_model(trial).refit(LeaveOneOut(np.array([3, 4, 5])))
    assert found.code.tolist() == [CONVERGED, COLLINEAR, CONVERGED]
    assert np.isnan(found.sigma[1]).all()
    assert np.isfinite(found.coefficients[[0, 2]]).all()


def test_everything_that_keeps_a_model_from_being_fitted_is_told_at_once():
    y = np.random.default_rng(1).normal(size=(8, 3))
    y[:4, 1], y[4:, 2] = NAN, NAN
    x = np.array([0, 0, 0, 0, 0, 0, 1, 0])
    trial = imputation.incomplete(y, [0, 0, 1, 1, 0, 0, 1, 1], covariates=x)
    with pytest.raises(FitError) as error:
        fit_model(trial)
    texts = [str(problem) for problem in error.value.problems]
    assert any("no participant has outcomes at both visits 2 and 3" in text for text in texts)
    assert any("visit 3 cannot tell the effect of covariate 1" in text for text in texts)


def test_more_visits_than_participants_of_an_arm_can_carry_are_refused():
    y = np.random.default_rng(1).normal(size=(7, 3))
    with pytest.raises(FitError, match="3 participants of arm 1"):
        fit_model(imputation.incomplete(y, [0, 1] * 3 + [0]), covariance_by_arm=True)
    with pytest.raises(FitError, match="2 participants with an outcome cannot carry"):
        fit_model(imputation.incomplete(y[:2], [0, 1]))


def test_an_outcome_that_does_not_vary_is_refused():
    with pytest.raises(FitError, match="does not vary"):
        fit_model(imputation.incomplete(np.full((20, 2), 3.0), np.arange(20) % 2))


def test_two_visits_that_tell_the_same_leave_no_fit_and_a_reason():
    y = np.random.default_rng(1).normal(size=(20, 1)) @ [[1.0, 2.0]]
    model = fit_model(imputation.incomplete(y, np.arange(20) % 2))
    assert not model.converged
    assert "singular" in model.reason


def test_more_visits_than_memory_carries_are_refused():
    y = np.random.default_rng(1).normal(size=(140, 130))
    with pytest.raises(FitError, match="130 visits are too many"):
        fit_model(imputation.incomplete(y, np.arange(140) % 2))
