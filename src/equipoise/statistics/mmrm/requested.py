"""What options ask of a solution: the coefficients with the variance and degrees of freedom they name.

Holds one step, taken alike whether the design came from a formula or from arrays.
"""

from collections.abc import Callable

import numpy as np

from equipoise.errors import FitError
from equipoise.statistics.mmrm.arrays import Array, Codes
from equipoise.statistics.mmrm.inference import Coefficients, between_within
from equipoise.statistics.mmrm.options import Options
from equipoise.statistics.mmrm.solution import Solution


def coefficients(
    options: Options,
    solution: Solution,
    *,
    x: Array,
    participant: Codes,
    terms: Callable[[], list[list[int]]],
    cluster: Codes,
) -> Coefficients:
    """Return what contrasts of the columns kept need.

    x            (N, p) the design
    participant  (N,)
    terms        returns the columns of each term of the design; asked for between-within alone
    cluster      (n,) by participant, for the sandwich
    Raises       FitError when fixed degrees of freedom leave none
    """
    rule, q = options.rule, len(solution.kept)
    middle: Array = np.eye(q)
    w: Array = np.zeros((0, 0))
    if rule.adjusted:
        middle, w = solution.adjusted(expected=rule.expected, second_order=rule.second_order)
    elif rule.kind == "satterthwaite":
        w = solution.parameter_covariance
    if options.vcov == "empirical":
        middle = solution.clustered(cluster)
    fixed: Array = np.full(q, float(x.shape[0] - q))
    if options.df == "between-within":
        fixed = between_within(
            x,
            participant,
            terms=terms(),
            kept=solution.kept,
            unstructured=options.covariance == "us",
        )
    if rule.kind == "fixed" and fixed.min(initial=1) <= 0:
        raise FitError(f"no degree of freedom is left for {options.df}")
    return solution.coefficients(kind=rule.kind, middle=middle, w=w, fixed_df=fixed)
