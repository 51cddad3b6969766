"""The search for the maximum of the likelihood: Newton steps with halving, Fisher's where Newton's fail.

Runs many data sets at once; each leaves when it has converged or cannot go on, which is a value and never an
exception. Deterministic: nothing is drawn and nothing depends on the clock. Holds no likelihood.
"""

from dataclasses import dataclass, fields

import numpy as np

from equipoise.statistics.mmrm.approach import approach
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, cholesky, transpose
from equipoise.statistics.mmrm.covariance import Slopes, Structure
from equipoise.statistics.mmrm.likelihood import Derivatives, Point, differentiate, evaluate
from equipoise.statistics.mmrm.products import Products
from equipoise.statistics.mmrm.start import available, begin, left_out

MOST_STEPS = 100
MOST_HALVINGS = 30
# Newton's decrement g' H^-1 g: twice what -2 log likelihood has still to lose. Its root is the distance left
# in standard errors of the covariance parameters, which degrees of freedom inherit.
ENOUGH = 1e-22
# Below this, a decrement that no longer falls tenfold is rounding.
NEARLY = 1e-10
FALL = 0.1
# Fisher steps before Newton's where the start is a guess.
FISHER_STEPS = 2
# Parameters over their sizes: a direction curved less than this share of the most curved one tells nothing.
UNDETERMINED = 1e-8
# A conditional variance below this share of its variance is zero.
SINGULAR = 1e-12
# Where the search gets stuck below this share, that is why.
NEARLY_SINGULAR = 1e-6
# A step that makes -2 log likelihood larger by no more than this share went nowhere.
ROUNDING = 1e-13
# Where correlations read off a start do not fit together, shrink them.
SHRINKING = (0.7, 0.4, 0.0)
# Where the regressions leave out no more than this share of the observations, available pairs say no more.
MOST_LEFT_OUT = 0.05
# Ranges tried for spatial structures, in mean distances.
RANGES = (0.2, 0.5, 1.0, 2.0, 5.0)
# A spatial correlation below this share is none.
NO_SHARE = 1e-8

