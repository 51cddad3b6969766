"""`Answer`, what an estimator returns, with whatever it knows beyond the one number of its estimand.

Holds shapes. Refuses to estimate, and to know tables or files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.repeated import Repeated
from equipoise.analysis.result import Group
from equipoise.statistics.estimate import Estimate


@dataclass(frozen=True)
class VisitEstimate:
    """An adjusted mean, or a difference of two, at one visit.

    arm        whose mean, or the experimental arm of a difference
    reference  the arm subtracted; None for a mean
    n          participants with a value at the visit, in the arm or in both
    """

    visit: str
    arm: str
    reference: str | None
    estimate: Estimate
    n: int


@dataclass(frozen=True)
class Tried:
    """A covariance structure tried, and how that ended."""

    structure: str
    converged: bool
    reason: str


@dataclass(frozen=True)
class Covariance:
    """The covariance of the visits as fitted.

    visits    (m,) visit ids
    tried     structures in the planned order, the last one used where any has a fit
    matrices  arm to (m, m) in the unit squared; None for all arms together; empty without a fit
    """

    visits: tuple[str, ...]
    tried: tuple[Tried, ...]
    matrices: Mapping[str | None, NDArray[np.float64]]


@dataclass(frozen=True)
class TippingPoint:
    """What the estimate becomes as imputed values are changed, until a significant difference is none.

    deltas      added to imputed values, in the variable's unit
    to          whose: "experimental" or "both"
    tips_at     the delta nearest 0 at which the interval touches no effect; None where none does
    significant whether the interval excludes no effect without any delta
    """

    deltas: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    to: str
    tips_at: float | None
    significant: bool
    convention: str


@dataclass(frozen=True)
class Answer:
    """What an estimator returns.

    estimate    arm minus reference (or their ratio), in the variable's unit
    convention  how exactly it was computed
    groups      both sides, the arm first
    notes       what the method did that a reader must know
    sample_notes   what was left out or assumed on the way to the sample, where the question itself, which
                looks at one visit, cannot say it
    variance    the convention of the standard error; None where there is only one
    sample      outcomes at every visit; None for estimators of one visit
    by_visit    adjusted means and differences at every visit; empty for estimators of one visit
    covariance, tipping_point   where the estimator has them; the latter is computed when asked for
    """

    estimate: Estimate
    convention: str
    groups: tuple[Group, Group]
    notes: tuple[str, ...] = ()
    sample_notes: tuple[str, ...] | None = None
    variance: str | None = None
    sample: Repeated | None = None
    by_visit: tuple[VisitEstimate, ...] = ()
    covariance: Covariance | None = None
    tipping_point: Callable[[], TippingPoint] | None = None

    @property
    def n(self) -> int:
        """Participants used."""
        return sum(group.n for group in self.groups)
