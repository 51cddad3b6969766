"""Hypotheses of type 3 and type 2 for each term of a formula.

Type 3 compares means that weigh every cell equally; type 2 adjusts a term for all terms that do not contain
it. Holds no tests.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from equipoise.errors import FitError
from equipoise.statistics.mmrm.arrays import Array

Term = tuple[str, frozenset[str], dict[int, str]]
# Singular values below this share of the largest are zero.
RANK_SHARE = 1e-9


def type_3(design: Any) -> list[tuple[str, Array]]:
    """Return each term's name and contrasts (l, p): interaction contrasts of equally weighted cells.

    A term also answers for lower-order terms that the formula leaves out and it therefore contains.
    """
    factors = design.factors
    terms: list[Term] = design.terms()
    dummies = _dummies(design, terms)
    present = {(variables, kind) for _, variables, columns in terms for kind in set(columns.values())}
    result = []
    for name, variables, columns in terms:
        if name == "1":
            continue
        blocks = []
        for kind in dict.fromkeys(columns.values()):
            same = np.array([kind == multipliers.get(j) for _, _, multipliers in terms for j in multipliers])
            for size in range(len(variables) + 1):
                for subset in itertools.combinations(sorted(variables), size):
                    own = frozenset(subset)
                    if own == variables or (own, kind) not in present:
                        blocks.append(_interaction(factors, own) @ (dummies * same))
        result.append((name, np.concatenate(blocks)))
    return result


def type_2(design: Any, weight: Array | None) -> list[tuple[str, Array]]:
    """Return each term's name and contrasts: rows of X2' M1 (X2, X3), with terms that contain it in X3.

    M1 removes the terms that do not contain it; rows of the design count by `weight`.
    Source  SAS/STAT, The Four Types of Estimable Functions, type II
    """
    x = design.matrix if weight is None else design.matrix * np.sqrt(weight)[:, None]
    terms: list[Term] = design.terms()
    result = []
    for name, variables, columns in terms:
        if name == "1":
            continue
        inside = [j for other in terms if _contains(other, variables, columns) for j in other[2]]
        own = list(columns)
        outside = [j for j in range(x.shape[1]) if j not in set(inside) and j not in set(own)]
        own_x, inside_x = x[:, own], x[:, inside]
        if outside:
            basis = _orthonormal(x[:, outside])
            own_x = own_x - basis @ (basis.T @ own_x)
        contrasts = np.zeros((len(own), x.shape[1]))
        contrasts[:, own] = own_x.T @ own_x
        contrasts[:, inside] = own_x.T @ inside_x
        result.append((name, contrasts))
    return result


def _contains(other: Term, variables: frozenset[str], columns: dict[int, str]) -> bool:
    """Return whether a term has the same covariates and more factors."""
    return variables < other[1] and set(other[2].values()) == set(columns.values())


def _dummies(design: Any, terms: Sequence[Term]) -> Array:
    """Return how each column depends on the cells, (cells, p), at covariates where none is zero throughout.

    Columns multiplied by the same covariates share a factor, which no hypothesis about them depends on.
    """
    kinds = [kind for _, _, multipliers in terms for kind in multipliers.values()]
    scaffolds = design.scaffolds
    result: Array = np.zeros_like(scaffolds[0])
    for kind in dict.fromkeys(kinds):
        same = np.array([kind == other for other in kinds])
        usable = [scaffold for scaffold in scaffolds if scaffold[:, same].any()]
        if not usable:
            raise FitError(
                f"a type 3 hypothesis cannot be made for {kind}, which is zero at every value tried"
            )
        result[:, same] = usable[0][:, same]
    return result


def _interaction(factors: dict[str, Sequence[Any]], own: frozenset[str]) -> Array:
    """Return interaction contrasts of `own` over the grid's cells, equal weights over the other factors."""
    contrast: Array = np.ones((1, 1))
    for name, values in factors.items():
        k = len(values)
        differences = np.hstack([-np.ones((k - 1, 1)), np.eye(k - 1)])
        contrast = np.kron(contrast, differences if name in own else np.full((1, k), 1 / k))
    return contrast


def _orthonormal(x: Array) -> Array:
    left, size, _ = np.linalg.svd(x, full_matrices=False)
    basis: Array = left[:, size > RANK_SHARE * size[0]]
    return basis
