"""Arms compared after multiple imputation: completed data sets analyzed one by one and pooled.

Holds the request, the pooling over data sets by Rubin's rules and the words that name both. Draws nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate
from equipoise.statistics.imputation.augmentation import BURN_IN
from equipoise.statistics.imputation.comparison import Comparison, columns, compare
from equipoise.statistics.imputation.conditional_mean import request_problems, strategies_in_words
from equipoise.statistics.imputation.draws import draw_in_blocks
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.pooling import Pooled, pool
from equipoise.statistics.imputation.result import Imputed, Status
from equipoise.statistics.mmrm.arrays import Array
from equipoise.statistics.mmrm.design import power_of_two

DEFAULT_IMPUTATIONS = 500
FEWEST_IMPUTATIONS = 2
RUBIN = "information-anchored (Rubin)"
METHOD = f"multiple imputation, {RUBIN}"


def analyze_multiple(
    trial: Incomplete,
    *,
    arm: int,
    rng: np.random.Generator,
    visit: int | None = None,
    n: int = DEFAULT_IMPUTATIONS,
    delta: ArrayLike | None = None,
    covariance_by_arm: bool = False,
    burn_in: int = BURN_IN,
    level: float = DEFAULT_LEVEL,
) -> Imputed:
    """Compare an arm with the reference at each visit after multiple imputation.

    arm                a code other than the reference
    visit              0-based; None for every visit
    n                  imputations, two or more
    rng                where chance comes from: the same state gives the same numbers
    delta              (participants, m) added to imputed outcomes only, in the outcome's unit; see `deltas`
    covariance_by_arm, burn_in   as `draw`
    Intervals and tests use the t distribution with Barnard and Rubin's degrees of freedom.
    Raises   FitError with every problem when arguments are wrong or the imputation model has no posterior
    Source   Carpenter, Roger and Kenward (2013), J Biopharm Stat 23:1352-1371; Rubin (1987), ch. 3
    Checked  tests/golden/rubin_antidepressant
    """
    refuse_request(trial, arm=arm, visit=visit, n=n, delta=delta, level=level)
    sets = draw_in_blocks(trial, n=n, rng=rng, covariance_by_arm=covariance_by_arm, burn_in=burn_in)
    covariance = "a covariance for each arm" if covariance_by_arm else "one covariance for all arms"
    model = (
        f"imputation model: {_crossed(trial)}, {covariance}, unstructured, monotone data augmentation "
        f"under the prior |Sigma|^(-(m+1)/2); missing outcomes: {strategies_in_words(trial)}"
    )
    return pool_sets(trial, sets, arm=arm, visit=visit, delta=delta, level=level, model=model)


def pool_sets(
    trial: Incomplete,
    sets: Iterable[Array],
    *,
    arm: int,
    visit: int | None,
    delta: ArrayLike | None,
    level: float,
    model: str,
    notes: Iterable[str] = (),
) -> Imputed:
    """Return the pooled comparison of completed data sets, given some at a time (T, n, m).

    model  what they were drawn from, in words
    """
    # Variances of outcomes near 1e-200 or 1e200 have no place among floating-point numbers.
    size = float(power_of_two(np.nanmax(np.abs(trial.outcome))))
    added = 0.0 if delta is None else np.where(trial.missing, np.asarray(delta, dtype=np.float64), 0.0)
    parts = [compare(trial, (block + added) / size) for block in sets]
    visits = tuple(range(trial.visits)) if visit is None else (visit,)
    differences = {v: _pooled(parts, "difference", arm, v) for v in visits}
    means = {(a, v): _pooled(parts, "mean", a, v) for a in range(trial.arms) for v in visits}
    n = differences[visits[0]].n_imputations
    point = f"{n} imputations, analysis of covariance at each visit"
    if delta is not None:
        point += ", delta added to imputed outcomes"

    def judge(pooled: Pooled) -> Estimate:
        return _times(pooled.infer(level=level, method=METHOD), size)

    return Imputed(
        estimates=tuple(judge(differences[v]) for v in visits),
        visits=visits,
        arm=arm,
        reference=trial.reference,
        means={place: judge(pooled) for place, pooled in means.items()},
        imputed={(a, v): int(trial.missing[trial.arm == a, v].sum()) for a, v in means},
        n=trial.n,
        convention=f"{model}; estimate: {point}; variance: {RUBIN}; t distribution, Barnard-Rubin df",
        variance=RUBIN,
        status=Status(n),
        notes=(*notes, *_notes(trial, differences, size)),
    )


def refuse_request(
    trial: Incomplete,
    *,
    arm: int,
    visit: int | None,
    n: int,
    delta: ArrayLike | None,
    level: float,
) -> None:
    """Raise FitError with every problem of a request."""
    problems = [*request_problems(trial, arm=arm, visit=visit, level=level), *_delta_problems(trial, delta)]
    if n < FEWEST_IMPUTATIONS:
        problems.append(
            Problem(
                f"{n} imputations say nothing about the variance between them", "draw two or more", path="n"
            )
        )
    if problems:
        raise FitError("The imputed outcomes cannot be analyzed", problems)


def _delta_problems(trial: Incomplete, delta: ArrayLike | None) -> Iterator[Problem]:
    if delta is None:
        return
    added = np.asarray(delta, dtype=np.float64)
    if added.shape != trial.outcome.shape:
        yield Problem(f"a delta is a table of {trial.outcome.shape}, not {added.shape}", path="delta")
    elif not np.isfinite(added[trial.missing]).all():
        yield Problem("what is added to imputed outcomes is finite", path="delta")


def _pooled(parts: list[Comparison], quantity: str, arm: int, visit: int) -> Pooled:
    estimates = np.concatenate([getattr(part, quantity)[:, arm, visit] for part in parts])
    variances = np.concatenate([getattr(part, f"{quantity}_variance")[:, arm, visit] for part in parts])
    return pool(estimates, variances, parts[0].df)


def _crossed(trial: Incomplete) -> str:
    return "arm and covariates by visit" if trial.covariates.shape[1] else "arm by visit"


def _times(estimate: Estimate, size: float) -> Estimate:
    """Return an estimate of outcomes over `size` in the outcome's unit."""
    return replace(
        estimate,
        estimate=estimate.estimate * size,
        std_error=estimate.std_error * size,
        ci_low=estimate.ci_low * size,
        ci_high=estimate.ci_high * size,
    )


def _notes(trial: Incomplete, differences: dict[int, Pooled], size: float) -> Iterator[str]:
    dropped = columns(trial).dropped
    if dropped:
        names = ", ".join(str(j + 1) for j in dropped)
        yield f"covariates left out because they follow from the others: {names}"
    none = int((~trial.present.any(axis=1)).sum())
    if none:
        yield f"participants without any outcome, imputed at every visit: {none}"
    worst = max(differences, key=lambda visit: differences[visit].monte_carlo_error)
    error = differences[worst].monte_carlo_error * size
    yield f"Monte Carlo standard error of the estimates at most {error:.2g} (visit {worst + 1})"
