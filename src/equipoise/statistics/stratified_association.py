"""Arms and an outcome of several levels in strata: generalized Cochran-Mantel-Haenszel tests.

Holds tests only, general association and mean scores; with modified ridits the latter is van Elteren's
stratified rank test. Refuses estimates: levels have no common unit.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError
from equipoise.statistics.chi_squared import ChiSquared, chi_squared

Array = NDArray[np.float64]
Scores = Literal["integer", "modified_ridit"]


def general_association(tables: ArrayLike) -> ChiSquared:
    """Return the test that arms differ in no way in any stratum; levels have no order.

    tables   (k, arms, levels) counts
    Raises   FitError when no stratum has two arms and two levels; ValueError when the shape is wrong or a
             count is negative or not whole
    Source   Landis, Heyman and Koch (1978), Int Stat Rev 46:237-254; as R's mantelhaen.test
    Checked  tests/golden/cmh
    """
    counts = _counts(tables)
    levels = counts.shape[2]
    return _test(
        counts,
        np.broadcast_to(np.eye(levels)[:-1], (counts.shape[0], levels - 1, levels)),
        method="generalized Cochran-Mantel-Haenszel, general association",
    )


def mean_scores(tables: ArrayLike, *, scores: Scores | ArrayLike = "integer") -> ChiSquared:
    """Return the test that arms have the same mean score in each stratum; levels are ordered.

    tables   (k, arms, levels) counts
    scores   "integer": 1, 2, ...; "modified_ridit": midranks within the stratum over its n + 1, which is van
             Elteren's test; or (levels,) numbers
    Raises   FitError when no stratum has two arms and two scores; ValueError as `general_association`
    Source   Landis, Heyman and Koch (1978); van Elteren (1960), Bull Int Stat Inst 37:351-361
    Checked  tests/golden/cmh
    """
    counts = _counts(tables)
    strata, _, levels = counts.shape
    if isinstance(scores, str):
        if scores not in ("integer", "modified_ridit"):
            raise ValueError(f"unknown scores {scores!r}; choose integer, modified_ridit, or give numbers")
        weights = np.arange(1.0, levels + 1) if scores == "integer" else _modified_ridits(counts)
        name = scores.replace("_", " ")
    else:
        weights, name = np.asarray(scores, dtype=np.float64), "given"
        if weights.shape != (levels,) or not np.isfinite(weights).all():
            raise ValueError(
                f"scores have shape {weights.shape}; give one finite number a level: ({levels},)"
            )
    return _test(
        counts,
        np.broadcast_to(weights, (strata, levels))[:, None, :],
        method=f"generalized Cochran-Mantel-Haenszel, mean scores ({name})",
    )


def _counts(tables: ArrayLike) -> Array:
    counts = np.asarray(tables, dtype=np.float64)
    if counts.ndim != 3 or min(counts.shape[1:]) < 2:
        raise ValueError(
            f"the tables have shape {counts.shape}; give strata, arms and levels, two or more of each"
        )
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("counts of participants are whole numbers, 0 or more")
    kept: Array = counts[counts.sum(axis=(1, 2)) > 1]
    return kept


def _modified_ridits(counts: Array) -> Array:
    levels = counts.sum(axis=1)
    below = levels.cumsum(axis=1) - levels
    ridits: Array = (below + (levels + 1) / 2) / (levels.sum(axis=1, keepdims=True) + 1)
    return ridits


def _test(counts: Array, columns: Array, *, method: str) -> ChiSquared:
    """Sum the deviations of all but the last arm, seen through `columns` (k, c, levels), over strata."""
    arms = counts.shape[1]
    size = (arms - 1) * columns.shape[1]
    deviation, covariance = np.zeros(size), np.zeros((size, size))
    for table, seen in zip(counts, columns, strict=True):
        n = table.sum()
        by_arm, by_level = table.sum(axis=1), table.sum(axis=0)
        rows = np.diag(by_arm) - np.outer(by_arm, by_arm) / n
        levels = np.diag(by_level) - np.outer(by_level, by_level) / n
        deviation += ((table - np.outer(by_arm, by_level) / n)[:-1] @ seen.T).ravel()
        covariance += np.kron(rows[:-1, :-1], seen @ levels @ seen.T) / (n - 1)
    rank = int(np.linalg.matrix_rank(covariance)) if size else 0
    if rank == 0:
        raise FitError("The test needs a stratum with two arms and two levels")
    statistic = float(deviation @ np.linalg.pinv(covariance, hermitian=True) @ deviation)
    return chi_squared(max(0.0, statistic), rank, method=method)
