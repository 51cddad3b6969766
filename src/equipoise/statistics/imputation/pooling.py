"""Rubin's rules: one estimate and its variance per completed data set, pooled into one inference.

Holds the rules for one number. Holds no imputation and no analysis of a completed data set.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.values import Vector, vector


@dataclass(frozen=True, slots=True)
class Pooled:
    """One quantity pooled over completed data sets, in the outcome's unit.

    estimate           mean of the estimates
    within             mean of their variances
    between            variance of the estimates over the data sets
    df                 degrees of freedom of the t distribution; None = normal distribution
    n_imputations      completed data sets
    """

    estimate: float
    within: float
    between: float
    df: float | None
    n_imputations: int

    @property
    def variance(self) -> float:
        """Variance of the pooled estimate: within + (1 + 1/n) between."""
        return self.within + (1 + 1 / self.n_imputations) * self.between

    @property
    def std_error(self) -> float:
        """Root of the variance."""
        return math.sqrt(self.variance)

    @property
    def relative_increase(self) -> float:
        """Increase of the variance because values are missing, over the variance within."""
        return (self.variance - self.within) / self.within

    @property
    def missing_information(self) -> float:
        """Share of the information about the quantity that is missing (Rubin 1987, eq. 3.1.10)."""
        r = self.relative_increase
        rest = 0.0 if self.df is None else 2 / (self.df + 3)
        return (r + rest) / (1 + r)

    @property
    def monte_carlo_error(self) -> float:
        """Standard error of the estimate as one for infinitely many imputations."""
        return math.sqrt(self.between / self.n_imputations)

    def infer(self, *, level: float = DEFAULT_LEVEL, method: str = "") -> Estimate:
        """Return interval and two-sided test."""
        return infer(self.estimate, self.std_error, df=self.df, level=level, method=method)


def pool(estimates: ArrayLike, variances: ArrayLike, df_complete: float | None = None) -> Pooled:
    """Pool one estimate and its variance per completed data set.

    estimates    (n,) outcome's unit, n >= 2
    variances    (n,) its square, each > 0
    df_complete  degrees of freedom that the complete data would give, > 0; None = infinite
    With lambda the share of the variance that comes from missing values and v = df_complete, degrees of
    freedom are 1 / (1/df_old + 1/df_observed), df_old = (n-1)/lambda^2 and df_observed =
    (1 - lambda) v (v+1)/(v+3). Estimates that are all equal leave estimate and standard error as complete
    data have them; df is then v (v+1)/(v+3), or the normal distribution where df_complete is None.
    Raises  FitError when there are fewer than two data sets, or a variance or df_complete is not above 0;
            ValueError when a value is missing or infinite, or lengths disagree
    Source  Rubin (1987), Multiple imputation for nonresponse in surveys, ch. 3.1; Barnard and Rubin (1999),
            Biometrika 86:948-955
    Checked tests/golden/rubin
    """
    q, u = vector(estimates, "the estimates"), vector(variances, "the variances")
    if q.size != u.size:
        raise ValueError(f"{u.size} variances for {q.size} estimates")
    _refuse(q, u, df_complete)
    n = q.size
    # Deviations from the first keep every digit under a common offset, and are 0 when all are equal.
    shifted = q - q[0]
    offset = float(shifted.mean())
    between = float(((shifted - offset) ** 2).sum() / (n - 1))
    within = float(u.mean())
    added = (1 + 1 / n) * between
    return Pooled(
        estimate=float(q[0] + offset),
        within=within,
        between=between,
        df=pooled_df(added / (within + added), n=n, df_complete=df_complete),
        n_imputations=n,
    )


def pooled_df(share: float, *, n: int, df_complete: float | None) -> float | None:
    """Return degrees of freedom from the share of the variance that comes from missing values.

    Source  Rubin (1987), eq. 3.1.6; Barnard and Rubin (1999)
    """
    # 1/df is added up, so that a share of 0 and infinite degrees of freedom need no case of their own.
    inverse = share**2 / (n - 1)
    if df_complete is not None:
        v = df_complete
        inverse += (v + 3) / ((1 - share) * v * (v + 1))
    return 1 / inverse if inverse > 0 else None


def _refuse(q: Vector, u: Vector, df_complete: float | None) -> None:
    problems = []
    if q.size <= 1:
        problems.append(
            Problem(
                f"{q.size} completed data sets say nothing about the variance between them",
                "give two or more",
            )
        )
    if bool(np.any(u <= 0)):
        problems.append(Problem(f"{int((u <= 0).sum())} variances are not above 0"))
    if df_complete is not None and not df_complete > 0:
        problems.append(Problem(f"the complete data have {df_complete:g} degrees of freedom, not above 0"))
    if problems:
        raise FitError("The estimates cannot be pooled", problems)
