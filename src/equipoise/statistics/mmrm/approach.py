"""The way to the optimum of many data sets at once by gradients, before Newton's method ends it.

A whole Hessian costs as much as several gradients. A rough one does at the first points; after them the
last is only mended from the gradients that follow (Broyden, Fletcher, Goldfarb and Shanno), in the basis of
the point where it was taken. What this ends at is a starting point and nothing more: Newton's method judges
it, and goes on where it is not the optimum. Holds linear structures only.
"""

from dataclasses import dataclass, replace

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, cholesky, transpose
from equipoise.statistics.mmrm.covariance import Slopes, Structure
from equipoise.statistics.mmrm.likelihood import Point, evaluate, gradient, sketch
from equipoise.statistics.mmrm.products import Products

MOST_STEPS = 12
# Steps that take a Hessian of their own. With it a step leaves some hundredths of the way at first, a
# thousandth near the optimum.
SKETCHED = 3
# The search's own measure of an optimum, a tenth of it so that Newton's method need not move.
ENOUGH = 1e-23
# A step that makes -2 log likelihood larger by no more than this share lost nothing but digits it never had.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class _Here:
    """Where T data sets are, and what is known of the way on.

    who       (T,) their numbers
    products  their data
    theta     (T, H, K) parameters
    point     the likelihood there
    """

    who: Codes
    products: Products
    theta: Array
    point: Point

    def take(self, index: Flags) -> "_Here":
        """Return some of them."""
        return _Here(self.who[index], self.products.take(index), self.theta[index], self.point.take(index))


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The model of -2 log likelihood around the point where its Hessian was taken.

    origin    (T, H, K) parameters there
    slopes    of the covariance there
    moved     (T, HK) the way from there to here
    downhill  (T, HK) gradient here
    inverse   (T, HK, HK) of the Hessian; 0 where it is not positive definite, so that nobody moves
    """

    origin: Array
    slopes: Slopes
    moved: Array
    downhill: Array
    inverse: Array

    def take(self, index: Flags) -> "_Ahead":
        """Return some data sets."""
        return _Ahead(
            self.origin[index],
            self.slopes.take(index),
            self.moved[index],
            self.downhill[index],
            self.inverse[index],
        )


def approach(
    products: Products, structure: Structure, theta: Array, point: Point, *, restricted: bool
) -> tuple[Array, Point]:
    """Return parameters (T, H, K) nearer to the optimum, and the likelihood there; the same where none are.

    theta, point  where to begin, near the optimum, in data sets that have a likelihood there
    Source  Nocedal and Wright (2006), Numerical Optimization, equation 6.17
    """
    t, m = theta.shape[0], products.observed.shape[-1]
    best, there = theta.copy(), point.take(np.arange(t))
    here = _Here(np.arange(t), products, theta, point)
    ahead = _look(here, structure, restricted=restricted)
    for number in range(1, MOST_STEPS + 1):
        step = -(ahead.inverse @ ahead.downhill[..., None])[..., 0]
        far = -(step * ahead.downhill).sum(axis=1) > ENOUGH
        if not far.all():
            _put(best, there, here, ended=~far)
            here, ahead, step = here.take(far), ahead.take(far), step[far]
        if not here.who.size:
            break
        moved = ahead.moved + step
        tried = structure.move(ahead.origin, moved.reshape(*here.theta.shape[:2], -1), ahead.slopes)
        found = evaluate(
            here.products, structure.matrices(tried, visits=m, distance=None), restricted=restricted
        )
        lost = found.value > here.point.value + ROUNDING * np.abs(here.point.value)
        if lost.any():
            _put(best, there, here, ended=lost)
        here = replace(here, theta=tried, point=found)
        if lost.any():
            here, ahead, step, moved = here.take(~lost), ahead.take(~lost), step[~lost], moved[~lost]
        if not here.who.size:
            break
        if number < SKETCHED:
            ahead = _look(here, structure, restricted=restricted)
        else:
            now = gradient(here.products, here.point, ahead.slopes, restricted=restricted)
            inverse = _mended(ahead.inverse, step, now - ahead.downhill)
            ahead = replace(ahead, moved=moved, downhill=now, inverse=inverse)
    _put(best, there, here, ended=np.ones(here.who.size, dtype=bool))
    return best, there


def _look(here: _Here, structure: Structure, *, restricted: bool) -> _Ahead:
    """Return the model around where everybody is."""
    slopes = structure.slopes(here.theta, visits=here.products.observed.shape[-1], distance=None)
    downhill, hessian = sketch(here.products, here.point, slopes, restricted=restricted)
    lower, fine = cholesky(hessian)
    half = np.linalg.inv(lower)
    inverse = (transpose(half) @ half) * fine[:, None, None]
    return _Ahead(here.theta, slopes, np.zeros_like(downhill), downhill, inverse)


def _put(best: Array, there: Point, here: _Here, *, ended: Flags) -> None:
    """Write down where some data sets end."""
    last = here.take(ended)
    best[last.who] = last.theta
    for name in Point.__slots__:
        getattr(there, name)[last.who] = getattr(last.point, name)


def _mended(inverse: Array, step: Array, change: Array) -> Array:
    """Return inverse Hessians (T, K, K) that fit how gradients changed along a step; where none can, as
    given."""
    along = (step * change).sum(axis=1)
    usable = along > 0
    rho = np.where(usable, 1 / np.where(usable, along, 1.0), 0.0)
    turned = (inverse @ change[..., None])[..., 0]
    twice = 1 + rho * (change * turned).sum(axis=1)
    # One product for the three of rank one: with a = rho (twice / 2 step - turned), a step' + step a'.
    half = rho[:, None] * (twice[:, None] / 2 * step - turned)
    grown = half[:, :, None] * step[:, None, :]
    mended: Array = inverse + grown + transpose(grown)
    return mended
