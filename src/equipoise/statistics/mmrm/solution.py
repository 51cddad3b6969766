"""From arrays to a fitted model: the whole fit without data frames or formulas.

Holds the order of the steps and the model's numbers in the outcome's unit. Knows no formulas and no labels.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.errors import FitError
from equipoise.statistics.mmrm.adjustment import adjust, parameter_covariance
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags, symmetric
from equipoise.statistics.mmrm.covariance import STRUCTURES, Structure
from equipoise.statistics.mmrm.design import Basis, center, factor, independent, orthonormalize, triangles
from equipoise.statistics.mmrm.inference import Coefficients
from equipoise.statistics.mmrm.newton import CONVERGED, Optimum, matrices, maximize
from equipoise.statistics.mmrm.patterns import number_patterns
from equipoise.statistics.mmrm.prepare import Prepared, log_constant, prepare

# Doubles that derivatives may take: 4 GB.
LARGEST = 500_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A design and outcomes by row, ordered by participant and visit.

    x            (N, p)
    y            (N,)
    participant  (N,) 0-based;  visit (N,) 0-based
    group        (n,) by participant
    weight       (N,) or None
    coordinates  (N, d) or None
    visits, groups, names   labels of visits, groups and columns for messages; numbers from 1 where left out
    """

    x: Array
    y: Array
    participant: Codes
    visit: Codes
    group: Codes
    weight: Array | None = None
    coordinates: Array | None = None
    visits: Sequence[Hashable] = ()
    groups: Sequence[Hashable] = ()
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Solution:
    """A fitted model; arrays of data sets have length 1 here.

    kept            columns of the design that are no combination of those before
    follows         (q, p - q) dropped columns as combinations of those kept
    basis, prepared, optimum   as computed
    restricted      REML
    weight          (1, n, m) root weights, 0 where nothing is observed
    pattern         (n,) each participant's pattern
    minus2_log_likelihood      in the outcome's unit
    """

    structure: Structure
    kept: tuple[int, ...]
    follows: Array
    basis: Basis
    prepared: Prepared
    optimum: Optimum
    restricted: bool
    weight: Array
    pattern: Codes
    minus2_log_likelihood: float

    @property
    def converged(self) -> bool:
        """The search ended at a maximum."""
        return int(self.optimum.code[0]) == CONVERGED

    @property
    def b(self) -> Array:
        """Coefficients of the columns kept, (q,)."""
        p = self.prepared
        estimates: Array = p.origin[0] + p.scale[0] * (p.back[0] @ self.optimum.point.b[0])
        return estimates

    @property
    def root(self) -> Array:
        """F with F F' the covariance of the coefficients by the model, (q, q)."""
        factor_: Array = self.prepared.scale[0] * (self.prepared.back[0] @ self.optimum.point.root[0])
        return factor_

    @property
    def sigma(self) -> Array:
        """Covariance of each group (H, m, m), or of each pattern for spatial structures."""
        found = matrices(self.structure, self.optimum.theta, self.prepared.products)[0]
        return np.asarray(found * self.prepared.scale[0] ** 2)

    @property
    def n_parameters(self) -> int:
        """Covariance parameters over all groups."""
        return int(self.optimum.derivatives.gradient.shape[1])

    @property
    def parameter_covariance(self) -> Array:
        """Covariance of the covariance parameters, observed information, in the steps' coordinates."""
        return np.asarray(parameter_covariance(self.optimum.derivatives, expected=False)[0])

    def residuals(self) -> Array:
        """Return y - x b times root weights (n, m), in the outcome's unit; 0 where nothing is observed."""
        fitted = self.basis.u[0] @ (self.basis.loading[0] @ self.optimum.point.b[0]).T
        scaled: Array = self.prepared.residual[0] - fitted * self.weight[0]
        return np.asarray(scaled * self.prepared.scale[0])

    def scores(self) -> Array:
        """Return each participant's X'V^-1 (y - X b) in coordinates where Phi is the identity, (n, q)."""
        e = self.residuals() / self.prepared.scale[0]
        w = self.optimum.point.w[0]
        weighted = np.empty_like(e)
        for g in range(w.shape[0]):
            own = self.pattern == g
            weighted[own] = e[own] @ w[g]
        loading = self.basis.loading[0] @ self.optimum.point.root[0]
        n, m = e.shape
        q = self.basis.u.shape[2]
        spread = (weighted * self.weight[0])[:, :, None] * self.basis.u[0][:, None, :]
        result: Array = spread.reshape(n, m * q) @ loading.reshape(m * q, -1)
        return result

    def coefficients(self, *, kind: str, middle: Array, w: Array, fixed_df: Array) -> Coefficients:
        """Return what contrasts of the columns kept need."""
        return Coefficients(
            b=self.b,
            root=self.root,
            middle=middle,
            p=self.optimum.derivatives.p[0],
            w=w,
            kind=kind,
            fixed_df=fixed_df,
        )

    def adjusted(self, *, expected: bool, second_order: bool) -> tuple[Array, Array]:
        """Return Kenward and Roger's middle (q, q) and the parameters' covariance it used."""
        o = self.optimum
        w = parameter_covariance(o.derivatives, expected=expected)
        extra = adjust(
            self.prepared.products, o.point, o.slopes, p=o.derivatives.p, w=w, second_order=second_order
        )
        return np.eye(extra.shape[1]) + 2 * extra[0], w[0]

    def clustered(self, cluster: Codes) -> Array:
        """Return the sandwich's middle (q, q): the sum over clusters of score score'."""
        scores = self.scores()
        sums = np.zeros((int(cluster.max()) + 1, scores.shape[1]))
        np.add.at(sums, cluster, scores)
        return symmetric(sums.T @ sums)


