"""`fit`: a mixed model for repeated measures from a data frame, and `Fit`, what it says.

Holds the door and the questions a fit answers; the mathematics is in the modules it calls.
"""

import importlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from equipoise.errors import FitError
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate
from equipoise.statistics.mmrm import hypotheses, margins, prediction
from equipoise.statistics.mmrm.arrays import Array
from equipoise.statistics.mmrm.inference import Coefficients, Test, between_within
from equipoise.statistics.mmrm.newton import REASONS
from equipoise.statistics.mmrm.options import Options, choose
from equipoise.statistics.mmrm.panel import Columns, Panel, read
from equipoise.statistics.mmrm.solution import Rows, Solution, solve
from equipoise.statistics.mmrm.table import Estimator
from equipoise.statistics.tabulate import tabulate

# The module that needs pandas and formulaic, half a second that whoever only runs `fit_batch` saves.
FORMULA = "equipoise.statistics.mmrm.formula"
RESIDUALS = ("response", "pearson", "normalized")


@dataclass(frozen=True, slots=True)
class Status:
    """How the fit went.

    converged        the search ended at a maximum of the likelihood
    iterations       steps taken
    reason           "converged", or why not
    n_dropped        rows left out because a value is missing
    dropped_columns  design columns left out because they follow from those before
    """

    converged: bool
    iterations: int
    reason: str
    n_dropped: int
    dropped_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JointTest:
    """A test of several contrasts at once.

    contrasts     each by itself
    numerator_df  their rank
    df            denominator; None = chi-squared
    statistic     F, or chi-squared over its df
    p_value
    """

    contrasts: tuple[Estimate, ...]
    numerator_df: int
    df: float | None
    statistic: float
    p_value: float
    method: str

    def summary(self, *, decimals: int = 2) -> str:
        """Return the line a statistician would say aloud."""
        below = "infinity" if self.df is None else f"{self.df:.{decimals}f}"
        return f"F({self.numerator_df}, {below}) = {self.statistic:.{decimals}f}, p = {self.p_value:.4g}"

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame."""
        return tabulate([_joint_row(self)])


@dataclass(frozen=True)
class Fit:
    """A fitted model, in the outcome's unit. Everything that needs a maximum raises FitError without one.

    status                 how the fit went
    formula                as given
    options                structure, method, degrees of freedom and covariance used
    minus2_log_likelihood  at the optimum, restricted for REML
    n_observations, n_participants   used
    """

    status: Status
    formula: str
    options: Options
    minus2_log_likelihood: float
    n_observations: int
    n_participants: int
    _columns: Columns = field(repr=False)
    _panel: Panel = field(repr=False)
    _design: Any = field(repr=False)
    _solution: Solution = field(repr=False)
    _made: Estimator | None = field(repr=False)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the p design columns, in the order `contrast` takes them."""
        names: tuple[str, ...] = self._design.names
        return names

    @property
    def n_parameters(self) -> int:
        """Covariance parameters over all groups."""
        return len(self._solution.structure.labels(self._visits)) * len(self._panel.groups)

    @property
    def aic(self) -> float:
        """-2 log likelihood + 2 d; d counts covariance parameters, for ML coefficients too (as SAS)."""
        return self.minus2_log_likelihood + 2 * self._counted

    @property
    def bic(self) -> float:
        """-2 log likelihood + d log(participants used)."""
        return self.minus2_log_likelihood + self._counted * float(np.log(self.n_participants))

    @property
    def coefficients(self) -> Any:
        """A pandas DataFrame, a row a design column; NaN where a column was dropped."""
        labels: margins.Labels = [{"term": term} for term in self.terms]
        return tabulate(self._estimator.table(labels, np.eye(len(self.terms)), level=DEFAULT_LEVEL))

    @property
    def vcov(self) -> Any:
        """Covariance of the coefficients kept, a pandas DataFrame (q, q)."""
        names = [self.terms[j] for j in self._solution.kept]
        return _square(self._estimator.coefficients.vcov, names)

    @property
    def covariance(self) -> dict[Hashable, Any]:
        """Covariance of the visits by group, pandas DataFrames (m, m).

        Raises  ValueError for spatial structures, whose covariance depends on each participant's times: see
                `parameters`
        """
        if self._solution.structure.spatial:
            raise ValueError("a spatial covariance differs between participants; see the fit's parameters")
        matrices = self._solution.sigma
        return {group: _square(matrices[h], self._panel.visits) for h, group in enumerate(self._panel.groups)}

    @property
    def parameters(self) -> Any:
        """Covariance parameters as SAS names them, a pandas DataFrame: group, parameter, estimate."""
        structure, theta = self._solution.structure, self._solution.optimum.theta[0]
        unit = float(self._solution.prepared.scale[0]) ** 2
        rows: list[dict[str, object]] = []
        for h, group in enumerate(self._panel.groups):
            names = structure.labels(self._visits)
            if structure.name == "us":
                m = len(self._visits)
                values = theta[h].reshape(m, m)[np.tril_indices(m)] * unit
            else:
                squared = [name.startswith("Var") or structure.linear for name in names]
                values = theta[h] * np.where(squared, unit, 1.0)
            rows += [
                {"group": group, "parameter": name, "estimate": float(value)}
                for name, value in zip(names, values, strict=True)
            ]
        return tabulate(rows)

    def contrast(
        self,
        contrasts: ArrayLike | Mapping[str, float],
        rhs: ArrayLike = 0.0,
        *,
        level: float = DEFAULT_LEVEL,
    ) -> Estimate | JointTest:
        """Return the test of L b = rhs: an Estimate for one contrast, a JointTest for several.

        contrasts  (p,) or (l, p) in the order of `terms`, or weights by term
        rhs        (l,) or one number
        Raises     FitError when a contrast is not estimable or the fit did not converge; ValueError for wrong
                   sizes, unknown terms, or rows that contradict each other
        """
        matrix = self._matrix(contrasts)
        target = np.broadcast_to(np.asarray(rhs, dtype=np.float64), (matrix.shape[0],))
        singles = tuple(
            self._estimator.single(row, null=float(value), level=level)
            for row, value in zip(matrix, target, strict=True)
        )
        return singles[0] if matrix.shape[0] == 1 else self._joint(singles, matrix, target)

    def lsmeans(
        self,
        factor: str,
        by: str | Sequence[str] | None = None,
        *,
        weights: str = "equal",
        level: float = DEFAULT_LEVEL,
    ) -> Any:
        """Return adjusted means, a pandas DataFrame with a row for each level of factor and by.

        weights  "equal" or "observed": how other factors' levels are averaged over
        Means that these data do not determine are NaN.
        """
        labels, rows = margins.means(self._design, [factor, *_names(by)], weights=weights)
        return tabulate(self._estimator.table(labels, rows, level=level))

    def differences(
        self,
        factor: str,
        by: str | Sequence[str] | None = None,
        *,
        reference: Hashable | None = None,
        weights: str = "equal",
        level: float = DEFAULT_LEVEL,
    ) -> Any:
        """Return differences of adjusted means, level minus reference, a pandas DataFrame.

        reference  None: every level minus every earlier one
        """
        labels, rows = margins.means(self._design, [factor, *_names(by)], weights=weights)
        pairs, contrasts = margins.differences(
            labels, rows, factor=factor, by=_names(by), reference=reference
        )
        return tabulate(self._estimator.table(pairs, contrasts, level=level))

    def anova(self, type: int = 3) -> Any:  # noqa: A002 - the word statisticians use
        """Return a joint test of each term, type 3 or 2, a pandas DataFrame."""
        if type not in (2, 3):
            raise ValueError(f"the type of a hypothesis is 2 or 3, not {type}")
        made = (
            hypotheses.type_3(self._design)
            if type == 3
            else hypotheses.type_2(self._design, self._panel.weight)
        )
        rows = []
        for term, contrasts in made:
            kept, estimable = self._estimator.reduce(contrasts)
            used = kept[estimable & (np.abs(kept).max(axis=1) > 0)]
            test = self._coefficients.test(used, np.zeros(used.shape[0])) if used.size else None
            rows.append({"term": term, **_anova_row(test)})
        return tabulate(rows)

    def predict(
        self,
        data: Any = None,
        *,
        kind: str = "marginal",
        interval: str = "confidence",
        level: float = DEFAULT_LEVEL,
    ) -> Any:
        """Return predictions, a pandas DataFrame: subject, visit, estimate, std_error, ci_low, ci_high.

        data      rows with the formula's covariates; None = the rows used
        kind      "marginal": the mean for these covariates; "conditional": given the participant's observed
                  outcomes in `data`, observed rows being themselves
        interval  "confidence" for the mean, "prediction" for an outcome; normal quantiles
        Raises    FitError for visits, groups or levels the fit has not seen, or missing covariates
        """
        for name, given, known in (
            ("kind", kind, ("marginal", "conditional")),
            ("interval", interval, ("confidence", "prediction")),
        ):
            if given not in known:
                raise ValueError(f"{name} is {' or '.join(known)}, not {given!r}")
        frame = self._panel.frame if data is None else data
        requests = _Requests(self, frame)
        function = prediction.marginal if kind == "marginal" else prediction.conditional
        vcov = self._coefficients.vcov
        found = np.zeros((3, len(frame)))
        for rows in requests.participants():
            found[:, rows] = function(requests.of(rows), self._coefficients.b, vcov)
        mean, of_mean, of_outcome = found
        error = np.sqrt(np.maximum(of_mean + (of_outcome if interval == "prediction" else 0), 0))
        width = float(ndtri((1 + level) / 2)) * error
        return frame[[self._columns.subject, self._columns.visit]].assign(
            estimate=mean, std_error=error, ci_low=mean - width, ci_high=mean + width
        )

    def residuals(self, kind: str = "response") -> Any:
        """Return residuals of the rows used, a pandas DataFrame: subject, visit, residual.

        kind  "response" y - x b; "pearson" over the outcome's standard deviation; "normalized" multiplied by
              the inverse Cholesky factor of the participant's covariance, so that they are independent
        """
        if kind not in RESIDUALS:
            raise ValueError(f"residuals are {', '.join(RESIDUALS)}, not {kind!r}")
        self._require_converged()
        solution = self._solution
        weighted, weight = solution.residuals(), solution.weight[0]
        if kind == "response":
            values = np.divide(weighted, weight, out=np.zeros_like(weighted), where=weight > 0)
        else:
            lower = self._lower()
            if kind == "pearson":
                deviations = np.sqrt((lower**2).sum(axis=2))[solution.pattern]
                values = weighted / np.where(deviations > 0, deviations, 1)
            else:
                values = np.einsum("nab,nb->na", np.linalg.inv(lower)[solution.pattern], weighted)
        rows = values[self._panel.participant, self._panel.visit]
        return self._panel.frame[[self._columns.subject, self._columns.visit]].assign(residual=rows)

    def simulate(self, rng: np.random.Generator, *, draws: int = 1) -> Array:
        """Return outcomes (draws, N) drawn from the fitted model, rows in the order of `residuals`."""
        self._require_converged()
        solution, panel = self._solution, self._panel
        noise = prediction.draw(rng, self._lower(), solution.pattern, draws=draws)
        noise = noise[:, panel.participant, panel.visit] / solution.weight[0][panel.participant, panel.visit]
        return np.asarray(self._design.matrix[:, list(solution.kept)] @ self._coefficients.b + noise)

    def summary(self) -> str:
        """Return the fit in lines: what was fitted, how it went, the coefficients."""
        status, visits = self.status, self._visits
        lines = [
            f"{self.formula}: {self.options.title}",
            f"{self.n_observations} observations, {self.n_participants} participants, {len(visits)} visits"
            + (f"; {status.n_dropped} rows with missing values left out" if status.n_dropped else ""),
            f"-2 log likelihood {self.minus2_log_likelihood:.4f}, AIC {self.aic:.2f}, BIC {self.bic:.2f}",
            f"{status.reason} after {status.iterations} steps",
        ]
        if status.dropped_columns:
            lines.append(f"left out as collinear: {', '.join(status.dropped_columns)}")
        if status.converged:
            lines.append(self.coefficients.to_string(index=False, float_format=lambda value: f"{value:.5g}"))
        return "\n".join(lines)

    @property
    def _visits(self) -> tuple[str, ...]:
        return tuple(str(visit) for visit in self._panel.visits)

    @property
    def _counted(self) -> int:
        return self.n_parameters + (0 if self.options.method == "reml" else len(self._solution.kept))

    @property
    def _estimator(self) -> Estimator:
        if self._made is None:
            raise FitError(f"The model has no maximum: {self.status.reason}")
        return self._made

    @property
    def _coefficients(self) -> Coefficients:
        return self._estimator.coefficients

    def _require_converged(self) -> None:
        _ = self._estimator

    def _lower(self) -> Array:
        """Return each pattern's Cholesky factor in the outcome's unit, the identity's where not observed."""
        products, sigma = self._solution.prepared.products, self._solution.sigma
        by_pattern = sigma if self._solution.structure.spatial else sigma[products.group]
        both = products.observed[:, :, None] & products.observed[:, None, :]
        return np.linalg.cholesky(np.where(both, by_pattern, np.eye(both.shape[1])))

    def _matrix(self, contrasts: ArrayLike | Mapping[str, float]) -> Array:
        if isinstance(contrasts, Mapping):
            strange = sorted(set(contrasts) - set(self.terms))
            if strange:
                raise ValueError(
                    f"no such terms: {', '.join(strange)}; the terms are {', '.join(self.terms)}"
                )
            return np.array([[float(contrasts.get(term, 0.0)) for term in self.terms]])
        matrix = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
        if matrix.shape[1] != len(self.terms):
            raise ValueError(f"a contrast has one number a term, {len(self.terms)}, not {matrix.shape[1]}")
        return matrix

    def _joint(self, singles: tuple[Estimate, ...], matrix: Array, target: Array) -> JointTest:
        test = self._coefficients.test(self._estimator.reduce(matrix)[0], target)
        return JointTest(
            singles, test.numerator_df, _finite(test.df), test.statistic, test.p_value, self.options.title
        )


