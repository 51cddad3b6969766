"""`Imputed`, what every analysis of imputed outcomes returns, and `Status`, what it rests on.

Holds no method: conditional means, draws and retrieved dropouts fill it in.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from equipoise.statistics.estimate import Estimate
from equipoise.statistics.tabulate import tabulate


@dataclass(frozen=True, slots=True)
class Status:
    """How many fits, refits or draws a result rests on, and what became of them.

    tried    fits, refits or draws made
    failed   how many of them gave no number
    reasons  per reason, how many
    """

    tried: int
    failed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything tried gave a number."""
        return self.failed == 0

    def __str__(self) -> str:
        """Return "converged (173 of 173 fits)" or what went wrong."""
        done = f"{self.tried - self.failed} of {self.tried} fits"
        why = "; ".join(f"{reason} ({count})" for reason, count in self.reasons.items())
        return f"converged ({done})" if self.ok else f"incomplete ({done}): {why}"


@dataclass(frozen=True, slots=True)
class Imputed:
    """An arm against the reference by visit, from imputed outcomes, in the outcome's unit.

    estimates   one a visit in `visits`: adjusted mean of the arm minus that of the reference
    visits      0-based visit of each estimate
    arm, reference   their codes
    means       per (arm, visit), every arm: adjusted mean with covariates at their mean
    imputed     per (arm, visit), every arm: how many outcomes were imputed
    n           participants analyzed
    convention  imputation model, strategies, point estimate, variance and degrees of freedom in words
    variance    "frequentist (jackknife)", "frequentist (bootstrap)" or "information-anchored (Rubin)"
    status      what it rests on; where the model has no fit, numbers are NaN and there is no test
    notes       what a reader must know: columns left out, participants without any outcome
    """

    estimates: tuple[Estimate, ...]
    visits: tuple[int, ...]
    arm: int
    reference: int
    means: Mapping[tuple[int, int], Estimate]
    imputed: Mapping[tuple[int, int], int]
    n: int
    convention: str
    variance: str
    status: Status
    notes: tuple[str, ...] = ()

    @property
    def n_imputed(self) -> int:
        """Outcomes imputed at the visits reported, over all arms."""
        return sum(self.imputed.values())

    def at(self, visit: int) -> Estimate:
        """Return the estimate at one visit."""
        return self.estimates[self.visits.index(visit)]

    def summary(self, *, decimals: int = 2) -> str:
        """Return a line a visit, and the convention."""
        lines = [
            f"visit {visit + 1}: {estimate.summary(decimals=decimals)}"
            for visit, estimate in zip(self.visits, self.estimates, strict=True)
        ]
        return "\n".join([*lines, self.convention, *self.notes, str(self.status)])

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per difference and adjusted mean."""
        rows: list[dict[str, object]] = [
            {"quantity": "difference", "arm": self.arm, "visit": visit, **asdict(estimate)}
            for visit, estimate in zip(self.visits, self.estimates, strict=True)
        ]
        rows += [
            {"quantity": "mean", "arm": arm, "visit": visit, **asdict(estimate)}
            for (arm, visit), estimate in self.means.items()
        ]
        return tabulate(rows)


def without_test(estimate: float, *, level: float, method: str) -> Estimate:
    """Return an estimate whose standard error could not be computed; NaN where it has no value either."""
    nan = math.nan
    return Estimate(estimate, nan, None, None, None, level, nan, nan, method)
