"""The imputation model: each arm's mean by visit, covariates by visit, an unstructured covariance.

Fitted once from cross-products by the search of `mmrm`, and again for trials made of the same participants,
starting where the first fit ended. Holds no strategy and no imputed value.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from equipoise.errors import FitError, Problem
from equipoise.statistics.imputation.comparison import Columns, columns
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.resampling import Resamples
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, cholesky, transpose
from equipoise.statistics.mmrm.covariance import STRUCTURES
from equipoise.statistics.mmrm.design import Basis, center, independent, orthonormalize, triangles
from equipoise.statistics.mmrm.likelihood import evaluate
from equipoise.statistics.mmrm.newton import COLLINEAR, CONVERGED, REASONS, Optimum, maximize
from equipoise.statistics.mmrm.patterns import number_patterns
from equipoise.statistics.mmrm.prepare import Prepared, prepare
from equipoise.statistics.mmrm.products import Products
from equipoise.statistics.mmrm.solution import LARGEST
from equipoise.statistics.mmrm.start import begin

US = STRUCTURES["us"]
# Refits worked on together at most, and doubles that their largest array may take: 64 MB.
BLOCK = 128
LARGEST_BLOCK = 8_000_000
# A pivot of X'X below this share of the whole trial's tells that a column follows from others.
LEAST_PIVOT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """The model fitted to T trials; NaN where there is no fit.

    coefficients  (T, Q, m) of the columns `Columns.u` by visit, in the outcome's unit
    sigma         (T, H, m, m) covariance of each arm, or one for all (H = 1), over `Model.scale` squared
    code          (T,) a key of `newton.REASONS`; 0 = converged
    """

    coefficients: Array
    sigma: Array
    code: Codes

    def take(self, index: Codes) -> "Fits":
        """Return some of the trials."""
        return Fits(self.coefficients[index], self.sigma[index], self.code[index])

    def of_arm(self, arm: int) -> Array:
        """Return the covariance of an arm, (T, m, m)."""
        return self.sigma[:, arm if self.sigma.shape[1] > 1 else 0]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The imputation model of one trial.

    columns     the design of one visit, crossed with visit
    by_arm      each arm has its own covariance
    restricted  REML
    fits        the fit to the trial, T = 1
    """

    trial: Incomplete
    columns: Columns
    by_arm: bool
    restricted: bool
    fits: Fits
    _prepared: Prepared
    _optimum: Optimum
    _pattern: Codes
    _squares: Array
    _whole: Array

    @property
    def closed(self) -> bool:
        """Nobody informs the model again after a gap, and one covariance serves all: a closed form holds.

        Source  Tang (2017), Stat Med 36:4135-4154; docs/methods/mmrm.md, closed form
        """
        seen = self._prepared.products.observed
        return not self.by_arm and bool((seen[:, 1:] <= seen[:, :-1]).all())

    @property
    def converged(self) -> bool:
        """The search ended at a maximum."""
        return int(self.fits.code[0]) == CONVERGED

    @property
    def reason(self) -> str:
        """How the search ended, in words."""
        return REASONS[int(self.fits.code[0])]

    @property
    def origin(self) -> Array:
        """Coefficients (Q, m) of least squares at each visit."""
        q, m = self.fits.coefficients.shape[1:]
        return np.asarray(self._prepared.origin[0].reshape(m, q).T)

    @property
    def scale(self) -> float:
        """Size of the outcome about these, in its unit."""
        return float(self._prepared.scale[0])

    def refit(self, resamples: Resamples) -> Fits:
        """Return the fits to trials made of the same participants.

        Closed form after monotone dropout, otherwise a search from the whole trial's covariance.
        A trial whose columns cannot be told apart has the code COLLINEAR and is not fitted.
        """
        p = self._prepared.products
        t, m = resamples.count, p.observed.shape[1]
        q = p.uu.shape[-1]
        ones = np.ones((self.trial.n, 1))
        count = resamples.sums(ones, self._pattern, whole=p.n[0][:, None])[..., 0]
        sums = resamples.sums(self._squares, self._pattern, whole=self._whole).reshape(t, -1, q + m, q + m)
        products = replace(
            p,
            n=count,
            uu=np.ascontiguousarray(sums[:, :, :q, :q]),
            yu=np.ascontiguousarray(sums[:, :, q:, :q]),
            yy=np.ascontiguousarray(sums[:, :, q:, q:]),
            loading=np.broadcast_to(p.loading, (t, *p.loading.shape[1:])),
        )
        able = np.flatnonzero(self._of_full_rank(products.uu))
        code = np.full(t, COLLINEAR, dtype=np.intp)
        b = np.full((t, self._prepared.origin.shape[1]), np.nan)
        theta = np.full((t, *self._optimum.theta.shape[1:]), np.nan)
        if able.size:
            b[able], theta[able], code[able] = self._optima(products.take(able))
        return _in_unit(self._prepared, b, theta, code)

    def _optima(self, products: Products) -> tuple[Array, Array, Codes]:
        """Return coefficients, covariances and how the search ended, closed form where there is one."""
        t, p = products.n.shape[0], products.loading.shape[2]
        theta = np.repeat(self._optimum.theta, t, axis=0)
        b: Array = np.empty((t, p))
        code, solved = np.full(t, CONVERGED, dtype=np.intp), np.zeros(t, dtype=bool)
        if self.closed:
            sigma, fine = begin(products, restricted=self.restricted)
            point = evaluate(products, sigma, restricted=self.restricted)
            b, solved = point.b, fine & np.isfinite(point.value)
            theta[solved] = sigma[solved].reshape(-1, *theta.shape[1:])
        rest = np.flatnonzero(~solved)
        if rest.size:
            optimum = maximize(products.take(rest), US, restricted=self.restricted, start=theta[rest])
            b[rest], theta[rest], code[rest] = optimum.point.b, optimum.theta, optimum.code
        return b, theta, code

    def _of_full_rank(self, uu: Array) -> Flags:
        """Return which trials' columns can be told apart; u u' (T, G, Q, Q)."""
        p = self._prepared.products
        t, g, q = uu.shape[:3]
        m = p.observed.shape[1]
        at_visit = p.observed.T.astype(np.float64) @ uu.reshape(t, g, q * q)
        loading = p.loading.reshape(m, q, -1)
        x_x = (transpose(loading) @ at_visit.reshape(t, m, q, q) @ loading).sum(axis=1)
        lower, positive = cholesky(x_x)
        pivots = np.diagonal(lower, axis1=1, axis2=2) ** 2
        return np.asarray(positive & (pivots > LEAST_PIVOT).all(axis=1))


