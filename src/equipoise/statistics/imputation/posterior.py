"""Draws of means and covariances from their posterior, given outcomes without gaps before the last one.

With one covariance for all arms the posterior is a chain of regressions, of each visit on covariates and
earlier visits, and draws are exact. With a covariance an arm, coefficients and covariances are drawn in turn.
Prior: every coefficient flat, |Sigma|^(-(m+1)/2) for each covariance. Holds no data and fills no gap.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.errors import FitError, Problem
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, transpose

# What is left of an outcome below this share of its size is rounding.
LEAST_SHARE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """T draws of the model y = u b + e, e ~ N(0, Sigma).

    b      (T, q, m) coefficients by visit
    sigma  (T, H, m, m) one covariance for all arms, or one an arm
    """

    b: Array
    sigma: Array

    def take(self, part: slice) -> "Parameters":
        """Return some of the draws."""
        return Parameters(self.b[part], self.sigma[part])


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Cross-products of (u, y) over the participants whose last outcome is at each visit or later.

    products  (T or 1, H, m, q + m, q + m)
    count     (H, m) participants
    q         covariates
    """

    products: Array
    count: Array
    q: int

    @property
    def visits(self) -> int:
        """Visits, m."""
        return int(self.count.shape[1])

    def together(self) -> "Sums":
        """Return the sums over all arms."""
        return Sums(self.products.sum(axis=1, keepdims=True), self.count.sum(axis=0, keepdims=True), self.q)


def draw_together(sums: Sums, *, n: int, rng: np.random.Generator) -> Parameters:
    """Return n draws with one covariance for all arms.

    With G_j the cross-products at visit j, coefficients (alpha_j, beta_j) of y_j on u and y_1 ... y_(j-1) are
    normal about least squares with covariance gamma_j G_j^-1, and RSS_j / gamma_j is chi-squared with
    n_j - q + j - m degrees of freedom, visits counted from 1. Then b = L^-1 alpha, Sigma = L^-1 D L^-T.
    Raises  FitError when participants are too few, or an outcome follows from the others
    Source  Tang (2017), Stat Med 36:4135-4154, and arXiv 1811.08042, normal-gamma form of the posterior;
            degrees of freedom derived in docs/methods/multiple-imputation.md
    """
    whole = sums.together()
    alpha, beta, gamma = _regress(whole.products[:, 0], whole.count[0], covariates=whole.q, n=n, rng=rng)
    return Parameters(_unfold(alpha, beta), _covariance(beta, gamma)[:, None])


def draw_by_arm(sums: Sums, b: Array, *, rng: np.random.Generator) -> Parameters:
    """Return one step of each of T chains with a covariance an arm: covariances given b (T, q, m), then b.

    Given b, each arm's residuals are a chain of regressions without covariates; given covariances, b is
    normal about generalized least squares.
    Raises  FitError when participants are too few, or an outcome follows from the others
    """
    t, q, m = b.shape
    arms = sums.count.shape[0]
    fit = np.concatenate([-b, np.broadcast_to(np.eye(m), (t, m, m))], axis=1)[:, None, None]
    left = transpose(fit) @ sums.products @ fit
    parts = [_regress(left[:, a], sums.count[a], covariates=0, n=t, rng=rng) for a in range(arms)]
    sigma = np.stack([_covariance(beta, gamma) for _, beta, gamma in parts], axis=1)
    precision = np.zeros((t, m * q, m * q))
    right = np.zeros((t, m, q))
    for a, (_, beta, gamma) in enumerate(parts):
        weight = (np.eye(m) - beta) / np.sqrt(gamma)[..., None]
        for j in range(m):
            w, products = weight[:, j], sums.products[:, a, j]
            outer = np.einsum("tk,tl,tpq->tkplq", w, w, np.broadcast_to(products[:, :q, :q], (t, q, q)))
            precision += outer.reshape(t, m * q, m * q)
            right += w[:, :, None] * (products[:, :q, q:] @ w[:, :, None])[:, None, :, 0]
    root = np.linalg.cholesky(precision)
    middle = np.linalg.solve(root, right.reshape(t, m * q, 1)) + rng.standard_normal((t, m * q, 1))
    drawn = np.linalg.solve(transpose(root), middle)
    return Parameters(transpose(drawn.reshape(t, m, q)), sigma)


