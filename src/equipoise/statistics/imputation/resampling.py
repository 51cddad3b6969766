"""Trials made of a trial's participants: each left out in turn, or drawn again with replacement.

A resample is read through sums over participants only. Holds no fit and no estimate.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, product


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """T trials without one participant each.

    who  (T,) the participant left out
    """

    who: Codes

    @property
    def count(self) -> int:
        """Number of trials, T."""
        return int(self.who.size)

    def take(self, part: slice | Codes) -> "LeaveOneOut":
        """Return some of the trials."""
        return LeaveOneOut(self.who[part])

    def sums(self, each: Array, segment: Codes, *, whole: Array) -> Array:
        """Return sums within segments, (T, S, k): those of the whole trial without one participant's part.

        each     (n, k) what participants contribute
        segment  (n,) 0 to S - 1, or -1 for those who contribute nothing
        whole    (S, k) sums over all participants
        """
        result = np.repeat(whole[None], self.count, axis=0)
        own = segment[self.who]
        counted = np.flatnonzero(own >= 0)
        result[counted, own[counted]] -= each[self.who[counted]]
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Reweighted:
    """T trials in which participants count a number of times.

    weight  (T, n)
    """

    weight: Array

    @property
    def count(self) -> int:
        """Number of trials, T."""
        return int(self.weight.shape[0])

    def take(self, part: slice | Codes) -> "Reweighted":
        """Return some of the trials."""
        return Reweighted(self.weight[part])

    def sums(self, each: Array, segment: Codes, *, whole: Array) -> Array:
        """Return weighted sums within segments, (T, S, k); see `LeaveOneOut.sums`."""
        result = np.empty((self.count, *whole.shape))
        for s in range(whole.shape[0]):
            own = np.flatnonzero(segment == s)
            result[:, s] = product(self.weight[:, own], each[own])
        return result


Resamples = LeaveOneOut | Reweighted


def everybody(n: int) -> Reweighted:
    """Return the trial itself."""
    return Reweighted(np.ones((1, n)))


def each_left_out(n: int) -> LeaveOneOut:
    """Return the n trials of the jackknife."""
    return LeaveOneOut(np.arange(n))


def draw_again(arm: Codes, *, count: int, rng: np.random.Generator) -> Reweighted:
    """Return `count` bootstrap trials: as many participants of each arm, drawn with replacement."""
    weight = np.zeros((count, arm.size))
    for code in range(int(arm.max()) + 1):
        own = np.flatnonzero(arm == code)
        weight[:, own] = rng.multinomial(own.size, np.full(own.size, 1 / own.size), size=count)
    return Reweighted(weight)


def jackknife_error(replicates: Array) -> Array:
    """Return sqrt((n - 1) / n sum_i (r_i - mean r)^2) of leave-one-out estimates (n, ...).

    Source  Efron and Tibshirani (1994), An Introduction to the Bootstrap, chapter 10
    """
    n = replicates.shape[0]
    return np.asarray(np.sqrt((n - 1) / n) * _length(replicates))


def bootstrap_error(replicates: Array) -> Array:
    """Return the standard deviation of estimates (T, ...) over bootstrap trials."""
    return np.asarray(_length(replicates) / np.sqrt(replicates.shape[0] - 1))


def _length(replicates: Array) -> Array:
    """Return the root of the sum of squares about the mean; squares of any unit stay in range."""
    about = replicates - replicates.mean(axis=0)
    size = np.abs(about).max(axis=0)
    shares = about / np.where(size > 0, size, 1.0)
    return np.asarray(size * np.sqrt((shares**2).sum(axis=0)))