(
    CONVERGED,
    SINGULAR_AT_OPTIMUM,
    NO_CORRELATION,
    NO_PROGRESS,
    TOO_MANY_STEPS,
    NO_START,
    COLLINEAR,
    CONSTANT,
    UNSEEN,
) = range(9)
REASONS = {
    CONVERGED: "converged",
    SINGULAR_AT_OPTIMUM: "the likelihood grows as the covariance becomes singular: two visits tell the same, "
    "or there are too few participants for this structure",
    NO_CORRELATION: "the correlation of the nearest occasions went to zero, so no range is determined; "
    "choose a structure that allows none or negative ones",
    NO_PROGRESS: "no step improves the likelihood, and its curvature is not that of a maximum: a covariance "
    "parameter is not determined by these data, or lies at its bound",
    TOO_MANY_STEPS: f"no maximum within {MOST_STEPS} steps",
    NO_START: "no covariance to start from gives a likelihood",
    COLLINEAR: "a design column is a combination of others",
    CONSTANT: "the outcome does not vary beyond the covariates",
    UNSEEN: "two visits that nobody has both of, or no more participants than visits",
}


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the search ended, for T data sets.

    theta        (T, H, K)
    point        the likelihood there
    derivatives  and its derivatives, in the coordinates of `slopes`
    slopes       of the covariance
    code         (T,) a key of REASONS
    steps        (T,)
    """

    theta: Array
    point: Point
    derivatives: Derivatives
    slopes: Slopes
    code: Codes
    steps: Codes


def matrices(structure: Structure, theta: Array, products: Products) -> Array:
    """Return the covariance of each group, or of each pattern for spatial structures."""
    if structure.spatial:
        theta = theta[:, products.group]
    return structure.matrices(theta, visits=products.observed.shape[-1], distance=products.distance)


def slopes_of(structure: Structure, theta: Array, products: Products) -> Slopes:
    """Return the derivatives of what `matrices` returns."""
    if structure.spatial:
        theta = theta[:, products.group]
    return structure.slopes(theta, visits=products.observed.shape[-1], distance=products.distance)


@np.errstate(over="ignore", invalid="ignore")
def maximize(
    products: Products, structure: Structure, *, restricted: bool, start: Array | None = None
) -> Optimum:
    """Return the optimum of each data set.

    start  (T, H, K) parameters; None takes them from the data
    """
    sure = start is not None
    if start is None:
        theta, point, sure = _start(products, structure, restricted=restricted)
        # One data set is cheaper to end by Newton's method alone.
        if sure and theta.shape[0] > 1 and np.isfinite(point.value).all():
            theta, point = approach(products, structure, theta, point, restricted=restricted)
    else:
        theta = start.copy()
        point = evaluate(products, matrices(structure, theta, products), restricted=restricted)
    t = theta.shape[0]
    code, steps = np.full(t, TOO_MANY_STEPS, dtype=np.intp), np.full(t, MOST_STEPS, dtype=np.intp)
    code[~np.isfinite(point.value)] = NO_START
    steps[code == NO_START] = 0
    previous = np.full(t, np.inf)
    bound = NO_CORRELATION if structure.spatial else SINGULAR_AT_OPTIMUM
    active = np.flatnonzero(np.isfinite(point.value))
    found: list[tuple[Codes, Derivatives, Slopes]] = []
    for step in range(MOST_STEPS + 1 if active.size else 0):
        part = products if active.size == t else products.take(active)
        here = point if active.size == t else point.take(active)
        slopes = slopes_of(structure, theta[active], part)
        derivatives = differentiate(part, here, slopes, restricted=restricted)
        direction, decrement, curved = _direction(derivatives, fisher=not sure and step < FISHER_STEPS)
        sizes = structure.sizes(theta[active], visits=products.observed.shape[-1])
        curved = curved & _determined(derivatives.observed, sizes.reshape(active.size, -1))
        stalled = (decrement < NEARLY) & (decrement > FALL * previous[active])
        verdict = np.full(active.size, -1, dtype=np.intp)
        verdict[_at_bound(structure, theta[active], part, share=SINGULAR)] = bound
        verdict[curved & ((decrement <= ENOUGH) | stalled)] = CONVERGED
        previous[active] = decrement
        moving = np.flatnonzero(verdict < 0)
        if moving.size and step < MOST_STEPS:
            stuck = _advance(
                products, structure, theta, point, active, moving, direction, slopes, restricted=restricted
            )
            verdict[moving[stuck]] = np.where(
                curved[moving[stuck]] & (decrement[moving[stuck]] < NEARLY), CONVERGED, NO_PROGRESS
            )
            if stuck.size:
                near = _at_bound(structure, theta[active], part, share=NEARLY_SINGULAR)
                verdict[(verdict == NO_PROGRESS) & near] = bound
        ended = np.flatnonzero((verdict >= 0) | (step == MOST_STEPS))
        if ended.size:
            found.append((active[ended], derivatives.take(ended), slopes.take(ended)))
            code[active[ended]] = np.where(verdict[ended] < 0, TOO_MANY_STEPS, verdict[ended])
            steps[active[ended]] = step
            active = active[verdict < 0]
        if not active.size:
            break
    return Optimum(theta, point, *_gather(found, t), code, steps)


def _advance(
    products: Products,
    structure: Structure,
    theta: Array,
    point: Point,
    active: Codes,
    moving: Codes,
    direction: Array,
    slopes: Slopes,
    *,
    restricted: bool,
) -> Codes:
    """Move theta and point in place by the longest step of 1, 1/2, ... that improves; return who cannot."""
    t, h, k = theta.shape[0], theta.shape[1], slopes.first.shape[2]
    pending = np.arange(moving.size)
    scale = 1.0
    for _ in range(MOST_HALVINGS):
        who = active[moving[pending]]
        part = products if who.size == t else products.take(who)
        tried = structure.move(
            theta[who],
            scale * direction[moving[pending]].reshape(-1, h, k),
            slopes.take(moving[pending]),
        )
        there = evaluate(part, matrices(structure, tried, part), restricted=restricted)
        old = point.value[who]
        better = there.value <= old + ROUNDING * np.abs(old)
        chosen = np.flatnonzero(better)
        _replace(theta, point, who[chosen], tried[chosen], there.take(chosen))
        pending = pending[~better]
        if not pending.size:
            break
        scale /= 2
    return pending


def _direction(derivatives: Derivatives, *, fisher: bool) -> tuple[Array, Array, Flags]:
    """Return steps (T, HK), decrements (T,) and where the observed Hessian is positive definite."""
    hessian, expected = derivatives.observed, derivatives.expected
    lower, fine = cholesky(hessian)
    if fisher or not fine.all():
        k = hessian.shape[-1]
        size = np.trace(expected, axis1=1, axis2=2)[:, None, None] / k
        # The ridge only matters where a parameter is not determined.
        safe, _ = cholesky(expected + np.finfo(np.float64).eps * k * size * np.eye(k))
        lower = safe if fisher else np.where(fine[:, None, None], lower, safe)
    half = np.linalg.solve(lower, derivatives.gradient[..., None])
    step = -np.linalg.solve(transpose(lower), half)[..., 0]
    return step, (half**2).sum(axis=(1, 2)), fine


def _determined(hessian: Array, sizes: Array) -> Flags:
    """Return where every direction is curved, each parameter measured by its size."""
    scaled = hessian * sizes[:, :, None] * sizes[:, None, :]
    # Beyond the machine's numbers nothing is determined, and no decomposition may be asked.
    finite = np.asarray(np.isfinite(scaled).all(axis=(1, 2)))
    curvature = np.linalg.eigvalsh(np.where(finite[:, None, None], scaled, 0.0))
    return np.asarray(finite & (curvature[:, 0] > UNDETERMINED * curvature[:, -1]))


def _at_bound(structure: Structure, theta: Array, products: Products, *, share: float) -> Flags:
    """Return where a visit follows from others, or for spatial structures where correlation is gone."""
    if products.distance is not None:
        nearest = products.distance[products.distance > 0].min(initial=np.inf)
        return np.asarray((theta[..., 1] * -np.log(NO_SHARE) < nearest).any(axis=1))
    sigma = matrices(structure, theta, products)
    pivots = np.diagonal(np.linalg.cholesky(sigma), axis1=-2, axis2=-1) ** 2
    left = pivots / np.diagonal(sigma, axis1=-2, axis2=-1)
    return np.asarray((left < share).any(axis=(1, 2)))


def _start(products: Products, structure: Structure, *, restricted: bool) -> tuple[Array, Point, bool]:
    """Return parameters, the likelihood there, and whether they are near enough for Newton's steps."""
    if structure.spatial:
        theta = _best_range(products, structure, restricted=restricted)
        return theta, evaluate(products, matrices(structure, theta, products), restricted=restricted), True
    sigma, near = begin(products, restricted=restricted)
    theta = structure.begin(sigma, shrink=1.0)
    point = evaluate(products, matrices(structure, theta, products), restricted=restricted)
    doubtful = np.flatnonzero(~near | (left_out(products) > MOST_LEFT_OUT))
    if doubtful.size:
        part = products if doubtful.size == near.size else products.take(doubtful)
        pairs = structure.begin(available(part), shrink=1.0)
        other = evaluate(part, matrices(structure, pairs, part), restricted=restricted)
        better = np.flatnonzero(other.value < point.value[doubtful])
        _replace(theta, point, doubtful[better], pairs[better], other.take(better))
        near[doubtful[better]] = True
    for shrink in SHRINKING:
        bad = np.flatnonzero(~np.isfinite(point.value))
        if not bad.size:
            break
        smaller, part = structure.begin(sigma[bad], shrink=shrink), products.take(bad)
        there = evaluate(part, matrices(structure, smaller, part), restricted=restricted)
        _replace(theta, point, bad, smaller, there)
    return theta, point, bool(near.all()) and structure.linear


