"""Patterns of observed visits: participants with the same pattern share one covariance matrix.

Holds the numbering of patterns and nothing of outcomes.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags


@dataclass(frozen=True, slots=True)
class Patterns:
    """G different patterns of m visits.

    observed  (G, m), or (T, G, m) where each of T data sets numbers its own
    group     (G,) whose covariance
    distance  (G, m, m) between occasions, 0 where not observed; None for structures without distance
    """

    observed: Flags
    group: Codes
    distance: Array | None


def number_patterns(present: Flags, group: Codes, coordinates: Array | None = None) -> tuple[Patterns, Codes]:
    """Return the patterns of participants and each one's number, -1 for those without an observation.

    present      (n, m)
    group        (n,)
    coordinates  (n, m, d) where an occasion lies; makes patterns of equal places
    """
    n, m = present.shape
    key = np.column_stack([group, present])
    if coordinates is not None:
        places = np.where(present[:, :, None], coordinates, 0.0).reshape(n, -1)
        key = np.column_stack([key, places])
    some = np.flatnonzero(present.any(axis=1))
    rows, number = _unique_rows(key[some].astype(np.float64))
    pattern = np.full(n, -1, dtype=np.intp)
    pattern[some] = number
    observed = rows[:, 1 : m + 1] > 0
    distance = None
    if coordinates is not None:
        place = rows[:, m + 1 :].reshape(rows.shape[0], m, -1)
        both = observed[:, :, None] & observed[:, None, :]
        distance = np.sqrt(((place[:, :, None] - place[:, None, :]) ** 2).sum(axis=-1)) * both
    return Patterns(observed, rows[:, 0].astype(np.intp), distance), pattern


def _unique_rows(key: Array) -> tuple[Array, Codes]:
    """Return the different rows in lexicographic order and each row's number."""
    order = np.lexsort(key.T[::-1])
    ordered = key[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    number = np.empty(order.size, dtype=np.intp)
    number[order] = np.cumsum(new) - 1
    return ordered[new], number
