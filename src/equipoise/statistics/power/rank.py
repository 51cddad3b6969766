"""The rank-sum test: its power from the chance that one participant exceeds another.

Holds Noether's approximation. Refuses ties and exact enumeration.
"""

import math

from scipy.special import ndtr

from equipoise.statistics.power.plan import Plan, n_for, split, z_power

LEAST = 2.0


def rank_sum(
    superiority: float, *, n: float, ratio: float = 1.0, alpha: float = 0.05, sides: int = 2
) -> Plan:
    """Return the power of Wilcoxon's rank-sum test.

    superiority  chance that a value of the arm exceeds one of the reference, 0..1; the Plan's `effect`
    n            participants in total
    The variance is that under no effect, so the power is good near 1/2 and too low far from it.
    Raises       ValueError when a chance is out of range
    Source       Noether (1987), JASA 82:645-647
    Checked      tests/golden/power
    """
    if not 0 <= superiority <= 1:
        raise ValueError(f"a chance lies between 0 and 1, not at {superiority:g}")
    arm, reference = split(n, ratio)
    share = arm / n
    drift = math.sqrt(12 * n * share * (1 - share)) * (superiority - 0.5)
    power, wrong = z_power(drift, alpha=alpha, sides=sides)
    method = "Wilcoxon rank-sum, Noether's approximation"
    return Plan(power, wrong, n, arm, reference, superiority, alpha, sides, None, method)


def rank_sum_n(
    superiority: float, *, power: float, ratio: float = 1.0, alpha: float = 0.05, sides: int = 2
) -> Plan:
    """Return the smallest number at which the rank-sum test has a power."""

    def at(n: float) -> Plan:
        return rank_sum(superiority, n=n, ratio=ratio, alpha=alpha, sides=sides)

    return at(n_for(lambda n: at(n).power, power, least=LEAST))


def normal_superiority(difference: float, *, sd: float, sd_reference: float | None = None) -> float:
    """Return the chance that a normal value exceeds another whose mean is lower by `difference`."""
    return float(ndtr(difference / math.hypot(sd, sd if sd_reference is None else sd_reference)))
