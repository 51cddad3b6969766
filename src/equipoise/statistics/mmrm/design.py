"""The design matrix as participants' covariates times loadings, made orthonormal.

A column that is the same at every visit, or zero outside some visits, needs one covariate per participant;
one that changes over visits needs one per visit. Collinear columns are found here. Holds no outcomes.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, transpose

# A column is collinear when less than this share of it (after removing its mean) is new, as R's lm; and
# what is left below this many roundings of its size is rounding.
COLLINEAR_SHARE = 1e-7
ROUNDINGS = 64
# A mean is spanned by the columns that are the same for everybody when no more than this share is left.
SPANNED = 1e-12


@dataclass(frozen=True, slots=True)
class Factored:
    """x_ia = loading_a' u_i for n participants and m visits.

    u        (n, Q) the first column is 1
    loading  (m, Q, p)
    """

    u: Array
    loading: Array


@dataclass(frozen=True, slots=True)
class Basis:
    """The design in coefficients that make it orthonormal over the rows used, for T data sets.

    u        (T, n, Q) covariates about their mean, over their size
    loading  (T, m, Q, p) orthonormal design
    back     (T, p, p) coefficients of the given columns = back x orthonormal ones
    log_det  (T,) log|X'X| of the given columns
    ones     (T, p) orthonormal coefficients whose fit is nearest to 1 everywhere
    constant (T,) that fit is exact
    """

    u: Array
    loading: Array
    back: Array
    log_det: Array
    ones: Array
    constant: Flags


def factor(x: Array, participant: Codes, visit: Codes, *, visits: int) -> Factored:
    """Return the smallest set of covariates found for the rows (N, p) of a design.

    participant  (N,) 0-based;  visit (N,) 0-based;  at most one row of each pair
    """
    n = int(participant.max()) + 1
    columns: list[Array] = [np.ones(n)]
    known: list[Flags] = [np.ones(n, dtype=bool)]
    entries: list[tuple[int, int, int, float]] = []
    for a in range(visits):
        rows = np.flatnonzero(visit == a)
        who, here = participant[rows], x[rows]
        for j in np.flatnonzero(here.any(axis=0)).tolist():
            values = here[:, j]
            if (values == values[0]).all():
                entries.append((a, 0, j, float(values[0])))
            else:
                entries.append((a, _place(values, who, columns, known), j, 1.0))
    loading = np.zeros((visits, len(columns), x.shape[1]))
    for a, k, j, size in entries:
        loading[a, k, j] = size
    return Factored(np.stack(columns, axis=1), loading)


def _place(values: Array, who: Codes, columns: list[Array], known: list[Flags]) -> int:
    """Return the number of a covariate that agrees with these values, filling it in, or of a new one."""
    for k in range(1, len(columns)):
        seen = known[k][who]
        if seen.any() and (columns[k][who[seen]] == values[seen]).all():
            columns[k][who], known[k][who] = values, True
            return k
    column, filled = np.zeros(known[0].size), np.zeros(known[0].size, dtype=bool)
    column[who], filled[who] = values, True
    columns.append(column)
    known.append(filled)
    return len(columns) - 1


def weigh(u: Array, loading: Array, root_weight: Array) -> tuple[Array, Array]:
    """Return covariates (T, n, m Q) and loadings (T, m, m Q, p), rows multiplied by root_weight (T, n, m).

    Weights that differ between visits need a set of covariates a visit.
    """
    t, m, q, p = loading.shape
    wide = (root_weight[..., None] * u[:, :, None, :]).reshape(t, u.shape[1], m * q)
    wider = np.zeros((t, m, m, q, p))
    wider[:, np.arange(m), np.arange(m)] = loading
    return wide, wider.reshape(t, m, m * q, p)


def center(u: Array, loading: Array) -> tuple[Array, Array]:
    """Return covariates (T, n, Q) about their mean over their size, and loadings (T, m, Q, p) to match.

    The first covariate is 1. Sizes are powers of two, so that scaling rounds nothing.
    """
    mean = u.mean(axis=1, keepdims=True)
    mean[..., 0] = 0
    # What the first mean rounded away, the second one removes.
    rest = (u - mean).mean(axis=1, keepdims=True)
    rest[..., 0] = 0
    centered = u - mean - rest
    size = power_of_two(np.abs(centered).max(axis=1))
    shifted = loading * np.ones((u.shape[0], 1, 1, 1))
    shifted[:, :, 0] += np.einsum("tq,mqp->tmp", (mean + rest)[:, 0], loading)
    return centered / size[:, None, :], shifted * size[:, None, :, None]


def power_of_two(size: Array) -> Array:
    """Return the power of two next to each size, 1 for zero."""
    safe = np.where(size > 0, size, 1.0)
    result: Array = np.exp2(np.clip(np.round(np.log2(safe)), -1000, 1000))
    return result


def triangles(u: Array, weight: Array) -> Array:
    """Return (T, m, Q, Q) upper triangles whose squares are sums of u u' weight^2 at each visit.

    weight  (T, n, m) 0 where nothing is observed, otherwise the root of the observation's weight
    """
    t, _, q = u.shape
    m = weight.shape[2]
    result = np.zeros((t, m, q, q))
    for a in range(m):
        upper = _triangle(u * weight[:, :, a, None])
        result[:, a, : upper.shape[1]] = upper
    return result


def independent(stacked: Array, loading: Array) -> list[int]:
    """Return the columns that are no combination of those before them.

    stacked  (m Q, p) triangles times loadings of one data set, whose squares are X'X
    loading  (m, Q, p) after `center`: what is not on the first covariate varies between participants
    """
    m, q, p = loading.shape
    whole = np.linalg.norm(stacked, axis=0)
    varying = np.where((loading[:, 1:] != 0).any(axis=(0, 1)), _varying(stacked, loading), whole)
    floor = np.maximum(COLLINEAR_SHARE * varying, ROUNDINGS * np.finfo(np.float64).eps * whole)
    upper = np.abs(np.diagonal(_triangle(stacked))) if m * q >= p else np.zeros(p)
    if (upper > floor).all():
        return list(range(p))
    kept: list[int] = []
    basis = np.zeros((m * q, 0))
    for j in range(p):
        column = stacked[:, j]
        new = column - basis @ (basis.T @ column)
        new = new - basis @ (basis.T @ new)
        size = float(np.linalg.norm(new))
        if size > floor[j]:
            kept.append(j)
            basis = np.column_stack([basis, new / size])
    return kept


def _varying(stacked: Array, loading: Array) -> Array:
    """Return the length of each column's part outside the first covariate's."""
    m, q, p = loading.shape
    columns = stacked.reshape(m, q, p)
    # The first row of a triangle carries the part along the first covariate.
    length: Array = np.linalg.norm(columns[:, 1:].reshape(-1, p), axis=0)
    return length


def without_means(loading: Array) -> tuple[Array, Array]:
    """Return loadings (T, m, Q, p) without what columns owe to covariates' means, and the way back (T, p, p).

    Where the columns that are the same for everybody (intercept, visits) span another column's mean, it is
    moved to their coefficients: given coefficients = way back x new ones. So a covariate far from 0 costs no
    digits of what does not depend on its mean.
    """
    t, _, _, p = loading.shape
    back = np.broadcast_to(np.eye(p), (t, p, p)).copy()
    pure = ~(loading[:, :, 1:] != 0).any(axis=(0, 1, 2))
    if pure.all() or not pure.any():
        return loading, back
    same, means = loading[:, :, 0][:, :, pure], loading[:, :, 0][:, :, ~pure]
    shares = np.linalg.pinv(same[0]) @ means
    gap = np.abs(means - same @ shares).max(axis=(0, 1))
    moved = gap <= SPANNED * np.abs(means).max(axis=(0, 1))
    columns = np.flatnonzero(~pure)[moved]
    reduced = loading.copy()
    reduced[:, :, 0, columns] = 0
    back[:, np.flatnonzero(pure)[:, None], columns[None, :]] = -shares[:, :, moved]
    return reduced, back


def orthonormalize(u: Array, given: Array, upper_u: Array, weight: Array) -> Basis:
    """Return the orthonormal basis of a design of full rank.

    u (T, n, Q), given (T, m, Q, p) loadings, upper_u and weight (T, n, m) of `triangles`
    """
    t, m, q, p = given.shape
    loading, from_reduced = without_means(given)
    upper = _triangle((upper_u @ loading).reshape(t, m * q, p))
    reduced_back = np.linalg.inv(upper)
    back = from_reduced @ reduced_back
    flat = loading.reshape(t, m * q, p) @ reduced_back
    log_det = 2 * np.log(np.abs(np.diagonal(upper, axis1=1, axis2=2))).sum(axis=1)
    sums = transpose(weight**2) @ u
    ones = (transpose(flat) @ sums.reshape(t, m * q, 1))[..., 0]
    total = (weight**2).sum(axis=(1, 2))
    constant = np.abs(total - (ones**2).sum(axis=1)) < np.sqrt(np.finfo(np.float64).eps) * total
    return Basis(u, flat.reshape(t, m, q, p), back, log_det, ones, constant)


def _triangle(stack: Array) -> Array:
    return np.asarray(np.linalg.qr(stack, mode="r"))
