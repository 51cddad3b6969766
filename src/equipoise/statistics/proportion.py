"""Proportions: one, the difference of two, and the odds ratio of two, with score and log intervals.

Holds no adjustment for covariates or strata and no exact method.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, critical_value, infer, two_sided_p

DifferenceMethod = Literal["newcombe", "miettinen_nurminen"]

# Added to each cell of a table with an empty one (Haldane 1956, Anscombe 1956).
EMPTY_CELL = 0.5
# Halving [-1, 1] this often leaves nothing above rounding.
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Count:
    """How many had the event.

    events  participants with the event, 0 <= events <= n
    n       participants observed
    """

    events: int
    n: int

    @property
    def proportion(self) -> float:
        """Share with the event; needs n > 0."""
        return self.events / self.n


def wilson(count: Count, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return one proportion with Wilson's score interval, without continuity correction.

    The standard error is the binomial one, sqrt(p (1 - p) / n); the interval does not use it.
    Raises  FitError when nobody was observed; ValueError when events lie outside 0..n
    Source  Wilson (1927), JASA 22:209-212; Newcombe (1998), Stat Med 17:857-872, method 3
    Checked tests/golden/proportion
    """
    _require_observed(count)
    p, n = count.proportion, count.n
    low, high = _wilson_limits(count, critical_value(level))
    std_error = math.sqrt(p * (1 - p) / n)
    return _untested(p, std_error, limits=(low, high), level=level, method="Wilson score interval")


def risk_difference(
    x: Count, y: Count, *, method: DifferenceMethod = "newcombe", level: float = DEFAULT_LEVEL
) -> Estimate:
    """Return the proportion in x minus that in y, with a score interval.

    x, y    counts; x is the arm, y the reference
    method  "newcombe": the hybrid of two Wilson intervals; "miettinen_nurminen": the difference's own score

    The standard error is the unpooled binomial one; the intervals do not use it. The test is the score test
    of equal proportions (for miettinen_nurminen with its factor N / (N - 1), so that it agrees with the
    interval); it is not defined when all or none had the event.
    Raises  FitError when an arm is empty; ValueError when events lie outside 0..n or the method is unknown
    Source  Newcombe (1998), Stat Med 17:873-890, method 10; Miettinen and Nurminen (1985), Stat Med 4:213-226
    Checked tests/golden/proportion
    """
    _require_observed(x, y)
    z = critical_value(level)
    if method == "newcombe":
        limits, name, inflation = _newcombe_limits(x, y, z), "Newcombe hybrid score interval", 1.0
    elif method == "miettinen_nurminen":
        limits, name = _miettinen_nurminen_limits(x, y, z), "Miettinen-Nurminen score interval"
        inflation = _inflation(x, y)
    else:
        raise ValueError(f"unknown method {method!r}; choose newcombe or miettinen_nurminen")
    error = math.sqrt(sum(c.proportion * (1 - c.proportion) / c.n for c in (x, y)))
    difference = x.proportion - y.proportion
    estimate = _untested(difference, error, limits=limits, level=level, method=f"risk difference, {name}")
    return _score_tested(estimate, x, y, inflation=inflation)


