"""The likelihood and its derivatives, from cross-products, for many data sets at once.

With W_g the inverse covariance of pattern g's observed visits (zero elsewhere), everything is a sum over
patterns. `evaluate` gives -2 log likelihood, coefficients and their covariance; `differentiate` gradient,
observed and expected Hessian of -2 log likelihood in the covariance parameters; `gradient` and `sketch` what
costs less. Holds no search.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from equipoise.statistics.mmrm.arrays import (
    Array,
    Codes,
    Flags,
    cholesky,
    invert_lower,
    product,
    symmetric,
    transpose,
)
from equipoise.statistics.mmrm.covariance import Slopes
from equipoise.statistics.mmrm.products import Products

# Doubles in the largest temporary array: 64 MB.
LARGEST_BLOCK = 8_000_000
# Doubles in it that data sets worked on together may have: 1 MB, so that it stays in the processor's cache.
CACHED_BLOCK = 131_072


@dataclass(frozen=True, slots=True)
class Point:
    """T data sets at one covariance each.

    value  (T,) -2 log (restricted) likelihood in the scaled outcome; inf where there is none
    w      (T, G, m, m) inverse covariances
    b      (T, p) generalized least squares coefficients
    half   (T, m Q, p) loading F, where F F' = Phi = (X'WX)^-1
    root   (T, p, p) F
    """

    value: Array
    w: Array
    b: Array
    half: Array
    root: Array

    def take(self, index: Flags | Codes | slice) -> "Point":
        """Return the data sets of an index."""
        return Point(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Derivatives:
    """Derivatives of -2 log likelihood in all H K covariance parameters.

    gradient  (T, HK)
    observed  (T, HK, HK) Hessian
    expected  (T, HK, HK) its expectation
    p         (T, HK, p, p) F' P_k F with P_k = X'W D_k W X
    """

    gradient: Array
    observed: Array
    expected: Array
    p: Array

    def take(self, index: Codes) -> "Derivatives":
        """Return the data sets of an index."""
        return Derivatives(*(getattr(self, field.name)[index] for field in fields(self)))


def evaluate(products: Products, sigma: Array, *, restricted: bool) -> Point:
    """Return the likelihood at sigma (T, C, m, m), C groups, or patterns for spatial structures."""
    t, g, m, _ = products.yu.shape
    both = products.observed[..., :, None] & products.observed[..., None, :]
    by_pattern = sigma if products.distance is not None else sigma[:, products.group]
    lower, fine = cholesky(np.where(both, by_pattern, np.eye(m)))
    whole, positive = cholesky(sigma) if products.distance is None else (lower, fine)
    del whole
    half_w = invert_lower(lower) * products.observed[..., None, :]
    w = transpose(half_w) @ half_w * both
    q = products.uu.shape[-1]
    moment = product(transpose(w.reshape(t, g, m * m)), products.uu.reshape(t, g, q * q))
    moment = moment.reshape(t, m, m, q, q).transpose(0, 1, 3, 2, 4).reshape(t, m * q, m * q)
    x_w_x = product(product(transpose(products.loading), moment), products.loading)
    x_w_y = transpose(products.loading) @ (w @ products.yu).sum(axis=1).reshape(t, m * q, 1)
    lower_x, full_rank = cholesky(symmetric(x_w_x))
    root = transpose(np.linalg.inv(lower_x))
    standardized = transpose(root) @ x_w_y
    log_v = (2 * np.log(_diagonal(lower)).sum(axis=-1) * products.n).sum(axis=1)
    value = log_v + (w * products.yy).sum(axis=(1, 2, 3)) - (standardized**2).sum(axis=(1, 2))
    rows = products.n_rows
    if restricted:
        rows = rows - products.loading.shape[-1]
        value = value + 2 * np.log(_diagonal(lower_x)).sum(axis=-1)
    value = np.where(fine & positive & full_rank, value + rows * math.log(2 * math.pi), np.inf)
    return Point(value, w, (root @ standardized)[..., 0], products.loading @ root, root)


def differentiate(products: Products, point: Point, slopes: Slopes, *, restricted: bool) -> Derivatives:
    """Return gradient and Hessians at `point`, whose covariance has the derivatives `slopes`."""
    t, g, m, _ = products.yu.shape
    together = max(1, CACHED_BLOCK // (g * slopes.first.shape[2] * m * m))
    parts = []
    for start in range(0, t, together):
        part = slice(start, start + together)
        parts.append(
            _differentiate(products.take(part), point.take(part), slopes.take(part), restricted=restricted)
        )
    if len(parts) == 1:
        return parts[0]
    names = (field.name for field in fields(Derivatives))
    return Derivatives(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))


def _differentiate(products: Products, point: Point, slopes: Slopes, *, restricted: bool) -> Derivatives:
    t, _, m, _ = products.yu.shape
    q, p = products.uu.shape[-1], products.loading.shape[-1]
    residual_u, wsw, wtw = _sandwiches(products, point, restricted=restricted)
    w = point.w
    n_w = products.n[:, :, None, None] * w
    score = n_w - wsw - wtw
    k, h = slopes.first.shape[2], products.n_groups
    gradient = np.zeros((t, h, k))
    observed = np.zeros((t, h, k, h, k))
    expected = np.zeros((t, h, k, h, k))
    whitened = np.zeros((t, h, k, p, p))
    u = np.zeros((t, h, k, p))
    for i in range(h):
        own = slice(None) if h == 1 else np.flatnonzero(products.group == i)
        d = slopes.of_group(i, own)
        gradient[:, i] = _against(score[:, own], d)
        information = trace_form(n_w[:, own], w[:, own], d) - 2 * trace_form(wtw[:, own], w[:, own], d)
        a = trace_form(wsw[:, own], w[:, own], d)
        observed[:, i, :, i] = 2 * a - information
        expected[:, i, :, i] = information
        second = slopes.second_of_group(i, own)
        if second is not None:
            observed[:, i, :, i] += _against(
                score[:, own], second.reshape(*second.shape[:2], k * k, m, m)
            ).reshape(t, k, k)
        moment, u_moment = _moments(w[:, own], d, products.uu[:, own], residual_u[:, own])
        moment = moment.reshape(t, k, m, m, q, q).transpose(0, 1, 2, 4, 3, 5).reshape(t, k, m * q, m * q)
        left = product(transpose(point.half)[:, None], moment)
        whitened[:, i] = product(left, point.half[:, None])
        u[:, i] = u_moment.reshape(t, k, m * q) @ point.half
    size = h * k
    flat_u, flat_p = u.reshape(t, size, p), whitened.reshape(t, size, p * p)
    full_observed = observed.reshape(t, size, size) - 2 * flat_u @ transpose(flat_u)
    full_expected = expected.reshape(t, size, size)
    if restricted:
        cross = product(flat_p, transpose(flat_p))
        full_observed, full_expected = full_observed - cross, full_expected + cross
    return Derivatives(
        gradient.reshape(t, size),
        symmetric(full_observed),
        symmetric(full_expected),
        whitened.reshape(t, size, p, p),
    )


def gradient(products: Products, point: Point, slopes: Slopes, *, restricted: bool) -> Array:
    """Return the gradient (T, H K) alone, at a tenth of the cost of all derivatives."""
    _, s = _residuals(products, point)
    if restricted:
        s = s + _leverages(products, point)
    return _gradient(products, slopes, products.n[:, :, None, None] * point.w - point.w @ s @ point.w)


def sketch(products: Products, point: Point, slopes: Slopes, *, restricted: bool) -> tuple[Array, Array]:
    """Return the gradient (T, H K) and nearly the observed Hessian, at a quarter of the cost of all.

    What restriction adds beyond the leverages, tr(Phi P_k Phi P_l), is taken to be what it is for complete
    data with every covariate crossed with visit: sum_g tr(W T W D_k W D_l). For structures linear in their
    parameters.
    """
    t, _, m, q = products.yu.shape
    residual_u, wsw, wtw = _sandwiches(products, point, restricted=restricted)
    w, n_w = point.w, products.n[:, :, None, None] * point.w
    left, rest = 2 * wsw - n_w + wtw, (w @ residual_u)
    h, k, p = products.n_groups, slopes.first.shape[2], products.loading.shape[-1]
    hessian, u = np.zeros((t, h, k, h, k)), np.zeros((t, h, k, p))
    for i in range(h):
        own = slice(None) if h == 1 else np.flatnonzero(products.group == i)
        d = slopes.of_group(i, own)
        hessian[:, i, :, i] = trace_form(left[:, own], w[:, own], d)
        # sum_g W[a, b] (W e u')[c, q] as a matrix from (b, c) to (a, q).
        g = w[:, own].shape[1]
        tensor = product(transpose(w[:, own].reshape(t, g, m * m)), rest[:, own].reshape(t, g, m * q))
        tensor = tensor.reshape(t, m, m, m, q).transpose(0, 2, 3, 1, 4).reshape(t, m * m, m * q)
        u[:, i] = product(product(d[:, 0].reshape(-1, k, m * m), tensor), point.half)
    flat = u.reshape(t, h * k, p)
    whole = hessian.reshape(t, h * k, h * k) - 2 * product(flat, transpose(flat))
    return _gradient(products, slopes, n_w - wsw - wtw), symmetric(whole)


def _gradient(products: Products, slopes: Slopes, score: Array) -> Array:
    parts = []
    for i in range(products.n_groups):
        own = slice(None) if products.n_groups == 1 else np.flatnonzero(products.group == i)
        parts.append(_against(score[:, own], slopes.of_group(i, own)))
    return np.concatenate(parts, axis=1)


def trace_form(left: Array, w: Array, d: Array) -> Array:
    """Return (T, K, K) of sum_g tr(left_g D_k W_g D_l); d is (T, 1, K, m, m) shared or (T, G, K, m, m)."""
    t, g, m = left.shape[:3]
    k = d.shape[2]
    if d.shape[1] != 1 or g == 1:
        sandwich = (left[:, :, None] @ d @ w[:, :, None]).transpose(0, 2, 1, 3, 4).reshape(t, k, g * m * m)
        every = np.broadcast_to(d, (t, g, k, m, m)).transpose(0, 1, 3, 4, 2).reshape(t, g * m * m, k)
        return product(sandwich, every)
    # sum_g left[d, a] W[b, c] as a matrix from (a, b) to (c, d).
    tensor = product(transpose(left.reshape(t, g, m * m)), w.reshape(t, g, m * m))
    tensor = tensor.reshape(t, m, m, m, m).transpose(0, 2, 3, 4, 1).reshape(t, m * m, m * m)
    flat = d.reshape(d.shape[0], k, m * m)
    return product(product(flat, tensor), transpose(flat))


def _sandwiches(products: Products, point: Point, *, restricted: bool) -> tuple[Array, Array, Array]:
    """Return residuals times u (T, G, m, Q), W S W, and W T W (zero without restriction)."""
    residual_u, s = _residuals(products, point)
    wsw = point.w @ s @ point.w
    if not restricted:
        return residual_u, wsw, np.zeros_like(wsw)
    return residual_u, wsw, point.w @ _leverages(products, point) @ point.w


def _residuals(products: Products, point: Point) -> tuple[Array, Array]:
    """Return sums of residuals times u (T, G, m, Q) and of their squares S (T, G, m, m)."""
    t, _, m, q = products.yu.shape
    gamma = (products.loading @ point.b[..., None]).reshape(t, 1, m, q)
    residual_u = products.yu - gamma @ products.uu
    return residual_u, products.yy - gamma @ transpose(products.yu) - residual_u @ transpose(gamma)


def _leverages(products: Products, point: Point) -> Array:
    """Return T (T, G, m, m), the sums of x Phi x'."""
    t, g, m, q = products.yu.shape
    spread = product(point.half, transpose(point.half)).reshape(t, m, q, m, q).transpose(0, 2, 4, 1, 3)
    return product(products.uu.reshape(t, g, q * q), spread.reshape(t, q * q, m * m)).reshape(t, g, m, m)