def fit_model(trial: Incomplete, *, covariance_by_arm: bool = False, restricted: bool = True) -> Model:
    """Return the imputation model of a trial.

    covariance_by_arm  each arm has its own covariance; otherwise one for all
    restricted         REML; otherwise maximum likelihood
    Raises             FitError with every reason why the design has no fit; a search that ends elsewhere than
                       at a maximum is a value, `Model.converged`
    Source             docs/methods/imputation.md, imputation model
    """
    design = columns(trial)
    group = trial.arm if covariance_by_arm else np.zeros(trial.n, dtype=np.intp)
    modeled = trial.modeled
    problems = list(_covariance_problems(modeled, group, by_arm=covariance_by_arm))
    if _size(visits=trial.visits, columns=design.u.shape[1]) > LARGEST:
        raise FitError(f"{trial.visits} visits are too many for an unstructured covariance; analyze fewer")
    basis, unknown = _basis(design, modeled)
    problems += list(_column_problems(design, unknown))
    if problems or basis is None:
        raise FitError("The imputation model cannot be fitted", problems)
    patterns, pattern = number_patterns(modeled, group)
    weight = modeled.astype(np.float64)[None]
    y = np.where(modeled, trial.outcome, 0.0)[None]
    prepared = prepare(basis, y, weight, weighted=False, pattern=pattern[None], patterns=patterns)
    if not prepared.varies[0]:
        raise FitError("The outcome does not vary beyond arm and covariates, so nothing can be imputed")
    optimum = maximize(prepared.products, US, restricted=restricted)
    v = np.concatenate([basis.u[0], prepared.residual[0]], axis=1)
    return Model(
        trial=trial,
        columns=design,
        by_arm=covariance_by_arm,
        restricted=restricted,
        fits=_in_unit(prepared, optimum.point.b, optimum.theta, optimum.code),
        _prepared=prepared,
        _optimum=optimum,
        _pattern=pattern,
        _squares=outer(v, v),
        _whole=_join(prepared),
    )


