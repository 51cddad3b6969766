"""An estimand with imputed values as these are changed: the planned range, and where the conclusion turns.

Holds the range and the search among drawn data sets, where no formula gives the point. Refuses to impute.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answer import TippingPoint
from equipoise.analysis.imputation_plan import ARM, RUBIN, Plan
from equipoise.statistics import imputation
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.imputation import Imputed
from equipoise.statistics.imputation.draws import draw
from equipoise.statistics.imputation.multiple import pool_sets

TO = {"experimental": "arm", "both": "both"}
"""The protocol's word for whose values are changed to the method's."""
DRAWN = "data sets drawn by monotone data augmentation, the same for every delta"
# Halvings between two values of a tipping-point table, which leave a ten thousandth of their distance.
HALVINGS = 14
# A last step that falls short of the range's end by rounding is taken.
TOLERANCE = 1e-9


def tipping_point(plan: Plan, visit: int) -> TippingPoint:
    """Return the estimate for each planned delta, and where the conclusion changes."""
    span = plan.options["deltas"]
    steps = int(np.floor((span["to"] - span["from"]) / span["by"] + TOLERANCE))
    values = span["from"] + span["by"] * np.arange(steps + 1)
    if plan.variance == RUBIN:
        return _drawn(plan, visit, values)
    found = imputation.tipping_point(
        plan.trial,
        arm=ARM,
        visit=visit,
        deltas=values,
        to=TO[plan.to],
        variance=plan.variance,
        covariance_by_arm=plan.by_arm,
        rng=plan.rng,
        n_resamples=plan.resamples,
        level=plan.level,
    )
    return TippingPoint(
        found.deltas, found.estimates, plan.to, found.tips_at, found.significant, found.convention
    )


def _drawn(plan: Plan, visit: int, values: NDArray[np.float64]) -> TippingPoint:
    """Return the same from data sets drawn once, whatever is added to them."""
    sets = [draw(plan.trial, n=plan.imputations, rng=plan.rng, covariance_by_arm=plan.by_arm)]

    def at(delta: float) -> Imputed:
        return pool_sets(
            plan.trial, sets, arm=ARM, visit=visit, delta=plan.added(delta), level=plan.level, model=DRAWN
        )

    estimates = [at(delta).at(visit) for delta in values.tolist()]
    significant = _side(at(0.0).at(visit)) != 0
    return TippingPoint(
        tuple(values.tolist()),
        tuple(estimates),
        plan.to,
        _turn(values, estimates, lambda delta: at(delta).at(visit)) if significant else None,
        significant,
        at(float(values[-1])).convention,
    )


def _turn(
    values: NDArray[np.float64], estimates: Sequence[Estimate], at: Callable[[float], Estimate]
) -> float | None:
    """Return the delta nearest 0 at which the interval touches 0, by halving between two of the values."""
    turns = []
    for place in range(len(estimates) - 1):
        low, high = values[place], values[place + 1]
        start = _side(estimates[place])
        if start == _side(estimates[place + 1]):
            continue
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if _side(at(float(middle))) == start else (low, middle)
        turns.append(float((low + high) / 2))
    return min(turns, key=abs, default=None)


def _side(estimate: Estimate) -> int:
    """Return on which side of 0 the interval lies: -1, 1, or 0 for across."""
    return int(estimate.ci_low > 0) - int(estimate.ci_high < 0)
