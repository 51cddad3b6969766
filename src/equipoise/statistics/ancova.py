"""Analysis of covariance by least squares: arms compared at the same covariate values.

Holds one linear model, parallel lines with one residual variance over all arms. Holds no interactions and no
repeated measures. Factors come in as design columns (`indicators` makes them).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError
from equipoise.statistics.columns import (
    Matrix,
    code_labels,
    covariate_matrix,
    independent_columns,
    require_comparison,
    rounding_noise,
)
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.tabulate import tabulate
from equipoise.statistics.values import Vector, vector


@dataclass(frozen=True, slots=True)
class Ancova:
    """A fitted analysis of covariance, in the outcome's unit.

    reference     the arm that the others are compared with
    differences   per other arm: adjusted mean of the arm minus that of the reference
    ls_means      per arm: adjusted mean with every design column at its mean over all rows used
    coefficients  per design column kept: change in outcome per unit of the column
    residual_sd   within arms, around the parallel lines
    df            residual degrees of freedom
    n_by_arm      rows used
    dropped       design columns left out because they follow from the arms and the columns before them
    """

    reference: Hashable
    differences: Mapping[Hashable, Estimate]
    ls_means: Mapping[Hashable, Estimate]
    coefficients: Mapping[str, Estimate]
    residual_sd: float
    df: int
    n_by_arm: Mapping[Hashable, int]
    dropped: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows used, over all arms."""
        return sum(self.n_by_arm.values())

    def summary(self, *, decimals: int = 2) -> str:
        """Return one line per comparison, and what was dropped."""
        lines = [
            f"{arm} minus {self.reference}: {difference.summary(decimals=decimals)}, n = {self.n}"
            for arm, difference in self.differences.items()
        ]
        if self.dropped:
            lines.append(f"dropped as collinear: {', '.join(self.dropped)}")
        return "\n".join(lines)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per difference, adjusted mean and coefficient."""
        kinds: dict[str, Mapping[Any, Estimate]] = {
            "difference": self.differences,
            "ls_mean": self.ls_means,
            "coefficient": self.coefficients,
        }
        return tabulate(
            [
                {"quantity": kind, "term": str(term), **asdict(estimate)}
                for kind, estimates in kinds.items()
                for term, estimate in estimates.items()
            ]
        )


def ancova(
    outcome: ArrayLike,
    arm: Sequence[Hashable] | NDArray[Any],
    *,
    reference: Hashable,
    covariates: ArrayLike | None = None,
    names: Sequence[str] = (),
    level: float = DEFAULT_LEVEL,
) -> Ancova:
    """Return the arms' differences adjusted for the design columns.

    outcome     (n,) outcome's unit
    arm         (n,) the label of each row's arm, two or more different ones
    reference   the label of the arm the others are compared with
    covariates  (n, p) design columns, or (n,) for one; none gives the analysis of variance
    names       (p,) their names; x1, x2, ... when left out

    With columns centered within arms, slopes b come from one QR decomposition, and for d = the arm's column
    means minus the overall ones, mean = arm's mean - d'b, variance = s^2 (1/n_arm + d'(R'R)^-1 d).
    Raises  FitError when fewer than two arms, no reference arm, no degree of freedom or no residual variation
            is left; ValueError when a value is missing or lengths disagree
    Source  Fisher's analysis of covariance; algebra as in docs/methods/ancova.md
    Checked tests/golden/antidepressant_ancova, tests/golden/ancova
    """
    y = vector(outcome, "the outcome")
    x, labels = covariate_matrix(covariates, names, n=y.size)
    codes, arms = code_labels(arm, n=y.size)
    require_comparison(arms, reference)
    counts = np.bincount(codes, minlength=len(arms)).astype(np.float64)
    x_means, y_means = _arm_means(x, codes, counts), _arm_means(y[:, None], codes, counts)[:, 0]
    within = x - x_means[codes]
    kept = independent_columns(x, codes)
    fit = _least_squares(within[:, kept], y - y_means[codes], arms=len(arms), scale=float(np.abs(y).max()))
    offsets = (x_means - x.mean(axis=0))[:, kept]
    means = y_means - offsets @ fit.slopes

    def contrast(weights: Vector) -> Estimate:
        lever = fit.half_inverse.T @ (weights @ offsets)
        std_error = fit.residual_sd * math.sqrt(float((weights**2 / counts).sum() + lever @ lever))
        return infer(
            float(weights @ means), std_error, df=fit.df, level=level, method="ANCOVA, least squares"
        )

    unit = dict(zip(arms, np.eye(len(arms)), strict=True))
    return Ancova(
        reference=reference,
        differences={a: contrast(unit[a] - unit[reference]) for a in arms if a != reference},
        ls_means={a: contrast(unit[a]) for a in arms},
        coefficients=_slopes(fit, names=[labels[j] for j in kept], level=level),
        residual_sd=fit.residual_sd,
        df=fit.df,
        n_by_arm={a: int(count) for a, count in zip(arms, counts, strict=True)},
        dropped=tuple(label for j, label in enumerate(labels) if j not in kept),
    )


def indicators(values: Sequence[Hashable], *, name: str) -> tuple[Matrix, list[str]]:
    """Return a factor's design columns and their names, one column a level after the first.

    values  (n,) the factor's level in each row
    Levels are ordered by their text; the first one is the baseline, and columns are named "name=level".
    """
    levels = sorted(set(values), key=str)
    columns = [[float(value == level) for value in values] for level in levels[1:]]
    return np.array(columns).reshape(len(columns), len(values)).T, [f"{name}={level}" for level in levels[1:]]


@dataclass(frozen=True, slots=True)
class _Fit:
    """Slopes (k,), a (k, k) half H of their covariance (H H' = (R'R)^-1), residual sd and df."""

    slopes: Vector
    half_inverse: Matrix
    residual_sd: float
    df: int


def _arm_means(columns: Matrix, codes: NDArray[np.intp], counts: Vector) -> Matrix:
    """Return (arms, p) means; each column is shifted by its first value so that large offsets cancel."""
    origin = columns[0]
    sums = np.zeros((counts.size, columns.shape[1]))
    np.add.at(sums, codes, columns - origin)
    means: Matrix = origin + sums / counts[:, None]
    return means


def _least_squares(x: Matrix, y: Vector, *, arms: int, scale: float) -> _Fit:
    df = y.size - arms - x.shape[1]
    if df < 1:
        raise FitError(
            f"{y.size} participants cannot carry {arms} arms and {x.shape[1]} covariates: "
            "no degree of freedom is left for the variance"
        )
    q, r = np.linalg.qr(x)
    residuals = y - q @ (q.T @ y)
    length = float(np.linalg.norm(residuals))
    if length <= rounding_noise(scale, y.size):
        raise FitError("The outcome does not vary within arms beyond the covariates, so it has no variance")
    half_inverse = np.linalg.solve(r, np.eye(x.shape[1]))
    return _Fit(half_inverse @ (q.T @ y), half_inverse, length / math.sqrt(df), df)


def _slopes(fit: _Fit, *, names: Sequence[str], level: float) -> dict[str, Estimate]:
    errors = fit.residual_sd * np.linalg.norm(fit.half_inverse, axis=1)
    return {
        name: infer(float(slope), float(error), df=fit.df, level=level, method="ANCOVA slope")
        for name, slope, error in zip(names, fit.slopes, errors, strict=True)
    }