def fit(
    data: Any,
    *,
    formula: str,
    subject: str,
    visit: str,
    covariance: str = "us",
    group: str | None = None,
    weights: str | None = None,
    coordinates: str | Sequence[str] | None = None,
    cluster: str | None = None,
    method: str = "reml",
    df: str = "kenward-roger",
    vcov: str | None = None,
    drop_collinear: bool = True,
) -> Fit:
    """Fit a mixed model for repeated measures.

    data         pandas DataFrame, a row a participant's visit; rows with missing values are left out, counted
    formula      "y ~ baseline * visit + arm * visit", treatment contrasts; text levels sort, a Categorical's
                 first level is the reference
    subject, visit   columns saying whose row it is and when; visits sort, a Categorical sets their order
    covariance   us, cs, csh, ar1, ar1h, ad, adh, toep, toeph, sp_exp
    group        column; each group has its own covariance
    weights      column; an outcome's variance is that of its visit over its weight
    coordinates  column or columns of numbers; where sp_exp's occasions lie
    cluster      column; who is summed over in the sandwich, by default the participant
    method       "reml" or "ml"
    df           kenward-roger (linear, observed information), kenward-roger-second-order,
                 kenward-roger-expected, satterthwaite, between-within, residual, normal
    vcov         None = what goes with df; "model", "kenward-roger", "empirical" (CR0)
    drop_collinear   False refuses a design with collinear columns
    Returns      a Fit, whether or not the search found a maximum: see its status
    Raises       FitError with every problem when options do not go together, data are unfit, the outcome does
                 not vary, or a covariance cannot be estimated from who was seen when
    Source       docs/methods/mmrm.md
    Checked      tests/golden/mmrm_fev, tests/golden/mmrm_antidepressant, tests/golden/mmrm_growth
    """
    places = _names(coordinates)
    options = choose(
        covariance=covariance,
        method=method,
        df=df,
        vcov=vcov,
        coordinates=bool(places),
        cluster=cluster is not None,
    )
    formulas = importlib.import_module(FORMULA)
    model = formulas.parse(formula, columns=[str(name) for name in data.columns])
    columns = Columns(subject, visit, group, weights, places, cluster)
    panel = read(data, columns, variables=model.variables)
    design = formulas.Design(model, panel.frame)
    rows = Rows(
        design.matrix,
        design.outcome,
        panel.participant,
        panel.visit,
        panel.group,
        panel.weight,
        panel.coordinates,
    )
    solution = solve(rows, covariance=covariance, restricted=method == "reml", drop_collinear=drop_collinear)
    dropped = tuple(j for j in range(len(design.names)) if j not in solution.kept)
    code = int(solution.optimum.code[0])
    status = Status(
        converged=solution.converged,
        iterations=int(solution.optimum.steps[0]),
        reason=REASONS[code],
        n_dropped=panel.n_dropped,
        dropped_columns=tuple(design.names[j] for j in dropped),
    )
    made = None
    if status.converged:
        coefficients = _coefficients(options, panel, design, solution)
        made = Estimator(coefficients, solution.kept, dropped, solution.follows, options.title)
    return Fit(
        status=status,
        formula=formula,
        options=options,
        minus2_log_likelihood=solution.minus2_log_likelihood,
        n_observations=rows.y.size,
        n_participants=len(panel.participants),
        _columns=columns,
        _panel=panel,
        _design=design,
        _solution=solution,
        _made=made,
    )


