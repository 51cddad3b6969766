"""`fit_batch`: many trials of one design at once, arrays in and arrays out.

For simulations, where a trial that cannot be fitted is counted and never raised. Trials with monotone dropout
and covariates crossed with visit take the closed form, others the lines that `fit` runs; both agree to 1e-10.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from equipoise.errors import FitError
from equipoise.statistics.mmrm.adjustment import adjust_contrasts, parameter_covariance
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, product, transpose
from equipoise.statistics.mmrm.covariance import STRUCTURES
from equipoise.statistics.mmrm.design import COLLINEAR_SHARE, center, orthonormalize, power_of_two, triangles
from equipoise.statistics.mmrm.monotone import close, is_monotone
from equipoise.statistics.mmrm.newton import (
    COLLINEAR,
    CONSTANT,
    CONVERGED,
    REASONS,
    SINGULAR_AT_OPTIMUM,
    UNSEEN,
    maximize,
)
from equipoise.statistics.mmrm.patterns import Patterns
from equipoise.statistics.mmrm.prepare import Prepared, prepare

# Trials worked on together: few enough that their arrays stay in the processor's cache.
CLOSED_BLOCK = 256
SEARCH_BLOCK = 64
RULES = ("kenward-roger", "satterthwaite")


@dataclass(frozen=True, slots=True)
class Batch:
    """What T trials say of C contrasts, in the outcome's unit; NaN where a trial has no fit.

    estimate, std_error, df, statistic, p_value   (T, C)
    code    (T,) a key of `newton.REASONS`; 0 = converged
    closed  (T,) solved in closed form
    method  what was computed, in words
    """

    estimate: Array
    std_error: Array
    df: Array
    statistic: Array
    p_value: Array
    code: Codes
    closed: Flags
    method: str

    @property
    def converged(self) -> Flags:
        """Which trials have a fit, (T,)."""
        return np.asarray(self.code == CONVERGED)

    def reasons(self) -> dict[str, int]:
        """Return how many trials ended how."""
        codes, counts = np.unique(self.code, return_counts=True)
        return {REASONS[int(code)]: int(count) for code, count in zip(codes, counts, strict=True)}

    def summary(self) -> str:
        """Return one line: how many trials, and how they ended."""
        ends = "; ".join(f"{count} {reason}" for reason, count in self.reasons().items())
        return f"{self.code.size} trials, {self.method}: {ends}"


def fit_batch(
    outcomes: ArrayLike,
    covariates: ArrayLike,
    *,
    contrasts: ArrayLike,
    loading: ArrayLike | None = None,
    covariance: str = "us",
    method: str = "reml",
    df: str = "kenward-roger",
) -> Batch:
    """Fit one model to T trials.

    outcomes    (T, n, m) n participants at m visits, NaN where not observed
    covariates  (T, n, q) or (n, q) of participants, without the intercept, which comes first below
    contrasts   (C, m, 1 + q) of coefficients by visit, or (C, p) with a loading
    loading     None: every covariate is crossed with visit; otherwise (m, 1 + q, p): the design at visit a is
                loading[a]' (1, covariates)
    covariance  any structure but sp_exp
    df          "kenward-roger" (linear, observed information) or "satterthwaite"
    Raises      ValueError when shapes disagree, a name is unknown or a covariate is not finite; FitError for
                Kenward-Roger with ML
    Source      docs/methods/mmrm.md
    """
    _require_known(covariance, method, df)
    y, u = np.asarray(outcomes, dtype=np.float64), np.asarray(covariates, dtype=np.float64)
    t, n, m = _shape(y)
    u = np.broadcast_to(u, (t, *u.shape[-2:])) if u.ndim == 2 else u
    if u.shape[:2] != (t, n) or not np.isfinite(u).all():
        raise ValueError(f"covariates are ({t}, {n}, q) or ({n}, q) finite numbers, not {u.shape}")
    b, c = _design(loading, contrasts, m=m, q=u.shape[2] + 1)
    task = _Task(
        b,
        c,
        crossed=loading is None,
        covariance=covariance,
        restricted=method == "reml",
        adjusted=df == RULES[0],
    )
    result = np.full((3, t, c.shape[0]), np.nan)
    code, closed = np.full(t, CONVERGED, dtype=np.intp), np.zeros(t, dtype=bool)
    if task.crossed and covariance == "us":
        for start in range(0, t, CLOSED_BLOCK):
            part = slice(start, start + CLOSED_BLOCK)
            result[:, part], closed[part] = _in_closed_form(task, y[part], u[part])
    rest = np.flatnonzero(~closed)
    for start in range(0, rest.size, SEARCH_BLOCK):
        which = rest[start : start + SEARCH_BLOCK]
        result[:, which], code[which] = _searched(task, y[which], u[which])
    estimate, std_error, degrees = result
    statistic = estimate / std_error
    p_value = 2 * stdtr(degrees, -np.abs(statistic))
    title = f"{STRUCTURES[covariance].title}, {method.upper()}, {df}"
    return Batch(estimate, std_error, degrees, statistic, p_value, code, closed, title)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is asked of every trial: loading (m, Q, p), contrasts (C, p)."""

    loading: Array
    contrasts: Array
    crossed: bool
    covariance: str
    restricted: bool
    adjusted: bool


