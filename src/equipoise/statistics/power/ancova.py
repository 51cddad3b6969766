"""Analysis of covariance: its power, the covariates' chance imbalance included.

Holds parallel lines with one residual variance and normal covariates. Refuses unequal variances.
"""

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.statistics.power.plan import Plan, effect_for, n_for, split, t_power

Floats = NDArray[np.float64]

# Gauss-Legendre nodes over the size of the imbalance, which beyond so many standard deviations has no weight.
NODES = 48
FURTHEST = 9.0
_AT, _WEIGHTS = np.polynomial.legendre.leggauss(NODES)


def ancova(
    difference: float,
    *,
    n: float,
    sd: float,
    r_squared: float,
    covariates: int = 1,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the power of analysis of covariance in a randomized trial with normal covariates; exact.

    difference  of the adjusted means, in the direction looked for where the test has one side
    n           participants in total
    sd          standard deviation of the outcome within arms
    r_squared   share of its variance that the covariates explain: the squared correlation for one
    covariates  how many
    The power given the covariates is a noncentral t; averaging over their imbalance is a integral.
    Raises      ValueError when n leaves no degrees of freedom, or an SD or r_squared is out of range
    Source      Shieh (2020), Psychometrika 85:101-120, for normal covariates; the imbalance is Hotelling's
                statistic: Anderson (2003), An Introduction to Multivariate Statistical Analysis, section 5.2
    Checked     against simulation in tests/statistics/power/test_ancova.py
    """
    if not sd > 0 or not 0 <= r_squared < 1 or covariates < 1:
        raise ValueError(
            f"give an SD above 0, r_squared from 0 to below 1 and a covariate or more, "
            f"not {sd:g}, {r_squared:g} and {covariates}"
        )
    arm, reference = split(n, ratio)
    df = n - 2 - covariates
    if not df >= 1:
        raise ValueError(f"{n:g} participants and {covariates} covariates leave no degrees of freedom")
    unadjusted = difference / (sd * math.sqrt((1 - r_squared) * (1 / arm + 1 / reference)))
    shares, weights = _kept(df, covariates)
    powers = [t_power(unadjusted * math.sqrt(one), df, alpha=alpha, sides=sides) for one in shares]
    power, wrong = (float(one) for one in weights @ np.array(powers))
    method = "analysis of covariance, exact for normal covariates"
    return Plan(power, wrong, n, arm, reference, difference, alpha, sides, df, method)


def _kept(df: float, covariates: int) -> tuple[Floats, Floats]:
    """Return shares of the information that imbalance leaves, and their weights.

    The share lost is the square of s, whose density is s^(q - 1) (1 - s^2)^((df - 1) / 2): smooth, unlike the
    share's own.
    """
    top = min(1.0, FURTHEST / math.sqrt(df))
    size = top * (1 + _AT) / 2
    weights = _WEIGHTS * size ** (covariates - 1) * (1 - size**2) ** ((df - 1) / 2)
    return 1 - size**2, weights / weights.sum()


def ancova_n(
    difference: float,
    *,
    power: float,
    sd: float,
    r_squared: float,
    covariates: int = 1,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the smallest number at which analysis of covariance has a power.

    Raises  ValueError when no number is enough, and as `ancova`
    """

    def at(n: float) -> Plan:
        return ancova(
            difference,
            n=n,
            sd=sd,
            r_squared=r_squared,
            covariates=covariates,
            ratio=ratio,
            alpha=alpha,
            sides=sides,
        )

    return at(n_for(lambda n: at(n).power, power, least=covariates + 3))


def ancova_effect(
    *,
    n: float,
    power: float,
    sd: float,
    r_squared: float,
    covariates: int = 1,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the difference, above 0, that analysis of covariance finds with a power.

    Raises  ValueError as `ancova`
    """

    def at(difference: float) -> Plan:
        return ancova(
            difference,
            n=n,
            sd=sd,
            r_squared=r_squared,
            covariates=covariates,
            ratio=ratio,
            alpha=alpha,
            sides=sides,
        )

    return at(effect_for(lambda one: at(one).power, power, scale=sd))
