"""Logistic regression by Newton's method, and the refusal when covariates separate the outcome.

Holds the fit only: no intervals for coefficients, since nothing here reports a conditional odds ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from equipoise.errors import FitError, Problem

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

# The search ends with a step that moves no participant's log odds by more than this; Newton's method then has
# its square left.
SETTLED = 1e-8
# Newton's method needs fewer than 10 steps; with separation log odds grow by about 1 a step for ever.
MOST_STEPS = 40
# A coefficient still moving by this much in the last step is on its way to infinity.
RUNAWAY = 1e-3
HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Logistic:
    """The largest likelihood.

    coefficients  (p,) log odds ratios
    fitted        (n,) chances of the event
    information   (p, p) observed, which is the expected one
    steps         Newton steps taken
    """

    coefficients: Vector
    fitted: Vector
    information: Matrix
    steps: int


def fit_logistic(event: Vector, design: Matrix, *, names: Sequence[str]) -> Logistic:
    """Return the maximum likelihood fit of P(event) = expit(design @ coefficients).

    event   (n,) 0 or 1
    design  (n, p) columns, linearly independent, intercept included
    names   (p,) the columns' names, for the message
    The likelihood has no maximum when a combination of columns separates those with the event from those
    without; then the log odds of some participants never settle.
    Raises  FitError on such a separation, naming the columns that carry it
    Source  Newton's method, which is Fisher scoring for this link; separation: Albert and Anderson (1984),
            Biometrika 71:1-10
    Checked tests/golden/standardization
    """
    beta = np.zeros(design.shape[1])
    step = np.full_like(beta, np.inf)
    for count in range(1, MOST_STEPS + 1):
        fitted = expit(design @ beta)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        try:
            step = np.linalg.solve(information, design.T @ (event - fitted))
        except np.linalg.LinAlgError:
            break
        beta = beta + _shortened(step, beta, event=event, design=design)
        if np.abs(design @ step).max() <= SETTLED:
            fitted = expit(design @ beta)
            return Logistic(beta, fitted, (design * (fitted * (1 - fitted))[:, None]).T @ design, steps=count)
    raise _separated(step, names)


def _shortened(step: Vector, beta: Vector, *, event: Vector, design: Matrix) -> Vector:
    """Halve the step until the likelihood does not fall."""
    here = _log_likelihood(event, design @ beta)
    slack = np.finfo(np.float64).eps * abs(here) * len(event)
    for _ in range(HALVINGS):
        if _log_likelihood(event, design @ (beta + step)) >= here - slack:
            break
        step = step / 2
    return step


def _log_likelihood(event: Vector, log_odds: Vector) -> float:
    return float(event @ log_odds - np.logaddexp(0.0, log_odds).sum())


def _separated(step: Vector, names: Sequence[str]) -> FitError:
    moving = [name for name, move in zip(names, step, strict=True) if not abs(move) < RUNAWAY]
    return FitError(
        "The logistic model has no finite fit: its columns separate those with the event from those without",
        [
            Problem(
                "the coefficient grows without bound",
                path=name,
                hint="leave the covariate out, or take the planned unadjusted method",
            )
            for name in moving
        ],
    )