def _require_known(covariance: str, method: str, df: str) -> None:
    for name, given, known in (
        ("covariance", covariance, tuple(name for name, row in STRUCTURES.items() if not row.spatial)),
        ("method", method, ("reml", "ml")),
        ("df", df, RULES),
    ):
        if given not in known:
            raise ValueError(f"{name} is one of {', '.join(known)} for many trials, not {given!r}")
    if method == "ml" and df == RULES[0]:
        raise FitError("Kenward-Roger is defined for REML; use method='reml' or df='satterthwaite'")


def _shape(y: Array) -> tuple[int, int, int]:
    if y.ndim != 3 or np.isinf(y).any():
        raise ValueError(f"outcomes are (trials, participants, visits), finite or NaN, not {y.shape}")
    return y.shape[0], y.shape[1], y.shape[2]


def _design(loading: ArrayLike | None, contrasts: ArrayLike, *, m: int, q: int) -> tuple[Array, Array]:
    """Return loading (m, q, p) and contrasts (C, p)."""
    if loading is None:
        b = np.eye(m * q).reshape(m, q, m * q)
    else:
        b = np.asarray(loading, dtype=np.float64)
        if b.shape[:2] != (m, q):
            raise ValueError(f"a loading is ({m}, {q}, p), not {b.shape}")
    c = np.asarray(contrasts, dtype=np.float64)
    wanted = (m, q) if loading is None else (b.shape[2],)
    if c.shape[1:] != wanted:
        raise ValueError(f"contrasts are (C, {', '.join(map(str, wanted))}), not {c.shape}")
    return b, c.reshape(c.shape[0], -1)


def _in_closed_form(task: _Task, y: Array, u: Array) -> tuple[Array, Flags]:
    """Return (3, T, C) estimates, standard errors and df, and which trials they stand for."""
    t, n, m = y.shape
    q = u.shape[2] + 1
    present = ~np.isnan(y)
    monotone = is_monotone(present)
    found = np.full((3, t, task.contrasts.shape[0]), np.nan)
    if not monotone.any():
        return found, monotone
    count = np.maximum(present.sum(axis=1, keepdims=True), 1)
    filled = np.where(present, y, 0.0)
    level = filled.sum(axis=1, keepdims=True) / count
    about = np.where(present, y - level, 0.0)
    unit = power_of_two(np.abs(about).max(axis=(1, 2)))
    mean = u.mean(axis=1, keepdims=True)
    centered = u - mean
    size = power_of_two(np.abs(centered).max(axis=1, keepdims=True))
    one = np.ones((t, n, 1))
    closed = close(
        np.concatenate([one, centered / size], axis=2),
        about / unit[:, None, None],
        present.sum(axis=2) * monotone[:, None],
        restricted=task.restricted,
    )
    usable = monotone & closed.fine
    for i, contrast in enumerate(task.contrasts.reshape(-1, m, q)):
        own = np.broadcast_to(contrast, (t, m, q)).copy()
        own[:, :, 1:] = (own[:, :, 1:] - contrast[:, :1] * mean) / size
        inference = closed.infer(np.ascontiguousarray(np.moveaxis(own, 0, -1)))
        variance = inference.variance + (inference.addition if task.adjusted else 0)
        found[0, :, i] = inference.estimate * unit + level[:, 0] @ contrast[:, 0]
        # What could not be fitted has a variance of any size and sign, and is taken out below.
        found[1, :, i] = np.sqrt(np.where(usable, variance, 1.0)) * unit
        found[2, :, i] = inference.df
    found[:, ~usable] = np.nan
    return found, usable


