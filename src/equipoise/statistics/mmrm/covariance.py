"""The covariance structures, one registry row each: parameters, matrices and their derivatives.

A structure turns parameters theta (T, H, K), a set for each of H groups, into matrices and derivatives. The
parameters are those SAS reports, in which second-order Kenward-Roger is defined. Holds no data and no search.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, transpose

# Correlation functions: (N, k) and m to C (N, m, m), dC (N, k, m, m), d2C (N, k, k, m, m) or None where zero.
Correlation = Callable[[Array, int], tuple[Array, Array, Array | None]]


@dataclass(frozen=True, slots=True)
class Slopes:
    """Derivatives of covariance matrices: (T, C, K, m, m) and (T, C, K, K, m, m); C groups or patterns.

    by_pattern  the second axis counts patterns
    second      None where the structure is linear in its parameters
    """

    first: Array
    second: Array | None
    by_pattern: bool

    def take(self, index: Flags | Codes | slice) -> "Slopes":
        """Return the data sets of an index."""
        second = None if self.second is None else self.second[index]
        return Slopes(self.first[index], second, by_pattern=self.by_pattern)

    def of_group(self, group: int, patterns: Codes | slice) -> Array:
        """Return first derivatives of one group, (T, 1, K, m, m) or (T, G, K, m, m)."""
        return self.first[:, patterns] if self.by_pattern else self.first[:, group : group + 1]

    def second_of_group(self, group: int, patterns: Codes | slice) -> Array | None:
        """Return second derivatives of one group, or None."""
        if self.second is None:
            return None
        return self.second[:, patterns] if self.by_pattern else self.second[:, group : group + 1]


class Structure:
    """A family of covariance matrices of m visits.

    name        as in `fit(covariance=...)`
    title       in words
    linear      the matrix is a linear function of the parameters
    spatial     it needs the distance between occasions
    """

    name: str
    title: str
    linear = False
    spatial = False

    def labels(self, visits: tuple[str, ...]) -> list[str]:
        """Return the K parameters' names."""
        raise NotImplementedError

    def matrices(self, theta: Array, *, visits: int, distance: Array | None = None) -> Array:
        """Return covariance matrices (T, H, m, m), or (T, G, m, m) for spatial structures of one group."""
        raise NotImplementedError

    def slopes(self, theta: Array, *, visits: int, distance: Array | None = None) -> Slopes:
        """Return the derivatives in theta."""
        raise NotImplementedError

    def begin(self, sigma: Array, *, shrink: float) -> Array:
        """Return starting parameters near unstructured matrices, correlations multiplied by `shrink`."""
        raise NotImplementedError

    def sizes(self, theta: Array, *, visits: int) -> Array:
        """Return the size (T, H, K) of each coordinate of `slopes`: variances their own, correlations 1."""
        raise NotImplementedError

    def move(self, theta: Array, step: Array, slopes: Slopes) -> Array:
        """Return parameters after a step along the coordinates of `slopes`."""
        del slopes
        return theta + step