def odds_ratio(x: Count, y: Count, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return the odds of the event in x over those in y, with Wald's interval on the log scale.

    x, y    counts; x is the arm, y the reference

    estimate and limits are odds ratios; std_error and statistic are those of the log odds ratio. When a cell
    is empty, 0.5 is added to all four, and `method` says so.
    Raises  FitError when an arm is empty; ValueError when events lie outside 0..n
    Source  Woolf (1955), Ann Hum Genet 19:251-253; Haldane (1956), Ann Hum Genet 20:309-311;
            Anscombe (1956), Biometrika 43:461-464
    Checked tests/golden/proportion
    """
    _require_observed(x, y)
    cells = [float(c) for c in (x.events, x.n - x.events, y.events, y.n - y.events)]
    method = "odds ratio, Wald interval on the log scale"
    if 0 in cells:
        cells = [cell + EMPTY_CELL for cell in cells]
        method += "; a cell is empty, so 0.5 was added to each (Haldane-Anscombe)"
    log_ratio = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
    log_scale = infer(log_ratio, math.sqrt(sum(1 / cell for cell in cells)), level=level, method=method)
    return replace(
        log_scale,
        estimate=math.exp(log_scale.estimate),
        ci_low=math.exp(log_scale.ci_low),
        ci_high=math.exp(log_scale.ci_high),
    )


def _require_observed(*counts: Count) -> None:
    for count in counts:
        if not 0 <= count.events <= count.n:
            raise ValueError(f"{count.events} events among {count.n} participants")
    problems = [
        Problem("nobody was observed", path=name)
        for name, count in zip(("first group", "second group"), counts, strict=False)
        if count.n == 0
    ]
    if problems:
        raise FitError("A proportion needs somebody observed", problems)


def _untested(
    estimate: float, std_error: float, *, limits: tuple[float, float], level: float, method: str
) -> Estimate:
    low, high = limits
    return Estimate(
        estimate=estimate,
        std_error=std_error,
        df=None,
        statistic=None,
        p_value=None,
        ci_level=level,
        ci_low=low,
        ci_high=high,
        method=method,
    )


def _score_tested(estimate: Estimate, x: Count, y: Count, *, inflation: float) -> Estimate:
    pooled = (x.events + y.events) / (x.n + y.n)
    variance = inflation * pooled * (1 - pooled) * (1 / x.n + 1 / y.n)
    if variance == 0:
        return estimate
    statistic = estimate.estimate / math.sqrt(variance)
    return replace(estimate, statistic=statistic, p_value=two_sided_p(statistic))


def _wilson_limits(count: Count, z: float) -> tuple[float, float]:
    p, n = count.proportion, count.n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half_width = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (2 * n) ** 2)
    # The limits at 0 and n events are exactly 0 and 1; rounding would pass them.
    low = 0.0 if count.events == 0 else middle - half_width
    high = 1.0 if count.events == n else middle + half_width
    return low, high


def _newcombe_limits(x: Count, y: Count, z: float) -> tuple[float, float]:
    (x_low, x_high), (y_low, y_high) = _wilson_limits(x, z), _wilson_limits(y, z)
    difference = x.proportion - y.proportion
    below = math.hypot(x.proportion - x_low, y_high - y.proportion)
    above = math.hypot(x_high - x.proportion, y.proportion - y_low)
    return max(-1.0, difference - below), min(1.0, difference + above)


def _miettinen_nurminen_limits(x: Count, y: Count, z: float) -> tuple[float, float]:
    difference = x.proportion - y.proportion

    def excess(delta: float) -> float:
        """Squared score statistic at `delta` minus its critical value."""
        distance = (difference - delta) ** 2
        return distance - z**2 * _score_variance(x, y, delta)

    low = -1.0 if excess(-1.0) <= 0 else _root(excess, outside=-1.0, inside=difference)
    high = 1.0 if excess(1.0) <= 0 else _root(excess, outside=1.0, inside=difference)
    return low, high


def _root(excess: Callable[[float], float], *, outside: float, inside: float) -> float:
    """Return where `excess` turns from above 0 (at `outside`) to 0 or below (at `inside`), by halving."""
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        if excess(middle) > 0:
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2


def _inflation(x: Count, y: Count) -> float:
    total = x.n + y.n
    return total / (total - 1)


def _score_variance(x: Count, y: Count, delta: float) -> float:
    """Return Miettinen and Nurminen's variance of the difference if it were `delta`."""
    q = _restricted_proportion(x, y, delta)
    p = min(1.0, max(0.0, q + delta))
    return _inflation(x, y) * (p * (1 - p) / x.n + q * (1 - q) / y.n)


def _restricted_proportion(x: Count, y: Count, delta: float) -> float:
    """Return the proportion in y that is likeliest when x's is higher by `delta`.

    It solves N q^3 + b q^2 + c q + d = 0, which has three real roots; the formula picks the right one.
    """
    total, events = x.n + y.n, x.events + y.events
    b = (x.n + 2 * y.n) * delta - total - events
    c = (y.n * delta - total - 2 * y.events) * delta + events
    d = y.events * delta * (1 - delta)
    center = b / (3 * total)
    v = center**3 - b * c / (6 * total**2) + d / (2 * total)
    u = math.copysign(math.sqrt(max(0.0, center**2 - c / (3 * total))), v)
    cosine = 0.0 if u == 0 else min(1.0, max(-1.0, v / u**3))
    root = 2 * u * math.cos((math.pi + math.acos(cosine)) / 3) - center
    return min(max(root, 0.0, -delta), 1.0, 1.0 - delta)
