"""Where the search starts: the closed form for monotone data, available pairs, or each visit's own variance.

With every covariate crossed with visit and monotone dropout the closed form is the optimum itself. Holds no
search.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Flags, cholesky, transpose
from equipoise.statistics.mmrm.products import Products

# A residual variance below this share of the outcome's is rounding.
LEAST_SHARE = 1e-12


@dataclass(frozen=True, slots=True)
class Sequential:
    """Regressions of each visit's outcome on the covariates and the earlier outcomes.

    alpha  (T, m, Q) coefficients of the covariates
    beta   (T, m, m) coefficients of earlier visits' outcomes, strictly lower triangular
    gamma  (T, m) residual variances
    fine   (T,) every regression could be computed
    """

    alpha: Array
    beta: Array
    gamma: Array
    fine: Flags

    def unit_lower(self) -> Array:
        """Return L^-1 with L = I - beta, (T, m, m)."""
        m = self.gamma.shape[1]
        inverse: Array = np.linalg.inv(np.eye(m) - self.beta)
        return inverse

    def covariance(self) -> Array:
        """Return Sigma = L^-1 diag(gamma) L^-T, (T, m, m)."""
        inverse = self.unit_lower()
        return (inverse * self.gamma[:, None, :]) @ transpose(inverse)

    def coefficients(self) -> Array:
        """Return b (T, m, Q) with L b = alpha."""
        return self.unit_lower() @ self.alpha


def sequential(count: Array, sums: Array, *, covariates: int, restricted: bool) -> Sequential:
    """Return the regressions from counts (T, m) and sums of v v' (T, m, Q + m, Q + m), v = (u, y).

    The sums at visit j are over participants observed at visits 0 to j; rows beyond j are not read.
    Residual variances are RSS / (n_j - Q) for REML and RSS / n_j for ML.
    Source  Tang (2017), Stat Med, doi 10.1002/sim.7270, sections 2 and 3
    """
    t, m = count.shape
    alpha, beta, gamma = np.zeros((t, m, covariates)), np.zeros((t, m, m)), np.ones((t, m))
    fine = np.ones(t, dtype=bool)
    for j in range(m):
        k = covariates + j
        lower, positive = cholesky(sums[:, j, :k, :k])
        half = np.linalg.solve(lower, sums[:, j, :k, k : k + 1])
        slope = np.linalg.solve(transpose(lower), half)[..., 0]
        total = sums[:, j, k, k]
        rss = total - (half**2).sum(axis=(1, 2))
        df = count[:, j] - (covariates if restricted else 0)
        enough = positive & (count[:, j] > k) & (rss > LEAST_SHARE * total)
        fine &= enough
        # What could not be computed is noise of any size, which no later step may meet.
        slope = np.where(enough[:, None], slope, 0.0)
        alpha[:, j], beta[:, j, :j] = slope[:, :covariates], slope[:, covariates:]
        gamma[:, j] = np.where(enough, rss / np.maximum(df, 1), 1.0)
    return Sequential(alpha, beta, gamma, fine)


def completers(products: Products, *, group: int | None = None) -> tuple[Array, Array]:
    """Return counts (T, m) and sums of v v' over participants observed at every visit up to j."""
    _, g, m, _ = products.yu.shape
    through = np.logical_and.accumulate(products.observed, axis=-1)
    if group is not None:
        through = through & (products.group == group)[:, None]
    t, q = products.n.shape[0], products.uu.shape[-1]
    joined = np.zeros((t, g, q + m, q + m))
    joined[:, :, :q, :q], joined[:, :, q:, q:] = products.uu, products.yy
    joined[:, :, q:, :q], joined[:, :, :q, q:] = products.yu, transpose(products.yu)
    weight = through.astype(np.float64)
    sums = transpose(weight) @ joined.reshape(t, g, -1)
    return (products.n[:, None] @ weight)[:, 0], sums.reshape(t, m, q + m, q + m)


def left_out(products: Products) -> Array:
    """Return the share (T,) of observations that `completers` leaves out, made after a visit was missed."""
    through = np.logical_and.accumulate(products.observed, axis=-1)
    after = products.observed & ~through
    left: Array = (products.n * after.sum(axis=-1)).sum(axis=1) / products.n_rows
    return left


def available(products: Products) -> Array:
    """Return mean products of residuals over those who have both visits, (T, H, m, m); may be indefinite."""
    seen = products.observed.astype(np.float64)
    both = seen[..., :, None] * seen[..., None, :]
    means = []
    for h in range(products.n_groups):
        own = products.group == h
        pairs = (products.n[:, own, None, None] * both[..., own, :, :]).sum(axis=1)
        means.append(products.yy[:, own].sum(axis=1) / np.maximum(pairs, 1))
    return np.stack(means, axis=1)


def begin(products: Products, *, restricted: bool) -> tuple[Array, Flags]:
    """Return starting matrices (T, H, m, m) and which data sets have all of them from the regressions."""
    q, h = products.uu.shape[-1], products.n_groups
    guesses = [
        sequential(*completers(products, group=i if h > 1 else None), covariates=q, restricted=restricted)
        for i in range(h)
    ]
    matrices = np.stack([guess.covariance() for guess in guesses], axis=1)
    fine = np.stack([guess.fine for guess in guesses], axis=1)
    return np.where(fine[:, :, None, None], matrices, _diagonal(products)[:, None]), np.asarray(
        fine.all(axis=1)
    )


def _diagonal(products: Products) -> Array:
    """Return each visit's mean square over all groups as a diagonal matrix, (T, m, m)."""
    count = products.per_visit(products.n)
    squares = np.diagonal(products.yy, axis1=2, axis2=3).sum(axis=1)
    overall = squares.sum(axis=1, keepdims=True) / np.maximum(count.sum(axis=1, keepdims=True), 1)
    overall = np.where(overall > 0, overall, 1.0)
    variance = np.where(squares > LEAST_SHARE * overall, squares / np.maximum(count, 1), overall)
    return variance[:, :, None] * np.eye(products.observed.shape[-1])
