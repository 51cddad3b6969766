"""What happens under boundaries: how often each is crossed, power, and how much information that takes.

Holds probabilities for a given drift and the drift for a given power. Refuses to hold observed data.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtri

from equipoise.statistics.root import crossing_zero, widened
from equipoise.statistics.sequential.boundaries import Boundaries
from equipoise.statistics.sequential.density import PANEL, above, begin, below, followed, onward
from equipoise.statistics.tabulate import tabulate


@dataclass(frozen=True, slots=True)
class Crossing:
    """What a trial with some drift will do.

    drift     mean of the standardized statistic at the last look
    fractions (K,) information at each look
    upper     (K,) probability of stopping at each look at or above the upper boundary
    lower     (K,) probability of stopping there at or below the lower one: futility, or where the test has
              two sides, rejection in the other direction
    sides     1 or 2
    futile    (K,) of a two-sided test with a rule of futility towards the upper side, probability of stopping
              by it; empty otherwise
    """

    drift: float
    fractions: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    sides: int
    futile: tuple[float, ...] = ()

    @property
    def power(self) -> float:
        """Probability of rejecting, in either direction where the test has two sides."""
        return math.fsum(self.upper) + (math.fsum(self.lower) if self.sides == 2 else 0.0)

    @property
    def stopping(self) -> tuple[float, ...]:
        """(K,) probability that each look is the last; the last look takes what is left."""
        futile = self.futile or (0.0,) * len(self.upper)
        ends = zip(self.upper, self.lower, futile, strict=True)
        early = [math.fsum(one) for one in ends][:-1]
        return (*early, 1 - math.fsum(early))

    @property
    def expected_fraction(self) -> float:
        """Mean information at the end, as a fraction of the most."""
        return math.fsum(t * share for t, share in zip(self.fractions, self.stopping, strict=True))

    def summary(self) -> str:
        """Return the line a statistician would say aloud."""
        shares = ", ".join(f"{100 * share:.1f}%" for share in self.stopping)
        return (
            f"power {100 * self.power:.1f}%, ends at the looks in {shares}, "
            f"mean information {100 * self.expected_fraction:.1f}% of the most"
        )

    def to_frame(self) -> Any:
        """Return a pandas DataFrame, a row a look."""
        row = asdict(self)
        return tabulate(
            [
                {**{name: row[name][look] for name in ("fractions", "upper", "lower")}, "ends": share}
                for look, share in enumerate(self.stopping)
            ]
        )


def crossing(
    boundaries: Boundaries,
    drift: float,
    *,
    futility: Sequence[float] | None = None,
    panel: float = PANEL,
) -> Crossing:
    """Return how often each boundary is crossed; every futility boundary is obeyed, binding or not.

    drift     mean of the standardized statistic at the last look: effect / standard error there
    futility  (K - 1,) of a two-sided test: stop at or below, as long as the lower boundary is not crossed
    panel     as in `density.onward`
    Raises    ValueError when a one-sided test, which has its own, is given futility boundaries
    Source  Jennison and Turnbull (2000), Group Sequential Methods, section 19.2
    Checked tests/golden/sequential
    """
    if futility is not None and boundaries.sides == 1:
        raise ValueError("a one-sided test has its futility boundaries already")
    floors = (-math.inf,) * len(boundaries.upper) if futility is None else (*futility, -math.inf)
    upper, lower, futile, path = [], [], [], begin()
    looks = zip(followed(boundaries.fractions), boundaries.upper, boundaries.lower, floors, strict=True)
    for (t, after), high, low, floor in looks:
        left = min(max(low, floor), high)
        upper.append(above(path, high, fraction=t, drift=drift))
        lower.append(below(path, low, fraction=t, drift=drift))
        futile.append(below(path, left, fraction=t, drift=drift) - lower[-1])
        path = onward(path, fraction=t, low=left, high=high, following=after, drift=drift, panel=panel)
    stopped = () if futility is None else tuple(futile)
    return Crossing(drift, boundaries.fractions, tuple(upper), tuple(lower), boundaries.sides, stopped)


def drift_for(boundaries: Boundaries, power: float) -> float:
    """Return the drift at which the trial rejects with a given probability.

    Raises  ValueError unless alpha < power < 1
    """
    if not boundaries.alpha < power < 1:
        raise ValueError(f"a power lies between alpha and 1, not at {power:g}")

    def missing(drift: float) -> float:
        return power - crossing(boundaries, drift).power

    start = fixed_drift(boundaries.one_side, power)
    return crossing_zero(missing, *widened(missing, 0.0, start), tolerance=1e-11)


def fixed_drift(one_side: float, power: float) -> float:
    """Return the drift that a trial without looks needs, counting one side only."""
    return float(ndtri(power)) - float(ndtri(one_side))


def inflation(boundaries: Boundaries, power: float) -> float:
    """Return the factor by which the largest information exceeds that of a trial without looks.

    Source  Jennison and Turnbull (2000), section 2.3
    Checked tests/golden/sequential
    """
    return (drift_for(boundaries, power) / fixed_drift(boundaries.one_side, power)) ** 2
