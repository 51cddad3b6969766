"""The statistic from look to look: the part of its distribution that has not crossed a boundary yet.

Holds the recursive integration of Armitage, McPherson and Rowe on the scale of the score B(t) = Z(t) sqrt(t),
whose increments are independent normal with mean drift x step and variance step. Refuses to know why a
boundary is where it is.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

# Beyond so many standard deviations a normal variable holds less than the rounding of a sum of 1.
TAIL = 8.5
POINTS = 20
# Panels of so many standard deviations, each with POINTS Gauss-Legendre nodes, leave an error near 1e-14.
PANEL = 3.0
MOST_PANELS = 400
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(POINTS)
_NORMAL = 1 / math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Path:
    """What has not crossed by a look: points of the score and the probability each stands for.

    fraction  information at that look
    at, mass  (m,) score and probability
    """

    fraction: float
    at: Floats
    mass: Floats


def followed(fractions: Sequence[float]) -> Iterator[tuple[float, float | None]]:
    """Yield each look's information and that of the look after it; None after the last."""
    yield from zip(fractions, [*fractions[1:], None], strict=True)


def begin() -> Path:
    """Return the path before the first look: all probability at a score of 0."""
    return Path(0.0, np.zeros(1), np.ones(1))


def above(path: Path, z: float, *, fraction: float, drift: float = 0.0) -> float:
    """Return the probability of not having crossed before and being above `z` at a look."""
    return _beyond(path, z, fraction=fraction, drift=drift, sign=1.0)


def below(path: Path, z: float, *, fraction: float, drift: float = 0.0) -> float:
    """Return the probability of not having crossed before and being below `z` at a look."""
    return _beyond(path, z, fraction=fraction, drift=drift, sign=-1.0)


def onward(
    path: Path,
    *,
    fraction: float,
    low: float,
    high: float,
    following: float | None = None,
    drift: float = 0.0,
    panel: float = PANEL,
) -> Path:
    """Return the path after a look at which what lies between `low` and `high` goes on.

    low, high  of the standardized statistic; may be infinite
    following  information at the look after this one, so that the points are close enough for that step too
    panel      width of a panel in standard deviations of the shorter step; smaller is more exact
    Source     Armitage, McPherson and Rowe (1969), JRSS A 132:235-244; Jennison and Turnbull (2000), ch. 19
    """
    root, step = math.sqrt(fraction), fraction - path.fraction
    spread = math.sqrt(step)
    left = max(low * root, drift * fraction - TAIL * root)
    right = min(high * root, drift * fraction + TAIL * root)
    if not right > left:
        return Path(fraction, np.zeros(1), np.zeros(1))
    shortest = spread if following is None else min(spread, math.sqrt(following - fraction))
    panels = min(MOST_PANELS, math.ceil((right - left) / (panel * shortest)))
    edges = np.linspace(left, right, panels + 1)
    half = (right - left) / panels / 2
    at = (edges[:-1, None] + half * (1 + _NODES)).ravel()
    weights = np.tile(half * _WEIGHTS, panels)
    away = (at[:, None] - path.at - drift * step) / spread
    density = (np.exp(-0.5 * away * away) @ path.mass) * (_NORMAL / spread)
    return Path(fraction, at, weights * density)


def _beyond(path: Path, z: float, *, fraction: float, drift: float, sign: float) -> float:
    step = fraction - path.fraction
    mean = path.at + drift * step - z * math.sqrt(fraction)
    return float(path.mass @ ndtr(sign * mean / math.sqrt(step)))


def look_density(path: Path, z: float, *, fraction: float, drift: float = 0.0) -> float:
    """Return the density of the standardized statistic at `z` at a look, of what has not crossed before."""
    step, root = fraction - path.fraction, math.sqrt(fraction)
    away = (z * root - path.at - drift * step) / math.sqrt(step)
    return float(path.mass @ np.exp(-0.5 * away * away)) * _NORMAL * root / math.sqrt(step)
