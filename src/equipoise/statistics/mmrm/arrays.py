"""Array types and the two stacked factorizations the fit needs.

Holds no statistics. Every array has a leading axis of data sets, so that one fit and ten thousand simulated
trials run through the same lines.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]


# Multiplications in a matrix product up to which OpenBLAS stays in one thread (interface/gemm.c: 65,536 x 4).
ONE_THREAD = 250_000
# Columns are split only where rows would come in blocks of fewer than these.
FEWEST_ROWS = 8
# So many times more matrices than rows make working on all of them at once the quicker way.
MANY = 16


def product(a: Array, b: Array) -> Array:
    """Return a @ b for stacks of matrices, in blocks that no library splits over threads.

    Threads that wait for each other cost up to ten times what these products cost, and this way no digit
    depends on their number.
    """
    rows, inner, columns = a.shape[-2], max(1, a.shape[-1]), b.shape[-1]
    if rows * inner * columns <= ONE_THREAD:
        return np.asarray(a @ b)
    wide = min(columns, max(1, ONE_THREAD // (FEWEST_ROWS * inner)))
    high = max(1, ONE_THREAD // (inner * wide))
    result = np.empty((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), rows, columns))
    for i in range(0, rows, high):
        for j in range(0, columns, wide):
            np.matmul(
                a[..., i : i + high, :], b[..., j : j + wide], out=result[..., i : i + high, j : j + wide]
            )
    return result


def cholesky(stack: Array) -> tuple[Array, Flags]:
    """Return lower factors of (T, ..., k, k) and which of the T data sets are positive definite throughout.

    A data set that is not gets identity matrices, so that what follows stays finite.
    """
    try:
        return np.linalg.cholesky(stack), np.ones(stack.shape[0], dtype=bool)
    except np.linalg.LinAlgError:
        pass
    factors = np.broadcast_to(np.eye(stack.shape[-1]), stack.shape).copy()
    fine = np.zeros(stack.shape[0], dtype=bool)
    for t in range(stack.shape[0]):
        try:
            factors[t] = np.linalg.cholesky(stack[t])
            fine[t] = True
        except np.linalg.LinAlgError:
            continue
    return factors, fine


def invert_lower(stack: Array) -> Array:
    """Return the inverses of lower triangular matrices (..., k, k).

    Where matrices are small and many, substitution on all of them at once takes half the time of a general
    inverse of one after another.
    """
    k = stack.shape[-1]
    if stack.size < MANY * k**3:
        return np.asarray(np.linalg.inv(stack))
    lower = np.moveaxis(stack, (-2, -1), (0, 1)).copy()
    inverse = np.zeros_like(lower)
    for row in range(lower.shape[0]):
        inverse[row, row] = 1 / lower[row, row]
        if row:
            sums = lower[row, 0] * inverse[0, :row]
            for column in range(1, row):
                sums += lower[row, column] * inverse[column, :row]
            inverse[row, :row] = -sums * inverse[row, row]
    return np.moveaxis(inverse, (0, 1), (-2, -1)).copy()


def transpose(stack: Array) -> Array:
    """Return the matrices of a stack transposed."""
    return np.swapaxes(stack, -1, -2)


def symmetric(stack: Array) -> Array:
    """Return the mean of each matrix and its transpose, which removes what rounding made unequal."""
    result: Array = (stack + transpose(stack)) / 2
    return result
