"""What comes in: one-dimensional arrays of finite numbers.

Holds the check that every method makes at its door. Decides nothing about missing values: whoever calls a
method has already decided, and reported, which rows it gets.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


def vector(values: ArrayLike, name: str) -> Vector:
    """Return `values` as a (n,) array of floats.

    Raises  ValueError when there is more than one dimension or a value is missing or infinite
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; give one value a participant")
    missing = int(np.count_nonzero(~np.isfinite(array)))
    if missing:
        raise ValueError(f"{name} has {missing} missing or infinite values; remove and report them first")
    return array
