"""Tests of `equipoise.statistics.mmrm.fit_batch`."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics import mmrm

VISITS, PEOPLE, TRIALS = 4, 50, 3
FIELDS = ("estimate", "std_error", "df", "p_value")


def _trials(seed, *, gaps):
    rng = np.random.default_rng(seed)
    lower = np.tril(rng.uniform(-0.5, 0.8, (VISITS, VISITS)), -1) + np.diag(rng.uniform(0.8, 3, VISITS))
    arm = np.tile(np.arange(PEOPLE) % 2, (TRIALS, 1))
    base = rng.normal(20, 4, (TRIALS, PEOPLE))
    y = rng.standard_normal((TRIALS, PEOPLE, VISITS)) @ lower.T + 0.3 * base[:, :, None] + arm[:, :, None]
    if gaps == "monotone":
        y[np.arange(VISITS) >= rng.integers(1, 2 * VISITS, (TRIALS, PEOPLE))[:, :, None]] = np.nan
    else:
        y[rng.uniform(size=y.shape) < 0.2] = np.nan
    return y, np.stack([arm, base], axis=2)


def _frame(y, u):
    who, when = np.nonzero(~np.isnan(y))
    return pd.DataFrame(
        {
            "id": who,
            "visit": [f"V{a}" for a in when],
            "arm": np.where(u[who, 0] == 1, "active", "control"),
            "base": u[who, 1],
            "y": y[who, when],
        }
    )


def _differences():
    contrasts = np.zeros((VISITS, VISITS, 3))
    contrasts[np.arange(VISITS), np.arange(VISITS), 1] = 1
    return contrasts


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    gaps=st.sampled_from(["monotone", "scattered"]),
    df=st.sampled_from(["kenward-roger", "satterthwaite"]),
    shift=st.sampled_from([0.0, 1e3]),
)
def test_a_trial_among_many_gives_the_numbers_it_gives_alone(seed, gaps, df, shift):
    y, u = _trials(seed, gaps=gaps)
    batch = mmrm.fit_batch(y + shift, u, contrasts=_differences(), df=df)
    assert batch.converged.all()
    assert batch.closed.all() == (gaps == "monotone")
    for t in range(TRIALS):
        fit = mmrm.fit(
            _frame(y[t] + shift, u[t]),
            formula="y ~ visit * arm + visit * base",
            subject="id",
            visit="visit",
            df=df,
        )
        alone = fit.differences("arm", "visit", reference="control")
        for name in FIELDS:
            assert getattr(batch, name)[t] == pytest.approx(alone[name].to_numpy(), rel=1e-10, abs=1e-10)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(["reml", "ml"]))
def test_the_closed_form_is_what_the_search_finds(seed, method):
    y, u = _trials(seed, gaps="monotone")
    options = {"contrasts": _differences(), "df": "satterthwaite", "method": method}
    closed = mmrm.fit_batch(y, u, **options)
    loading = np.eye(3 * VISITS).reshape(VISITS, 3, 3 * VISITS)
    searched = mmrm.fit_batch(
        y, u, loading=loading, **{**options, "contrasts": _differences().reshape(VISITS, -1)}
    )
    assert closed.closed.all()
    assert not searched.closed.any()
    for name in FIELDS:
        assert getattr(closed, name) == pytest.approx(getattr(searched, name), rel=1e-10, abs=1e-10)


def test_a_loading_gives_designs_that_are_not_crossed():
    y, u = _trials(5, gaps="scattered")
    # Coefficients: a mean for each visit, one effect of the arm, one of the baseline.
    loading = np.zeros((VISITS, 3, VISITS + 2))
    loading[np.arange(VISITS), 0, np.arange(VISITS)] = 1
    loading[:, 1, VISITS], loading[:, 2, VISITS + 1] = 1, 1
    contrast = np.zeros((1, VISITS + 2))
    contrast[0, VISITS] = 1
    batch = mmrm.fit_batch(y, u, contrasts=contrast, loading=loading, covariance="toeph")
    fit = mmrm.fit(
        _frame(y[0], u[0]), formula="y ~ visit + arm + base", subject="id", visit="visit", covariance="toeph"
    )
    alone = fit.differences("arm", reference="control").iloc[0]
    for name in FIELDS:
        assert getattr(batch, name)[0, 0] == pytest.approx(alone[name], rel=1e-10)


def test_trials_that_cannot_be_fitted_are_counted_and_leave_the_others_alone():
    y, u = _trials(6, gaps="scattered")
    spoiled, covariates = (
        np.concatenate([y, y[:1], y[:1], y[:1], y[:1]]),
        np.concatenate([u, u[:1], u[:1], u[:1], u[:1]]),
    )
    spoiled[3] = 4.0
    covariates[4, :, 1] = covariates[4, :, 0]
    spoiled[5, : PEOPLE // 2, :2] = np.nan
    spoiled[5, PEOPLE // 2 :, 2:] = np.nan
    spoiled[6, :, 3] = spoiled[6, :, 2]
    batch = mmrm.fit_batch(spoiled, covariates, contrasts=_differences())
    good = mmrm.fit_batch(y, u, contrasts=_differences())
    assert batch.converged.tolist() == [True] * 3 + [False] * 4
    assert len(batch.reasons()) == 5
    assert np.isnan(batch.p_value[3:]).all()
    assert batch.p_value[:3] == pytest.approx(good.p_value, rel=1e-9)
    assert "7 trials" in batch.summary()


def test_false_alarms_come_as_often_as_they_should():
    rng = np.random.default_rng(20)
    trials, level = 2000, 0.05
    y = rng.standard_normal((trials, 24, 3)).cumsum(axis=2)
    y[np.arange(3) >= rng.integers(1, 5, (trials, 24))[:, :, None]] = np.nan
    arm = (np.arange(24) % 2).astype(float)[:, None]
    contrast = np.zeros((1, 3, 2))
    contrast[0, 2, 1] = 1
    batch = mmrm.fit_batch(y, arm, contrasts=contrast)
    # Chance leaves a few trials with too few people, or one arm, at the last visit.
    assert batch.converged.mean() > 1 - level / 10
    share = float((batch.p_value[batch.converged] < level).mean())
    assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / trials)


def test_requests_that_make_no_sense_are_refused():
    y, u = _trials(1, gaps="monotone")
    for wrong in (
        {"covariance": "sp_exp"},
        {"df": "residual"},
        {"method": "ols"},
        {"contrasts": np.ones((1, 2, 3))},
    ):
        with pytest.raises(ValueError, match=r"one of|contrasts are"):
            mmrm.fit_batch(y, u, **{"contrasts": _differences(), **wrong})
    with pytest.raises(FitError, match="REML"):
        mmrm.fit_batch(y, u, contrasts=_differences(), method="ml")
    with pytest.raises(ValueError, match="covariates are"):
        mmrm.fit_batch(y, u * np.nan, contrasts=_differences())
    with pytest.raises(ValueError, match="outcomes are"):
        mmrm.fit_batch(y[0], u, contrasts=_differences())
