"""Closed form for monotone dropout when every covariate is crossed with visit, for many trials at once.

The restricted likelihood splits into one regression a visit, y_j on u and the earlier outcomes among those
seen at j, so that optimum, information, Satterthwaite's degrees of freedom and Kenward and Roger's variance
need no search. Trials lie along the last axis, where a vector runs over them. Holds no other pattern and no
other structure.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags
from equipoise.statistics.mmrm.products import sum_products

# A pivot below this share of its row's sum of squares is rounding.
LEAST_PIVOT = 1e-11


@dataclass(frozen=True, slots=True)
class Inference:
    """One contrast in T trials, each (T,): estimate, variance by the model, its addition, df."""

    estimate: Array
    variance: Array
    addition: Array
    df: Array


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed-form fit of T trials with m visits and Q covariates.

    alpha     (m, Q, T) coefficients of the covariates given the earlier outcomes
    inverse   (m, m, T) L^-1, where L = I - beta holds the coefficients of the earlier outcomes
    gamma     (m, T) residual variances
    nu        (m, T) their degrees of freedom
    g         (m, Q, Q, T) (U_j'U_j)^-1
    s         (m, m, m, T) covariance of visit j's coefficients of earlier outcomes over gamma_j
    fine      (T,) every regression could be computed
    """

    alpha: Array
    inverse: Array
    gamma: Array
    nu: Array
    g: Array
    s: Array
    fine: Flags

    @property
    def coefficients(self) -> Array:
        """b (m, Q, T) by visit."""
        return np.asarray(np.einsum("jkt,kqt->jqt", self.inverse, self.alpha))

    def infer(self, contrast: Array) -> Inference:
        """Return the inference about sum_aq contrast[a, q] b[a, q]; contrast (m, Q, T).

        With Lambda = L^-T contrast: v = sum_j gamma_j Lambda_j'G_j Lambda_j, its derivatives
        Lambda_j'G_j Lambda_j in gamma_j and 2 Lambda_j'(Phi contrast)_k in beta_jk, and those of the estimate
        have the covariance Lambda_j'(sigma_kl G_j - Phi_kl) Lambda_j. Degrees of freedom are Satterthwaite's,
        which are Kenward and Roger's for one contrast.
        Source  docs/methods/mmrm.md, closed form
        """
        weight = np.einsum("kjt,kqt->jqt", self.inverse, contrast)
        estimate = (weight * self.alpha).sum(axis=(0, 1))
        # spread[j, i] = Lambda_j' G_i Lambda_j.
        own = np.einsum("jqrt,jrt->jqt", self.g, weight)
        spread = np.einsum(
            "jqt,iqrt,jrt->jit", weight, self.g, weight, optimize=["einsum_path", (0, 1), (0, 1)]
        )
        diagonal = np.einsum("jjt->jt", spread)
        variance = (self.gamma * diagonal).sum(axis=0)
        phi_c = np.einsum("kit,iqt->kqt", self.inverse, self.gamma[:, None] * own)
        slope = 2 * np.einsum("jqt,kqt->jkt", weight, phi_c)
        curvature = 2 * (self.gamma * diagonal) ** 2 / self.nu
        bent = np.einsum("jkt,jklt,jlt->jt", slope, self.s, slope, optimize=["einsum_path", (0, 1), (0, 1)])
        total = (curvature + self.gamma * bent).sum(axis=0)
        x = np.einsum(
            "kit,jklt,lit->jit", self.inverse, self.s, self.inverse, optimize=["einsum_path", (0, 1), (0, 1)]
        )
        gap = diagonal[:, None] - spread
        addition = 2 * np.einsum("jt,it,jit,jit->t", self.gamma, self.gamma, x, gap)
        return Inference(estimate, variance, addition, 2 * variance**2 / np.where(total > 0, total, 1.0))


def is_monotone(present: Flags) -> Flags:
    """Return which trials (T, n, m) have nobody seen again after a visit missed."""
    return np.asarray((present[:, :, 1:] <= present[:, :, :-1]).all(axis=(1, 2)))


def close(u: Array, y: Array, seen: Codes, *, restricted: bool) -> Closed:
    """Return the closed form.

    u     (T, n, Q) covariates, the first one 1
    y     (T, n, m) outcomes, 0 where not observed
    seen  (T, n) visits each participant was seen at, from the first
    Source  Tang (2017), Stat Med, doi 10.1002/sim.7270, sections 2 and 3
    """
    t, n, q = u.shape
    m = y.shape[2]
    v = np.concatenate([u, y], axis=2).reshape(t * n, q + m)
    segment = (seen + (m + 1) * np.arange(t)[:, None]).ravel()
    counts, sums = sum_products(v, segment, segments=t * (m + 1))
    by_last = np.moveaxis(sums.reshape(t, m + 1, q + m, q + m)[:, 1:], 0, -1)
    n_last = counts.reshape(t, m + 1)[:, 1:].T
    sums_at = np.cumsum(by_last[::-1], axis=0)[::-1]
    n_at = np.cumsum(n_last[::-1], axis=0)[::-1]
    return _regress(np.ascontiguousarray(sums_at), n_at, covariates=q, restricted=restricted)


def _regress(sums: Array, count: Array, *, covariates: int, restricted: bool) -> Closed:
    m, t, q = count.shape[0], count.shape[1], covariates
    alpha, beta = np.zeros((m, q, t)), np.zeros((m, m, t))
    gamma, g, s = np.ones((m, t)), np.zeros((m, q, q, t)), np.zeros((m, m, m, t))
    nu = count - (q if restricted else 0)
    fine = np.ones(t, dtype=bool)
    for j in range(m):
        k = q + j
        a = sums[j, : k + 1, : k + 1].copy()
        total = np.einsum("kkt->kt", a).copy()
        for pivot in range(k):
            fine &= a[pivot, pivot] > LEAST_PIVOT * total[pivot]
            sweep(a, pivot, usable=fine)
            if pivot == q - 1:
                g[j] = -a[:q, :q]
        alpha[j], beta[j, :j], s[j, :j, :j] = a[:q, k], a[q:k, k], -a[q:k, q:k]
        fine &= (count[j] > k) & (a[k, k] > LEAST_PIVOT * total[k])
        gamma[j] = np.where(fine, a[k, k] / np.maximum(nu[j], 1), 1.0)
    return Closed(alpha, _unit_inverse(beta), gamma, np.maximum(nu, 1), g, s, fine)


def sweep(a: Array, pivot: int, *, usable: Flags) -> None:
    """Sweep symmetric matrices (k, k, T) on one pivot in place; those not usable get a pivot of 1.

    Source  Goodnight (1979), Am Stat 33:149-158
    """
    d = np.where(usable, a[pivot, pivot], 1.0)
    row = a[pivot] / d
    column = a[:, pivot].copy()
    a -= column[:, None] * row[None]
    a[pivot], a[:, pivot] = row, row
    a[pivot, pivot] = -1 / d


def _unit_inverse(beta: Array) -> Array:
    """Return (I - beta)^-1 for strictly lower triangular beta (m, m, T)."""
    m = beta.shape[0]
    inverse = np.zeros_like(beta)
    for j in range(m):
        inverse[j, j] = 1
        inverse[j, :j] = np.einsum("kt,kit->it", beta[j, :j], inverse[:j, :j])
    return inverse
