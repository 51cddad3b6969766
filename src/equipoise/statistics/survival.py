"""Time to an event with right censoring: Kaplan-Meier's curve, its quantiles and restricted mean.

Holds one curve and the difference of two restricted means. Comparisons of hazards are in `log_rank` and
`cox`; competing events and delayed entry have no place here.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, critical_value, infer
from equipoise.statistics.tabulate import tabulate
from equipoise.statistics.values import Vector, vector

Interval = Literal["log-log", "log", "plain"]
INTERVALS = ("log-log", "log", "plain")

# A step within this of a level lies on it, as R's survival package has it.
ON_LEVEL = 1.5e-8


@dataclass(frozen=True, slots=True)
class Quantile:
    """A time by which a share has had the event; None = not reached within the data."""

    share: float
    estimate: float | None
    ci_level: float
    ci_low: float | None
    ci_high: float | None
    method: str = ""

    def summary(self, *, decimals: int = 1) -> str:
        """Return the line a statistician would say aloud."""
        # Where all had the event at once the curve has no limits, which is not the same as not reached.
        no_low = "not reached" if self.estimate is None else "not defined"
        value = _told(self.estimate, decimals, otherwise="not reached")
        low = _told(self.ci_low, decimals, otherwise=no_low)
        high = _told(self.ci_high, decimals, otherwise="not reached")
        return f"{value} ({100 * self.ci_level:g}% CI {low} to {high})"


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """Kaplan-Meier's curve: a value at each time at which somebody had the event or was censored.

    times      (k,) rising, unit of the input
    at_risk    (k,) participants still there just before, including those censored then
    events, censored  (k,) participants at that time
    survival   (k,) share without the event from that time on
    std_error  (k,) Greenwood's; 0 before the first event, and where survival is 0
    ci_low, ci_high  (k,) pointwise limits; 1 before the first event, nan where survival is 0
    n          participants
    """

    times: Vector
    at_risk: Vector
    events: Vector
    censored: Vector
    survival: Vector
    std_error: Vector
    ci_low: Vector
    ci_high: Vector
    ci_level: float
    interval: Interval
    n: int

    @property
    def last(self) -> float:
        """Longest time anybody was followed."""
        return float(self.times[-1])

    def at(self, time: float) -> Estimate:
        """Return the share without the event at `time`, without a test.

        Raises  ValueError when time is negative or no number; FitError when nobody was followed that long
        """
        _require_time(time)
        if time > self.last and self.survival[-1] > 0:
            raise FitError(f"Nobody was followed until {time:g}; the longest time is {self.last:g}")
        step = int(np.searchsorted(self.times, time, side="right")) - 1
        value, error, low, high = (
            (1.0, 0.0, 1.0, 1.0)
            if step < 0
            else (float(a[step]) for a in (self.survival, self.std_error, self.ci_low, self.ci_high))
        )
        method = f"Kaplan-Meier, Greenwood standard error, {self.interval} interval"
        return Estimate(value, error, None, None, None, self.ci_level, low, high, method)

    def quantile(self, share: float = 1 / 2) -> Quantile:
        """Return the first time at which at least `share` have had the event, with Brookmeyer-Crowley limits.

        Where the curve stays exactly on the level, the middle of that stretch; the limits are where the
        curve's own limits cross the level.
        Raises  ValueError when share is not between 0 and 1
        Source  Brookmeyer and Crowley (1982), Biometrics 38:29-41; as R's survival package computes it
        """
        if not 0 < share < 1:
            raise ValueError(f"a share lies between 0 and 1, not {share}")
        estimate, low, high = (
            _crossing(self.times, curve, 1 - share) for curve in (self.survival, self.ci_low, self.ci_high)
        )
        method = f"Kaplan-Meier quantile, Brookmeyer-Crowley limits ({self.interval})"
        return Quantile(share, estimate, self.ci_level, low, high, method)

    def median(self) -> Quantile:
        """Return the median time to the event."""
        return self.quantile(1 / 2)

    def restricted_mean(self, horizon: float) -> Estimate:
        """Return the mean time without the event up to `horizon`: the area under the curve.

        Raises  ValueError when horizon is not above 0; FitError when the curve ends before it
        Source  variance: Klein and Moeschberger (2003), Survival Analysis, eq. 4.5.3; as R's survival package
        Checked tests/golden/survival
        """
        _require_time(horizon)
        if horizon == 0:
            raise ValueError("a horizon is above 0")
        if horizon > self.last and self.survival[-1] > 0:
            raise FitError(
                f"The curve ends at {self.last:g}, before the horizon {horizon:g}; choose an earlier horizon"
            )
        steps = np.flatnonzero((self.events > 0) & (self.times <= horizon))
        edges = np.concatenate([[0.0], self.times[steps], [horizon]])
        areas = np.concatenate([[1.0], self.survival[steps]]) * np.diff(edges)
        left = areas[::-1].cumsum()[::-1][1:]
        gone, there = self.events[steps], self.at_risk[steps]
        terms = np.divide(gone, there * (there - gone), out=np.zeros_like(gone), where=there > gone)
        return infer_untested(
            float(areas.sum()),
            math.sqrt(float((left**2 * terms).sum())),
            level=self.ci_level,
            method=f"restricted mean time without the event, up to {horizon:g}",
        )

    def summary(self, *, decimals: int = 1) -> str:
        """Return participants, events and the median."""
        median = self.median().summary(decimals=decimals)
        return f"{self.n} participants, {self.events.sum():.0f} events, median {median}"

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per time."""
        names = ("times", "at_risk", "events", "censored", "survival", "std_error", "ci_low", "ci_high")
        columns = [getattr(self, name).tolist() for name in names]
        return tabulate(
            [dict(zip(("time", *names[1:]), row, strict=True)) for row in zip(*columns, strict=True)]
        )


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, level: float = DEFAULT_LEVEL, interval: Interval = "log-log"
) -> Survival:
    """Return the share without the event over time.

    time      (n,) from start to event or censoring, 0 or more, any unit
    event     (n,) 1 when the event happened then, 0 when follow-up ended
    interval  scale of the limits: "log-log" stays between 0 and 1 and is the default; "log"; "plain" (cut)
    Whoever is censored at the time of an event is still at risk of it.
    Raises  FitError when there is nobody; ValueError when a time is missing, infinite or negative, an event
            is not 0 or 1, lengths disagree, or interval or level is unknown
    Source  Kaplan and Meier (1958), JASA 53:457-481, with Greenwood's variance; limits as R's survival
            package computes them
    Checked tests/golden/survival
    """
    if interval not in INTERVALS:
        raise ValueError(f"unknown interval {interval!r}; choose {', '.join(INTERVALS)}")
    z = critical_value(level)
    followed, happened = follow_up(time, event)
    times = np.unique(followed)
    at_risk = followed.size - np.searchsorted(np.sort(followed), times, side="left").astype(np.float64)
    events = tally(followed[happened], times)
    censored = tally(followed[~happened], times)
    survival = np.cumprod(1 - events / at_risk, dtype=np.float64)
    alive = survival > 0
    terms = np.divide(events, at_risk * (at_risk - events), out=np.zeros_like(events), where=alive)
    log_error: Vector = np.where(alive, np.sqrt(terms.cumsum()), 0.0)
    low, high = _limits(survival, log_error, z=z, interval=interval)
    return Survival(
        times=times,
        at_risk=at_risk,
        events=events,
        censored=censored,
        survival=survival,
        std_error=survival * log_error,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        interval=interval,
        n=int(followed.size),
    )