def _coefficients(options: Options, panel: Panel, design: Any, solution: Solution) -> Coefficients:
    rule, q = options.rule, len(solution.kept)
    middle: Array = np.eye(q)
    w: Array = np.zeros((0, 0))
    if rule.adjusted:
        middle, w = solution.adjusted(expected=rule.expected, second_order=rule.second_order)
    elif rule.kind == "satterthwaite":
        w = solution.parameter_covariance
    if options.vcov == "empirical":
        middle = solution.clustered(panel.cluster)
    fixed: Array = np.full(q, float(design.matrix.shape[0] - q))
    if options.df == "between-within":
        terms = [list(multipliers) for _, _, multipliers in design.terms()]
        fixed = between_within(
            design.matrix,
            panel.participant,
            terms=terms,
            kept=solution.kept,
            unstructured=options.covariance == "us",
        )
    if rule.kind == "fixed" and fixed.min(initial=1) <= 0:
        raise FitError(f"No degree of freedom is left for {options.df}")
    return solution.coefficients(kind=rule.kind, middle=middle, w=w, fixed_df=fixed)


class _Requests:
    """Rows of a data frame as prediction requests."""

    def __init__(self, fitted: Fit, frame: Any) -> None:
        columns, panel, solution = fitted._columns, fitted._panel, fitted._solution
        needed = [name for name in (*fitted._design.variables, *columns.every()) if name != columns.cluster]
        missing = [name for name in needed if name not in frame.columns or frame[name].isna().any()]
        if missing:
            raise FitError(f"predictions need a value in every row of {', '.join(missing)}")
        self.subject = frame[columns.subject].tolist()
        self.visit = _lookup(frame[columns.visit].tolist(), panel.visits, columns.visit)
        names = ["all"] * len(frame) if columns.group is None else frame[columns.group].tolist()
        self.group = _lookup(names, panel.groups, columns.group or "")
        self.weight = (
            np.ones(len(frame))
            if columns.weights is None
            else frame[columns.weights].to_numpy(dtype=np.float64)
        )
        self.places = frame[list(columns.coordinates)].to_numpy(dtype=np.float64)
        self.x = fitted._design.matrix_for(frame)[:, list(solution.kept)]
        self.y = fitted._design.outcome_for(frame)
        self.solution = solution

    def participants(self) -> list[list[int]]:
        """Return each participant's rows."""
        rows: dict[Hashable, list[int]] = {}
        for i, name in enumerate(self.subject):
            rows.setdefault(name, []).append(i)
        return list(rows.values())

    def of(self, rows: list[int]) -> prediction.Request:
        """Return one participant's request."""
        solution, group = self.solution, self.group[rows[0]]
        if solution.structure.spatial:
            place = self.places[rows]
            distance = np.sqrt(((place[:, None] - place[None, :]) ** 2).sum(axis=-1))
            theta = solution.optimum.theta[:, group : group + 1]
            found = solution.structure.matrices(theta, visits=len(rows), distance=distance[None])[0, 0]
            v = found * solution.prepared.scale[0] ** 2
        else:
            visits = [self.visit[i] for i in rows]
            v = solution.sigma[group][np.ix_(visits, visits)]
        root = np.sqrt(self.weight[rows])
        return prediction.Request(self.x[rows], self.y[rows], v / (root[:, None] * root[None, :]))


