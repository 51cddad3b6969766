"""What a look promises: the chance of success at the end, given what has been seen.

Holds conditional and predictive power, and the statistic at which each reaches a threshold. Both look past
any look between now and the end. Refuses to hold boundaries.
"""

import math

from scipy.special import ndtr, ndtri


def conditional_power(z: float, *, fraction: float, bound: float, drift: float | None = None) -> float:
    """Return the probability of ending at or above `bound` given the statistic at a look.

    z        statistic at the look
    fraction information at the look, 0 < fraction < 1
    bound    of the last look
    drift    assumed for what is still to come; the one seen so far, z / sqrt(fraction), when left out
    Raises   ValueError when the fraction is out of range
    Source   Lan, Simon and Halperin (1982), Comm Stat C 1:207-219; Lachin (2005), Stat Med 24:2747-2764
    """
    rest = _rest(fraction)
    assumed = z / math.sqrt(fraction) if drift is None else drift
    return float(ndtr((z * math.sqrt(fraction) + assumed * rest - bound) / math.sqrt(rest)))


def predictive_power(z: float, *, fraction: float, bound: float) -> float:
    """Return conditional power averaged over what the data say of the drift, with a flat prior.

    Raises   ValueError when the fraction is out of range
    Source   Spiegelhalter, Freedman and Blackburn (1986), Control Clin Trials 7:8-17
    """
    rest = _rest(fraction)
    return float(ndtr((z / math.sqrt(fraction) - bound) / math.sqrt(rest / fraction)))


def z_of_conditional_power(
    threshold: float, *, fraction: float, bound: float, drift: float | None = None
) -> float:
    """Return the statistic at a look at which conditional power is `threshold`, 0 < threshold < 1."""
    rest, root = _rest(fraction), math.sqrt(fraction)
    needed = bound + math.sqrt(rest) * float(ndtri(threshold))
    return needed * root if drift is None else (needed - drift * rest) / root


def z_of_predictive_power(threshold: float, *, fraction: float, bound: float) -> float:
    """Return the statistic at a look at which predictive power is `threshold`, 0 < threshold < 1."""
    rest = _rest(fraction)
    return math.sqrt(fraction) * (bound + math.sqrt(rest / fraction) * float(ndtri(threshold)))


def _rest(fraction: float) -> float:
    if not 0 < fraction < 1:
        raise ValueError(f"a look before the end has a fraction between 0 and 1, not {fraction:g}")
    return 1 - fraction
