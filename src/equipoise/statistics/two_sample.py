"""Two independent means: Student's pooled t and Welch's t, from values or from published summaries.

Holds no pairing, no covariates (`ancova`) and no imputation.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.values import vector

FEWEST = 2


@dataclass(frozen=True, slots=True)
class Summary:
    """One group as papers print it.

    mean    outcome's unit
    sd      standard deviation with divisor n - 1, outcome's unit
    n       participants
    """

    mean: float
    sd: float
    n: int


def summarize(values: ArrayLike) -> Summary:
    """Return mean, standard deviation and n of (n,) finite values; the sd of fewer than 2 is 0."""
    array = vector(values, "the group")
    if array.size == 0:
        return Summary(mean=0.0, sd=0.0, n=0)
    # A constant group has exactly no spread, though its mean may round.
    varies = array.size >= FEWEST and np.ptp(array) > 0
    return Summary(
        mean=float(array.mean()), sd=float(array.std(ddof=1)) if varies else 0.0, n=int(array.size)
    )


def pooled_t(x: ArrayLike, y: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return mean(x) - mean(y) with Student's pooled-variance t.

    x, y    (n,) outcome's unit; x is the arm, y the reference
    Raises  FitError when a group has fewer than 2 values or neither varies;
            ValueError when a value is missing
    Source  Student (1908), Biometrika 6:1-25, with the variance pooled over both groups
    Checked tests/golden/back2024, tests/golden/two_sample
    """
    return pooled_t_from_summary(summarize(x), summarize(y), level=level)


def pooled_t_from_summary(x: Summary, y: Summary, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return x.mean - y.mean with Student's pooled-variance t, from means, sds and ns.

    Raises  FitError when a group has fewer than 2 values or neither varies
    Source  as `pooled_t`
    """
    _require_spread(x, y)
    df = x.n + y.n - 2
    variance = ((x.n - 1) * x.sd**2 + (y.n - 1) * y.sd**2) / df
    std_error = math.sqrt(variance * (1 / x.n + 1 / y.n))
    return infer(x.mean - y.mean, std_error, df=df, level=level, method="pooled two-sample t")


def welch_t(x: ArrayLike, y: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return mean(x) - mean(y) with Welch's unequal-variance t.

    x, y    (n,) outcome's unit; x is the arm, y the reference
    Raises  FitError when a group has fewer than 2 values or neither varies;
            ValueError when a value is missing
    Source  Welch (1947), Biometrika 34:28-35; df of Satterthwaite (1946), Biometrics Bulletin 2:110-114
    Checked tests/golden/two_sample
    """
    return welch_t_from_summary(summarize(x), summarize(y), level=level)


def welch_t_from_summary(x: Summary, y: Summary, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return x.mean - y.mean with Welch's t, from means, sds and ns.

    Raises  FitError when a group has fewer than 2 values or neither varies
    Source  as `welch_t`
    """
    _require_spread(x, y)
    of_x, of_y = x.sd**2 / x.n, y.sd**2 / y.n
    variance = of_x + of_y
    # Shares of the variance, not the variances, so that tiny ones do not underflow when squared.
    df = 1 / ((of_x / variance) ** 2 / (x.n - 1) + (of_y / variance) ** 2 / (y.n - 1))
    return infer(x.mean - y.mean, math.sqrt(variance), df=df, level=level, method="Welch two-sample t")


def _require_spread(x: Summary, y: Summary) -> None:
    problems = list(_problems(x, y))
    if problems:
        raise FitError("The two groups cannot be compared by a t test", problems)


def _problems(x: Summary, y: Summary) -> Iterator[Problem]:
    for name, group in (("first group", x), ("second group", y)):
        if group.n < FEWEST:
            yield Problem(f"has {group.n} values where at least {FEWEST} are needed", path=name)
        if not group.sd >= 0:
            yield Problem(f"has standard deviation {group.sd}; give 0 or more", path=name)
    if x.sd == 0 and y.sd == 0:
        yield Problem("all values within each group are equal, so there is no variance to judge by")
