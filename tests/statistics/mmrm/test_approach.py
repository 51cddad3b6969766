"""The way to the optimum by gradients: what it reads of the likelihood, and where it ends."""

import numpy as np
import pytest

from equipoise.statistics import mmrm
from equipoise.statistics.mmrm import batch, likelihood, newton, start
from equipoise.statistics.mmrm.covariance import STRUCTURES

TRIALS, PEOPLE, VISITS = 6, 120, 4
US = STRUCTURES["us"]


def _searches(monkeypatch, *, method, missed=0.02):
    """Return the products of a few trials with dropout and gaps, and the optimum that was found for them."""
    rng = np.random.default_rng(3)
    lower = np.tril(rng.uniform(0, 0.6, (VISITS, VISITS)), -1) + np.diag(rng.uniform(1, 2, VISITS))
    y = rng.standard_normal((TRIALS, PEOPLE, VISITS)) @ lower.T
    y[np.arange(VISITS) >= rng.integers(1, 3 * VISITS, (TRIALS, PEOPLE))[:, :, None]] = np.nan
    y[rng.uniform(size=y.shape) < missed] = np.nan
    found = []

    def kept(products, structure, **options):
        found.append((products, newton.maximize(products, structure, **options)))
        return found[-1][1]

    monkeypatch.setattr(batch, "maximize", kept)
    arm = (np.arange(PEOPLE) % 2).astype(float)[:, None]
    contrast = np.zeros((1, VISITS, 2))
    contrast[0, -1, 1] = 1
    mmrm.fit_batch(y, arm, contrasts=contrast, method=method, df="satterthwaite")
    return found[0]


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_sketch_has_the_gradient_and_nearly_the_hessian(monkeypatch, method):
    restricted = method == "reml"
    products, optimum = _searches(monkeypatch, method=method)
    away = optimum.theta * 1.05
    sigma = US.matrices(away, visits=VISITS)
    point = likelihood.evaluate(products, sigma, restricted=restricted)
    slopes = US.slopes(away, visits=VISITS)
    whole = likelihood.differentiate(products, point, slopes, restricted=restricted)
    gradient, hessian = likelihood.sketch(products, point, slopes, restricted=restricted)
    assert gradient == pytest.approx(whole.gradient, rel=1e-9, abs=1e-9)
    alone = likelihood.gradient(products, point, slopes, restricted=restricted)
    assert alone == pytest.approx(whole.gradient, rel=1e-9, abs=1e-9)
    lower = np.linalg.cholesky(whole.observed)
    shares = np.linalg.eigvalsh(np.linalg.solve(lower, np.linalg.solve(lower, hessian).swapaxes(1, 2)))
    # Without restriction nothing is left out.
    assert np.abs(shares - 1).max() < (0.01 if restricted else 1e-9)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_trials_with_few_gaps_are_led_to_where_newton_need_not_move(monkeypatch, method):
    _, optimum = _searches(monkeypatch, method=method)
    assert optimum.code.tolist() == [newton.CONVERGED] * TRIALS
    assert optimum.steps.tolist() == [0] * TRIALS


def test_derivatives_are_the_same_however_many_trials_fit_into_the_cache(monkeypatch):
    products, optimum = _searches(monkeypatch, method="reml")
    together = likelihood.differentiate(products, optimum.point, optimum.slopes, restricted=True)
    monkeypatch.setattr(likelihood, "CACHED_BLOCK", 1)
    apart = likelihood.differentiate(products, optimum.point, optimum.slopes, restricted=True)
    for name in ("gradient", "observed", "expected", "p"):
        assert getattr(apart, name) == pytest.approx(getattr(together, name), rel=1e-12, abs=1e-12)


def test_pairs_are_asked_only_where_regressions_leave_much_out(monkeypatch):
    asked = []

    def counted(products):
        asked.append(products.n.shape[0])
        return start.available(products)

    monkeypatch.setattr(newton, "available", counted)
    _searches(monkeypatch, method="reml", missed=0.005)
    assert asked == []
    _searches(monkeypatch, method="reml", missed=0.2)
    assert asked == [TRIALS]
