"""Risks standardized over the trial's covariates (g-computation), and their difference and ratios.

Holds the marginal, that is unconditional, comparison of arms from a logistic working model. Refuses
conditional odds ratios, weights, missing outcomes and models with arm-by-covariate terms.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

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
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, critical_value, infer
from equipoise.statistics.log_scale import exponentiate
from equipoise.statistics.logistic import Logistic, fit_logistic
from equipoise.statistics.tabulate import tabulate
from equipoise.statistics.values import vector

Variance = Literal["superpopulation", "finite_sample", "finite_sample_model"]

CONVENTIONS: Mapping[str, str] = {
    "superpopulation": "superpopulation variance (Ye et al. 2023): covariates are a random sample",
    "finite_sample": "finite-sample variance (Ge et al. 2011, sandwich HC0): covariates are fixed",
    "finite_sample_model": "finite-sample variance (Ge et al. 2011, model-based): covariates are fixed",
}


@dataclass(frozen=True, slots=True)
class Standardized:
    """Marginal risks by arm and each arm's comparison with the reference.

    risks        by arm: expected share with the event had everybody been in that arm; limits by the logit
    differences  by arm but the reference: risk minus reference risk; limits cut at -1 and 1
    ratios, odds_ratios  the same as ratios; std_error and statistic belong to the log ratio
    convention   what the variance counts as random, in words
    dropped      covariates that were constant or collinear
    """

    reference: Hashable
    risks: Mapping[Hashable, Estimate]
    differences: Mapping[Hashable, Estimate]
    ratios: Mapping[Hashable, Estimate]
    odds_ratios: Mapping[Hashable, Estimate]
    convention: str
    n_by_arm: Mapping[Hashable, int]
    events_by_arm: Mapping[Hashable, int]
    dropped: tuple[str, ...]
    steps: int

    def summary(self, *, decimals: int = 3) -> str:
        """Return a line a comparison, with the convention."""
        lines = [
            f"{arm} - {self.reference}: {difference.summary(decimals=decimals)}"
            for arm, difference in self.differences.items()
        ]
        return "\n".join([*lines, self.convention])

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per risk, difference, ratio and odds ratio."""
        kinds = {
            "risk": self.risks,
            "difference": self.differences,
            "ratio": self.ratios,
            "odds_ratio": self.odds_ratios,
        }
        return tabulate(
            [
                {"quantity": kind, "arm": str(arm), **asdict(estimate)}
                for kind, estimates in kinds.items()
                for arm, estimate in estimates.items()
            ]
        )