def _searched(task: _Task, y: Array, u: Array) -> tuple[Array, Codes]:
    """Return what the search finds; a trial that leads to what no machine can invert stands for itself
    only."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _by_search(task, y, u)
    except np.linalg.LinAlgError:
        if y.shape[0] == 1:
            nothing = np.full((3, 1, task.contrasts.shape[0]), np.nan)
            return nothing, np.array([SINGULAR_AT_OPTIMUM], dtype=np.intp)
        middle = y.shape[0] // 2
        halves = [_searched(task, y[part], u[part]) for part in (slice(middle), slice(middle, None))]
        (first, first_code), (second, second_code) = halves
        return np.concatenate([first, second], axis=1), np.concatenate([first_code, second_code])


def _by_search(task: _Task, y: Array, u: Array) -> tuple[Array, Codes]:
    """Return (3, T, C) estimates, standard errors and df, and how each trial ended."""
    t = y.shape[0]
    found = np.full((3, t, task.contrasts.shape[0]), np.nan)
    prepared, back_contrasts, code = _prepare(task, y, u)
    fit = np.flatnonzero(code == CONVERGED)
    if prepared is None or not fit.size:
        return found, code
    products = prepared.products.take(fit)
    optimum = maximize(products, STRUCTURES[task.covariance], restricted=task.restricted)
    code[fit] = optimum.code
    good = np.flatnonzero(optimum.code == CONVERGED)
    if not good.size:
        return found, code
    which = fit[good]
    point, derivatives = optimum.point.take(good), optimum.derivatives.take(good)
    w = parameter_covariance(derivatives, expected=False)
    f = back_contrasts[which] @ point.root
    variance = (f**2).sum(axis=2)
    k, p = derivatives.p.shape[1:3]
    p_f = product(derivatives.p.reshape(good.size, k * p, p), transpose(f)).reshape(good.size, k, p, -1)
    gradient = np.einsum("tca,tkac->tck", f, p_f)
    found[2, which] = 2 * variance**2 / ((gradient @ w) * gradient).sum(axis=2)
    if task.adjusted:
        slopes = optimum.slopes.take(good)
        extra = adjust_contrasts(products.take(good), point, slopes, f=f, p_f=p_f, w=w)
        variance = variance + 2 * extra
    scale = prepared.scale[which, None]
    found[1, which] = np.sqrt(variance) * scale
    fitted = (back_contrasts[which] @ point.b[..., None])[..., 0]
    found[0, which] = prepared.origin[which] @ task.contrasts.T + scale * fitted
    return found, code


def _prepare(task: _Task, y: Array, u: Array) -> tuple[Prepared | None, Array, Codes]:
    """Return prepared trials, contrasts of orthonormal coefficients (T, C, p), and who cannot be fitted."""
    t, n, m = y.shape
    present = ~np.isnan(y)
    weight = present.astype(np.float64)
    ones = np.ones((t, n, 1))
    centered, loading = center(np.concatenate([ones, u], axis=2), task.loading)
    upper = triangles(centered, weight)
    stacked = (upper @ loading).reshape(t, -1, loading.shape[3])
    size = (np.abs(upper) @ np.abs(loading)).reshape(stacked.shape)
    code = np.full(t, CONVERGED, dtype=np.intp)
    code[_collinear(stacked, size)] = COLLINEAR
    # A trial that cannot be fitted gets the design of one that can; nothing is read of it.
    able = np.flatnonzero(code == CONVERGED)
    if not able.size:
        return None, np.zeros((t, 0, 0)), code
    stand_in = np.where(code == CONVERGED, np.arange(t), able[0])
    basis = orthonormalize(centered[stand_in], loading[stand_in], upper[stand_in], weight[stand_in])
    patterns, pattern = _patterns(present)
    prepared = prepare(
        basis, np.where(present, y, 0.0), weight, weighted=False, pattern=pattern, patterns=patterns
    )
    if task.covariance == "us":
        pairs = (transpose(weight) @ weight == 0).any(axis=(1, 2))
        code[(code == CONVERGED) & (pairs | (present.any(axis=2).sum(axis=1) <= m))] = UNSEEN
    code[(code == CONVERGED) & ~prepared.varies] = CONSTANT
    return prepared, task.contrasts @ prepared.back, code


def _collinear(stacked: Array, size: Array) -> Flags:
    """Return whose design is not of full rank; size is what a column would be if nothing canceled."""
    if stacked.shape[1] < stacked.shape[2]:
        return np.ones(stacked.shape[0], dtype=bool)
    upper = np.asarray(np.linalg.qr(stacked, mode="r"))
    pivots = np.abs(np.diagonal(upper, axis1=1, axis2=2))
    return np.asarray((pivots <= COLLINEAR_SHARE * np.linalg.norm(size, axis=1)).any(axis=1))


def _patterns(present: Flags) -> tuple[Patterns, Codes]:
    """Return each trial's own patterns and each participant's, -1 without an outcome.

    A trial has far fewer patterns than many trials together; those with fewer than others have empty ones.
    """
    t, n, m = present.shape
    code = present @ (1 << np.arange(m))
    order = np.argsort(code, axis=1, kind="stable")
    ordered = np.take_along_axis(code, order, axis=1)
    new = np.diff(ordered, axis=1, prepend=0) > 0
    number = np.cumsum(new, axis=1) - 1
    pattern = np.empty((t, n), dtype=np.intp)
    np.put_along_axis(pattern, order, number, axis=1)
    used = np.zeros((t, int(number.max(initial=0)) + 1), dtype=np.intp)
    trial, place = np.nonzero(new)
    used[trial, number[trial, place]] = ordered[trial, place]
    observed = ((used[:, :, None] >> np.arange(m)) & 1).astype(bool)
    return Patterns(observed, np.zeros(used.shape[1], dtype=np.intp), None), pattern