def _replace(theta: Array, point: Point, who: Codes, by: Array, there: Point) -> None:
    """Move some data sets in place."""
    theta[who] = by
    for field in fields(Point):
        getattr(point, field.name)[who] = getattr(there, field.name)


def _best_range(products: Products, structure: Structure, *, restricted: bool) -> Array:
    assert products.distance is not None  # noqa: S101 - spatial structures have distances
    apart = products.distance[products.distance > 0]
    mean = float(apart.mean()) if apart.size else 1.0
    both = np.diagonal(products.yy, axis1=2, axis2=3).sum(axis=(1, 2)) / products.n_rows
    tried = [
        np.stack([np.stack([both, np.full_like(both, mean * share)], axis=1)] * products.n_groups, axis=1)
        for share in RANGES
    ]
    values = [
        evaluate(products, matrices(structure, theta, products), restricted=restricted).value
        for theta in tried
    ]
    best = np.argmin(np.stack(values), axis=0)
    chosen: Array = np.stack(tried)[best, np.arange(best.size)]
    return chosen


def _gather(found: list[tuple[Codes, Derivatives, Slopes]], t: int) -> tuple[Derivatives, Slopes]:
    """Put the parts that ended at different steps in the order of the data sets; the others stay missing."""
    if not found:
        nothing = np.zeros((t, 0))
        none = nothing[:, :, None]
        return Derivatives(nothing, none, none, none[..., None]), Slopes(
            none[..., None, None], None, by_pattern=False
        )
    if found[0][0].size == t:
        return found[0][1], found[0][2]
    derivatives = Derivatives(
        *(
            _scatter([(who, getattr(part, field.name)) for who, part, _ in found], t)
            for field in fields(Derivatives)
        )
    )
    first = _scatter([(who, slopes.first) for who, _, slopes in found], t)
    seconds = [(who, slopes.second) for who, _, slopes in found if slopes.second is not None]
    return derivatives, Slopes(
        first, _scatter(seconds, t) if seconds else None, by_pattern=found[0][2].by_pattern
    )


def _scatter(parts: list[tuple[Codes, Array]], t: int) -> Array:
    whole = np.full((t, *parts[0][1].shape[1:]), np.nan)
    for who, part in parts:
        whole[who] = part
    return whole
