"""What a model is made of: arms as codes, covariates as a matrix, and which columns say something new.

Holds no model and decides nothing about missing values.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError, Problem

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Codes = NDArray[np.intp]

# R's lm drops a column when less than this share of its length is new.
COLLINEAR_SHARE = 1e-7
# Variation below this many roundings of the largest value is rounding, not data.
ROUNDINGS = 64


def covariate_matrix(
    covariates: ArrayLike | None, names: Sequence[str], *, n: int
) -> tuple[Matrix, list[str]]:
    """Return covariates as an (n, p) matrix with their names.

    covariates  (n, p) design columns, or (n,) for one, or None
    names       (p,) their names; x1, x2, ... when empty
    Raises      ValueError when a value is missing or lengths disagree
    """
    x = np.empty((n, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim > 2:
        raise ValueError(f"covariates have {x.ndim} dimensions; give a row a participant")
    if x.shape[0] != n:
        raise ValueError(f"{x.shape[0]} rows of covariates for {n} outcomes")
    missing = int(np.count_nonzero(~np.isfinite(x)))
    if missing:
        raise ValueError(
            f"covariates have {missing} missing or infinite values; remove and report them first"
        )
    labels = list(names) or [f"x{j + 1}" for j in range(x.shape[1])]
    if len(labels) != x.shape[1]:
        raise ValueError(f"{len(labels)} names for {x.shape[1]} covariates")
    return x, labels


def code_labels(
    labels: Sequence[Hashable] | NDArray[Any], *, n: int, what: str = "arms"
) -> tuple[Codes, list[Hashable]]:
    """Return each row's code and the different labels, ordered by their text, that the codes count.

    Raises  ValueError when there are not n labels
    """
    given = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if len(given) != n:
        raise ValueError(f"{len(given)} {what} for {n} outcomes")
    different = sorted(set(given), key=str)
    number = {label: code for code, label in enumerate(different)}
    return np.array([number[label] for label in given], dtype=np.intp), different


def require_comparison(arms: Sequence[Hashable], reference: Hashable) -> None:
    """Raise FitError unless two arms or more, and the reference among them, have an outcome."""
    problems = list(_comparison_problems(arms, reference))
    if problems:
        raise FitError("The arms cannot be compared", problems)


def _comparison_problems(arms: Sequence[Hashable], reference: Hashable) -> Iterator[Problem]:
    if len(arms) <= 1:
        yield Problem(f"{len(arms)} arms have an outcome where two are needed")
    if reference not in arms:
        yield Problem(f"nobody in the reference arm {reference!r} has an outcome")


def independent_columns(x: Matrix, codes: Codes) -> list[int]:
    """Return the columns that vary within groups and are no combination of those kept before them.

    x      (n, p) columns as they came
    codes  (n,) each row's group, 0, 1, ...
    """
    sized = x / column_sizes(x)
    within = _centered_within(sized, codes)
    noise = rounding_noise(np.abs(sized).max(axis=0, initial=0.0), x.shape[0])
    kept: list[int] = []
    for j in range(x.shape[1]):
        column = within[:, j]
        length = float(np.linalg.norm(column))
        basis = np.linalg.qr(within[:, kept])[0]
        new = column - basis @ (basis.T @ column)
        if length > noise[j] and np.linalg.norm(new) > COLLINEAR_SHARE * length:
            kept.append(j)
    return kept


def column_sizes(x: Matrix) -> Vector:
    """Return a power of two near each column's largest value; 1 for a column of zeros.

    Dividing by it costs no digit, and afterward no square overflows or vanishes.
    """
    largest = np.abs(x).max(axis=0, initial=0.0)
    sizes: Vector = np.exp2(np.floor(np.log2(np.where(largest > 0, largest, 1.0))))
    return sizes


def rounding_noise(scale: Vector | float, n: int) -> Any:
    """Return the length that rounding alone gives n values of size `scale` whose true length is 0."""
    return ROUNDINGS * np.finfo(np.float64).eps * scale * np.sqrt(n)


def _centered_within(x: Matrix, codes: Codes) -> Matrix:
    """Return x minus its group means; shifted by the first row, so that large offsets cancel."""
    shifted = x - x[:1]
    members = (codes[:, None] == np.arange(codes.max(initial=-1) + 1)).astype(np.float64)
    counts = np.maximum(members.sum(axis=0), 1.0)
    means = (members.T @ shifted) / counts[:, None]
    centered: Matrix = shifted - means[codes]
    return centered
