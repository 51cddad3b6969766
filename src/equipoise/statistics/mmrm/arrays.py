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


def transpose(stack: Array) -> Array:
    """Return the matrices of a stack transposed."""
    return np.swapaxes(stack, -1, -2)


def symmetric(stack: Array) -> Array:
    """Return the mean of each matrix and its transpose, which removes what rounding made unequal."""
    result: Array = (stack + transpose(stack)) / 2
    return result
