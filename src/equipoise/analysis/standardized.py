"""Samples with exactly given means and standard deviations, for checking an analysis against a paper.

Holds numbers made to order, which stand for nobody. Refuses to be mistaken for data: the values are neither
whole nor held within a scale's range.
"""

import math

import numpy as np
from numpy.typing import NDArray

from equipoise.statistics.two_sample import Summary

Vector = NDArray[np.float64]

FEWEST_FOR_SPREAD = 2
FEWEST_FOR_PAIR = 3


def standardized_sample(mean: float, sd: float, n: int) -> Vector:
    """Return (n,) evenly spaced numbers with exactly this mean and standard deviation (divisor n - 1).

    Raises  ValueError when sd is negative, or above 0 with fewer than 2 numbers
    """
    if n < 1 or sd < 0 or (sd > 0 and n < FEWEST_FOR_SPREAD):
        raise ValueError(f"no {n} numbers have standard deviation {sd}")
    return mean + sd * _even(n) if n > 1 else np.array([mean])


def standardized_pair(
    baseline: Summary, change: Summary, *, endpoint_sd: float | None = None
) -> tuple[Vector, Vector]:
    """Return baseline and endpoint, each (n,), with exactly given baseline, change and endpoint SD.

    baseline, change   mean, sd and n, the same n of at least 3; the endpoint's mean is the sum of theirs
    endpoint_sd        standard deviation of the endpoint; None leaves change and baseline uncorrelated
    Raises             ValueError when no correlation gives these three standard deviations, or ns differ
    """
    if baseline.n != change.n or baseline.n < FEWEST_FOR_PAIR:
        raise ValueError("give baseline and change of the same participants, at least 3")
    first, second = _even(baseline.n), _curved(baseline.n)
    correlation = _correlation(baseline.sd, change.sd, endpoint_sd)
    mixed = correlation * first + math.sqrt(1 - correlation**2) * second
    start = baseline.mean + baseline.sd * first
    return start, start + change.mean + change.sd * mixed


def _correlation(baseline: float, change: float, endpoint: float | None) -> float:
    """Return the correlation of change with baseline that makes var(baseline + change) = endpoint^2."""
    if endpoint is None:
        return 0.0
    found = (endpoint**2 - baseline**2 - change**2) / (2 * baseline * change)
    if abs(found) > 1:
        raise ValueError(
            f"standard deviations {baseline}, {change}, {endpoint} need a correlation of {found:.2f}"
        )
    return found


def _even(n: int) -> Vector:
    """Return (n,) evenly spaced numbers of mean 0 and standard deviation 1."""
    return _scaled(np.arange(n, dtype=np.float64) - (n - 1) / 2)


def _curved(n: int) -> Vector:
    """Return (n,) numbers of mean 0 and standard deviation 1, uncorrelated with `_even` by symmetry."""
    squares = (np.arange(n, dtype=np.float64) - (n - 1) / 2) ** 2
    return _scaled(squares - squares.mean())


def _scaled(values: Vector) -> Vector:
    scaled: Vector = values / values.std(ddof=1)
    return scaled
