"""Adjusted (least squares) means and their differences, as contrasts of coefficients.

A mean stands on the grid of all factors' levels with covariates at their mean over the rows used, and
averages over the other factors with equal or observed weights. Holds no standard errors.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np

from equipoise.statistics.mmrm.arrays import Array

Weights = Literal["equal", "observed"]
Labels = list[dict[str, Hashable]]


def means(design: Any, names: Sequence[str], *, weights: str) -> tuple[Labels, Array]:
    """Return the combinations of levels of `names` and the design row (cells, p) of each one's mean.

    weights  "equal" gives each combination of the other factors the same weight (SAS's default), "observed"
             the share of the rows used that it has
    Raises   ValueError when a name is no factor of the formula or the weights are not known
    """
    grid = design.grid
    _require_factors(names, grid.factors)
    if weights not in ("equal", "observed"):
        raise ValueError(f"weights are 'equal' or 'observed', not {weights!r}")
    others = [name for name in grid.factors if name not in names]
    share = design.frequencies(others, grid.frame) if weights == "observed" else np.ones(len(grid.frame))
    columns = [grid.frame[name].tolist() for name in names]
    keys = list(zip(*columns, strict=True))
    wanted = _cells([grid.factors[name] for name in names])
    number = {key: i for i, key in enumerate(wanted)}
    rows = np.array([number[key] for key in keys], dtype=np.intp)
    average = np.zeros((len(wanted), len(keys)))
    average[rows, np.arange(len(keys))] = share
    total = average.sum(axis=1, keepdims=True)
    labels: Labels = [dict(zip(names, key, strict=True)) for key in wanted]
    return labels, (average / total) @ grid.matrix


def differences(
    labels: Labels, rows: Array, *, factor: str, by: Sequence[str], reference: Hashable | None
) -> tuple[Labels, Array]:
    """Return differences of means within each combination of `by`: level, its reference, and the contrast.

    reference  the level subtracted; None subtracts every level from every later one
    Raises     ValueError when the reference is no level of the factor
    """
    order = list(dict.fromkeys(label[factor] for label in labels))
    if reference is not None and reference not in order:
        raise ValueError(f"{reference!r} is no level of {factor}; its levels are {order}")
    pairs = [
        (b, a)
        for i, a in enumerate(order)
        for b in (order[i + 1 :] if reference is None else order)
        if reference is None or (a == reference and b != reference)
    ]
    found: Labels = []
    contrasts = []
    for cell in dict.fromkeys(tuple(label[name] for name in by) for label in labels):
        place = {
            label[factor]: i for i, label in enumerate(labels) if tuple(label[name] for name in by) == cell
        }
        for b, a in pairs:
            found.append({factor: b, "reference": a, **dict(zip(by, cell, strict=True))})
            contrasts.append(rows[place[b]] - rows[place[a]])
    return found, np.array(contrasts).reshape(len(found), rows.shape[1])


def _require_factors(names: Sequence[str], factors: Any) -> None:
    strange = [name for name in names if name not in factors]
    if strange or len(set(names)) != len(names):
        raise ValueError(
            f"adjusted means need different factors of the formula ({', '.join(factors)}), not {list(names)}"
        )


def _cells(level_lists: Sequence[Sequence[Hashable]]) -> list[tuple[Hashable, ...]]:
    cells: list[tuple[Hashable, ...]] = [()]
    for values in level_lists:
        cells = [(*cell, value) for cell in cells for value in values]
    return cells
