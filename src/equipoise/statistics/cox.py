"""Cox's proportional hazards model with Efron's treatment of ties, for arms adjusted for baseline covariates.

Holds one set of covariates that do not change over time, optionally strata. Refuses time-varying effects and
tests of proportionality: a log-log plot or a restricted mean says more in a trial.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError, Problem
from equipoise.statistics.columns import (
    Codes,
    Matrix,
    Vector,
    code_labels,
    column_sizes,
    covariate_matrix,
    independent_columns,
    require_comparison,
)
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.log_scale import exponentiate
from equipoise.statistics.survival import follow_up
from equipoise.statistics.tabulate import tabulate

# As in `logistic`: the search ends when no log hazard moves by more than this; a likelihood without a maximum
# moves by about 1 a step for ever.
SETTLED = 1e-8
MOST_STEPS = 40
RUNAWAY = 1e-3
HALVINGS = 30
# Information below this share of an event's, on standardized columns, is rounding: the data say nothing.
LEAST_INFORMATION = 1e-9


@dataclass(frozen=True, slots=True)
class HazardRatios:
    """Each arm against the reference, and the covariates.

    ratios         by arm but the reference: hazard ratio; std_error and statistic belong to its logarithm
    covariates     by name: hazard ratio for one unit more
    log_likelihood, null_log_likelihood  partial, at the fit and with all ratios 1
    n, events      participants, and how many had the event
    dropped        covariates that were constant or collinear
    """

    reference: Hashable
    ratios: Mapping[Hashable, Estimate]
    covariates: Mapping[str, Estimate]
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int
    dropped: tuple[str, ...]
    steps: int

    def summary(self, *, decimals: int = 2) -> str:
        """Return a line an arm."""
        return "\n".join(
            f"{arm} / {self.reference}: hazard ratio {ratio.summary(decimals=decimals)}, {self.events} events"
            for arm, ratio in self.ratios.items()
        )

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per arm and covariate."""
        arms = [("arm", str(arm), ratio) for arm, ratio in self.ratios.items()]
        rest = [("covariate", name, ratio) for name, ratio in self.covariates.items()]
        return tabulate(
            [{"quantity": kind, "term": term, **asdict(ratio)} for kind, term, ratio in [*arms, *rest]]
        )


def hazard_ratios(
    time: ArrayLike,
    event: ArrayLike,
    arm: Sequence[Hashable] | NDArray[Any],
    *,
    reference: Hashable,
    covariates: ArrayLike | None = None,
    names: Sequence[str] = (),
    strata: Sequence[Hashable] | NDArray[Any] | None = None,
    level: float = DEFAULT_LEVEL,
) -> HazardRatios:
    """Return Cox's hazard ratios with Wald intervals.

    time        (n,) from start to event or censoring, 0 or more
    event       (n,) 1 when the event happened then, 0 when follow-up ended
    arm         (n,) labels, two or more different ones
    reference   the label of the arm the others are compared with
    covariates  (n, p) baseline design columns, or (n,) for one
    names       (p,) their names; x1, x2, ... when left out
    strata      (n,) labels; each stratum has its own baseline hazard
    Raises  FitError when fewer than two arms or no reference was followed, nobody had the event, arms do not
            meet at any event (as when each stratum has one arm), or a ratio has no finite estimate (as when
            an arm has no event); ValueError as `kaplan_meier`
    Source  Cox (1972), J R Stat Soc B 34:187-220; ties: Efron (1977), JASA 72:557-565
    Checked tests/golden/survival
    """
    followed, happened = follow_up(time, event)
    codes, arms = code_labels(arm, n=followed.size)
    require_comparison(arms, reference)
    x, labels = covariate_matrix(covariates, names, n=followed.size)
    if not happened.any():
        raise FitError("Nobody had the event, so there is no hazard to compare")
    given = np.zeros(followed.size) if strata is None else strata
    stratum, _ = code_labels(given, n=followed.size, what="strata")
    kept = independent_columns(x, codes)
    others = [a for a, label in enumerate(arms) if label != reference]
    unit = np.concatenate([np.ones(len(others)), column_sizes(x[:, kept])])
    design = np.hstack([np.eye(len(arms))[codes][:, others], x[:, kept]]) / unit
    design = design - design[0]
    size = design.std(axis=0)
    terms = [*(f"arm {arms[a]}" for a in others), *(labels[j] for j in kept)]
    fit = _fit(
        (design - design.mean(axis=0)) / size, _risk_sets(followed, happened, stratum), happened, names=terms
    )
    errors = np.sqrt(np.diag(np.linalg.inv(fit.information))) / size / unit
    method = "Cox model, Efron ties" + ("" if strata is None else ", stratified")
    estimates = [
        exponentiate(infer(float(b), float(e), level=level, method=method))
        for b, e in zip(fit.coefficients / size / unit, errors, strict=True)
    ]
    return HazardRatios(
        reference=reference,
        ratios={arms[a]: estimate for a, estimate in zip(others, estimates, strict=False)},
        covariates={labels[j]: e for j, e in zip(kept, estimates[len(others) :], strict=True)},
        log_likelihood=fit.log_likelihood,
        null_log_likelihood=fit.null_log_likelihood,
        n=int(followed.size),
        events=int(happened.sum()),
        dropped=tuple(label for j, label in enumerate(labels) if j not in kept),
        steps=fit.steps,
    )


