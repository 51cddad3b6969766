"""A score as it is recorded: a normal rounded to whole steps and clamped to the scale's range.

Holds the exact mean and standard deviation of such a score, and the latent normal that gives stated ones, all
in steps of the scale. Refuses to hold anything about time, arms, units or two scores at once.

With thresholds c_k halfway between neighboring values, at least k steps above `low` are recorded when the
latent value is above c_k, so that E[Y] = low + sum S_k and E[(Y - low)^2] = sum (2k - 1) S_k with
S_k = Phi((mean - c_k) / sd).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

WIDEST = 12.0
"""An unbounded score is followed this many standard deviations to each side; beyond lies less than 1e-32."""
COARSEST = 20_000
"""Steps that are followed one by one; rounding a score with more of them changes nothing that is printed."""
_TIGHT = 1e-12
_LOOSE = 1e-9
_NEWTON_STEPS = 60
_LONGEST_STEP = 1.0
_BISECTIONS = 70
_NARROWEST, _BROADEST = -9.0, 9.0
_ROOT_2PI = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Lattice:
    """The whole numbers from `low` to `high` that a recorded score can be; an unbounded end is infinite."""

    low: float
    high: float

    def record(self, latent: Floats) -> Floats:
        """Return latent values as they are recorded: rounded, halves upward, and clamped to the range."""
        recorded: Floats = np.clip(np.floor(latent + 0.5), self.low, self.high)
        return recorded

    def within(self, mean: float, sd: float) -> "Lattice":
        """Return the lattice with infinite ends cut where a score of these moments never comes."""
        reach = WIDEST * max(sd, 1.0)
        low, high = float(np.floor(mean - reach)), float(np.ceil(mean + reach))
        return Lattice(
            self.low if np.isfinite(self.low) else low, self.high if np.isfinite(self.high) else high
        )

    def thresholds(self) -> Floats:
        """Return the latent values at which a recorded score with finite ends moves up one step."""
        return np.arange(self.low, self.high) + 0.5

    def moments(self, mean: float, sd: float) -> tuple[float, float]:
        """Return mean and standard deviation of the recorded score of a latent normal."""
        cut = self.within(mean, sd)
        found = _moments(cut, mean=np.array([mean]), log_sd=np.log([sd]), thresholds=cut.thresholds())
        # Beyond the range all but nothing varies, and rounding may leave less than nothing.
        return float(found.mean[0]), float(np.sqrt(max(found.variance[0], 0.0)))

    def impossible(self, mean: float, sd: float) -> str:
        """Return why no rounded, clamped normal has these moments; empty when one has.

        A mean between two values needs at least the spread of a coin toss between them, and a mean inside the
        range allows at most the spread of a coin toss between its ends.
        """
        if not self.low < mean < self.high:
            return f"a mean of {mean:g} does not lie inside the range {self.low:g} to {self.high:g}"
        share = mean % 1.0
        least, most = np.sqrt(share * (1 - share)), np.sqrt((mean - self.low) * (self.high - mean))
        if sd <= least:
            return f"a mean of {mean:g} in whole steps has a standard deviation above {least:.3g}, not {sd:g}"
        if sd >= most:
            inside = f"{self.low:g} to {self.high:g}"
            return f"a mean of {mean:g} in {inside} has a standard deviation below {most:.3g}, not {sd:g}"
        return ""


@lru_cache(maxsize=1024)
def fit(lattice: Lattice, *, means: tuple[float, ...], sds: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Return means and standard deviations of the latent normals whose recorded scores have these moments.

    Raises  ValueError with the reason when no latent normal gives one of them
    Source  the moments in this module's opening lines, solved by Newton's method in (mean, log sd) with step
            halving; where that stalls, by bisection in log sd around a bisection in the mean
    """
    reasons = [reason for pair in zip(means, sds, strict=True) if (reason := lattice.impossible(*pair))]
    if reasons:
        raise ValueError("; ".join(reasons))
    cut = _joint(lattice, means=means, sds=sds)
    mean, sd = np.array(means), np.array(sds)
    if cut.high - cut.low > COARSEST:
        return mean, sd
    thresholds = cut.thresholds()
    latent_mean, log_sd, solved = _newton(cut, (mean, sd), thresholds=thresholds)
    for place in np.flatnonzero(~solved):
        latent_mean[place], log_sd[place] = _bisect(cut, (means[place], sds[place]), thresholds=thresholds)
    latent_sd = np.exp(log_sd)
    for shared in (latent_mean, latent_sd):
        shared.setflags(write=False)
    return latent_mean, latent_sd


def _joint(lattice: Lattice, *, means: tuple[float, ...], sds: tuple[float, ...]) -> Lattice:
    cuts = [lattice.within(mean, sd) for mean, sd in zip(means, sds, strict=True)]
    return Lattice(min(cut.low for cut in cuts), max(cut.high for cut in cuts))


