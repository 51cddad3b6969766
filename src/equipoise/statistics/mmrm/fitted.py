"""`Fit`: what a fitted model says when asked.

Holds the questions and the frames that answer them; the mathematics is in the modules it calls. Does not fit.
"""

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
from equipoise.statistics.mmrm.inference import Coefficients, Test
from equipoise.statistics.mmrm.options import Options
from equipoise.statistics.mmrm.panel import Columns, Panel, names_of
from equipoise.statistics.mmrm.requests import Requests
from equipoise.statistics.mmrm.solution import Solution
from equipoise.statistics.mmrm.table import Estimator
from equipoise.statistics.tabulate import tabulate

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
        labels, rows = margins.means(self._design, [factor, *names_of(by)], weights=weights)
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
        labels, rows = margins.means(self._design, [factor, *names_of(by)], weights=weights)
        pairs, contrasts = margins.differences(
            labels, rows, factor=factor, by=names_of(by), reference=reference
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
        requests = Requests(
            frame, self._columns, panel=self._panel, design=self._design, solution=self._solution
        )
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