def refit_in_blocks(model: Model, resamples: Resamples) -> Iterator[tuple[Resamples, Fits]]:
    """Yield some trials at a time with their fits, so that memory does not grow with their number."""
    q, m = model.fits.coefficients.shape[1:]
    block = max(1, min(BLOCK, LARGEST_BLOCK // _size(visits=m, columns=q)))
    for start in range(0, resamples.count, block):
        part = resamples.take(slice(start, start + block))
        yield part, model.refit(part)


def _size(*, visits: int, columns: int) -> int:
    """Return the doubles of one fit's largest array: a derivative of X'WX for each covariance parameter."""
    return visits * (visits + 1) // 2 * (visits * columns) ** 2


def outer(a: Array, b: Array) -> Array:
    """Return each participant's a b' as a row, (n, k l), from (n, k) and (n, l)."""
    return np.asarray((a[:, :, None] * b[:, None, :]).reshape(a.shape[0], -1))


def _in_unit(prepared: Prepared, b: Array, theta: Array, code: Codes) -> Fits:
    p = prepared.products
    t, m, q = b.shape[0], p.observed.shape[1], p.uu.shape[-1]
    scale = prepared.scale[0]
    given = prepared.origin[0] + scale * (b @ prepared.back[0].T)
    coefficients = transpose(given.reshape(t, m, q)).copy()
    # A square of the scale could leave the range of numbers; what is made of sigma needs none.
    sigma = theta.reshape(t, -1, m, m).copy()
    lost = code != CONVERGED
    coefficients[lost], sigma[lost] = np.nan, np.nan
    return Fits(coefficients, sigma, code)


def _join(prepared: Prepared) -> Array:
    """Return each pattern's sum of v v', v = (u, residual), as a row."""
    p = prepared.products
    upper = np.concatenate([p.uu[0], transpose(p.yu[0])], axis=2)
    lower = np.concatenate([p.yu[0], p.yy[0]], axis=2)
    return np.concatenate([upper, lower], axis=1).reshape(p.uu.shape[1], -1)


def _basis(design: Columns, modeled: Flags) -> tuple[Basis | None, list[tuple[int, int]]]:
    """Return the orthonormal design, or the (visit, column) pairs that the data cannot tell."""
    m, q = modeled.shape[1], design.u.shape[1]
    weight = modeled.astype(np.float64)[None]
    u, loading = center(design.u[None], np.eye(m * q).reshape(m, q, m * q))
    upper = triangles(u, weight)
    kept = set(independent((upper @ loading)[0].reshape(m * q, m * q), loading[0]))
    unknown = [divmod(j, q) for j in range(m * q) if j not in kept]
    return (None if unknown else orthonormalize(u, loading, upper, weight)), unknown


def _column_problems(design: Columns, unknown: list[tuple[int, int]]) -> Iterator[Problem]:
    first = 1 + len(design.others)
    given = design.u.shape[1] - first + len(design.dropped)
    kept = [j for j in range(given) if j not in design.dropped]
    for visit, column in unknown:
        what = f"covariate {kept[column - first] + 1}" if column >= first else "an arm"
        yield Problem(
            f"the observed outcomes at visit {visit + 1} cannot tell the effect of {what} from the others",
            "leave the covariate out or merge its levels",
            path="covariates",
        )


def _covariance_problems(modeled: Flags, group: Codes, *, by_arm: bool) -> Iterator[Problem]:
    m = modeled.shape[1]
    for h in range(int(group.max()) + 1):
        whose = f" of arm {h}" if by_arm else ""
        hint = "estimate one covariance for all arms" if by_arm else "analyze fewer visits"
        seen = modeled[group == h].astype(np.float64)
        some = int(seen.any(axis=1).sum())
        if some <= m:
            yield Problem(
                f"{some} participants{whose} with an outcome cannot carry an unstructured covariance of {m} "
                "visits",
                hint,
                path="outcome",
            )
        for a, b in np.argwhere(np.triu(seen.T @ seen == 0, 1)).tolist():
            yield Problem(
                f"no participant{whose} has outcomes at both visits {a + 1} and {b + 1}", hint, path="outcome"
            )