def standardize(
    event: ArrayLike,
    arm: Sequence[Hashable] | NDArray[Any],
    *,
    reference: Hashable,
    covariates: ArrayLike | None = None,
    names: Sequence[str] = (),
    strata: Sequence[Hashable] | NDArray[Any] | None = None,
    variance: Variance = "superpopulation",
    level: float = DEFAULT_LEVEL,
) -> Standardized:
    """Return marginal risks and their comparison, adjusted for covariates by g-computation.

    event       (n,) 1 with the event, 0 without
    arm         (n,) the label of each participant's arm, two or more different ones
    reference   the label of the arm the others are compared with
    covariates  (n, p) baseline design columns, or (n,) for one
    names       (p,) their names; x1, x2, ... when left out
    strata      (n,) the stratum of permuted-block randomization; lowers the superpopulation variance
    variance    "superpopulation" (default): outcomes, arms and covariates are random (Ye et al. 2023), for
                the unconditional effect that FDA's guidance of 2023 speaks of; "finite_sample": covariates
                are held fixed, robust to a wrong working model; "finite_sample_model": the same, trusting
                the working model

    A logistic model with an intercept for each arm and the covariates predicts every participant's chance in
    every arm; the averages are the risks. Without covariates these are the observed shares.
    Raises  FitError when an arm has nobody, only events or no event, or covariates separate the outcome;
            ValueError when an event is not 0 or 1, a value is missing, lengths disagree, or strata come with
            a finite-sample variance
    Source  Ge et al. (2011), Drug Inf J 45:481-493; Ye, Bannick, Yi and Shao (2023), Stat Theory Relat Fields
            7:159-163, variance as written out in the documentation of R packages beeca and RobinCar; strata:
            Ye, Shao, Yi and Zhao, JASA, doi 10.1080/01621459.2022.2049278, eq. 18
    Checked tests/golden/standardization
    """
    if variance not in CONVENTIONS:
        raise ValueError(f"unknown variance {variance!r}; choose one of {', '.join(CONVENTIONS)}")
    if strata is not None and variance != "superpopulation":
        raise ValueError("strata of the randomization change the superpopulation variance only")
    y = _events(event)
    codes, arms = code_labels(arm, n=y.size)
    require_comparison(arms, reference)
    x, labels = covariate_matrix(covariates, names, n=y.size)
    _require_both_outcomes(y, codes, arms=arms)
    kept = independent_columns(x, codes)
    centered = _standard_columns(x[:, kept])
    design = np.hstack([np.eye(len(arms))[codes], centered])
    fit = fit_logistic(y, design, names=[*(f"arm {a}" for a in arms), *(labels[j] for j in kept)])
    predicted = expit(fit.coefficients[: len(arms)] + (centered @ fit.coefficients[len(arms) :])[:, None])
    if variance == "superpopulation":
        covariance = _superpopulation(y, predicted, codes)
        if strata is not None:
            residuals = y - fit.fitted
            covariance -= _balanced_by_strata(
                residuals, codes, code_labels(strata, n=y.size, what="strata")[0]
            )
    else:
        covariance = _finite_sample(
            y, predicted, fit, design=design, centered=centered, robust=variance == "finite_sample"
        )
    convention = CONVENTIONS[variance]
    if strata is not None:
        convention += "; permuted blocks within strata"
    return _report(
        predicted.mean(axis=0),
        covariance,
        arms=arms,
        reference=reference,
        level=level,
        convention=convention,
        counts=(np.bincount(codes), np.bincount(codes, weights=y)),
        dropped=tuple(label for j, label in enumerate(labels) if j not in kept),
        steps=fit.steps,
    )


def _events(event: ArrayLike) -> Vector:
    y = vector(event, "the event")
    strange = sorted(set(y.tolist()) - {0.0, 1.0})
    if strange:
        raise ValueError(f"an event is 0 or 1, not {strange[0]:g}")
    return y


def _require_both_outcomes(y: Vector, codes: Codes, *, arms: Sequence[Hashable]) -> None:
    n, events = np.bincount(codes), np.bincount(codes, weights=y)
    problems = [
        Problem(
            f"{'nobody' if events[a] == 0 else 'everybody'} of {n[a]} had the event",
            path=f"arm {label}",
            hint="take a score interval for the unadjusted difference",
        )
        for a, label in enumerate(arms)
        if events[a] in (0, n[a])
    ]
    if problems:
        raise FitError("A logistic model needs participants with and without the event in each arm", problems)


def _standard_columns(x: Matrix) -> Matrix:
    """Return columns with mean 0 and standard deviation 1, so that no covariate's unit costs digits."""
    if x.shape[1] == 0:
        return x
    sized = x / column_sizes(x)
    shifted = sized - sized[0]
    centered = shifted - shifted.mean(axis=0)
    columns: Matrix = centered / centered.std(axis=0)
    return columns


def _superpopulation(y: Vector, predicted: Matrix, codes: Codes) -> Matrix:
    """Return the (arms, arms) covariance of the risks with covariates random."""
    arms = predicted.shape[1]
    share = np.bincount(codes) / y.size
    among = np.cov(predicted, rowvar=False).reshape(arms, arms)
    observed = np.zeros((arms, arms))
    spread = np.zeros(arms)
    for a in range(arms):
        members = codes == a
        joint = np.cov(y[members], predicted[members], rowvar=False)
        observed[a] = joint[0, 1:]
        spread[a] = joint[0, 0]
    own = np.diag(observed)
    covariance = observed + observed.T - among
    covariance[np.diag_indices(arms)] = (spread - 2 * own + np.diag(among)) / share + 2 * own - np.diag(among)
    return covariance / y.size


