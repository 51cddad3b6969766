"""Many trials at once: Student's t and least squares with covariates, arrays in and arrays out.

For rehearsals, where a trial that cannot be estimated is counted and never raised. Each function gives what
its counterpart for one trial gives (`two_sample.pooled_t`, `ancova.ancova`, `estimate.infer`), to rounding.
Holds no method of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from equipoise.statistics.columns import COLLINEAR_SHARE, rounding_noise
from equipoise.statistics.two_sample import FEWEST

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A covariate this much nearer to a combination of others than one trial's own judge asks is left to that
# judge.
CAUTION = 1e3


@dataclass(frozen=True, slots=True)
class Many:
    """One estimate in each of R trials, every array (R,); NaN throughout where there is none.

    df  NaN also where the normal distribution is used
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats


def infer_many(estimate: Floats, std_error: Floats, *, df: Floats, level: float) -> Many:
    """Return intervals and two-sided tests, as `estimate.infer` does for one.

    df  NaN uses the normal distribution
    A standard error of 0 gives an interval of width 0 and no test.
    """
    upper = (1 + level) / 2
    student = np.isfinite(df)
    safe = np.where(student, df, 1.0)
    critical = np.where(student, stdtrit(safe, upper), ndtri(upper))
    half_width = critical * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = -np.abs(estimate / std_error)
    p_value = 2 * np.where(student, stdtr(safe, tail), ndtr(tail))
    p_value = np.where(std_error > 0, p_value, np.nan)
    return Many(estimate, std_error, df, p_value, estimate - half_width, estimate + half_width)


def pooled_t_many(outcome: Floats, arm: Flags, *, level: float) -> Many:
    """Return mean of the arm minus mean of the others with Student's pooled-variance t.

    outcome  (R, n) NaN where not observed
    arm      (R, n) True in the arm, False in the reference
    """
    observed = np.isfinite(outcome)
    x, y = (_moments(outcome, observed & side) for side in (arm, ~arm))
    df = x.n + y.n - 2
    able = (x.n >= FEWEST) & (y.n >= FEWEST) & ((x.squares > 0) | (y.squares > 0))
    safe = np.where(able, df, 1.0)
    variance = (x.squares + y.squares) / safe * (1 / np.maximum(x.n, 1) + 1 / np.maximum(y.n, 1))
    std_error = np.where(able, np.sqrt(variance), np.nan)
    estimate = np.where(able, x.mean - y.mean, np.nan)
    return infer_many(estimate, std_error, df=np.where(able, safe, np.nan), level=level)


@dataclass(frozen=True, slots=True)
class _Moments:
    """One group in each trial: count, mean and sum of squares about it, exactly 0 where all are equal."""

    n: Floats
    mean: Floats
    squares: Floats


def _moments(values: Floats, chosen: Flags) -> _Moments:
    n = chosen.sum(axis=1).astype(np.float64)
    filled = np.where(chosen, values, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    squares = np.where(chosen, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    low, high = (np.where(chosen, values, end) for end in (np.inf, -np.inf))
    varies = high.max(axis=1, initial=-np.inf) > low.min(axis=1, initial=np.inf)
    return _Moments(n, mean, np.where(varies, squares, 0.0))


def ancova_many(outcome: Floats, arm: Flags, covariates: Floats, *, level: float) -> tuple[Many, Flags]:
    """Return differences adjusted for covariates by least squares, and which trials they stand for.

    outcome     (R, n) NaN where not observed
    arm         (R, n) True in the arm, False in the reference
    covariates  (R, n, p) NaN where not observed
    Returns     trials that are not fine (collinear covariates, too few participants, nothing left to vary)
                have NaN and are for `ancova.ancova` to judge
    """
    used = np.isfinite(outcome) & np.isfinite(covariates).all(axis=2)
    y, x = np.where(used, outcome, 0.0), np.where(used[:, :, None], covariates, 0.0)
    sides = [used & side for side in (arm, ~arm)]
    counts = [side.sum(axis=1).astype(np.float64) for side in sides]
    y_means = [_mean(y[:, :, None], side)[:, 0] for side in sides]
    x_means = [_mean(x, side) for side in sides]
    centered_y = np.where(used, y - np.where(arm, y_means[0][:, None], y_means[1][:, None]), 0.0)
    by_arm = np.where(arm[:, :, None], x_means[0][:, None], x_means[1][:, None])
    centered_x = np.where(used[:, :, None], x - by_arm, 0.0)
    df = counts[0] + counts[1] - 2 - x.shape[2]
    fine = (counts[0] > 0) & (counts[1] > 0) & (df >= 1) & ~_collinear(centered_x, x)
    q, r = np.linalg.qr(np.where(fine[:, None, None], centered_x, _unit_columns(x.shape)))
    projected = np.einsum("rnp,rn->rp", q, centered_y)
    residual = centered_y - np.einsum("rnp,rp->rn", q, projected)
    length = np.sqrt((residual**2).sum(axis=1))
    fine &= length > rounding_noise(np.abs(y).max(axis=1), x.shape[1])
    apart = x_means[0] - x_means[1]
    lever = np.linalg.solve(np.swapaxes(r, 1, 2), apart[..., None])[..., 0]
    estimate = y_means[0] - y_means[1] - (lever * projected).sum(axis=1)
    spread = 1 / np.maximum(counts[0], 1) + 1 / np.maximum(counts[1], 1) + (lever**2).sum(axis=1)
    std_error = length * np.sqrt(spread / np.maximum(df, 1))
    cells = (np.where(fine, cell, np.nan) for cell in (estimate, std_error, df))
    estimate, std_error, df = cells
    return infer_many(estimate, std_error, df=df, level=level), fine


def _mean(values: Floats, chosen: Flags) -> Floats:
    """Return (R, p) means of values (R, n, p) over the chosen (R, n)."""
    n = np.maximum(chosen.sum(axis=1), 1)
    sums = np.where(chosen[:, :, None], values, 0.0).sum(axis=1)
    return np.asarray(sums / n[:, None])


def _collinear(centered: Floats, x: Floats) -> Flags:
    """Return which trials have a column near a combination of the others, or one that hardly varies."""
    if centered.shape[1] < centered.shape[2]:
        return np.ones(centered.shape[0], dtype=bool)
    r = np.asarray(np.linalg.qr(centered, mode="r"))
    pivots = np.abs(np.diagonal(r, axis1=1, axis2=2))
    length = np.sqrt((centered**2).sum(axis=1))
    noise = rounding_noise(np.abs(x).max(axis=1), x.shape[1])
    poor = (pivots <= CAUTION * COLLINEAR_SHARE * length) | (length <= CAUTION * noise)
    return np.asarray(poor.any(axis=1))


def _unit_columns(shape: tuple[int, ...]) -> Floats:
    """Return (n, p) columns that are independent whatever stands in for them."""
    return np.eye(shape[1], shape[2])
