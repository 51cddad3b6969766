"""`fit_crossed`: the model of a trial from arrays, every covariate crossed with visit.

Holds the step from a wide outcome to a fitted model and its contrasts. Needs no formula, no data frame and no
pandas, so that an analysis can be rehearsed thousands of times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.mmrm import requested
from equipoise.statistics.mmrm.arrays import Array, Codes
from equipoise.statistics.mmrm.newton import REASONS
from equipoise.statistics.mmrm.options import Options, choose
from equipoise.statistics.mmrm.solution import Rows, Solution, solve
from equipoise.statistics.mmrm.table import Estimator


@dataclass(frozen=True)
class Crossed:
    """A model fitted to one trial, in the outcome's unit.

    converged   the search ended at a maximum; nothing below but `reason` exists otherwise
    reason      "converged", or why not
    sigma       (G, m, m) covariance of the visits in each group
    used        (n,) who has an outcome at any visit
    covariates  (m, q) mean of (1, covariates) over the outcomes used, the same at every visit
    title       what was computed, in words
    """

    converged: bool
    reason: str
    sigma: Array
    used: Codes
    covariates: Array
    minus2_log_likelihood: float
    title: str
    _estimator: Estimator | None

    def estimates(self, contrasts: ArrayLike, *, level: float) -> tuple[Estimate | None, ...]:
        """Return one estimate a contrast, None where these data do not determine it.

        contrasts  (C, m, q) of the coefficients by visit, the intercept's first
        Raises     FitError when the fit did not converge
        """
        if self._estimator is None:
            raise FitError(f"the model has no estimates: {self.reason}")
        c = np.asarray(contrasts, dtype=np.float64)
        columns = self._estimator.estimates(c.reshape(c.shape[0], -1), level=level)
        return tuple(self._one({k: v[i] for k, v in columns.items()}, level) for i in range(c.shape[0]))

    def _one(self, values: dict[str, float], level: float) -> Estimate | None:
        if not np.isfinite(values["estimate"]) or not np.isfinite(values["std_error"]):
            return None
        df = float(values.pop("df"))
        numbers = {name: float(value) for name, value in values.items()}
        return Estimate(**numbers, df=df if np.isfinite(df) else None, ci_level=level, method=self.title)


def fit_crossed(
    outcome: ArrayLike,
    covariates: ArrayLike,
    *,
    group: ArrayLike | None = None,
    covariance: str = "us",
    df: str = "kenward-roger",
    vcov: str | None = None,
) -> Crossed:
    """Fit a mixed model for repeated measures by REML.

    outcome     (n, m) n participants at m visits, NaN where not observed; each visit observed in somebody
    covariates  (n, q) or (n, 0), without the intercept; each has its own coefficient at every visit
    group       (n,) 0-based; each group has its own covariance
    covariance, df, vcov   as in `fit`; no sp_exp
    Returns     a fit, whether or not the search found a maximum
    Raises      FitError when options do not go together, nobody has an outcome, the outcome does not vary, or
                a covariance cannot be estimated from who was seen when
    Source      docs/methods/mmrm.md
    Checked     tests/golden/mmrm_antidepressant
    """
    options = choose(covariance=covariance, method="reml", df=df, vcov=vcov, coordinates=False, cluster=False)
    y, u = np.asarray(outcome, dtype=np.float64), np.asarray(covariates, dtype=np.float64)
    present = np.isfinite(y)
    used = np.flatnonzero(present.any(axis=1))
    if not used.size:
        raise FitError("nobody has an outcome at any visit")
    y, u, present = y[used], np.column_stack([np.ones(used.size), u[used]]), present[used]
    participant, visit = np.nonzero(present)
    groups = np.zeros(used.size, dtype=np.intp) if group is None else np.asarray(group, np.intp)[used]
    x = _crossed(u[participant], visit, y.shape[1])
    solution = _solve(Rows(x, y[present], participant, visit, groups), covariance)
    return Crossed(
        converged=solution.converged,
        reason=REASONS[int(solution.optimum.code[0])],
        sigma=solution.sigma,
        used=used,
        covariates=u[participant].mean(axis=0),
        minus2_log_likelihood=solution.minus2_log_likelihood,
        title=options.title,
        _estimator=_estimator(options, solution, x, participant) if solution.converged else None,
    )


def _solve(rows: Rows, covariance: str) -> Solution:
    """Return the fitted model; FitError too where the search leaves the numbers a machine has."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return solve(rows, covariance=covariance, restricted=True)
    except np.linalg.LinAlgError as error:
        raise FitError("the search ran into a covariance that is singular") from error


def _crossed(u: Array, visit: Codes, m: int) -> Array:
    """Return rows (N, m q) with each row's covariates in its visit's columns."""
    x = np.zeros((u.shape[0], m, u.shape[1]))
    x[np.arange(u.shape[0]), visit] = u
    return x.reshape(u.shape[0], -1)


def _estimator(options: Options, solution: Solution, x: Array, participant: Codes) -> Estimator:
    dropped = tuple(j for j in range(x.shape[1]) if j not in set(solution.kept))
    return Estimator(
        requested.coefficients(
            options,
            solution,
            x=x,
            participant=participant,
            terms=lambda: [[column] for column in range(x.shape[1])],
            cluster=np.arange(solution.pattern.size),
        ),
        solution.kept,
        dropped,
        solution.follows,
        options.title,
    )
