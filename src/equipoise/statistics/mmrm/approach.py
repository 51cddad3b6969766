"""The way to the optimum of many data sets at once by gradients, before Newton's method ends it.

One Hessian costs as much as four gradients, so after the first it is only mended from the gradients that
follow (Broyden, Fletcher, Goldfarb and Shanno), in the basis of the first point. What this ends at is a
starting point and nothing more: Newton's method judges it, and goes on where it is not the optimum. Holds
linear structures only.
"""

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, cholesky, transpose
from equipoise.statistics.mmrm.covariance import Slopes, Structure
from equipoise.statistics.mmrm.likelihood import Point, differentiate, evaluate, gradient
from equipoise.statistics.mmrm.products import Products

MOST_STEPS = 12
# The search's own measure of an optimum, a tenth of it so that Newton's method need not move.
ENOUGH = 1e-23


def approach(
    products: Products, structure: Structure, theta: Array, point: Point, *, restricted: bool
) -> tuple[Array, Point]:
    """Return parameters (T, H, K) nearer to the optimum, and the likelihood there; the same where none are.

    theta, point  where to begin, near the optimum, in data sets that have a likelihood there
    Source  Nocedal and Wright (2006), Numerical Optimization, equation 6.17
    """
    m = products.observed.shape[-1]
    slopes = structure.slopes(theta, visits=m, distance=None)
    start = differentiate(products, point, slopes, restricted=restricted)
    lower, fine = cholesky(start.observed)
    inverse = np.linalg.inv(lower)
    inverse = transpose(inverse) @ inverse
    t, h = theta.shape[:2]
    k = slopes.first.shape[2]
    moved, downhill = np.zeros((t, h * k)), start.gradient
    best, there = theta.copy(), point.take(np.arange(t))
    active = np.flatnonzero(fine)
    for _ in range(MOST_STEPS):
        step = -(inverse[active] @ downhill[active][..., None])[..., 0]
        far = -(step * downhill[active]).sum(axis=1) > ENOUGH
        active, step = active[far], step[far]
        if not active.size:
            break
        tried, found, kept = _try(
            (products, structure, slopes), (theta, moved, there), (active, step), restricted=restricted
        )
        active, step = active[kept], step[kept]
        best[active] = tried[kept]
        _put(there, active, found.take(kept))
        if not active.size:
            break
        part, own = products.take(active), slopes.take(active)
        now = gradient(part, there.take(active), own, restricted=restricted)
        moved[active] += step
        inverse[active] = _mended(inverse[active], step, now - downhill[active])
        downhill[active] = now
    return best, there


def _try(
    model: tuple[Products, Structure, Slopes],
    known: tuple[Array, Array, Point],
    move: tuple[Codes, Array],
    *,
    restricted: bool,
) -> tuple[Array, Point, Codes]:
    """Return where steps lead, the likelihood there, and which of them do not lose any."""
    products, structure, slopes = model
    theta, moved, there = known
    active, step = move
    h = theta.shape[1]
    whole = (moved[active] + step).reshape(active.size, h, -1)
    tried = structure.move(theta[active], whole, slopes.take(active))
    sigma = structure.matrices(tried, visits=products.observed.shape[-1], distance=None)
    found = evaluate(products.take(active), sigma, restricted=restricted)
    # A hair's breadth of rounding is no loss.
    room = np.finfo(np.float64).eps * np.abs(there.value[active])
    return tried, found, np.flatnonzero(found.value <= there.value[active] + room)


def _put(there: Point, who: Codes, found: Point) -> None:
    for name in Point.__slots__:
        getattr(there, name)[who] = getattr(found, name)


def _mended(inverse: Array, step: Array, change: Array) -> Array:
    """Return inverse Hessians (T, K, K) that fit how gradients changed along a step; where none can, as
    given."""
    along = (step * change).sum(axis=1)
    usable = along > 0
    rho = np.where(usable, 1 / np.where(usable, along, 1.0), 0.0)
    turned = (inverse @ change[..., None])[..., 0]
    twice = 1 + rho * (change * turned).sum(axis=1)
    outer = step[:, :, None] * step[:, None, :]
    cross = turned[:, :, None] * step[:, None, :]
    mended: Array = (
        inverse + (rho * twice)[:, None, None] * outer - rho[:, None, None] * (cross + transpose(cross))
    )
    return mended
