"""The smallest number of participants with a wanted power, by simulation, and how sure that is.

Holds a root finder for a noisy curve: power is taken to be Phi(a + b sqrt(n)) near its root, which is what a
normal test gives; trials are spent there, and the interval follows from the fitted curve. Refuses to
simulate: a count of significant trials is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

Count = Callable[[int, int], int]
"""Participants and trials to the number of those trials that are significant. The first trials asked for at a
number
of participants come again when more are asked for; trials at different numbers are independent."""

PILOT = 1024
ROUND = 4096
"""Trials of each further look at the curve."""
SPREAD = (1.0, 0.92, 1.08)
"""Where the curve is looked at, as multiples of its root: beside it, so that its slope is known."""
NEAR = 1.5
"""Points further than this from the target, in probits, say little of the root."""
STEEPEST = 4.0
"""Most that participants grow or shrink between two first looks."""
SURE = 1.959963984540054
"""Normal quantile of a 95 % interval."""
FITS = 60
TIGHT = 1e-10
MOST_PARTICIPANTS = 100_000


@dataclass(frozen=True)
class Point:
    """Trials at one number of participants."""

    participants: int
    trials: int
    significant: int


@dataclass(frozen=True)
class Found:
    """The smallest number of participants found.

    n            participants, a multiple of the unit; None where the target is not reached
    low, high    95 % interval for it, in the same multiples
    root         where the fitted curve reaches the target, not rounded
    root_error   its standard error
    target       power wanted
    points       what it rests on, by participants
    reason       why there is no n; empty when there is one
    """

    n: int | None
    low: int | None
    high: int | None
    root: float | None
    root_error: float | None
    target: float
    points: tuple[Point, ...]
    reason: str = ""

    def summary(self) -> str:
        """Return the answer in a sentence."""
        if self.n is None:
            return f"no number of participants was found with power {self.target:g}: {self.reason}"
        trials = sum(point.trials for point in self.points)
        return (
            f"{self.n} participants have power {self.target:g} (95 % interval {self.low} to {self.high},"
            f" {trials:,} trials)"
        )


@dataclass
class _Curve:
    """What is known of power by participants."""

    count: Count
    unit: int
    points: dict[int, Point] = field(default_factory=dict)

    def look(self, participants: float, trials: int) -> Point:
        n = max(round(participants / self.unit), 2) * self.unit
        known = self.points.get(n)
        whole = trials + (known.trials if known is not None else 0)
        self.points[n] = Point(n, whole, self.count(n, whole))
        return self.points[n]

    @property
    def trials(self) -> int:
        return sum(point.trials for point in self.points.values())


def smallest_n(
    count: Count,
    *,
    target: float,
    start: int,
    unit: int = 1,
    tolerance: float = 0.02,
    most_trials: int = 400_000,
    most_participants: int = MOST_PARTICIPANTS,
) -> Found:
    """Find the smallest number of participants whose power is at least the target.

    start              participants to begin with
    unit               participants come in multiples of it, such as the sum of the allocation ratio
    tolerance          half-width of the 95 % interval that is sought, as a share of n
    most_trials        the search ends here even where the interval is wider
    most_participants  more are not tried
    Raises             ValueError when the target is not between 0 and 1
    Source             docs/methods/operating-characteristics.md
    """
    if not 0 < target < 1:
        raise ValueError(f"a power lies between 0 and 1, not {target}")
    curve = _Curve(count, unit)
    reason = _bracket(curve, target=target, start=start, most=most_participants)
    if reason:
        return Found(None, None, None, None, None, target, _sorted(curve.points), reason)
    turn = 0
    while True:
        root, error = _root(curve.points, target)
        settled = SURE * error <= max(tolerance * root, unit / 2)
        if settled or curve.trials >= most_trials:
            return _found(root, error, curve=curve, target=target)
        curve.look(min(root * SPREAD[turn % len(SPREAD)], most_participants), ROUND)
        turn += 1


def _bracket(curve: _Curve, *, target: float, start: int, most: int) -> str:
    """Look until power is known below and above the target; return why that is not possible."""
    n = float(max(start, 2 * curve.unit))
    below, above = False, False
    while not (below and above):
        point = curve.look(n, PILOT)
        share = point.significant / point.trials
        below, above = below or share < target, above or share >= target
        if share < target:
            if point.participants >= most:
                return f"power is {share:.2f} with {point.participants} participants, the most that are tried"
            n = min(n * _stride(share, target), most)
        elif point.participants <= 2 * curve.unit:
            # The smallest trial there is has the power: its neighbor gives the curve a slope.
            curve.look(point.participants + curve.unit, PILOT)
            return ""
        else:
            n = n / _stride(target, share)
    return ""


def _stride(low: float, high: float) -> float:
    """Return by how much more participants take a power to another, roughly, as a normal test would."""
    clipped = np.clip([low, high], 0.03, 0.995)
    reached, wanted = (ndtri(clipped) + SURE).tolist()
    return float(np.clip((wanted / max(reached, 0.1)) ** 2 * 1.1, 1.25, STEEPEST))


def _root(points: Mapping[int, Point], target: float) -> tuple[float, float]:
    """Return where the fitted curve reaches the target, and its standard error, in participants."""
    used = _near(points, target)
    x = np.sqrt([point.participants for point in used])
    trials = np.array([point.trials for point in used], dtype=np.float64)
    share = np.array([point.significant for point in used]) / trials
    (a, b), covariance = _probit(x, trials=trials, share=share)
    wanted = float(ndtri(target))
    # A curve that does not rise cannot be inverted; the nearest point stands in until more is known.
    if b <= 0:
        nearest = used[int(np.argmin(np.abs(share - target)))].participants
        return float(nearest), float(nearest)
    at = max((wanted - a) / b, 1.0)
    gradient = np.array([-1 / b, -at / b])
    error = sqrt(max(float(gradient @ covariance @ gradient), 0.0))
    return at**2, 2 * at * error


def _near(points: Mapping[int, Point], target: float) -> list[Point]:
    """Return the points near the target, and never fewer than the two nearest."""
    wanted = float(ndtri(target))

    def away(point: Point) -> float:
        smooth = (point.significant + 0.5) / (point.trials + 1)
        return abs(float(ndtri(smooth)) - wanted)

    ranked = sorted(points.values(), key=away)
    return [point for place, point in enumerate(ranked) if place < 2 or away(point) <= NEAR]


def _probit(x: Floats, *, trials: Floats, share: Floats) -> tuple[tuple[float, float], Floats]:
    """Fit P = Phi(a + b x) to shares by Fisher scoring; return (a, b) and their covariance."""
    design = np.column_stack([np.ones_like(x), x])
    smooth = (share * trials + 0.5) / (trials + 1)
    beta = np.linalg.lstsq(design, ndtri(smooth), rcond=None)[0]
    information = np.eye(2)
    for _ in range(FITS):
        eta = np.clip(design @ beta, -6.0, 6.0)
        p = ndtr(eta)
        density = np.exp(-0.5 * eta**2) / sqrt(2 * np.pi)
        weight = trials * density**2 / (p * (1 - p))
        information = design.T @ (weight[:, None] * design)
        step = np.linalg.solve(information, design.T @ (weight * (share - p) / density))
        beta = beta + step
        if np.abs(step).max() < TIGHT:
            break
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return (float(beta[0]), float(beta[1])), covariance


def _found(root: float, error: float, *, curve: _Curve, target: float) -> Found:
    unit = curve.unit
    low, high = max(root - SURE * error, 0.0), root + SURE * error
    return Found(
        n=_up(root, unit),
        low=max(unit * floor(low / unit), unit),
        high=_up(high, unit),
        root=root,
        root_error=error,
        target=target,
        points=_sorted(curve.points),
    )


def _up(n: float, unit: int) -> int:
    return unit * ceil(n / unit)


def _sorted(points: Mapping[int, Point]) -> tuple[Point, ...]:
    return tuple(points[n] for n in sorted(points))
