"""Predictions for rows, and draws from the fitted model.

Holds means and variances of outcomes given the fit; intervals are normal. Does not fit.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes


@dataclass(frozen=True, slots=True)
class Request:
    """Rows of one participant.

    x  (r, q) design, columns kept;  y (r,) outcome, NaN where not observed;  v (r, r) covariance of outcomes
    """

    x: Array
    y: Array
    v: Array


def marginal(request: Request, b: Array, vcov: Array) -> tuple[Array, Array, Array]:
    """Return means, variances of their estimates, and variances of outcomes about them, each (r,)."""
    return request.x @ b, _quadratic(request.x, vcov), np.diagonal(request.v).copy()


def conditional(request: Request, b: Array, vcov: Array) -> tuple[Array, Array, Array]:
    """Return the same given the participant's observed outcomes; observed rows are themselves.

    With o observed and u not: mean x_u b + V_uo V_oo^-1 (y_o - x_o b), and the uncertainty of b enters
    through x_u - V_uo V_oo^-1 x_o.
    """
    observed = ~np.isnan(request.y)
    mean, of_estimate, of_outcome = (
        np.where(observed, request.y, 0.0),
        np.zeros(observed.size),
        np.zeros(observed.size),
    )
    if observed.all():
        return mean, of_estimate, of_outcome
    o, u = np.flatnonzero(observed), np.flatnonzero(~observed)
    slope = np.linalg.solve(request.v[np.ix_(o, o)], request.v[np.ix_(o, u)]).T
    mean[u] = request.x[u] @ b + slope @ (request.y[o] - request.x[o] @ b)
    of_estimate[u] = _quadratic(request.x[u] - slope @ request.x[o], vcov)
    of_outcome[u] = np.diagonal(request.v[np.ix_(u, u)] - slope @ request.v[np.ix_(o, u)])
    return mean, of_estimate, of_outcome


def draw(rng: np.random.Generator, lower: Array, pattern: Codes, *, draws: int) -> Array:
    """Return residuals (draws, n, m) with the covariance lower lower' of each participant's pattern."""
    z = rng.standard_normal((draws, pattern.size, lower.shape[-1]))
    return np.asarray(np.einsum("nab,dnb->dna", lower[pattern], z))


def _quadratic(x: Array, vcov: Array) -> Array:
    result: Array = ((x @ vcov) * x).sum(axis=1)
    return result
