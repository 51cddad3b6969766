"""The log-rank test of two or more arms, plain or stratified, and Peto's hazard ratio of two.

Holds no weights for early or late events and no covariates (`cox`).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError
from equipoise.statistics.chi_squared import ChiSquared, chi_squared
from equipoise.statistics.columns import code_labels
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.log_scale import exponentiate
from equipoise.statistics.survival import follow_up, tally
from equipoise.statistics.tabulate import tabulate
from equipoise.statistics.values import Vector

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogRank:
    """Events by arm against what equal hazards would give.

    test      of equal hazards
    n, observed, expected  by arm
    strata    strata that hold somebody
    """

    test: ChiSquared
    n: Mapping[Hashable, int]
    observed: Mapping[Hashable, int]
    expected: Mapping[Hashable, float]
    strata: int

    def summary(self, *, decimals: int = 1) -> str:
        """Return the test and observed against expected events by arm."""
        arms = "; ".join(
            f"{arm}: {count} events, {self.expected[arm]:.{decimals}f} expected"
            for arm, count in self.observed.items()
        )
        return f"{self.test.summary()}; {arms}"

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row per arm."""
        return tabulate(
            [
                {"arm": str(a), "n": self.n[a], "observed": self.observed[a], "expected": self.expected[a]}
                for a in self.n
            ]
        )


def log_rank(
    time: ArrayLike,
    event: ArrayLike,
    arm: Sequence[Hashable] | NDArray[Any],
    *,
    strata: Sequence[Hashable] | NDArray[Any] | None = None,
) -> LogRank:
    """Return the test that all arms have the same hazard at every time.

    time    (n,) from start to event or censoring, 0 or more
    event   (n,) 1 when the event happened then, 0 when follow-up ended
    arm     (n,) labels, two or more different ones
    strata  (n,) labels; risk sets are then formed within strata
    Tied events have the hypergeometric variance; who is censored at the time of an event is at risk of it.
    Raises  FitError when there are fewer than two arms, nobody had the event, or no event happened while two
            arms were at risk; ValueError as `kaplan_meier`
    Source  Mantel (1966), Cancer Chemother Rep 50:163-170; Peto and Peto (1972), J R Stat Soc A 135:185-207
    Checked tests/golden/survival
    """
    followed, happened = follow_up(time, event)
    codes, arms = code_labels(arm, n=followed.size)
    if len(arms) <= 1:
        raise FitError(f"{len(arms)} arms were followed where two are needed")
    observed, expected, variance, count = _sums(followed, happened, codes, len(arms), strata)
    if not happened.any():
        raise FitError("Nobody had the event, so there is nothing to compare")
    rank = int(np.linalg.matrix_rank(variance))
    if rank == 0:
        raise FitError("No event happened while participants of two arms were at risk")
    deviation = observed - expected
    statistic = float(deviation @ np.linalg.pinv(variance, hermitian=True) @ deviation)
    return LogRank(
        test=chi_squared(
            max(0.0, statistic),
            rank,
            method="log-rank test" if strata is None else "stratified log-rank test",
        ),
        n=dict(zip(arms, np.bincount(codes).tolist(), strict=True)),
        observed={a: int(o) for a, o in zip(arms, observed, strict=True)},
        expected={a: float(e) for a, e in zip(arms, expected, strict=True)},
        strata=count,
    )


def peto_hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    arm: Sequence[Hashable] | NDArray[Any],
    *,
    reference: Hashable,
    strata: Sequence[Hashable] | NDArray[Any] | None = None,
    level: float = DEFAULT_LEVEL,
) -> Estimate:
    """Return Peto's one-step hazard ratio of two arms, exp((O - E)/V), with its interval.

    reference  the label of the arm that the other is compared with; the rest as `log_rank`
    It is defined even when one arm has no event; a large effect it shows too small. estimate and limits are
    ratios; std_error and statistic, whose square is the log-rank test's, are those of the log ratio.
    Raises   FitError as `log_rank`, or when there are not two arms with the reference among them
    Source   Yusuf, Peto et al. (1985), Prog Cardiovasc Dis 27:335-371
    Checked  tests/golden/survival
    """
    followed, happened = follow_up(time, event)
    codes, arms = code_labels(arm, n=followed.size)
    if len(arms) != 2 or reference not in arms:
        raise FitError(f"Peto's hazard ratio compares two arms, one of them {reference!r}; found {len(arms)}")
    observed, expected, variance, _ = _sums(followed, happened, codes, 2, strata)
    other = 1 - arms.index(reference)
    spread = float(variance[other, other])
    if spread == 0:
        raise FitError("No event happened while participants of both arms were at risk")
    log_ratio = float(observed[other] - expected[other]) / spread
    method = "Peto hazard ratio" if strata is None else "Peto hazard ratio, stratified"
    return exponentiate(infer(log_ratio, 1 / math.sqrt(spread), level=level, method=method))


def _sums(
    followed: Vector,
    happened: NDArray[np.bool_],
    codes: NDArray[np.intp],
    arms: int,
    strata: Sequence[Hashable] | NDArray[Any] | None,
) -> tuple[Vector, Vector, Matrix, int]:
    """Return observed and expected events by arm, their covariance, and the number of strata."""
    given = np.zeros(followed.size) if strata is None else strata
    stratum, labels = code_labels(given, n=followed.size, what="strata")
    observed, expected, variance = np.zeros(arms), np.zeros(arms), np.zeros((arms, arms))
    for s in range(len(labels)):
        inside = stratum == s
        groups = [inside & (codes == a) for a in range(arms)]
        times = np.unique(followed[inside & happened])
        at_risk = np.array(
            [g.sum() - np.searchsorted(np.sort(followed[g]), times, side="left") for g in groups]
        )
        events = np.array([tally(followed[g & happened], times) for g in groups])
        there, gone = at_risk.sum(axis=0), events.sum(axis=0)
        share = at_risk / there
        observed += events.sum(axis=1)
        expected += share @ gone
        spread = gone * (there - gone) / np.maximum(there - 1, 1)
        variance += np.diag(share @ spread) - (share * spread) @ share.T
    return observed, expected, variance, len(labels)
