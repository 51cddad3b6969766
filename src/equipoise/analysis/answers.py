"""`Answers`, what many trials say of one estimand, and how they are put together from one-trial estimates.

Holds shapes. Refuses to estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.trials import Flags, Floats
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.many import Many

Asked = tuple[Estimate, int] | None
"""One trial's estimate and participants used; None where it cannot be estimated."""

_NUMBERS = ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high")


@dataclass(frozen=True)
class Answers:
    """What R trials say of one estimand, in the variable's unit, every array (R,).

    df         NaN where the normal distribution is used
    p_value    before any testing of several hypotheses; NaN where no test is defined
    estimated  which trials have an estimate; elsewhere every number is NaN
    n          participants with what the estimator needs
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats
    estimated: Flags
    n: Floats


def from_many(found: Many, *, n: NDArray[Any]) -> Answers:
    """Return what arrays of estimates say; n is (R,) participants used."""
    estimated = np.isfinite(found.estimate)
    return Answers(
        estimate=found.estimate,
        std_error=found.std_error,
        df=found.df,
        p_value=found.p_value,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        estimated=estimated,
        n=np.where(estimated, n, np.nan),
    )


def collected(asked: Sequence[Asked]) -> Answers:
    """Return one-trial estimates as arrays."""
    rows = np.array([_row(one) for one in asked], dtype=np.float64).reshape(len(asked), len(_NUMBERS) + 1)
    numbers = dict(zip(_NUMBERS, rows.T[:-1].copy(), strict=True))
    return Answers(
        **numbers, estimated=np.array([one is not None for one in asked], dtype=bool), n=rows[:, -1]
    )


def _row(asked: Asked) -> list[float | None]:
    if asked is None:
        return [None] * (len(_NUMBERS) + 1)
    estimate, n = asked
    return [*(getattr(estimate, name) for name in _NUMBERS), n]


def placed(answers: Answers, found: Answers, rows: NDArray[np.intp]) -> Answers:
    """Return answers with others put in place of some trials'."""
    whole = {one.name: getattr(answers, one.name).copy() for one in fields(Answers)}
    for name, column in whole.items():
        column[rows] = getattr(found, name)
    return Answers(**whole)