@dataclass(frozen=True, slots=True)
class _RiskSets:
    """Participants by stratum and falling time, and for every event whose sums it is divided by.

    order        (n,) participants
    start, stop  (events,) positions in `order` of the event's risk set
    tied_start   (events,) where in `order` the events tied with it begin; they end before tied_stop
    share        (events,) 0, 1/d, ..., (d - 1)/d: what Efron takes off for d tied events
    """

    order: Codes
    start: Codes
    stop: Codes
    tied_start: Codes
    tied_stop: Codes
    share: Vector


def _risk_sets(followed: Vector, happened: NDArray[np.bool_], stratum: Codes) -> _RiskSets:
    order = np.lexsort((happened, -followed, stratum))
    s, t, e = stratum[order], followed[order], happened[order]
    at = np.flatnonzero(e)
    new_stratum = np.concatenate([[True], s[1:] != s[:-1]])
    new_time = new_stratum | np.concatenate([[True], t[1:] != t[:-1]])
    block = new_time.cumsum() - 1
    block_end = np.append(np.flatnonzero(new_time)[1:], len(order))
    tied_count = np.bincount(block[at], minlength=block[-1] + 1)
    # Within a time those with the event come last, so that they end where the block ends.
    tied_stop = block_end[block[at]]
    tied_start = tied_stop - tied_count[block[at]]
    start = np.flatnonzero(new_stratum)[new_stratum.cumsum()[at] - 1]
    return _RiskSets(
        order, start, tied_stop, tied_start, tied_stop, (at - tied_start) / tied_count[block[at]]
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    coefficients: Vector
    information: Matrix
    log_likelihood: float
    null_log_likelihood: float
    steps: int


def _fit(x: Matrix, sets: _RiskSets, happened: NDArray[np.bool_], *, names: Sequence[str]) -> _Fit:
    beta: Matrix = np.zeros(x.shape[1])
    here, gradient, information = _derivatives(x, sets, happened, beta)
    null = here
    if np.linalg.eigvalsh(information)[0] <= LEAST_INFORMATION * happened.sum():
        raise FitError(
            "The data do not determine the hazard ratios: at no event did those at risk differ in each of "
            + ", ".join(names)
        )
    step: NDArray[Any] = np.full_like(beta, np.inf)
    for count in range(1, MOST_STEPS + 1):
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            break
        for _ in range(HALVINGS):
            reached, gradient, next_information = _derivatives(x, sets, happened, beta + step)
            if reached >= here - np.finfo(np.float64).eps * abs(here) * len(happened):
                break
            step = step / 2
        beta, here, information = beta + step, reached, next_information
        if np.abs(x @ step).max() <= SETTLED:
            return _Fit(beta, information, here, null, count)
    moving = [name for name, move in zip(names, step, strict=True) if not abs(move) < RUNAWAY]
    raise FitError(
        "The proportional hazards model has no finite fit",
        [
            Problem(
                "the hazard ratio goes to 0 or grows without bound",
                path=name,
                hint="take the log-rank test, Peto's ratio or a restricted mean",
            )
            for name in moving
        ],
    )


def _derivatives(
    x: Matrix, sets: _RiskSets, happened: NDArray[np.bool_], beta: Vector
) -> tuple[float, Vector, Matrix]:
    """Return the partial log likelihood, its gradient, and minus its second derivative."""
    log_hazard = x @ beta
    shift = log_hazard.max()
    weight = np.exp(log_hazard - shift)[sets.order]
    ordered = x[sets.order]
    first = weight[:, None] * ordered
    second = first[:, :, None] * ordered[:, None, :]
    s0, s1, s2 = (_efron_sums(array, sets) for array in (weight, first, second))
    mean = s1 / s0[:, None]
    log_likelihood = float(log_hazard[happened].sum() - (np.log(s0) + shift).sum())
    gradient = x[happened].sum(axis=0) - mean.sum(axis=0)
    information = (s2 / s0[:, None, None]).sum(axis=0) - mean.T @ mean
    return log_likelihood, gradient, information


def _efron_sums(array: NDArray[np.float64], sets: _RiskSets) -> NDArray[np.float64]:
    """Return for each event the sum over its risk set less the share of the sum over its ties."""
    running = np.concatenate([np.zeros((1, *array.shape[1:])), array.cumsum(axis=0)])
    share = sets.share.reshape(-1, *([1] * (array.ndim - 1)))
    sums: NDArray[np.float64] = (
        running[sets.stop]
        - running[sets.start]
        - share * (running[sets.tied_stop] - running[sets.tied_start])
    )
    return sums