@dataclass(frozen=True)
class _Recorded:
    """Moments of several latent normals as recorded, each (cells,), and their slopes by mean and log sd."""

    mean: Floats
    variance: Floats
    mean_by: tuple[Floats, ...]
    variance_by: tuple[Floats, ...]


def _moments(lattice: Lattice, *, mean: Floats, log_sd: Floats, thresholds: Floats) -> _Recorded:
    sd = np.exp(log_sd)
    distance = (mean[:, None] - thresholds) / sd[:, None]
    reached = ndtr(distance)
    density = np.exp(-0.5 * distance**2) / _ROOT_2PI
    by_mean, by_log_sd = density / sd[:, None], -distance * density
    odd = 2 * np.arange(1, thresholds.size + 1) - 1
    first, second = reached.sum(axis=1), (odd * reached).sum(axis=1)
    return _Recorded(
        mean=lattice.low + first,
        variance=second - first**2,
        mean_by=(by_mean.sum(axis=1), by_log_sd.sum(axis=1)),
        variance_by=tuple((odd * by).sum(axis=1) - 2 * first * by.sum(axis=1) for by in (by_mean, by_log_sd)),
    )


def _newton(
    lattice: Lattice, wanted: tuple[Floats, Floats], *, thresholds: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return latent means, log standard deviations and which of them are solved, all cells side by side."""
    mean, log_sd = wanted[0].copy(), np.log(wanted[1])
    scale = np.ones_like(mean)
    off, step = _misses(lattice, (mean, log_sd), wanted=wanted, thresholds=thresholds)
    for _ in range(_NEWTON_STEPS):
        if np.all(off < _TIGHT):
            break
        trial = mean - scale * step[0], log_sd - scale * step[1]
        trial_off, trial_step = _misses(lattice, trial, wanted=wanted, thresholds=thresholds)
        better = trial_off < off
        mean, log_sd = (np.where(better, new, old) for new, old in zip(trial, (mean, log_sd), strict=True))
        step = tuple(np.where(better, new, old) for new, old in zip(trial_step, step, strict=True))
        off = np.where(better, trial_off, off)
        scale = np.where(better, 1.0, scale / 2)
    return mean, log_sd, off < _LOOSE


def _misses(
    lattice: Lattice, at: tuple[Floats, Floats], *, wanted: tuple[Floats, Floats], thresholds: Floats
) -> tuple[Floats, tuple[Floats, ...]]:
    """Return how far the worse of the two moments is off, in the wanted sd, and Newton's step from here."""
    found = _moments(lattice, mean=at[0], log_sd=at[1], thresholds=thresholds)
    sd = np.sqrt(np.maximum(found.variance, np.finfo(float).tiny))
    off_mean, off_sd = found.mean - wanted[0], sd - wanted[1]
    sd_by = tuple(slope / (2 * sd) for slope in found.variance_by)
    determinant = found.mean_by[0] * sd_by[1] - found.mean_by[1] * sd_by[0]
    safe = np.where(np.abs(determinant) < np.finfo(float).tiny, np.inf, determinant)
    step_mean = (off_mean * sd_by[1] - off_sd * found.mean_by[1]) / safe
    step_log_sd = (found.mean_by[0] * off_sd - sd_by[0] * off_mean) / safe
    longest = np.maximum(np.abs(step_mean) / wanted[1], np.abs(step_log_sd))
    shrink = _LONGEST_STEP / np.maximum(longest, _LONGEST_STEP)
    return np.maximum(np.abs(off_mean), np.abs(off_sd)) / wanted[1], (
        shrink * step_mean,
        shrink * step_log_sd,
    )


def _bisect(lattice: Lattice, wanted: tuple[float, float], *, thresholds: Floats) -> tuple[float, float]:
    narrow, broad = (np.log(wanted[1]) + end for end in (_NARROWEST, _BROADEST))
    for _ in range(_BISECTIONS):
        middle = (narrow + broad) / 2
        mean = _mean_for(lattice, wanted[0], log_sd=middle, thresholds=thresholds)
        found = _moments(lattice, mean=np.array([mean]), log_sd=np.array([middle]), thresholds=thresholds)
        narrow, broad = (narrow, middle) if found.variance[0] > wanted[1] ** 2 else (middle, broad)
    return _mean_for(lattice, wanted[0], log_sd=float(narrow), thresholds=thresholds), float(narrow)


def _mean_for(lattice: Lattice, wanted: float, *, log_sd: float, thresholds: Floats) -> float:
    """Return the latent mean that gives a recorded mean at this latent spread."""
    reach = WIDEST * np.exp(log_sd)
    low, high = lattice.low - reach, lattice.high + reach
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        found = _moments(lattice, mean=np.array([middle]), log_sd=np.array([log_sd]), thresholds=thresholds)
        low, high = (low, middle) if found.mean[0] > wanted else (middle, high)
    return float((low + high) / 2)
