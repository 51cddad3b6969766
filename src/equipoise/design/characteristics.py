"""Operating characteristics: what many rehearsals of one trial say of it, each with its Monte Carlo error.

Holds the summary of one estimand in one cell, as the row of `operating_characteristics.json`. Refuses to draw
and to analyze. A replicate that gave no estimate counts as not significant, and is left out of bias, coverage
and width.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answers import Answers
from equipoise.design.true_value import TrueValue
from equipoise.protocol.plan import Estimand

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Json = dict[str, Any]

RATIOS = frozenset({"odds_ratio"})
"""Summaries whose estimates are compared on the logarithm, where they are about symmetric."""
ERRORS_APART = 4.0
"""A true value within so many Monte Carlo standard errors of no effect is no effect."""


@dataclass(frozen=True)
class Share:
    """A probability by simulation and its Monte Carlo standard error; both None where nothing was counted."""

    value: float | None
    mcse: float | None


def share(flags: Flags) -> Share:
    """Return the share of replicates in which something holds.

    The error of 0 of R and R of R is that of one more replicate on the other side, since nothing is certain.
    Source  Morris, White and Crowther (2019), Stat Med 38:2074-2102, table 6
    """
    count = int(flags.size)
    if not count:
        return Share(None, None)
    p = float(flags.mean())
    inner = min(max(p, 1 / (count + 1)), count / (count + 1))
    return Share(p, sqrt(inner * (1 - inner) / count))


@dataclass(frozen=True)
class Accuracy:
    """How estimates lie about the truth, on the estimate's scale or, for a ratio, its logarithm.

    Each number with its Monte Carlo standard error where it has a name of its own; None where there is no
    true value or nothing was estimated.
    """

    bias: float | None
    bias_mcse: float | None
    rmse: float | None
    rmse_mcse: float | None
    coverage: Share
    wrong_sign: Share
    significantly_wrong: Share


NOTHING = Share(None, None)
UNKNOWN = Accuracy(None, None, None, None, NOTHING, NOTHING, NOTHING)


def accuracy(
    answers: Answers, *, significant: Flags, true_value: float, null: float, ratio: bool
) -> Accuracy:
    """Return how estimates lie about a true value.

    significant  (R,) whether the estimand's own test is
    null         the value that stands for no effect
    Source       Morris, White and Crowther (2019), table 6
    """
    used = answers.estimated
    if not used.any():
        return UNKNOWN
    estimate, truth, nothing = (
        _scaled(one, ratio=ratio) for one in (answers.estimate[used], true_value, null)
    )
    error = estimate - truth
    count = error.size
    squares = error**2
    rmse = float(np.sqrt(squares.mean()))
    spread = float(squares.std(ddof=1)) / sqrt(count) if count > 1 else None
    limits = np.isfinite(answers.ci_low[used]) & np.isfinite(answers.ci_high[used])
    covered = (answers.ci_low[used] <= true_value) & (true_value <= answers.ci_high[used])
    wrong = np.sign(estimate - nothing) == -np.sign(truth - nothing)
    every = np.zeros(used.size, dtype=bool)
    every[used] = wrong
    effect = bool(truth != nothing)
    return Accuracy(
        bias=float(error.mean()),
        bias_mcse=float(error.std(ddof=1)) / sqrt(count) if count > 1 else None,
        rmse=rmse,
        rmse_mcse=spread / (2 * rmse) if spread is not None and rmse > 0 else None,
        coverage=share(covered[limits]),
        wrong_sign=share(wrong) if effect else NOTHING,
        significantly_wrong=share(every & significant) if effect else NOTHING,
    )


def _scaled(value: Any, *, ratio: bool) -> Any:
    return np.log(value) if ratio else value


def null_of(estimand: Estimand) -> float:
    """Return the value of an estimand that stands for no effect."""
    return 1.0 if estimand.summary in RATIOS else 0.0


def is_null(truth: TrueValue | None, estimand: Estimand) -> bool:
    """Return whether an estimand's true value is no effect, as far as its own simulation can tell."""
    if truth is None or truth.value is None:
        return False
    return abs(truth.value - null_of(estimand)) <= ERRORS_APART * (truth.mcse or 0.0)


def row(
    estimand: Estimand,
    answers: Answers,
    *,
    rejected: Flags,
    alone: Flags,
    truth: TrueValue | None,
) -> Json:
    """Return what the replicates of a cell say of one estimand; None where there is nothing to say.

    rejected  (R,) with the testing procedure gating
    alone     (R,) by its own test
    """
    ratio = estimand.summary in RATIOS
    no_effect = is_null(truth, estimand)
    center = null_of(estimand) if no_effect else (truth.value if truth is not None else None)
    found = UNKNOWN
    if center is not None:
        found = accuracy(answers, significant=alone, true_value=center, null=null_of(estimand), ratio=ratio)
    power, own = share(rejected), share(alone)
    return {
        "estimand": estimand.id,
        "role": estimand.role,
        "replicates": int(rejected.size),
        "power": power.value,
        "power_mcse": power.mcse,
        "power_alone": own.value,
        "power_alone_mcse": own.mcse,
        "type_1_error": own.value if no_effect else None,
        "type_1_error_mcse": own.mcse if no_effect else None,
        "bias": found.bias,
        "bias_mcse": found.bias_mcse,
        "rmse": found.rmse,
        "rmse_mcse": found.rmse_mcse,
        "coverage": found.coverage.value,
        "coverage_mcse": found.coverage.mcse,
        "wrong_sign": found.wrong_sign.value,
        "wrong_sign_mcse": found.wrong_sign.mcse,
        "significantly_wrong": found.significantly_wrong.value,
        "significantly_wrong_mcse": found.significantly_wrong.mcse,
        "converged": float(answers.estimated.mean()) if answers.estimated.size else None,
        **_spreads(answers, ratio=ratio),
        "scale": "log" if ratio else "estimate",
        "label": estimand.name,
        "estimator": estimand.estimator.name,
        **_truth(truth),
    }


def _truth(truth: TrueValue | None) -> Json:
    names = ("value", "mcse", "pharmacological", "pharmacological_mcse", "stated", "reason")
    found = {name: getattr(truth, name) if truth is not None else None for name in names}
    return {
        "true_value": found["value"],
        "true_value_mcse": found["mcse"],
        "true_value_stated": found["stated"],
        "true_value_reason": found["reason"],
        "pharmacological": found["pharmacological"],
        "pharmacological_mcse": found["pharmacological_mcse"],
    }


def _spreads(answers: Answers, *, ratio: bool) -> Json:
    used = answers.estimated
    estimate, low, high = (
        _scaled(one[used], ratio=ratio) for one in (answers.estimate, answers.ci_low, answers.ci_high)
    )
    return {
        "mean_estimate": _mean(estimate),
        "empirical_sd": float(estimate.std(ddof=1)) if estimate.size > 1 else None,
        "mean_std_error": _mean(answers.std_error[used]),
        "mean_width": _mean(high - low),
        "n_analyzed": _mean(answers.n[used]),
    }


def _mean(values: Floats) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None
