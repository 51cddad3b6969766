"""From an optimum to tests: contrasts of coefficients with their degrees of freedom.

Holds the approximations of the denominator's degrees of freedom. Does not know formulas or data frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc, ndtri, stdtr, stdtrit

from equipoise.statistics.mmrm.arrays import Array, Codes, symmetric

# Singular values of a contrast below this share of the largest are rows that follow from others.
DEPENDENT = 1e-9
# A hypothesis's right-hand side may differ from what its other rows imply by rounding only.
CONSISTENT = 1e-8


@dataclass(frozen=True, slots=True)
class Test:
    """A test of L b = rhs.

    estimate    (l,) L b
    std_error   (l,) of each row
    df          denominator degrees of freedom; inf = normal or chi-squared
    numerator_df  rank of L
    statistic   t when L has one row, F otherwise
    p_value     two-sided
    """

    estimate: Array
    std_error: Array
    df: float
    numerator_df: int
    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Everything a contrast needs, for q coefficients kept of those asked for.

    b          (q,) estimates
    root       (q, q) covariance by the model = root root'
    middle     (q, q) covariance used = root middle root'
    p          (K, q, q) F' P_k F, or None when df needs no derivatives
    w          (K, K) covariance of the parameters
    kind       "kenward-roger", "satterthwaite", "fixed" or "normal"
    fixed_df   (q,) degrees of freedom of each coefficient, for "fixed"
    """

    b: Array
    root: Array
    middle: Array
    p: Array
    w: Array
    kind: str
    fixed_df: Array

    @property
    def vcov(self) -> Array:
        """Covariance of the coefficients, (q, q)."""
        return symmetric(self.root @ self.middle @ self.root.T)

    def rows(self, contrasts: Array) -> tuple[Array, Array, Array]:
        """Return estimates, standard errors and df of one-dimensional contrasts (l, q), each by itself."""
        f = contrasts @ self.root
        # Squares of the rows over their size neither vanish nor overflow.
        size = np.abs(f).max(axis=1)
        f = f / np.where(size > 0, size, 1.0)[:, None]
        std_error = size * np.sqrt(np.maximum(((f @ self.middle) * f).sum(axis=1), 0))
        estimate: Array = contrasts @ self.b
        return estimate, std_error, self._row_df(contrasts, f)

    def test(self, contrasts: Array, rhs: Array) -> Test:
        """Return the test of contrasts (l, q) jointly; its rank leaves out rows that follow from others."""
        estimate, std_error, df = self.rows(contrasts)
        if contrasts.shape[0] == 1:
            t = float((estimate[0] - rhs[0]) / std_error[0]) if std_error[0] > 0 else np.nan
            return Test(estimate, std_error, float(df[0]), 1, t, two_sided(t, float(df[0])))
        basis, gap = _independent(contrasts, estimate - rhs)
        f = basis @ self.root
        statistic, denominator = self._f_test(f, gap, basis)
        return Test(
            estimate, std_error, denominator, gap.size, statistic, upper_f(statistic, gap.size, denominator)
        )

    def _row_df(self, contrasts: Array, f: Array) -> Array:
        if self.kind == "normal":
            return np.full(f.shape[0], np.inf)
        if self.kind == "fixed":
            involved = np.abs(contrasts) > DEPENDENT * np.abs(contrasts).max(axis=1, keepdims=True)
            return np.asarray(np.where(involved, self.fixed_df, np.inf).min(axis=1))
        return self._one_dimensional_df(f)

    def _one_dimensional_df(self, f: Array) -> Array:
        """Return 2 v^2 / (g' w g), v = f f' and g_k = f P_k f'; Kenward and Roger's df is the same here."""
        gradient = np.einsum("la,kab,lb->lk", f, self.p, f, optimize=True)
        spread = ((gradient @ self.w) * gradient).sum(axis=1)
        variance = (f**2).sum(axis=1)
        return np.where(spread > 0, 2 * variance**2 / np.where(spread > 0, spread, 1), np.inf)

    def _f_test(self, f: Array, gap: Array, basis: Array) -> tuple[float, float]:
        size = gap.size
        wald = float(gap @ np.linalg.solve(f @ self.middle @ f.T, gap)) / size
        if self.kind == "normal":
            return wald, np.inf
        if self.kind == "fixed":
            return wald, float(self._row_df(basis, f).min())
        if self.kind == "satterthwaite":
            return wald, self._eigen_df(f)
        scale, df = self._kenward_roger(f)
        return scale * wald, df

    def _eigen_df(self, f: Array) -> float:
        """Return Fai and Cornelius's df: E = sum nu / (nu - 2) over components, 2 E / (E - l)."""
        _, vectors = np.linalg.eigh(symmetric(f @ f.T))
        components = self._one_dimensional_df(vectors.T @ f)
        if (components <= 2).any():
            return 2.0
        expectation = float((1 / (1 - 2 / components)).sum())
        size = f.shape[0]
        return 2 * expectation / (expectation - size) if expectation > size else np.inf

    def _kenward_roger(self, f: Array) -> tuple[float, float]:
        """Return the factor of the F statistic and its df.

        Source  Kenward and Roger (1997), section 3
        """
        size = f.shape[0]
        q_basis = np.linalg.qr(f.T)[0]
        inside = q_basis.T @ self.p @ q_basis
        traces = np.trace(inside, axis1=1, axis2=2)
        a1 = float(traces @ self.w @ traces)
        flat = inside.reshape(inside.shape[0], -1)
        a2 = float(((flat @ flat.T) * self.w).sum())
        b = (a1 + 6 * a2) / (2 * size)
        g = ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
        d = 3 * size + 2 * (1 - g)
        c1, c2, c3 = g / d, (size - g) / d, (size + 2 - g) / d
        expectation = 1 / (1 - a2 / size)
        variance = 2 / size * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        ratio = variance / (2 * expectation**2)
        df = 4 + (size + 2) / (size * ratio - 1)
        return df / (expectation * (df - 2)), df


