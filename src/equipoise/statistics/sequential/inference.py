"""Inference at the end of a trial that had looks: p-value, interval and estimate that know of them.

Holds the stagewise ordering, and repeated intervals and p-values, which hold at any look. Refuses to compute
the statistic: estimate and standard error come from the planned analysis.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtr, ndtri

from equipoise.statistics.p_value import format_p
from equipoise.statistics.root import crossing_zero, widened
from equipoise.statistics.sequential.boundaries import Boundaries
from equipoise.statistics.sequential.density import above, begin, below, followed, onward
from equipoise.statistics.tabulate import tabulate

HALF = 0.5
EXACT = 1e-10
# Levels between which a repeated p-value is searched, as quantiles of the normal distribution.
LOWEST_Z, HIGHEST_Z = 0.02, 8.0


@dataclass(frozen=True, slots=True)
class Final:
    """What may be said at the look at which the trial ended, in the unit of the outcome.

    look          1-based
    estimate      median-unbiased: equally likely to lie above and below the truth
    naive         the planned analysis' own estimate
    low, high     limits of the interval, from the same ordering
    p_value       of both sides where the test has two
    rejected      whether a boundary was crossed
    repeated_low, repeated_high   limits that hold whatever the reason for stopping
    """

    look: int
    estimate: float
    naive: float
    ci_level: float
    low: float
    high: float
    p_value: float
    rejected: bool
    repeated_low: float | None
    repeated_high: float | None

    def summary(self, *, decimals: int = 2) -> str:
        """Return the line a statistician would say aloud."""
        values = (self.estimate, self.low, self.high)
        estimate, low, high = (f"{value:.{decimals}f}" for value in values)
        return (
            f"ended at look {self.look}: {estimate} ({100 * self.ci_level:g}% CI {low} to {high}), "
            f"{format_p(self.p_value)}; without regard to the looks {self.naive:.{decimals}f}"
        )

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame."""
        return tabulate([asdict(self)])


def upper_p(boundaries: Boundaries, look: int, z: float, *, drift: float = 0.0) -> float:
    """Return the probability of an outcome at least as high as `z` at a look, in the stagewise ordering.

    look    1-based; the trial went on at every look before it
    Outcomes are ordered by the boundary and the look at which they end: above at the first look is highest.
    Futility that does not bind is left out, which makes the probability larger.
    Source  Tsiatis, Rosner and Mehta (1984), Biometrics 40:797-803; Jennison and Turnbull (2000), section 8.4
    Checked tests/golden/sequential
    """
    return _tail(boundaries, look, z, drift=drift, upward=True)


def _tail(boundaries: Boundaries, look: int, z: float, *, drift: float, upward: bool) -> float:
    total, path = 0.0, begin()
    beyond: Callable[..., float] = above if upward else below
    edges = zip(followed(boundaries.fractions), boundaries.upper, boundaries.binding_lower, strict=True)
    for number, ((t, after), high, low) in enumerate(edges, start=1):
        if number == look:
            return total + beyond(path, z, fraction=t, drift=drift)
        total += beyond(path, high if upward else low, fraction=t, drift=drift)
        path = onward(path, fraction=t, low=low, high=high, following=after, drift=drift)
    raise ValueError(f"there is no look {look} among {len(boundaries.fractions)}")


def final(
    boundaries: Boundaries, look: int, *, estimate: float, std_error: float, level: float | None = None
) -> Final:
    """Return p-value, median-unbiased estimate and interval at the look at which the trial ended.

    look       1-based
    estimate, std_error   of the planned analysis at that look, the effect looked for being positive where the
               test has one side
    level      confidence level; 1 - 2 alpha of one side when left out
    The statistic is taken as normal. A trial that went past its last look is outside what is planned.
    Raises     ValueError when there is no such look or the standard error is not positive
    Source     Tsiatis, Rosner and Mehta (1984), Biometrics 40:797-803; the repeated interval: Jennison and
               Turnbull (1989), JRSS B 51:305-361
    Checked    tests/golden/sequential
    """
    if not 1 <= look <= len(boundaries.fractions):
        raise ValueError(f"there is no look {look} among {len(boundaries.fractions)}")
    if not std_error > 0:
        raise ValueError(f"a standard error is above 0, not {std_error:g}")
    z, confidence = estimate / std_error, 1 - 2 * boundaries.one_side if level is None else level
    # An effect of 1 is a drift of 1 / unit.
    unit = std_error * math.sqrt(boundaries.fractions[look - 1])
    tail = (1 - confidence) / 2
    low, middle, high = (unit * _drift_at(boundaries, look, z, probability=p) for p in (tail, HALF, 1 - tail))
    bound = boundaries.upper[look - 1]
    reaches = math.isfinite(bound)
    return Final(
        look=look,
        estimate=middle,
        naive=estimate,
        ci_level=confidence,
        low=low,
        high=high,
        p_value=final_p(boundaries, look, z),
        rejected=z >= bound or (boundaries.sides == 2 and z <= -bound),
        repeated_low=estimate - bound * std_error if reaches else None,
        repeated_high=estimate + bound * std_error if reaches else None,
    )


def final_p(boundaries: Boundaries, look: int, z: float) -> float:
    """Return the p-value of the stagewise ordering, of both sides where the test has two."""
    up = upper_p(boundaries, look, z)
    if boundaries.sides == 1:
        return up
    return min(1.0, 2 * min(up, _tail(boundaries, look, z, drift=0.0, upward=False)))


def _drift_at(boundaries: Boundaries, look: int, z: float, *, probability: float) -> float:
    """Return the drift under which an outcome at least as high as `z` has a probability."""

    def excess(drift: float) -> float:
        return upper_p(boundaries, look, z, drift=drift) - probability

    start = z / math.sqrt(boundaries.fractions[look - 1])
    ends = widened(excess, start, start + 1) if excess(start) <= 0 else widened(excess, start, start - 1)
    return crossing_zero(excess, *ends, tolerance=EXACT)


def repeated_p(design: Callable[[float], Boundaries], look: int, z: float) -> float:
    """Return the smallest error rate at which a design rejects at a look: its repeated p-value.

    design  from an error rate, of both sides where there are two, to boundaries; larger rates give lower ones
    z       the statistic at that look
    Where several hypotheses are tested, it takes the place of the p-value at that look in any procedure that
    splits alpha, so that each hypothesis spends what it is given as the design says.
    Source  Jennison and Turnbull (1989), JRSS B 51:305-361; Maurer and Bretz (2013), Stat Biopharm Res
            5:311-320
    Checked tests/golden/sequential
    """
    example = design(HALF / 2)
    sides, strength = example.sides, abs(z) if example.sides == 2 else z

    def missing(quantile: float) -> float:
        bound = design(sides * float(ndtr(-quantile))).upper[look - 1]
        return min(bound, HIGHEST_Z * 2) - strength

    if missing(LOWEST_Z) > 0:
        return 1.0
    if missing(HIGHEST_Z) < 0:
        return sides * float(ndtr(-HIGHEST_Z))
    return sides * float(ndtr(-crossing_zero(missing, LOWEST_Z, HIGHEST_Z, tolerance=EXACT)))


def nominal_z(p_value: float, estimate: float) -> float:
    """Return the statistic of a normal test with this two-sided p-value and the sign of the estimate."""
    return math.copysign(-float(ndtri(max(p_value, math.ulp(0.0)) / 2)), estimate)
