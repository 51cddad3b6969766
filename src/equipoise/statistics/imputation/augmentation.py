"""Monotone data augmentation: gaps before a participant's last outcome, and the model's parameters, in turn.

With the gaps filled, the parameters' posterior is one of outcomes without gaps (`posterior`). Draws come from
chains of their own, side by side, so none depends on another and nothing is thinned. Holds no strategy: gaps
are missing at random, and what follows a last outcome is not needed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equipoise.errors import FitError
from equipoise.statistics.imputation.comparison import Columns, columns
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.posterior import (
    Parameters,
    Sums,
    draw_by_arm,
    draw_together,
    refuse_few,
)
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, cholesky, symmetric, transpose
from equipoise.statistics.mmrm.design import power_of_two

# Steps of each chain before its draw; docs/methods/multiple-imputation.md says what is left after fewer.
BURN_IN = 50


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A trial in numbers near 1.

    design   the columns of one visit
    u        (n, q) the same columns made orthogonal, of length root n
    back     (q, q) coefficients of the columns = back x those of u
    y        (n, m) outcomes about `shift` over `size`, NaN where missing
    size     a power of two, so that scaling rounds nothing
    """

    design: Columns
    u: Array
    back: Array
    y: Array
    shift: float
    size: float


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Participants with the same visits to fill, by the same covariance.

    members  places of the participants
    number   of their covariance
    seen     visits conditioned on
    gone     visits to fill
    """

    members: Codes
    number: int
    seen: Codes
    gone: Codes


@dataclass(frozen=True, slots=True, eq=False)
class _Modeled:
    """What the imputation model is fitted to.

    u, y    (n, q) and (n, m), outcomes 0 where they are not modeled
    seen    (n, m) which are
    last    (n,) visits up to a participant's last modeled outcome
    which   (n,) number of the covariance
    """

    u: Array
    y: Array
    seen: Flags
    last: Codes
    which: Codes

    @property
    def gaps(self) -> Flags:
        """Outcomes to fill so that there are none missing before the last, (n, m)."""
        return np.asarray(~self.seen & (np.arange(self.seen.shape[1]) < self.last[:, None]))

    def take(self, index: Flags) -> "_Modeled":
        """Return some of the participants."""
        return _Modeled(self.u[index], self.y[index], self.seen[index], self.last[index], self.which[index])


def scale(trial: Incomplete) -> Scaled:
    """Return the trial in numbers near 1."""
    design = columns(trial)
    root = np.sqrt(trial.n)
    values = trial.outcome[trial.modeled]
    shift = float(values[0] + (values - values[0]).mean())
    size = float(power_of_two(np.abs(values - shift).max()))
    back = np.linalg.solve(design.upper, np.eye(design.upper.shape[0])) * root
    return Scaled(design, design.basis * root, back, (trial.outcome - shift) / size, shift, size)


def augment(
    trial: Incomplete,
    scaled: Scaled,
    *,
    n: int,
    rng: np.random.Generator,
    covariance_by_arm: bool,
    burn_in: int,
) -> Parameters:
    """Return n draws of the parameters from their posterior, as coefficients of scaled.u.

    burn_in  steps of each chain before its draw. With one covariance and no gap before a last outcome draws
             are exact, and no chain is needed
    Raises   FitError when the posterior need not be proper or an outcome does not vary
    Source   Schafer (1997), Analysis of incomplete multivariate data, ch. 6; Tang, arXiv 1811.08042
    """
    data = _modeled(trial, scaled, by_arm=covariance_by_arm)
    holes = np.asarray(data.gaps.any(axis=1))
    count = _count(data)
    refuse_few(data.seen, data.which, data.u)
    base = _products(data.take(~holes), data.y[None, ~holes], groups=count.shape[0])
    broken = data.take(holes)
    if not holes.any() and not covariance_by_arm:
        return draw_together(Sums(base, count, data.u.shape[1]), n=n, rng=rng)
    groups = list(_gap_groups(broken))
    filled = _guess(data, broken, n=n, rng=rng)

    def sums() -> Sums:
        extra = _products(broken, filled, groups=count.shape[0])
        return Sums(base + extra, count, data.u.shape[1])

    start = draw_together(sums(), n=n, rng=rng)
    parameters = Parameters(start.b, np.repeat(start.sigma, count.shape[0], axis=1))
    for _ in range(burn_in):
        for group in groups:
            mean = broken.u[group.members] @ parameters.b
            fill(filled, group, mean=mean, sigma=parameters.sigma[:, group.number], rng=rng)
        if covariance_by_arm:
            parameters = draw_by_arm(sums(), parameters.b, rng=rng)
        else:
            parameters = draw_together(sums(), n=n, rng=rng)
    return parameters


def fill(filled: Array, group: Group, *, mean: Array, sigma: Array, rng: np.random.Generator) -> None:
    """Draw a group's missing outcomes given those seen, in place.

    filled  (T, n, m);  mean (T, members, m);  sigma (T, m, m)
    Raises  FitError when missing outcomes follow from those seen
    """
    rows, seen, gone = group.members[:, None], group.seen, group.gone
    given = sigma[:, seen[:, None], gone]
    slope = np.linalg.solve(sigma[:, seen[:, None], seen], given)
    rest = symmetric(sigma[:, gone[:, None], gone] - transpose(given) @ slope)
    root, positive = cholesky(rest)
    if not positive.all():
        raise FitError("Outcomes at some visits follow from those at others so nearly that none can be drawn")
    residual = filled[:, rows, seen] - mean[:, :, seen]
    chance = rng.standard_normal((filled.shape[0], group.members.size, gone.size)) @ transpose(root)
    filled[:, rows, gone] = mean[:, :, gone] + residual @ slope + chance


def _modeled(trial: Incomplete, scaled: Scaled, *, by_arm: bool) -> _Modeled:
    seen = trial.modeled
    last = np.where(seen, np.arange(trial.visits) + 1, 0).max(axis=1)
    which = trial.arm if by_arm else np.zeros_like(trial.arm)
    return _Modeled(scaled.u, np.where(seen, scaled.y, 0.0), seen, last, which)


def _count(data: _Modeled) -> Array:
    """Return participants whose last outcome is at each visit or later, by covariance, (H, m)."""
    reached = (data.last[:, None] > np.arange(data.seen.shape[1])).astype(np.float64)
    return np.stack([reached[data.which == h].sum(axis=0) for h in range(int(data.which.max()) + 1)])


def _products(data: _Modeled, y: Array, *, groups: int) -> Array:
    """Return cross-products of (u, y), y (T, n, m), over those whose last outcome is at each visit or later.

    Products with outcomes after a visit are in the sums of that visit too, and nobody reads them.
    """
    t, _, m = y.shape
    k = data.u.shape[1] + m
    v = np.concatenate([np.broadcast_to(data.u, (t, *data.u.shape)), y], axis=2)
    sums = np.zeros((t, groups, m, k, k))
    for h in range(groups):
        for j in range(m - 1, -1, -1):
            own = np.flatnonzero((data.which == h) & (data.last == j + 1))
            if own.size:
                members = v[:, own]
                sums[:, h, : j + 1] += (transpose(members) @ members)[:, None]
    return sums


def _gap_groups(data: _Modeled) -> Iterator[Group]:
    key = np.column_stack([data.which, data.seen, data.gaps])
    rows, number = np.unique(key, axis=0, return_inverse=True)
    m = data.seen.shape[1]
    for g, row in enumerate(rows):
        members = np.flatnonzero(number.ravel() == g)
        yield Group(members, int(row[0]), np.flatnonzero(row[1 : 1 + m]), np.flatnonzero(row[1 + m :]))


def _guess(data: _Modeled, broken: _Modeled, *, n: int, rng: np.random.Generator) -> Array:
    """Return first values of gaps, each visit by itself from its regression on u, (n, participants, m)."""
    filled = np.broadcast_to(broken.y, (n, *broken.y.shape)).copy()
    for j in range(data.seen.shape[1]):
        here, gap = data.seen[:, j], broken.gaps[:, j]
        b, _, _, _ = np.linalg.lstsq(data.u[here], data.y[here, j], rcond=None)
        spread = np.sqrt(((data.y[here, j] - data.u[here] @ b) ** 2).mean())
        filled[:, gap, j] = broken.u[gap] @ b + spread * rng.standard_normal((n, int(gap.sum())))
    return filled