class Unstructured(Structure):
    """Every variance and covariance its own; theta is the whole matrix, steps are in whitened coordinates.

    With L the current matrix's Cholesky factor the derivatives are L B_k L', B_k orthonormal symmetric
    matrices: with complete data the Hessian is then a multiple of the identity matrix.
    """

    name, title, linear = "us", "unstructured", True

    def labels(self, visits: tuple[str, ...]) -> list[str]:
        """Return UN(b,a) for the lower triangle, row by row."""
        return [f"UN({b},{a})" for i, b in enumerate(visits) for a in visits[: i + 1]]

    def matrices(self, theta: Array, *, visits: int, distance: Array | None = None) -> Array:
        """Return theta as matrices."""
        del distance
        return theta.reshape(*theta.shape[:2], visits, visits)

    def slopes(self, theta: Array, *, visits: int, distance: Array | None = None) -> Slopes:
        """Return L B_k L'."""
        del distance
        lower = np.linalg.cholesky(self.matrices(theta, visits=visits))[:, :, None]
        return Slopes(lower @ symmetric_basis(visits) @ transpose(lower), None, by_pattern=False)

    def begin(self, sigma: Array, *, shrink: float) -> Array:
        """Return the matrices themselves."""
        m = sigma.shape[-1]
        keep = np.where(np.eye(m, dtype=bool), 1.0, shrink)
        return (sigma * keep).reshape(*sigma.shape[:2], m * m)

    def sizes(self, theta: Array, *, visits: int) -> Array:
        """Return 1: whitened coordinates have no unit."""
        return np.ones((*theta.shape[:2], visits * (visits + 1) // 2))

    def move(self, theta: Array, step: Array, slopes: Slopes) -> Array:
        """Return theta + sum_k step_k L B_k L'."""
        moved: Array = theta + np.einsum("thk,thkab->thab", step, slopes.first).reshape(theta.shape)
        return moved


@lru_cache(maxsize=64)
def symmetric_basis(m: int) -> Array:
    """Return the (m (m+1)/2, m, m) orthonormal basis of symmetric matrices, in the order of `labels`."""
    rows, columns = np.tril_indices(m)
    basis = np.zeros((rows.size, m, m))
    size = np.where(rows == columns, 1.0, np.sqrt(0.5))
    basis[np.arange(rows.size), rows, columns] = size
    basis[np.arange(rows.size), columns, rows] = size
    basis.setflags(write=False)
    return basis


def lag(m: int) -> Array:
    """Return |a - b|."""
    steps = np.arange(m, dtype=np.float64)
    distance: Array = np.abs(steps[:, None] - steps[None, :])
    return distance


class Banded(Structure):
    """Linear structures with equal variances: compound symmetry (one covariance) and Toeplitz (one a lag)."""

    linear = True

    def __init__(self, name: str, title: str, *, by_lag: bool) -> None:
        self.name, self.title, self.by_lag = name, title, by_lag

    def labels(self, visits: tuple[str, ...]) -> list[str]:
        """Return the variance and the covariances."""
        bands = len(visits) - 1 if self.by_lag else min(1, len(visits) - 1)
        return ["Var", *(f"{self.name.upper()}({k + 1})" if self.by_lag else "CS" for k in range(bands))]

    def _basis(self, m: int) -> Array:
        distance = lag(m) if self.by_lag else np.minimum(lag(m), 1)
        bands = m if self.by_lag else min(m, 2)
        return np.stack([(distance == k).astype(np.float64) for k in range(bands)])

    def matrices(self, theta: Array, *, visits: int, distance: Array | None = None) -> Array:
        """Return sum_k theta_k B_k."""
        del distance
        sigma: Array = np.einsum("thk,kab->thab", theta, self._basis(visits))
        return sigma

    def slopes(self, theta: Array, *, visits: int, distance: Array | None = None) -> Slopes:
        """Return B_k."""
        del distance
        basis = self._basis(visits)
        return Slopes(np.broadcast_to(basis, (*theta.shape[:2], *basis.shape)), None, by_pattern=False)

    def begin(self, sigma: Array, *, shrink: float) -> Array:
        """Return mean variance and mean covariances."""
        basis = self._basis(sigma.shape[-1])
        means: Array = np.einsum("thab,kab->thk", sigma, basis) / basis.sum(axis=(1, 2))
        means[..., 1:] *= shrink
        return means

    def sizes(self, theta: Array, *, visits: int) -> Array:
        """Return the variance."""
        del visits
        return np.broadcast_to(theta[..., :1], theta.shape)


class Correlated(Structure):
    """Variances times a correlation matrix: one variance, or one a visit."""

    def __init__(
        self,
        name: str,
        title: str,
        *,
        correlation: Correlation,
        names: Callable[[tuple[str, ...]], list[str]],
        read: Callable[[Array], Array],
        one_variance: bool,
    ) -> None:
        self.name, self.title, self.one_variance = name, title, one_variance
        self.correlation, self._names, self._read = correlation, names, read

    def labels(self, visits: tuple[str, ...]) -> list[str]:
        """Return variances, then correlations."""
        variances = ["Var"] if self.one_variance else [f"Var({visit})" for visit in visits]
        return [*variances, *self._names(visits)]

    def _parts(self, theta: Array, m: int) -> tuple[Array, Array, tuple[Array, Array, Array | None]]:
        t, h, k = theta.shape
        flat = theta.reshape(t * h, k)
        count = 1 if self.one_variance else m
        variances = np.broadcast_to(flat[:, :count], (t * h, m))
        sizes = np.sqrt(np.maximum(variances, 0))
        return variances, sizes[:, :, None] * sizes[:, None, :], self.correlation(flat[:, count:], m)

    def matrices(self, theta: Array, *, visits: int, distance: Array | None = None) -> Array:
        """Return s_a s_b C_ab, and minus the identity matrix where a variance is not positive."""
        del distance
        variances, size, (c, _, _) = self._parts(theta, visits)
        sigma = size * c
        bad = (variances <= 0).any(axis=1)
        sigma[bad] = -np.eye(visits)
        return sigma.reshape(*theta.shape[:2], visits, visits)

    def slopes(self, theta: Array, *, visits: int, distance: Array | None = None) -> Slopes:
        """Return first and second derivatives, variances before correlations."""
        del distance
        t, h, k = theta.shape
        m, n = visits, t * h
        variances, size, (c, c1, c2) = self._parts(theta, visits)
        share, share2 = self._shares(variances)
        v = share.shape[1]
        sigma = size * c
        first = np.concatenate([share * sigma[:, None], size[:, None] * c1], axis=1)
        second = np.zeros((n, k, k, m, m))
        second[:, :v, :v] = share2 * sigma[:, None, None]
        mixed = share[:, :, None] * (size[:, None] * c1)[:, None]
        second[:, :v, v:], second[:, v:, :v] = mixed, mixed.transpose(0, 2, 1, 3, 4)
        if c2 is not None:
            second[:, v:, v:] = size[:, None, None] * c2
        return Slopes(first.reshape(t, h, k, m, m), second.reshape(t, h, k, k, m, m), by_pattern=False)

    def _shares(self, variances: Array) -> tuple[Array, Array]:
        """Return first and second derivatives of s_a s_b in the v variances, over s_a s_b."""
        n, m = variances.shape
        if self.one_variance:
            inverse = 1 / variances[:, :1]
            return np.broadcast_to(inverse[:, :, None, None], (n, 1, m, m)), np.zeros((n, 1, 1, m, m))
        eye = np.eye(m)
        half = (eye[:, :, None] + eye[:, None, :]) / 2
        share = half / variances[:, :, None, None]
        square = share[:, :, None] * share[:, None, :]
        once = np.einsum("cd,cab,nc->ncdab", eye, half, 1 / variances**2)
        return share, square - once

    def begin(self, sigma: Array, *, shrink: float) -> Array:
        """Return variances and correlations read off the matrices."""
        t, h, m, _ = sigma.shape
        flat = sigma.reshape(t * h, m, m)
        variances = np.diagonal(flat, axis1=1, axis2=2)
        size = np.sqrt(variances[:, :, None] * variances[:, None, :])
        correlations = self._read(flat / np.where(size > 0, size, 1.0)) * shrink
        if self.one_variance:
            variances = variances.mean(axis=1, keepdims=True)
        return np.concatenate([variances, correlations], axis=1).reshape(t, h, -1)

    def sizes(self, theta: Array, *, visits: int) -> Array:
        """Return variances, and 1 for correlations."""
        count = 1 if self.one_variance else visits
        return np.concatenate([theta[..., :count], np.ones_like(theta[..., count:])], axis=-1)


class Exponential(Structure):
    """Correlation exp(-distance / range), one variance; each pattern has its own distances."""

    name, title, spatial = "sp_exp", "spatial exponential", True

    def labels(self, visits: tuple[str, ...]) -> list[str]:
        """Return variance and range, as SAS's SP(EXP)."""
        del visits
        return ["Var", "Range"]

    def sizes(self, theta: Array, *, visits: int) -> Array:
        """Return variance and range."""
        del visits
        return theta

    def matrices(self, theta: Array, *, visits: int, distance: Array | None = None) -> Array:
        """Return v exp(-d / r) for each pattern; theta is (T, G, 2), each pattern its group's."""
        assert distance is not None  # noqa: S101 - `fit` refuses spatial structures without coordinates
        v, r = theta[..., 0, None, None], theta[..., 1, None, None]
        safe = np.where(r > 0, r, 1.0)
        return np.where((v > 0) & (r > 0), v * np.exp(-distance / safe), -np.eye(visits))

    def slopes(self, theta: Array, *, visits: int, distance: Array | None = None) -> Slopes:
        """Return first and second derivatives in variance and range, for each pattern."""
        del visits
        assert distance is not None  # noqa: S101 - as above
        v, r = theta[..., 0, None, None], theta[..., 1, None, None]
        c = np.exp(-distance / r)
        c_r = c * distance / r**2
        c_rr = c * distance * (distance - 2 * r) / r**4
        first = np.stack([c, v * c_r], axis=2)
        second = np.stack(
            [np.stack([np.zeros_like(c), c_r], axis=2), np.stack([c_r, v * c_rr], axis=2)], axis=2
        )
        return Slopes(first, second, by_pattern=True)


def _one_correlation(rho: Array, m: int) -> tuple[Array, Array, Array | None]:
    apart = 1 - np.eye(m)
    return np.eye(m) + rho[:, :, None] * apart, np.broadcast_to(apart, (rho.shape[0], 1, m, m)), None


def _by_lag(rho: Array, m: int) -> tuple[Array, Array, Array | None]:
    bands = np.stack([(lag(m) == k).astype(np.float64) for k in range(m)])
    c = bands[0] + np.einsum("nk,kab->nab", rho, bands[1:])
    return c, np.broadcast_to(bands[1:], (rho.shape[0], m - 1, m, m)), None


def _autoregressive(rho: Array, m: int) -> tuple[Array, Array, Array | None]:
    d = lag(m)
    base = rho[:, :, None]
    c1 = d * base ** np.maximum(d - 1, 0)
    c2 = d * (d - 1) * base ** np.maximum(d - 2, 0)
    return base**d, c1[:, None], c2[:, None, None]


def _antedependent(rho: Array, m: int) -> tuple[Array, Array, Array | None]:
    """Return products of the lag-one correlations between two visits, and those with one or two left out.

    Leaving out the j-th of a product from a to b leaves those from a to j and from j + 1 to b.
    """
    n, k = rho.shape
    c: Array = np.zeros((n, m, m))
    for a in range(m):
        c[:, a, a] = 1
        c[:, a, a + 1 :] = np.cumprod(rho[:, a:], axis=1)
    before, after = c[:, :, :k], c[:, 1:, :]
    first = np.einsum("naj,njb->njab", before, after)
    # c[i + 1, j] is 0 unless i < j, so that each pair of factors appears once.
    between = np.zeros((n, k, k))
    between[:, : k - 1 if k else 0] = c[:, 1:k, :k]
    second = np.einsum("nai,nij,njb->nijab", before, between, after, optimize=True)
    second = second + np.swapaxes(second, 1, 2)
    return c + np.triu(c, 1).swapaxes(1, 2), first + transpose(first), second + transpose(second)


def _mean_correlation(r: Array) -> Array:
    m = r.shape[-1]
    mean: Array = (r.sum(axis=(1, 2)) - m)[:, None] / max(m * (m - 1), 1)
    return mean


def _lag_correlations(r: Array) -> Array:
    m = r.shape[-1]
    means = [np.diagonal(r, offset=k, axis1=1, axis2=2).mean(axis=1) for k in range(1, m)]
    return np.stack(means, axis=1) if means else np.zeros((r.shape[0], 0))


def _first_lag(r: Array) -> Array:
    mean: Array = _neighbors(r).mean(axis=1, keepdims=True)
    return mean


def _neighbors(r: Array) -> Array:
    return np.diagonal(r, offset=1, axis1=1, axis2=2)


def _pairs(visits: tuple[str, ...]) -> list[str]:
    return [f"Rho({a},{b})" for a, b in itertools.pairwise(visits)]


def _lags(visits: tuple[str, ...]) -> list[str]:
    return [f"Rho(lag {k})" for k in range(1, len(visits))]


def _single(visits: tuple[str, ...]) -> list[str]:
    del visits
    return ["Rho"]


def _registry() -> dict[str, Structure]:
    families: list[
        tuple[str, str, Correlation, Callable[[tuple[str, ...]], list[str]], Callable[[Array], Array]]
    ] = [
        ("cs", "compound symmetry", _one_correlation, _single, _mean_correlation),
        ("ar1", "first-order autoregressive", _autoregressive, _single, _first_lag),
        ("ad", "first-order antedependence", _antedependent, _pairs, _neighbors),
        ("toep", "Toeplitz", _by_lag, _lags, _lag_correlations),
    ]
    rows: list[Structure] = [Unstructured()]
    for name, title, correlation, names, read in families:
        if name in ("cs", "toep"):
            rows.append(Banded(name, title, by_lag=name == "toep"))
        else:
            rows.append(
                Correlated(name, title, correlation=correlation, names=names, read=read, one_variance=True)
            )
        rows.append(
            Correlated(
                f"{name}h",
                f"heterogeneous {title}",
                correlation=correlation,
                names=names,
                read=read,
                one_variance=False,
            )
        )
    rows.append(Exponential())
    return {row.name: row for row in rows}


STRUCTURES = _registry()