def solve(rows: Rows, *, covariance: str, restricted: bool, drop_collinear: bool = True) -> Solution:
    """Return the fitted model.

    Raises  FitError when the outcome does not vary, a design column is collinear and may not be dropped, a
            covariance cannot be estimated by design, or too few rows or participants are left
    """
    m = int(rows.visit.max()) + 1
    # With one visit every structure is one variance.
    structure = STRUCTURES["us" if m == 1 else covariance]
    weight = _widen(rows, m, np.ones(rows.y.size) if rows.weight is None else np.sqrt(rows.weight))
    present = weight > 0
    factored = factor(rows.x, rows.participant, rows.visit, visits=m)
    u, loading = center(factored.u[None], factored.loading)
    upper = triangles(u, weight[None])
    stacked = (upper @ loading).reshape(1, -1, rows.x.shape[1])
    kept = independent(stacked[0], loading[0])
    dropped = [j for j in range(rows.x.shape[1]) if j not in set(kept)]
    _refuse(rows, kept, dropped, drop_collinear=drop_collinear)
    follows = np.linalg.lstsq(stacked[0][:, kept], stacked[0][:, dropped], rcond=None)[0]
    basis = orthonormalize(u, np.ascontiguousarray(loading[..., kept]), upper, weight[None])
    places = rows.coordinates if structure.spatial else None
    coordinates = None if places is None else _widen(rows, m, places)
    patterns, pattern = number_patterns(present, rows.group, coordinates)
    _refuse_unseen(structure, present, rows)
    prepared = prepare(
        basis,
        _widen(rows, m, rows.y)[None],
        weight[None],
        weighted=rows.weight is not None,
        pattern=pattern[None],
        patterns=patterns,
    )
    if not prepared.varies[0]:
        raise FitError("The outcome does not vary beyond the covariates, so it has no variance")
    _refuse_size(structure, prepared)
    optimum = maximize(prepared.products, structure, restricted=restricted)
    log_weights = 0.0 if rows.weight is None else float(np.log(rows.weight).sum())
    value = optimum.point.value + log_constant(prepared, restricted=restricted, log_weights=log_weights)
    return Solution(
        structure=structure,
        kept=tuple(kept),
        follows=follows,
        basis=basis,
        prepared=prepared,
        optimum=optimum,
        restricted=restricted,
        weight=weight[None],
        pattern=pattern,
        minus2_log_likelihood=float(value[0]),
    )


def _widen(rows: Rows, visits: int, values: Array) -> Array:
    """Return row values (N, ...) as (n, m, ...), 0 where there is no row."""
    result = np.zeros((int(rows.participant.max()) + 1, visits, *values.shape[1:]))
    result[rows.participant, rows.visit] = values
    return result


def _refuse(rows: Rows, kept: list[int], dropped: list[int], *, drop_collinear: bool) -> None:
    if dropped and not drop_collinear:
        named = ", ".join(_label(rows.names, j) for j in dropped)
        raise FitError(f"The design columns {named} are combinations of those before them")
    if rows.y.size <= len(kept):
        raise FitError(
            f"{rows.y.size} observations cannot carry {len(kept)} coefficients and a covariance as well"
        )


def _refuse_unseen(structure: Structure, present: Flags, rows: Rows) -> None:
    """Refuse covariances that nobody informs, or too few participants inform."""
    n, m = present.shape
    if n == 1 < m:
        raise FitError(
            f"One participant cannot show how {m} visits vary together; a covariance needs several"
        )
    if structure.name != "us":
        return
    for h in range(int(rows.group.max()) + 1):
        seen = present[rows.group == h].astype(np.float64)
        whose = "" if rows.group.max() == 0 else f" of the group {_label(rows.groups, h)}"
        if seen.shape[0] <= seen.shape[1]:
            raise FitError(
                f"{seen.shape[0]} participants{whose} cannot carry an unstructured covariance of "
                f"{seen.shape[1]} visits; choose a structured covariance"
            )
        pairs = np.argwhere(np.triu(seen.T @ seen == 0))
        if pairs.size:
            a, b = (_label(rows.visits, j) for j in pairs[0])
            raise FitError(
                f"No participant{whose} has both visits {a} and {b}, so their covariance cannot be "
                "estimated; choose a structured covariance"
            )


def _label(labels: Sequence[Hashable], place: int) -> str:
    return str(labels[place]) if labels else str(place + 1)


def _refuse_size(structure: Structure, prepared: Prepared) -> None:
    m, q = prepared.products.observed.shape[1], prepared.products.uu.shape[-1]
    p = prepared.origin.shape[1]
    k = len(structure.labels(tuple(str(a) for a in range(m))))
    needed = max(k * m * m * q * q, k * p * p, m**4)
    if needed > LARGEST:
        raise FitError(
            f"{m} visits with {k} covariance parameters and {p} coefficients need more than "
            f"{LARGEST * 8 / 1e9:g} GB; choose a structured covariance"
        )