def _against(score: Array, d: Array) -> Array:
    """Return (T, K) of sum_g <score_g, D_k>."""
    t, m = score.shape[0], score.shape[2]
    if d.shape[1] != 1:
        return np.asarray(np.einsum("tgkab,tgab->tk", d, score))
    flat = d[:, 0].reshape(d.shape[0], -1, m * m)
    return np.asarray((flat @ score.sum(axis=1).reshape(t, m * m, 1))[..., 0])


def _moments(w: Array, d: Array, uu: Array, residual_u: Array) -> tuple[Array, Array]:
    """Return sum_g (W D_k W) (x) u u' (T, K m m, Q Q) and sum_g W D_k W e u' (T, K m, Q)."""
    t, g, m = w.shape[:3]
    k, q = d.shape[2], uu.shape[-1]
    moment, u_moment = np.zeros((t, k * m * m, q * q)), np.zeros((t, k * m, q))
    step = max(1, LARGEST_BLOCK // (t * k * m * m))
    for start in range(0, g, step):
        part = slice(start, start + step)
        wdw = w_d_w(w[:, part], d if d.shape[1] == 1 else d[:, part])
        size = wdw.shape[1]
        moment += product(transpose(wdw.reshape(t, size, k * m * m)), uu[:, part].reshape(t, size, q * q))
        u_moment += (wdw.reshape(t, size, k * m, m) @ residual_u[:, part]).sum(axis=1)
    return moment, u_moment


def w_d_w(w: Array, d: Array) -> Array:
    """Return W_g D_k W_g, (T, G, K, m, m)."""
    t, g, m = w.shape[:3]
    k = d.shape[2]
    side_by_side = d.transpose(0, 1, 3, 2, 4).reshape(*d.shape[:2], m, k * m)
    left = (w @ side_by_side).reshape(t, g, m, k, m).transpose(0, 1, 3, 2, 4).reshape(t, g, k * m, m)
    return (left @ w).reshape(t, g, k, m, m)


def _diagonal(stack: Array) -> Array:
    return np.diagonal(stack, axis1=-2, axis2=-1)