def restricted_mean_difference(
    x: Survival, y: Survival, *, horizon: float, level: float = DEFAULT_LEVEL
) -> Estimate:
    """Return x's restricted mean minus y's, in the unit of time.

    x, y     curves of the arm and of the reference
    horizon  the same for both, within the follow-up of both
    Raises   as `Survival.restricted_mean`
    Source   Royston and Parmar (2013), BMC Med Res Methodol 13:152
    Checked  tests/golden/survival
    """
    one, two = x.restricted_mean(horizon), y.restricted_mean(horizon)
    return infer(
        one.estimate - two.estimate,
        math.hypot(one.std_error, two.std_error),
        level=level,
        method=f"difference of restricted mean times without the event, up to {horizon:g}",
    )


def follow_up(time: ArrayLike, event: ArrayLike) -> tuple[Vector, NDArray[np.bool_]]:
    """Return times (n,) and whether each ended in the event (n,), checked.

    Raises  FitError and ValueError as `kaplan_meier`
    """
    followed, happened = vector(time, "the time"), vector(event, "the event")
    if followed.size != happened.size:
        raise ValueError(f"{happened.size} events for {followed.size} times")
    if followed.size == 0:
        raise FitError("Nobody was followed")
    negative = int(np.count_nonzero(followed < 0))
    if negative:
        raise ValueError(f"{negative} times are negative; count from the start of follow-up")
    strange = sorted(set(happened.tolist()) - {0.0, 1.0})
    if strange:
        raise ValueError(f"an event is 0 or 1, not {strange[0]:g}")
    return followed, happened == 1


def tally(values: Vector, times: Vector) -> Vector:
    """Return how many of the values equal each of the rising times."""
    ordered = np.sort(values)
    counts: Vector = (
        np.searchsorted(ordered, times, side="right") - np.searchsorted(ordered, times, side="left")
    ).astype(np.float64)
    return counts


def infer_untested(estimate: float, std_error: float, *, level: float, method: str) -> Estimate:
    """Return an estimate with its normal interval and no test, where 0 is no hypothesis."""
    half_width = critical_value(level) * std_error
    low, high = estimate - half_width, estimate + half_width
    return Estimate(estimate, std_error, None, None, None, level, low, high, method)


def _limits(survival: Vector, log_error: Vector, *, z: float, interval: Interval) -> tuple[Vector, Vector]:
    inside = (survival > 0) & (survival < 1)
    s, error = survival[inside], log_error[inside]
    if interval == "log-log":
        power = z * error / np.log(s)
        pair = s ** np.exp(-power), s ** np.exp(power)
    elif interval == "log":
        pair = s * np.exp(-z * error), np.minimum(1.0, s * np.exp(z * error))
    else:
        pair = np.maximum(0.0, s - z * s * error), np.minimum(1.0, s + z * s * error)
    edge = np.where(survival > 0, 1.0, np.nan)
    low, high = edge.copy(), edge.copy()
    low[inside], high[inside] = pair
    return low, high


def _crossing(times: Vector, curve: Vector, level: float) -> float | None:
    """Return the first time at which a falling curve is at or below `level`; None where it never is."""
    reached = np.flatnonzero(curve <= level + ON_LEVEL)
    if reached.size == 0:
        return None
    first = reached[0]
    below = reached[curve[reached] < level - ON_LEVEL]
    if curve[first] >= level - ON_LEVEL and below.size:
        return float((times[first] + times[below[0]]) / 2)
    return float(times[first])


def _told(time: float | None, decimals: int, *, otherwise: str) -> str:
    return otherwise if time is None else f"{time:.{decimals}f}"


def _require_time(time: float) -> None:
    if not (math.isfinite(time) and time >= 0):
        raise ValueError(f"a time is 0 or more, not {time}")
