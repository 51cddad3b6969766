"""Kenward and Roger's adjusted covariance of the coefficients, for T data sets.

All in coordinates where Phi is the identity matrix: an adjusted covariance is F (I + 2 Lambda) F'. Holds no
degrees of freedom.
"""

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, product, symmetric, transpose
from equipoise.statistics.mmrm.covariance import Slopes
from equipoise.statistics.mmrm.likelihood import Derivatives, Point
from equipoise.statistics.mmrm.products import Products

QUARTER = 0.25


def parameter_covariance(derivatives: Derivatives, *, expected: bool) -> Array:
    """Return w (T, HK, HK), twice the inverse of the observed or expected Hessian of -2 log likelihood."""
    hessian = derivatives.expected if expected else derivatives.observed
    covariance: Array = 2 * np.linalg.inv(hessian)
    return symmetric(covariance)


def adjust(
    products: Products, point: Point, slopes: Slopes, *, p: Array, w: Array, second_order: bool
) -> Array:
    """Return Lambda (T, p, p) = sum_hj w_hj (Q_hj - P_h P_j - R_hj / 4) between F' and F.

    Contracted over parameters first, so that its cost does not depend on the square of their number.
    Source  Kenward and Roger (1997), Biometrics 53:983-997, equations 4 and 5; R_hj only when second_order
    """
    q_part = product(
        product(transpose(point.half), _middle(products, point, slopes, w=w, second_order=second_order)),
        point.half,
    )
    t, size, count = p.shape[:3]
    weighted = product(w, p.reshape(t, size, count * count)).reshape(p.shape)
    return symmetric(q_part - (p @ weighted).sum(axis=1))


def adjust_contrasts(
    products: Products, point: Point, slopes: Slopes, *, f: Array, p_f: Array, w: Array
) -> Array:
    """Return f Lambda f' (T, C) of the linear form, at a third of the cost of all of Lambda.

    f    (T, C, p) contrasts times F
    p_f  (T, K, p, C) P_k f'
    """
    across = f @ transpose(point.half)
    q_part = ((across @ _middle(products, point, slopes, w=w, second_order=False)) * across).sum(axis=2)
    t, size, count, c = p_f.shape
    weighted = product(w, p_f.reshape(t, size, count * c)).reshape(p_f.shape)
    result: Array = q_part - (p_f * weighted).sum(axis=(1, 2))
    return result


def _middle(products: Products, point: Point, slopes: Slopes, *, w: Array, second_order: bool) -> Array:
    """Return sum_hj w_hj (Q_hj - R_hj / 4) before it stands between loadings, (T, m Q, m Q)."""
    t, h = products.n.shape[0], products.n_groups
    m, q = products.observed.shape[-1], products.uu.shape[-1]
    k = slopes.first.shape[2]
    blocks = w.reshape(t, h, k, h, k)
    inner = np.zeros_like(point.w)
    for i in range(h):
        own = slice(None) if h == 1 else np.flatnonzero(products.group == i)
        inner[:, own] = _bracket(slopes.of_group(i, own), blocks[:, i, :, i], point.w[:, own])
        second = slopes.second_of_group(i, own)
        if second_order and second is not None:
            inner[:, own] -= QUARTER * np.einsum("tgklab,tkl->tgab", second, blocks[:, i, :, i])
    outer = (point.w @ inner @ point.w).reshape(t, -1, m * m)
    moment = product(transpose(outer), products.uu.reshape(t, -1, q * q))
    return moment.reshape(t, m, m, q, q).transpose(0, 1, 3, 2, 4).reshape(t, m * q, m * q)


def _bracket(d: Array, w_theta: Array, w: Array) -> Array:
    """Return sum_hj w_hj D_h W_g D_j, (T, G, m, m)."""
    t, g, m = w.shape[:3]
    k = d.shape[2]
    if d.shape[1] != 1:
        mixed = np.einsum("tkl,tglab->tgkab", w_theta, d)
        return np.asarray((d @ w[:, :, None] @ mixed).sum(axis=2))
    flat = np.broadcast_to(d[:, 0].reshape(d.shape[0], k, m * m), (t, k, m * m))
    omega = product(product(transpose(flat), w_theta), flat).reshape(t, m, m, m, m)
    # omega[a, b, c, d] with W[b, c] gives the bracket at [a, d].
    omega = omega.transpose(0, 2, 3, 1, 4).reshape(t, m * m, m * m)
    return product(w.reshape(t, g, m * m), omega).reshape(t, g, m, m)
