import numpy as np
import pytest

from equipoise.statistics import imputation
from equipoise.statistics.imputation.completion import Completion, cells
from equipoise.statistics.imputation.model import fit_model
from equipoise.statistics.imputation.resampling import everybody


@pytest.mark.parametrize(("arms", "reference", "by_arm"), [(2, 0, False), (2, 1, True), (3, 1, False)])
def test_missing_outcomes_become_their_expectations_written_out_by_hand(
    invented, by_hand, arms, reference, by_arm
):
    trial = invented(n=60, arms=arms, reference=reference)
    model = fit_model(trial, covariance_by_arm=by_arm)
    completed, differences, means = by_hand(trial, by_arm=by_arm)
    assert imputation.conditional_means(trial, model) == pytest.approx(completed, abs=1e-9)
    found = Completion(model).effects(everybody(trial.n), model.fits)
    assert found.difference[0] == pytest.approx(differences, abs=1e-9)
    assert found.mean[0] == pytest.approx(means, abs=1e-9)


def test_an_outcome_after_an_event_is_conditioned_on_and_kept(invented, by_hand):
    whole = invented()
    since = np.where(np.arange(whole.n) % 3 == 0, np.minimum(whole.since, 1), whole.since)
    trial = imputation.incomplete(
        whole.outcome, whole.arm, covariates=whole.covariates, strategy="cir", since=since
    )
    assert (trial.present & trial.governed).any()
    model = fit_model(trial)
    found = imputation.conditional_means(trial, model)
    assert found == pytest.approx(by_hand(trial)[0], abs=1e-9)
    assert np.array_equal(found[trial.present], trial.outcome[trial.present])


def test_everybody_is_in_one_cell_of_their_own_kind(invented):
    trial = invented()
    found = cells(trial)
    members = np.concatenate([cell.members for cell in found])
    assert sorted(members.tolist()) == list(range(trial.n))
    for cell in found:
        assert (trial.present[cell.members][:, cell.present]).all()
        assert (trial.missing[cell.members][:, cell.missing]).all()
    assert {cell.strategy.name for cell in cells(trial, plain=True)} == {"mar"}


def test_without_a_fit_nothing_is_filled_in():
    y = np.random.default_rng(1).normal(size=(20, 1)) @ [[1.0, 2.0]]
    y[3, 1] = np.nan
    trial = imputation.incomplete(y, np.arange(20) % 2)
    found = imputation.conditional_means(trial, fit_model(trial))
    assert np.array_equal(found, y, equal_nan=True)