def _lookup(values: list[Any], known: tuple[Hashable, ...], name: str) -> list[int]:
    number = {label: i for i, label in enumerate(known)}
    strange = sorted({str(value) for value in values if value not in number})
    if strange:
        raise FitError(f"{name} has values the fit has not seen: {', '.join(strange)}")
    return [number[value] for value in values]


def _names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _square(matrix: Array, names: Sequence[Hashable]) -> Any:
    """Return a matrix as a pandas DataFrame with names on both axes."""
    rows = [dict(zip((str(name) for name in names), row, strict=True)) for row in matrix.tolist()]
    return tabulate(rows).set_axis(list(names), axis=0).set_axis(list(names), axis=1)


def _finite(df: float) -> float | None:
    return float(df) if np.isfinite(df) else None


def _joint_row(test: JointTest) -> dict[str, object]:
    return {
        "numerator_df": test.numerator_df,
        "df": test.df,
        "statistic": test.statistic,
        "p_value": test.p_value,
    }


def _anova_row(test: Test | None) -> dict[str, object]:
    if test is None:
        return {"numerator_df": 0, "df": np.nan, "statistic": np.nan, "p_value": np.nan}
    squared = test.statistic**2 if test.numerator_df == 1 and test.estimate.size == 1 else test.statistic
    return {"numerator_df": test.numerator_df, "df": test.df, "statistic": squared, "p_value": test.p_value}