def refuse_few(seen: Flags, which: Codes, u: Array) -> None:
    """Raise FitError when the posterior need not be proper, with every visit that has too few participants.

    seen   (n, m) outcomes the model is fitted to
    which  (n,) number of the covariance
    u      (n, q) covariates, among them the intercept and H - 1 arms when each arm has its own covariance
    Those seen at every visit so far, their later outcomes left out, have dropout and nothing else, and their
    posterior is proper when the degrees of freedom of every regression are above 0; further outcomes keep it
    so. Without gaps this is necessary as well. A chain on an improper posterior would not show it.
    """
    h, (m, q) = int(which.max()) + 1, (seen.shape[1], u.shape[1])
    unbroken = np.logical_and.accumulate(seen, axis=1)
    counts = np.stack([unbroken[which == a].sum(axis=0) for a in range(h)])
    if h == 1:
        problems = _few(counts[0], q=q, whose="")
    else:
        problems = [row for a in range(h) for row in _few(counts[a], q=1, whose=f" of arm {a}")]
        # One arm at least must carry the covariates that all have in common.
        shared = [_few(counts[a], q=q - h + 1, whose=f" of arm {a}") for a in range(h)]
        problems = problems or min(shared, key=len)
    if not problems:
        problems = [
            Problem(f"covariates cannot be told apart among those with every outcome up to visit {j + 1}")
            for j in range(m)
            if np.linalg.matrix_rank(u[unbroken[:, j]]) < q
        ]
    if problems:
        raise FitError(f"The imputation model for {m} visits has no posterior to rely on", problems)


def _few(count: Codes, *, q: int, whose: str) -> list[Problem]:
    m = count.size
    hint = "take one covariance for all arms" if whose else "impute fewer visits or leave covariates out"
    needed = [max(q + j + 1, q + m - j) for j in range(m)]
    return [
        Problem(
            f"{count[j]} participants{whose} have every outcome up to visit {j + 1}, {needed[j]} are needed "
            f"for {q} coefficients and a covariance of {m} visits",
            hint,
        )
        for j in range(m)
        if count[j] < needed[j]
    ]


def _regress(
    products: Array, count: Array, *, covariates: int, n: int, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Return n draws of alpha (n, q, m), beta (n, m, m), gamma (n, m) from products (T or 1, m, k, k)."""
    m, q = count.size, covariates
    alpha, beta, gamma = np.zeros((n, q, m)), np.zeros((n, m, m)), np.empty((n, m))
    for j in range(m):
        k = q + j
        root = _root(products[:, j, : k + 1, : k + 1], visit=j)
        # j counts from 0 here and from 1 in the formula.
        gamma[:, j] = root[:, k, k] ** 2 / rng.chisquare(count[j] - q + j + 1 - m, size=n)
        spread = np.sqrt(gamma[:, j, None]) * rng.standard_normal((n, k))
        drawn = np.linalg.solve(transpose(root[:, :k, :k]), (root[:, k, :k] + spread)[..., None])[..., 0]
        alpha[:, :, j], beta[:, j, :j] = drawn[:, :q], drawn[:, q:]
    return alpha, beta, gamma


def _root(gram: Array, *, visit: int) -> Array:
    try:
        root = np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        root = np.zeros_like(gram)
    pivots, sizes = np.diagonal(root, axis1=1, axis2=2) ** 2, np.diagonal(gram, axis1=1, axis2=2)
    if not (pivots > LEAST_SHARE * sizes).all():
        raise FitError(
            f"The outcome at visit {visit + 1} does not vary beyond arms, covariates and earlier visits, or "
            "these cannot be told apart among those who have it"
        )
    return root


def _unfold(alpha: Array, beta: Array) -> Array:
    """Return b = L^-1 alpha, (n, q, m)."""
    b = alpha.copy()
    for j in range(1, b.shape[2]):
        b[:, :, j] += (b[:, :, :j] @ beta[:, j, :j, None])[..., 0]
    return b


def _covariance(beta: Array, gamma: Array) -> Array:
    """Return L^-1 D L^-T, (n, m, m)."""
    n, m = gamma.shape
    sigma = np.zeros((n, m, m))
    for j in range(m):
        row = (beta[:, j, None, :j] @ sigma[:, :j, :j])[:, 0]
        sigma[:, j, :j] = sigma[:, :j, j] = row
        sigma[:, j, j] = gamma[:, j] + (row * beta[:, j, :j]).sum(axis=1)
    return sigma
