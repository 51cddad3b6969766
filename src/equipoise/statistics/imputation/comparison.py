"""The analysis of completed outcomes: an analysis of covariance at each visit, many data sets at once.

Arm and covariates explain the outcome at one visit; the same columns, crossed with visit, are those of the
imputation model. Holds no imputation and no inference over data sets.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.errors import FitError, Problem
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.mmrm.arrays import Array
from equipoise.statistics.mmrm.design import center, independent


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The design of one visit.

    u        (n, Q) 1, an indicator for each arm but the reference in order, covariates about their mean over
             a power of two near their size
    basis    (n, Q) orthonormal, u = basis upper
    upper    (Q, Q)
    others   (A - 1,) the arms of the indicators
    dropped  covariates left out because they follow from arms and the covariates before them
    """

    u: Array
    basis: Array
    upper: Array
    others: tuple[int, ...]
    dropped: tuple[int, ...]

    def row(self, arm: int) -> int | None:
        """Return the column that tells an arm from the reference, None for the reference itself."""
        return 1 + self.others.index(arm) if arm in self.others else None

    def at_arms(self, arms: int) -> Array:
        """Return each arm's row with covariates at 0, their mean over all participants, (A, Q)."""
        rows = np.zeros((arms, self.u.shape[1]))
        rows[:, 0] = 1
        for arm in self.others:
            rows[arm, self.row(arm)] = 1
        return rows


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Arms compared at each visit in T completed data sets, in the outcome's unit.

    difference           (T, A, m) adjusted mean of the arm minus that of the reference; 0 for the reference
    difference_variance  (T, A, m)
    mean                 (T, A, m) adjusted mean with covariates at their mean over all participants
    mean_variance        (T, A, m)
    df                   residual degrees of freedom, n - Q
    """

    difference: Array
    difference_variance: Array
    mean: Array
    mean_variance: Array
    df: int


def columns(trial: Incomplete) -> Columns:
    """Return the design of one visit, without covariates that follow from the columns before them."""
    others = tuple(arm for arm in range(trial.arms) if arm != trial.reference)
    indicators = [(trial.arm == arm).astype(np.float64) for arm in others]
    fixed = np.stack([np.ones(trial.n), *indicators], axis=1)
    every = np.concatenate([np.ones((trial.n, 1)), trial.covariates], axis=1)
    q = len(others) + every.shape[1]
    centered = center(every[None], np.eye(every.shape[1])[None])[0][0]
    u = np.concatenate([fixed, centered[:, 1:]], axis=1)
    full = np.asarray(np.linalg.qr(u, mode="r"))
    kept = independent(full, np.eye(q)[None]) if trial.n >= q else _one_by_one(u)
    dropped = tuple(j - fixed.shape[1] for j in range(q) if j not in kept)
    u = np.ascontiguousarray(u[:, kept])
    basis, upper = np.linalg.qr(u)
    return Columns(u, basis, upper, others, dropped)


def compare(trial: Incomplete, completed: Array) -> Comparison:
    """Compare the arms at each visit of completed outcomes (T, n, m).

    Raises  FitError when participants are too few for the arms and covariates
    Source  least squares; see docs/methods/ancova.md
    """
    design = columns(trial)
    n, q = design.u.shape
    if n <= q:
        raise FitError(
            "The completed outcomes cannot be compared",
            [Problem(f"{n} participants cannot carry {q} coefficients and a variance as well")],
        )
    # About its level an outcome far from 0 keeps its digits.
    level = completed.mean(axis=1, keepdims=True)
    scores = design.basis.T @ (completed - level)
    residual = completed - level - design.basis @ scores
    variance = (residual**2).sum(axis=1) / (n - q)
    contrasts = design.at_arms(trial.arms)
    gaps = contrasts - contrasts[trial.reference]
    means, differences = (np.linalg.solve(design.upper.T, rows.T).T for rows in (contrasts, gaps))
    return Comparison(
        difference=differences @ scores,
        difference_variance=(differences**2).sum(axis=1)[:, None] * variance[:, None],
        mean=means @ scores + level,
        mean_variance=(means**2).sum(axis=1)[:, None] * variance[:, None],
        df=n - q,
    )


def _one_by_one(u: Array) -> list[int]:
    """Return the columns kept of a design with more columns than rows."""
    kept: list[int] = []
    for j in range(u.shape[1]):
        if np.linalg.matrix_rank(u[:, [*kept, j]]) > len(kept):
            kept.append(j)
    return kept
