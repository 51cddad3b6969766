"""How much worse than assumed missing outcomes would have to be before the conclusion changes.

A delta is added to imputed outcomes at one visit. Estimate and replicates are linear in it, so the whole
course and the point where the test turns follow from two analyses. Holds no fit and no figure.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, critical_value
from equipoise.statistics.imputation.completion import Completion
from equipoise.statistics.imputation.conditional_mean import (
    DEFAULT_RESAMPLES,
    VARIANCES,
    Replicated,
    convention,
    judge,
    replicate,
    request_problems,
    shift,
    variance_problems,
)
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.model import fit_model
from equipoise.statistics.imputation.result import Status
from equipoise.statistics.mmrm.arrays import Array
from equipoise.statistics.tabulate import tabulate

TO = ("arm", "both")


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """An arm against the reference at one visit as imputed outcomes get better or worse.

    deltas      what was added to imputed outcomes, in the outcome's unit
    estimates   one each: adjusted mean of the arm minus that of the reference
    tips_at     the delta nearest 0, within the range of `deltas`, at which the interval touches 0; None where
                there is none, or where the interval holds 0 without any delta
    to          "arm" or "both": whose imputed outcomes get it
    level       confidence level of the intervals
    """

    arm: int
    reference: int
    visit: int
    to: str
    level: float
    deltas: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    tips_at: float | None
    significant: bool
    convention: str
    variance: str
    status: Status

    def summary(self, *, decimals: int = 2) -> str:
        """Return one line: where the conclusion changes, or that it does not."""
        low, high = (f"{value:.{decimals}f}" for value in (min(self.deltas), max(self.deltas)))
        if math.isnan(self.estimates[0].std_error):
            return f"no tipping point: {self.status}"
        if not self.significant:
            return "the interval holds 0 without any delta, so there is no conclusion to tip"
        if self.tips_at is None:
            return f"the interval excludes 0 at every delta from {low} to {high}"
        return f"the interval touches 0 when {self.tips_at:.{decimals}f} is added to imputed outcomes"

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per delta."""
        return tabulate(
            [
                {"delta": delta, **asdict(estimate)}
                for delta, estimate in zip(self.deltas, self.estimates, strict=True)
            ]
        )


def tipping_point(
    trial: Incomplete,
    *,
    arm: int,
    visit: int,
    deltas: ArrayLike,
    to: str = "arm",
    variance: str = "jackknife",
    covariance_by_arm: bool = False,
    rng: np.random.Generator | None = None,
    n_resamples: int = DEFAULT_RESAMPLES,
    level: float = DEFAULT_LEVEL,
) -> TippingPoint:
    """Return an arm against the reference at a visit for each delta, and where the conclusion changes.

    deltas  (k,) added to the outcomes imputed at `visit`, in the outcome's unit
    to      "arm": those of the arm; "both": those of the reference as well
    Other arguments and the standard error as in `analyze`. With e the estimate, s its change per unit of
    delta and v, c, w the variance of e, its covariance with s and the variance of s over resamples, the
    interval touches 0 where (e + s delta)^2 = z^2 (v + 2 c delta + w delta^2).
    Raises  FitError with every problem when arguments are wrong or the design has no fit
    Source  docs/methods/imputation.md, tipping point
    """
    values = np.atleast_1d(np.asarray(deltas, dtype=np.float64))
    problems = [
        *request_problems(trial, arm=arm, visit=visit, level=level),
        *variance_problems(variance, rng=rng, n_resamples=n_resamples),
    ]
    if to not in TO:
        problems.append(Problem(f"there is no {to!r}", f"one of {', '.join(TO)}", path="to"))
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        problems.append(Problem("deltas are one or more finite values", path="deltas"))
    if problems:
        raise FitError("There is no tipping point to look for", problems)
    completion = Completion(fit_model(trial, covariance_by_arm=covariance_by_arm))
    found = replicate(completion, variance, rng=rng, n_resamples=n_resamples)
    given = (trial.arm == arm) | ((trial.arm == trial.reference) if to == "both" else False)
    one = np.zeros(trial.outcome.shape)
    one[:, visit] = given & trial.missing[:, visit]
    line = _line(found, shift(completion, found, one), arm=arm, visit=visit)
    method = f"conditional mean imputation, {VARIANCES[variance]}"
    estimates = tuple(
        judge(line.estimate(delta), line.std_error(delta), level=level, method=method)
        for delta in values.tolist()
    )
    z = critical_value(level)
    significant = abs(line.estimate(0.0)) > z * line.std_error(0.0)
    return TippingPoint(
        arm=arm,
        reference=trial.reference,
        visit=visit,
        to=to,
        level=level,
        deltas=tuple(values.tolist()),
        estimates=estimates,
        tips_at=line.turn(z, low=values.min(), high=values.max()) if significant else None,
        significant=significant,
        convention=convention(completion.model, found, adjusted=True),
        variance=VARIANCES[variance],
        status=found.status,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """Estimate e + s delta with variance v + 2 c delta + w delta^2."""

    e: float
    s: float
    v: float
    c: float
    w: float

    def estimate(self, delta: float) -> float:
        return self.e + self.s * delta

    def std_error(self, delta: float) -> float:
        variance = self.v + 2 * self.c * delta + self.w * delta**2
        return 0.0 if variance <= 0 else math.sqrt(variance)

    def turn(self, z: float, *, low: float, high: float) -> float | None:
        """Return the root nearest 0 of (e + s delta)^2 = z^2 variance within the range."""
        square = self.s**2 - z**2 * self.w
        half = self.e * self.s - z**2 * self.c
        rest = self.e**2 - z**2 * self.v
        inside = [root for root in _roots(square, half, rest) if low <= root <= high]
        return min(inside, key=abs, default=None)


def _roots(square: float, half: float, rest: float) -> list[float]:
    """Return the real roots of square x^2 + 2 half x + rest = 0, without cancellation."""
    discriminant = half**2 - square * rest
    if discriminant < 0:
        return []
    q = -(half + math.copysign(math.sqrt(discriminant), half))
    return [a / b for a, b in ((q, square), (rest, q)) if b != 0]


def _line(found: Replicated, shifted: Replicated, *, arm: int, visit: int) -> _Line:
    """Return the line from an analysis without and one with a delta of 1."""
    e = float(found.whole.difference[0, arm, visit])
    s = float(shifted.whole.difference[0, arm, visit]) - e
    if not found.parts:
        return _Line(e, s, math.nan, math.nan, math.nan)
    at_0 = found.difference[:, arm, visit]
    per_unit = shifted.difference[:, arm, visit] - at_0
    v, c, w = _spread(found, at_0, per_unit)
    return _Line(e, s, v, c, w)


def _spread(found: Replicated, at_0: Array, per_unit: Array) -> tuple[float, float, float]:
    """Return variance, covariance and variance of the replicates by polarization of their standard error."""
    both = np.stack([at_0, per_unit, at_0 + per_unit, at_0 - per_unit], axis=1)
    v, w, plus, minus = (found.error(both) ** 2).tolist()
    return v, (plus - minus) / 2**2, w
