"""From a factored design and outcomes to cross-products, and back to the outcome's unit.

Outcomes are replaced by their residuals from ordinary least squares over their root mean square, which loses
nothing and keeps every digit under shifts and changes of unit. Holds no covariance.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, transpose
from equipoise.statistics.mmrm.design import Basis, power_of_two, weigh
from equipoise.statistics.mmrm.patterns import Patterns
from equipoise.statistics.mmrm.products import Products, sum_products

# Residuals below this many roundings of the outcome are rounding.
ROUNDINGS = 64
# Coefficients of the fit to 1 everywhere are whole numbers but for rounding.
WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class Prepared:
    """Cross-products of T data sets and how to return to the outcome's unit.

    products   sums over participants
    residual   (T, n, m) residuals of ordinary least squares over `scale`; 0 where absent
    scale      (T,) a power of two, in the outcome's unit
    origin     (T, p) coefficients of the given columns that were subtracted
    back       (T, p, p) given columns' coefficients = origin + scale x back x fitted ones
    log_det    (T,) log|X'X| of the given columns
    varies     (T,) the residuals are more than rounding
    """

    products: Products
    residual: Array
    scale: Array
    origin: Array
    back: Array
    log_det: Array
    varies: Flags


def prepare(
    basis: Basis, y: Array, weight: Array, *, weighted: bool, pattern: Codes, patterns: Patterns
) -> Prepared:
    """Return the cross-products of outcomes y (T, n, m), 0 where nothing is observed.

    weight    (T, n, m) 0 where nothing is observed, otherwise the root of the observation's weight
    weighted  some weight is neither 0 nor 1
    pattern   (T, n) number among `patterns`; participants without a row have -1
    """
    t, p = y.shape[0], basis.loading.shape[3]
    present = weight > 0
    count = present.sum(axis=(1, 2))
    mean = np.where(basis.constant, (y * present).sum(axis=(1, 2)) / count, 0.0)
    residual: Array = weight * (y - mean[:, None, None])
    g: Array = np.zeros((t, p))
    # The second pass removes what the first one rounded away.
    for _ in range(2):
        residual, more = _residuals(basis, residual, weight)
        g = g + more
    size = power_of_two(np.abs(residual).max(axis=(1, 2)))
    rms = np.sqrt(((residual / size[:, None, None]) ** 2).sum(axis=(1, 2)) / count) * size
    varies = rms > ROUNDINGS * np.finfo(np.float64).eps * np.abs(weight * y).max(axis=(1, 2))
    scale = power_of_two(rms)
    residual = residual / scale[:, None, None]
    u, loading = weigh(basis.u, basis.loading, weight) if weighted else (basis.u, basis.loading)
    products = _products(u, residual, pattern, patterns, loading)
    return Prepared(products, residual, scale, _origin(basis, g, mean), basis.back, basis.log_det, varies)


def _products(u: Array, residual: Array, pattern: Codes, patterns: Patterns, loading: Array) -> Products:
    t, n, m = residual.shape
    q, count = u.shape[2], patterns.observed.shape[-2]
    v = np.concatenate([u, residual], axis=2).reshape(t * n, q + m)
    segment = (pattern + count * np.arange(t)[:, None]).ravel()
    used = pattern.ravel() >= 0
    if not used.all():
        v, segment = v[used], segment[used]
    counts, sums = sum_products(v, segment, segments=t * count)
    sums = sums.reshape(t, count, q + m, q + m)
    return Products(
        observed=patterns.observed,
        group=patterns.group,
        distance=patterns.distance,
        n=counts.reshape(t, count),
        uu=np.ascontiguousarray(sums[:, :, :q, :q]),
        yu=np.ascontiguousarray(sums[:, :, q:, :q]),
        yy=np.ascontiguousarray(sums[:, :, q:, q:]),
        loading=np.ascontiguousarray(loading.reshape(t, m * q, -1)),
    )


def _origin(basis: Basis, g: Array, mean: Array) -> Array:
    ones = (basis.back @ basis.ones[..., None])[..., 0]
    whole = np.round(ones)
    ones = np.where(np.abs(ones - whole) < WHOLE, whole, ones)
    constant = np.where(basis.constant[:, None], ones, 0.0) * mean[:, None]
    origin: Array = (basis.back @ g[..., None])[..., 0] + constant
    return origin


def log_constant(prepared: Prepared, *, restricted: bool, log_weights: float = 0.0) -> Array:
    """Return what -2 log likelihood in the outcome's unit has beyond that of the scaled data, (T,)."""
    rows = prepared.products.n_rows
    p = prepared.origin.shape[1]
    constant = (rows - (p if restricted else 0)) * 2 * np.log(prepared.scale) - log_weights
    return constant + prepared.log_det if restricted else constant


def _residuals(basis: Basis, y: Array, weight: Array) -> tuple[Array, Array]:
    t, _, m = y.shape
    q, p = basis.u.shape[2], basis.loading.shape[3]
    flat = basis.loading.reshape(t, m * q, p)
    sums = transpose(y * weight) @ basis.u
    g = transpose(flat) @ sums.reshape(t, m * q, 1)
    fitted = basis.u @ transpose((flat @ g).reshape(t, m, q))
    return y - fitted * weight, g[..., 0]
