"""`Incomplete`, one trial with gaps: outcomes by visit, arms, covariates, and what governs each gap.

Holds the checks at the door, all problems at once. Holds no model: which values were set to missing because
of an event is decided before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError, Problem
from equipoise.statistics.imputation.strategies import MAR, STRATEGIES
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags

# Two arms.
FEWEST_ARMS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Incomplete:
    """One trial, a row a participant, a column a visit after baseline in time order.

    outcome     (n, m) in the outcome's unit, NaN where missing
    arm         (n,) 0 to A - 1
    covariates  (n, p) complete, without intercept
    strategy    (n,) index into the names of STRATEGIES, for missing visits from `since` on
    since       (n,) first visit the strategy governs; m = none, all gaps are missing at random
    reference   the arm that others are compared with and that reference-based strategies refer to
    """

    outcome: Array
    arm: Codes
    covariates: Array
    strategy: Codes
    since: Codes
    reference: int

    @property
    def n(self) -> int:
        """Participants."""
        return int(self.outcome.shape[0])

    @property
    def visits(self) -> int:
        """Visits, m."""
        return int(self.outcome.shape[1])

    @property
    def arms(self) -> int:
        """Arms, A."""
        return int(self.arm.max()) + 1

    @property
    def present(self) -> Flags:
        """Which outcomes were observed, (n, m)."""
        return ~np.isnan(self.outcome)

    @property
    def missing(self) -> Flags:
        """Which outcomes are to be imputed, (n, m)."""
        return np.isnan(self.outcome)

    @property
    def modeled(self) -> Flags:
        """Which outcomes inform the imputation model, (n, m).

        An outcome observed after an event under a strategy other than missing at random stays in the
        analysis and is conditioned on, but does not say what the arm is like without the event.
        Source  Wolbers et al. (2022), Pharm Stat 21:1246-1257, base imputation model
        """
        return self.present & ~self.governed

    @property
    def governed(self) -> Flags:
        """Which visits a strategy other than missing at random governs, (n, m)."""
        after = np.arange(self.visits) >= self.since[:, None]
        return np.asarray(after & (self.strategy != MAR)[:, None])


def incomplete(
    outcome: ArrayLike,
    arm: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    strategy: str | Sequence[str] = "mar",
    since: ArrayLike | None = None,
    reference: int = 0,
) -> Incomplete:
    """Return a trial that can be imputed.

    outcome     (n, m) NaN where missing; values that an event makes irrelevant are already NaN
    arm         (n,) whole numbers 0 to A - 1
    covariates  (n, p) or (n,) finite; None for none
    strategy    a name of STRATEGIES for everybody, or one a participant
    since       (n,) first visit the strategy governs, 0 to m; None: the first of the missing visits that end
                a participant's row, so that gaps before the last outcome are missing at random
    Raises      FitError with every problem found
    """
    y = np.array(outcome, dtype=np.float64)
    if y.ndim != 2 or 0 in y.shape:
        raise FitError(f"Outcomes are a table of participants by visits, not of shape {y.shape}")
    n, m = y.shape
    codes = np.atleast_1d(np.asarray(arm, dtype=np.float64))
    x = np.empty((n, 0)) if covariates is None else np.array(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    names = np.array([strategy] * n if isinstance(strategy, str) else list(strategy), dtype=object)
    first = _trailing(np.isnan(y)) if since is None else np.atleast_1d(np.asarray(since, dtype=np.float64))
    shapes = list(_shape_problems(n, arm=codes, covariates=x, strategy=names, since=first))
    found = shapes + list(_value_problems(y, x)) + list(_strategy_problems(names))
    if not shapes:
        found += list(_since_problems(first, m)) + list(_arm_problems(codes, reference))
    if found:
        raise FitError("The trial cannot be imputed", found)
    known = {name: code for code, name in enumerate(STRATEGIES)}
    trial = Incomplete(
        outcome=y,
        arm=codes.astype(np.intp),
        covariates=x,
        strategy=np.array([known[name] for name in names], dtype=np.intp),
        since=first.astype(np.intp),
        reference=int(reference),
    )
    unseen = list(_unseen_problems(trial))
    if unseen:
        raise FitError("The trial cannot be imputed", unseen)
    for values in (trial.outcome, trial.arm, trial.covariates, trial.strategy, trial.since):
        values.setflags(write=False)
    return trial


def _trailing(missing: Flags) -> Array:
    """Return the first of the missing visits that end each row, m where the last visit was observed."""
    m = missing.shape[1]
    gone = np.logical_and.accumulate(missing[:, ::-1], axis=1).sum(axis=1)
    return np.asarray(m - gone, dtype=np.float64)


def _shape_problems(n: int, **given: NDArray[np.generic]) -> Iterator[Problem]:
    for name, values in given.items():
        if values.ndim != (2 if name == "covariates" else 1) or values.shape[0] != n:
            yield Problem(f"values of shape {values.shape} for {n} participants", path=name)


def _value_problems(y: Array, x: Array) -> Iterator[Problem]:
    infinite = int(np.isinf(y).sum())
    if infinite:
        yield Problem(f"infinite outcomes: {infinite}", "a missing outcome is NaN", path="outcome")
    absent = int((~np.isfinite(x)).sum())
    if absent:
        yield Problem(
            f"missing or infinite covariate values: {absent}",
            "leave these participants out, or fill in baseline values first, and say so",
            path="covariates",
        )
    for visit in np.flatnonzero(np.isnan(y).all(axis=0)).tolist():
        yield Problem(f"nobody has an outcome at visit {visit + 1}", "leave the visit out", path="outcome")


def _strategy_problems(names: NDArray[np.object_]) -> Iterator[Problem]:
    for name in sorted({str(name) for name in names} - set(STRATEGIES)):
        yield Problem(f"there is no strategy {name!r}", f"one of {', '.join(STRATEGIES)}", path="strategy")


def _since_problems(since: Array, m: int) -> Iterator[Problem]:
    wrong = np.flatnonzero(~((since >= 0) & (since <= m) & (since == np.round(since))))
    if wrong.size:
        yield Problem(
            f"participants with a visit outside 0 to {m}: {wrong.size}, the first with {since[wrong[0]]:g}",
            f"count visits from 0; {m} says that no strategy governs",
            path="since",
            line=int(wrong[0]) + 1,
        )


def _arm_problems(arm: Array, reference: int) -> Iterator[Problem]:
    odd = np.flatnonzero(~((arm >= 0) & (arm == np.round(arm))))
    if odd.size:
        yield Problem(
            f"participants whose arm is no whole number from 0: {odd.size}",
            path="arm",
            line=int(odd[0]) + 1,
        )
        return
    used = np.unique(arm).astype(int).tolist()
    if len(used) < FEWEST_ARMS:
        yield Problem(f"there are participants in {len(used)} arm where two are needed", path="arm")
    if reference not in used:
        yield Problem(f"nobody is in the reference arm {reference}", path="reference")
    for empty in sorted(set(range(max(used) + 1)) - set(used) - {reference}):
        yield Problem(f"nobody is in arm {empty}", "number arms without gaps", path="arm")


def _unseen_problems(trial: Incomplete) -> Iterator[Problem]:
    modeled = trial.modeled
    for arm in range(trial.arms):
        for visit in np.flatnonzero(~modeled[trial.arm == arm].any(axis=0)).tolist():
            yield Problem(
                f"nobody in arm {arm} has an outcome at visit {visit + 1} that tells what the arm is like",
                "leave the visit out, or take another strategy",
                path="outcome",
            )