def _balanced_by_strata(residuals: Vector, codes: Codes, strata: Codes) -> Matrix:
    """Return what permuted blocks within strata take off the covariance."""
    n = residuals.size
    share = np.bincount(codes) / n
    imbalance = np.diag(share) - np.outer(share, share)
    less = np.zeros_like(imbalance)
    for stratum in range(int(strata.max()) + 1):
        inside = strata == stratum
        count = np.bincount(codes[inside], minlength=share.size)
        total = np.bincount(codes[inside], weights=residuals[inside], minlength=share.size)
        left = total / np.maximum(count, 1) / share
        less += inside.mean() * np.outer(left, left) * imbalance
    return less / n


def _finite_sample(
    y: Vector, predicted: Matrix, fit: Logistic, *, design: Matrix, centered: Matrix, robust: bool
) -> Matrix:
    """Return the (arms, arms) covariance of the risks with covariates fixed, by the delta method."""
    arms = predicted.shape[1]
    slope = predicted * (1 - predicted)
    gradient = np.hstack([np.diag(slope.mean(axis=0)), slope.T @ centered / y.size])
    half = np.linalg.solve(fit.information, gradient.T)
    if not robust:
        modeled: Matrix = gradient @ half
        return modeled.reshape(arms, arms)
    scores = design * (y - fit.fitted)[:, None]
    influence = scores @ half
    covariance: Matrix = influence.T @ influence
    return covariance


def _report(
    risks: Vector,
    covariance: Matrix,
    *,
    arms: Sequence[Hashable],
    reference: Hashable,
    level: float,
    convention: str,
    counts: tuple[NDArray[Any], NDArray[Any]],
    dropped: tuple[str, ...],
    steps: int,
) -> Standardized:
    r = list(arms).index(reference)
    others = [(a, arm) for a, arm in enumerate(arms) if a != r]

    def compare(transformed: Vector, gradient: Vector, what: str) -> dict[Hashable, Estimate]:
        scaled = gradient[:, None] * covariance * gradient
        return {
            arm: infer(
                float(transformed[a] - transformed[r]),
                math.sqrt(max(0.0, scaled[a, a] + scaled[r, r] - 2 * scaled[a, r])),
                level=level,
                method=f"standardized {what}, {convention}",
            )
            for a, arm in others
        }

    log_ratios = compare(np.log(risks), 1 / risks, "risk ratio")
    log_odds_ratios = compare(logit(risks), 1 / (risks * (1 - risks)), "marginal odds ratio")
    return Standardized(
        reference=reference,
        risks={
            arm: _risk(risks[a], math.sqrt(max(0.0, covariance[a, a])), level=level, convention=convention)
            for a, arm in enumerate(arms)
        },
        differences={
            arm: replace(d, ci_low=max(-1.0, d.ci_low), ci_high=min(1.0, d.ci_high))
            for arm, d in compare(risks, np.ones_like(risks), "risk difference").items()
        },
        ratios={arm: exponentiate(estimate) for arm, estimate in log_ratios.items()},
        odds_ratios={arm: exponentiate(estimate) for arm, estimate in log_odds_ratios.items()},
        convention=convention,
        n_by_arm={arm: int(counts[0][a]) for a, arm in enumerate(arms)},
        events_by_arm={arm: int(counts[1][a]) for a, arm in enumerate(arms)},
        dropped=dropped,
        steps=steps,
    )


def _risk(risk: float, std_error: float, *, level: float, convention: str) -> Estimate:
    """Return one risk with limits on the logit scale, which stay between 0 and 1, and no test."""
    half_width = critical_value(level) * std_error / (risk * (1 - risk))
    plain = infer(risk, std_error, level=level, method=f"standardized risk, {convention}")
    return replace(
        plain,
        statistic=None,
        p_value=None,
        ci_low=float(expit(logit(risk) - half_width)),
        ci_high=float(expit(logit(risk) + half_width)),
    )
