"""`Plan`, the answer of every power formula, and the searches that turn power into numbers and effects.

Holds no formula of any test.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from equipoise.statistics.root import crossing_zero, widened
from equipoise.statistics.tabulate import tabulate

EXACT = 1e-9
# Beyond this a noncentral t is certain, and its distribution function nothing but rounding.
FURTHEST = 37.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a test can do with so many participants.

    power        probability of rejecting in the direction of the effect
    wrong        probability of rejecting in the other direction; 0 where the test has one side
    n            participants in total, not rounded
    n_arm, n_reference   the same by group; for one sample the second is 0
    effect       in the unit of the test: a difference, or for proportions a risk difference
    alpha, sides error rate, of both sides where there are two
    df           degrees of freedom; None = normal distribution
    method       what was computed, in words
    """

    power: float
    wrong: float
    n: float
    n_arm: float
    n_reference: float
    effect: float
    alpha: float
    sides: int
    df: float | None
    method: str

    @property
    def whole(self) -> tuple[int, int]:
        """Participants of the arm and the reference, rounded up."""
        return math.ceil(self.n_arm - EXACT), math.ceil(self.n_reference - EXACT)

    def summary(self) -> str:
        """Return the line a statistician would say aloud."""
        arm, reference = self.whole
        sides = "two-sided" if self.sides == 2 else "one-sided"
        numbers = f"{arm} + {reference}" if reference else f"{arm}"
        return (
            f"{numbers} participants give {100 * self.power:.1f}% power for {self.effect:g}, "
            f"{sides} alpha {self.alpha:g} ({self.method})"
        )

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame."""
        return tabulate([asdict(self)])


def split(n: float, ratio: float) -> tuple[float, float]:
    """Return the numbers of the arm and the reference for a total and their ratio.

    Raises  ValueError when either is not above 0
    """
    if not n > 0 or not ratio > 0:
        raise ValueError(f"numbers and ratios are above 0, not {n:g} and {ratio:g}")
    return n * ratio / (1 + ratio), n / (1 + ratio)


def t_power(noncentrality: float, df: float, *, alpha: float, sides: int) -> tuple[float, float]:
    """Return the probabilities that a noncentral t rejects in the direction of the effect, and in the other.

    noncentrality  of the direction looked for where the test has one side; otherwise its sign does not matter
    Raises  ValueError when alpha, sides or df are out of range
    Source  Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch. 31
    Checked tests/golden/power
    """
    check_test(alpha, sides)
    if not df > 0:
        raise ValueError(f"degrees of freedom are above 0, not {df:g}")
    strength = abs(noncentrality) if sides == 2 else noncentrality
    bound = float(stdtrit(df, 1 - alpha / sides))
    if abs(strength) > FURTHEST + bound:
        return float(strength > 0), 0.0
    right = 1 - float(nctdtr(df, strength, bound))
    if sides == 1 or strength > FURTHEST:
        return right, 0.0
    return right, 1 - float(nctdtr(df, -strength, bound))


def z_power(drift: float, *, alpha: float, sides: int) -> tuple[float, float]:
    """Return the same of a normal statistic with this mean and variance 1."""
    check_test(alpha, sides)
    strength = abs(drift) if sides == 2 else drift
    bound = -float(ndtri(alpha / sides))
    return float(ndtr(strength - bound)), float(ndtr(-strength - bound)) if sides == 2 else 0.0


def n_for(power_of: Callable[[float], float], power: float, *, least: float) -> float:
    """Return the number at which power reaches a target, between whole numbers too.

    power_of  total number to power, rising
    least     smallest number that can be tested; returned when it is enough
    Raises    ValueError unless 0 < power < 1, or when no number is enough
    """
    _check_power(power)

    def missing(n: float) -> float:
        return power - power_of(n)

    if missing(least) <= 0:
        return least
    return crossing_zero(missing, *widened(missing, least, 2 * least + 1), tolerance=EXACT)


def effect_for(power_of: Callable[[float], float], power: float, *, scale: float) -> float:
    """Return the effect above 0 at which power reaches a target.

    power_of  effect to power, rising from 0
    scale     a size to begin with, above 0
    Raises    ValueError unless 0 < power < 1 and above the power at no effect
    """
    _check_power(power)

    def missing(effect: float) -> float:
        return power - power_of(effect)

    if missing(0.0) <= 0:
        raise ValueError(f"a power of {power:g} needs no effect at all at this alpha")
    return crossing_zero(missing, *widened(missing, 0.0, scale), tolerance=EXACT)


def check_test(alpha: float, sides: int) -> None:
    """Raise ValueError unless 0 < alpha < 1 and there are 1 or 2 sides."""
    if not 0 < alpha < 1 or sides not in (1, 2):
        raise ValueError(f"alpha lies between 0 and 1 and a test has 1 or 2 sides, not {alpha:g} and {sides}")


def _check_power(power: float) -> None:
    if not 0 < power < 1:
        raise ValueError(f"a power lies between 0 and 1, not at {power:g}")
