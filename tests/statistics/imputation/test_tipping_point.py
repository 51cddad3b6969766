import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation

TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def trial(depression):
    _, outcome, arm, base = depression
    return imputation.incomplete(outcome, arm, covariates=base)


@pytest.fixture(scope="module")
def toward(trial):
    return imputation.tipping_point(trial, arm=1, visit=3, deltas=np.arange(0.0, 6.0))


def test_each_point_is_the_analysis_with_that_delta(trial, toward):
    for delta, expected in zip(toward.deltas[::2], toward.estimates[::2], strict=True):
        found = imputation.analyze(trial, arm=1, visit=3, delta=imputation.deltas(trial, {1: delta}))
        assert found.estimates[0].estimate == pytest.approx(expected.estimate, abs=TOLERANCE)
        assert found.estimates[0].std_error == pytest.approx(expected.std_error, abs=TOLERANCE)


def test_the_conclusion_tips_where_the_interval_touches_zero(trial, toward):
    assert toward.significant
    delta = imputation.deltas(trial, {1: toward.tips_at})
    found = imputation.analyze(trial, arm=1, visit=3, delta=delta).estimates[0]
    assert found.ci_high == pytest.approx(0, abs=TOLERANCE)
    assert f"touches 0 when {toward.tips_at:.2f}" in toward.summary()
    p_values = [e.p_value for e in toward.estimates]
    assert (np.array(p_values) < 0.05).tolist() == [delta < toward.tips_at for delta in toward.deltas]


@pytest.mark.parametrize("variance", ["anchored", "bootstrap"])
def test_other_variances_tip_by_the_same_law(invented, variance):
    trial = invented(seed=8, n=60, strategies=("mar", "jr"))

    def options():
        return {"variance": variance, "rng": np.random.default_rng(3), "n_resamples": 30}

    found = imputation.tipping_point(trial, arm=1, visit=2, deltas=[-1.0, 2.0], to="both", **options())
    one = np.zeros(trial.outcome.shape)
    one[:, 2] = 2.0
    expected = imputation.analyze(trial, arm=1, visit=2, delta=one, **options()).estimates[0]
    assert found.estimates[1].estimate == pytest.approx(expected.estimate, abs=TOLERANCE)
    assert found.estimates[1].std_error == pytest.approx(expected.std_error, abs=TOLERANCE)


def test_a_range_too_short_to_tip_says_so(trial):
    found = imputation.tipping_point(trial, arm=1, visit=3, deltas=[0, 1])
    assert found.tips_at is None
    assert "excludes 0 at every delta from 0.00 to 1.00" in found.summary()


def test_without_a_conclusion_there_is_none_to_tip(trial):
    found = imputation.tipping_point(trial, arm=1, visit=1, deltas=[-9, 9])
    assert (found.significant, found.tips_at) == (False, None)
    assert "no conclusion to tip" in found.summary()


def test_its_table_has_a_row_per_delta(toward):
    table = toward.to_frame()
    assert table["delta"].tolist() == list(toward.deltas)
    assert table["p_value"].tolist() == [e.p_value for e in toward.estimates]
    assert "delta added" in toward.convention


def test_a_model_without_a_maximum_tips_nowhere():
    y = np.random.default_rng(1).normal(size=(20, 1)) @ [[1.0, 2.0]]
    found = imputation.tipping_point(
        imputation.incomplete(y, np.arange(20) % 2), arm=1, visit=0, deltas=[0, 1]
    )
    assert (found.significant, found.tips_at, found.status.ok) == (False, None, False)
    assert "singular" in found.summary()


def test_every_wrong_request_is_told_at_once(trial):
    with pytest.raises(FitError) as error:
        imputation.tipping_point(trial, arm=2, visit=9, deltas=[np.inf], to="nobody")
    assert len(error.value.problems) == 4