def between_within(
    x: Array, participant: Codes, *, terms: Sequence[Sequence[int]], kept: Sequence[int], unstructured: bool
) -> Array:
    """Return degrees of freedom of each column kept: within participants for terms that change in one.

    x            (N, p) rows ordered by participant (N,)
    terms        columns of each term
    unstructured all terms count as between participants
    Source       SAS/STAT, PROC MIXED, MODEL statement, DDFM=BETWITHIN
    """
    same = participant[1:] == participant[:-1]
    changes = ((x[1:] != x[:-1]) & same[:, None]).any(axis=0)
    within = np.zeros(x.shape[1], dtype=bool)
    for columns in terms:
        within[list(columns)] = changes[list(columns)].any()
    used = within[list(kept)]
    n = int(participant[-1]) + 1
    between_df = n - int((~used).sum())
    within_df = x.shape[0] - n - int(used.sum())
    return np.where(used & (not unstructured), float(within_df), float(between_df))


def two_sided(t: float, df: float) -> float:
    """Return P(|T| >= |t|)."""
    return float(2 * stdtr(df, -abs(t)))


def upper_f(statistic: float, numerator: int, df: float) -> float:
    """Return P(F >= statistic); chi-squared over its df when df is infinite."""
    finite = df if np.isfinite(df) else LARGE_DF
    return float(fdtrc(numerator, finite, statistic))


# Where an F distribution no longer differs from a chi-squared over its df.
LARGE_DF = 1e12


def quantile(level: float, df: Array) -> Array:
    """Return the t quantile at (1 + level) / 2."""
    upper = (1 + level) / 2
    result: Array = np.where(
        np.isfinite(df), stdtrit(np.where(np.isfinite(df), df, 1.0), upper), ndtri(upper)
    )
    return result


def _independent(contrasts: Array, gap: Array) -> tuple[Array, Array]:
    """Return an orthonormal basis of the contrasts and the gaps in it; ValueError when rows contradict."""
    left, size, right = np.linalg.svd(contrasts, full_matrices=False)
    rank = int((size > DEPENDENT * size[0]).sum())
    rotated = left.T @ gap
    if np.abs(rotated[rank:]).max(initial=0) > CONSISTENT * max(1.0, np.abs(gap).max()):
        raise ValueError("the rows of this hypothesis contradict each other: rhs is not in the range of L")
    return right[:rank], rotated[:rank] / size[:rank]
