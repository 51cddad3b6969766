"""How two recorded scores hang together: rounding and clamping weaken the correlation of the latent normals.

Holds the correlation of two recorded scores as a function of the latent one, its inverse, and the factor of a
small correlation matrix. Refuses to hold the scores' own moments (that is `lattice`) and anything about time.

A recorded score is a step function g of a standard normal Z. Its Hermite coefficients are
c_k = E[g(Z) He_k(Z)] / sqrt(k!) = sum over thresholds t of phi(t) He_{k-1}(t) / sqrt(k!). Mehler's formula
gives the covariance of two such scores, whose latents have correlation r, as the series sum c_k d_k r^k.
"""

import numpy as np
from numpy.typing import NDArray

from equipoise.design.lattice import Lattice

Floats = NDArray[np.float64]

TERMS = 64
"""Length of the series; at a latent correlation of .9 what is left out is below 1e-4 of the covariance."""
_ITERATIONS = 100
_TIGHT = 1e-13
_SINGULAR = 1e-10
_ROOT_2PI = float(np.sqrt(2 * np.pi))


def coefficients(lattice: Lattice, *, mean: Floats, sd: Floats) -> Floats:
    """Return the (cells, TERMS) Hermite coefficients of recorded scores, in steps, from k = 1 on.

    mean, sd  (cells,) of the latent normals, in steps
    """
    cuts = [lattice.within(*cell) for cell in zip(mean, sd, strict=True)]
    wide = Lattice(min(cut.low for cut in cuts), max(cut.high for cut in cuts))
    thresholds = (wide.thresholds() - mean[:, None]) / sd[:, None]
    before, now = np.zeros_like(thresholds), np.exp(-0.5 * thresholds**2) / _ROOT_2PI
    found = np.empty((mean.size, TERMS))
    for k in range(1, TERMS + 1):
        found[:, k - 1] = now.sum(axis=1) / np.sqrt(k)
        before, now = now, (thresholds * now - np.sqrt(k - 1) * before) / np.sqrt(k)
    return found


def recorded(latent: Floats, series: Floats) -> Floats:
    """Return the recorded covariance, in steps squared, at each latent correlation.

    latent  (pairs,)
    series  (pairs, TERMS) products of the two scores' coefficients
    """
    powers = latent[:, None] ** np.arange(1, series.shape[1] + 1)
    return np.asarray((series * powers).sum(axis=1))


def latent_for(wanted: Floats, series: Floats) -> Floats:
    """Return the latent correlations (pairs,) that give wanted recorded covariances, in steps squared.

    The covariance rises with the latent correlation, since both step functions rise (Price's theorem).
    Raises  ValueError when a covariance is out of reach even at a correlation of plus or minus one
    """
    low, high = -np.ones_like(wanted), np.ones_like(wanted)
    if np.any(recorded(high, series) <= wanted) or np.any(recorded(low, series) >= wanted):
        raise ValueError("scores rounded and clamped like these cannot be correlated that strongly")
    orders = np.arange(1, series.shape[1] + 1)
    now: Floats = np.clip(wanted / series.sum(axis=1), -1 + _TIGHT, 1 - _TIGHT)
    for _ in range(_ITERATIONS):
        off = recorded(now, series) - wanted
        low, high = np.where(off < 0, now, low), np.where(off < 0, high, now)
        slope = (series * orders * now[:, None] ** (orders - 1)).sum(axis=1)
        newton = now - off / np.where(slope > 0, slope, np.inf)
        trial = np.where((newton > low) & (newton < high), newton, (low + high) / 2)
        if np.all(np.abs(trial - now) < _TIGHT):
            return trial
        now = trial
    return now


def factor(matrix: Floats) -> Floats:
    """Return the lower Cholesky factor of a (m, m) correlation matrix, in loops of elementwise arithmetic.

    Written out because numpy's goes through LAPACK, whose last digits differ between machines.
    Raises  ValueError when the matrix is not positive definite
    """
    size = matrix.shape[0]
    lower = np.zeros_like(matrix)
    for row in range(size):
        for column in range(row):
            crossed = float((lower[row, :column] * lower[column, :column]).sum())
            lower[row, column] = (matrix[row, column] - crossed) / lower[column, column]
        rest = matrix[row, row] - float((lower[row, :row] ** 2).sum())
        if rest <= _SINGULAR:
            raise ValueError("these correlations exclude each other: no such variables exist")
        lower[row, row] = np.sqrt(rest)
    return lower
