"""Treatment policy with retrieved dropouts: who stopped treatment but was followed speaks for who was not.

An outcome missing off treatment is drawn from a regression among participants of the same arm who were off
treatment and seen at that visit, on baseline covariates and the last outcome on treatment. Outcomes missing
on treatment are missing at random given those on treatment. Where too few were retrieved the analysis is
refused, or a fallback named beforehand takes over; nothing is pooled over arms.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL
from equipoise.statistics.imputation.comparison import columns
from equipoise.statistics.imputation.draws import draw_in_blocks
from equipoise.statistics.imputation.incomplete import Incomplete, incomplete
from equipoise.statistics.imputation.multiple import DEFAULT_IMPUTATIONS, pool_sets, refuse_request
from equipoise.statistics.imputation.result import Imputed
from equipoise.statistics.imputation.strategies import STRATEGIES
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags

RETRIEVED = "retrieved dropouts"
SHARED = "shared-slopes"
# What may take over where retrieved dropouts are too few. Missing at random is no such thing: it would take
# those who stopped to have gone on with treatment.
FALLBACKS: Mapping[str, str] = {
    SHARED: "everybody of the arm at the visit, with a shift for those off treatment",
    **{name: row.title for name, row in STRATEGIES.items() if name != "mar"},
}
# Degrees of freedom from which on a draw has a variance.
FEWEST_DF = 3
# Participants off treatment from which on their shift is more than one person's residual.
FEWEST_SHIFTED = 2
# A regressor is a combination of those before it when less than this share of it is new.
LEAST_SHARE = 1e-7
# Data sets drawn at once where no chain has to be run for them.
BLOCK = 100


@dataclass(frozen=True, slots=True)
class Source:
    """Where outcomes missing off treatment come from, in one arm at one visit.

    arm, visit  0-based
    retrieved   participants off treatment who were seen
    imputed     participants off treatment who were not
    model       "retrieved dropouts" or the name of a fallback
    """

    arm: int
    visit: int
    retrieved: int
    imputed: int
    model: str = RETRIEVED

    def __str__(self) -> str:
        """Return "arm 1, visit 4: 7 imputed from 12 retrieved dropouts"."""
        by = f"from {self.retrieved} retrieved dropouts"
        if self.model != RETRIEVED:
            by = f"by {FALLBACKS[self.model]}, {self.retrieved} retrieved dropouts being too few"
        return f"arm {self.arm}, visit {self.visit + 1}: {self.imputed} imputed {by}"


@dataclass(frozen=True, slots=True, eq=False)
class _Regression:
    """Outcomes seen (n,), regressors of those seen (n, k) and of the members to impute (g, k)."""

    y: Array
    seen: Array
    gone: Array
    members: Codes

    @property
    def able(self) -> bool:
        """Whether draws have a variance and the regressors can be told apart."""
        n, k = self.seen.shape
        if n - k < FEWEST_DF:
            return False
        size = np.linalg.norm(self.seen, axis=0)
        new = np.abs(np.diagonal(np.linalg.qr(self.seen, mode="r")))
        return bool((new > LEAST_SHARE * size).all())

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Return n draws of the outcomes to impute, (n, g), under the prior 1 / variance.

        Source  Rubin (1987), Multiple imputation for nonresponse in surveys, p. 167
        """
        basis, upper = np.linalg.qr(self.seen)
        about = self.y - self.y.mean()
        score = basis.T @ about
        rss = float(((about - basis @ score) ** 2).sum())
        freedom = self.seen.shape[0] - self.seen.shape[1]
        deviation = np.sqrt(rss / rng.chisquare(freedom, size=n))[:, None]
        drawn = score + deviation * rng.standard_normal((n, score.size))
        expected = drawn @ np.linalg.solve(upper.T, self.gone.T)
        chance = deviation * rng.standard_normal((n, self.members.size))
        return np.asarray(self.y.mean() + expected + chance)


@dataclass(frozen=True, slots=True, eq=False)
class _Followed:
    """A trial with who was off treatment when.

    off         (n, m)
    last        (n, m) last outcome seen on treatment before each visit, NaN where there is none
    covariates  (n, p) about their means
    """

    trial: Incomplete
    off: Flags
    last: Array
    covariates: Array

    def source(self, arm: int, visit: int) -> Source:
        """Count who was retrieved and who is to be imputed."""
        here = (self.trial.arm == arm) & self.off[:, visit]
        gone = int(self.trial.missing[here, visit].sum())
        return Source(arm, visit, int(here.sum()) - gone, gone)

    def regression(self, source: Source) -> _Regression:
        """Return the regression behind a source; regressors that do not vary here are left out."""
        own, visit = self.trial.arm == source.arm, source.visit
        off, last = self.off[:, visit], self.last[:, visit]
        seen = own & self.trial.present[:, visit] & np.isfinite(last)
        gone = own & self.trial.missing[:, visit] & off
        x = np.column_stack([self.covariates, last])
        if source.model == SHARED:
            x = np.column_stack([x, off])
        else:
            seen &= off
        used = x[seen | gone]
        x = x[:, (used != used[:1]).any(axis=0)]
        about = x[seen].mean(axis=0) if seen.any() else 0.0
        x = np.column_stack([np.ones(own.size), x - about])
        return _Regression(self.trial.outcome[seen, visit], x[seen], x[gone], np.flatnonzero(gone))

    def able(self, source: Source) -> bool:
        """Whether those seen carry the source's model."""
        if source.model in STRATEGIES:
            return True
        enough = source.model == RETRIEVED or source.retrieved >= FEWEST_SHIFTED
        return enough and self.regression(source).able


def analyze_retrieved(
    trial: Incomplete,
    *,
    arm: int,
    stopped: ArrayLike,
    rng: np.random.Generator,
    visit: int | None = None,
    n: int = DEFAULT_IMPUTATIONS,
    delta: ArrayLike | None = None,
    fallback: str | None = None,
    baseline: ArrayLike | None = None,
    level: float = DEFAULT_LEVEL,
) -> Imputed:
    """Compare an arm with the reference under treatment policy.

    trial     outcomes on and off treatment; everybody's strategy is "mar"
    stopped   (n,) first visit off treatment, 0 to m; m = stayed on treatment
    fallback  a name of FALLBACKS for arms and visits where retrieved dropouts are too few; None = refuse
    baseline  (n,) outcome before treatment, which is the last one on treatment of who has no other; 0 for a
              change from baseline
    Other arguments as `analyze_multiple`. `Imputed.notes` tells where outcomes off treatment come from.
    Raises    FitError when an argument is wrong, or retrieved dropouts are too few, with every arm and visit
    Source    BMC Med Res Methodol (2022) 22:82, doi 10.1186/s12874-022-01509-9; Rubin (1987), ch. 3
    """
    refuse_request(trial, arm=arm, visit=visit, n=n, delta=delta, level=level)
    plan = sources(trial, stopped=stopped, visit=visit, fallback=fallback, baseline=baseline)
    sets = draw_retrieved(
        trial, stopped=stopped, n=n, rng=rng, visit=visit, fallback=fallback, baseline=baseline
    )
    model = (
        "imputation model: off treatment, retrieved dropouts of the same arm at the same visit by covariates "
        f"and last outcome on treatment{_taking_over(plan)}; on treatment, missing at random given outcomes "
        "on treatment"
    )
    notes = [str(source) for source in plan]
    return pool_sets(trial, sets, arm=arm, visit=visit, delta=delta, level=level, model=model, notes=notes)


def draw_retrieved(
    trial: Incomplete,
    *,
    stopped: ArrayLike,
    n: int,
    rng: np.random.Generator,
    visit: int | None = None,
    fallback: str | None = None,
    baseline: ArrayLike | None = None,
) -> Iterator[Array]:
    """Yield n completed data sets, some at a time (T, participants, m); arguments as `analyze_retrieved`.

    Each visit is drawn by itself, given the last outcome on treatment: an analysis of one visit is right, one
    of several visits together would take outcomes off treatment to be less alike than they are. With a
    `visit`, outcomes missing off treatment at the others stay NaN.
    Raises  FitError as `analyze_retrieved`
    """
    plan = sources(trial, stopped=stopped, visit=visit, fallback=fallback, baseline=baseline)
    followed = _follow(trial, stopped, baseline)
    fitted = [source for source in plan if source.model not in STRATEGIES]
    regressions = [(source.visit, followed.regression(source)) for source in fitted]
    left = trial.missing & followed.off & ~_asked(trial, visit)
    by_model = len(fitted) < len(plan) or bool((trial.missing & ~followed.off).any())
    blocks = draw_in_blocks(_base(followed, fallback), n=n, rng=rng) if by_model else _as_observed(trial, n)
    for block in blocks:
        completed = np.where(left, np.nan, np.where(trial.missing, block, trial.outcome))
        for at, regression in regressions:
            completed[:, regression.members, at] = regression.draw(block.shape[0], rng)
        yield completed


def sources(
    trial: Incomplete,
    *,
    stopped: ArrayLike,
    visit: int | None = None,
    fallback: str | None = None,
    baseline: ArrayLike | None = None,
) -> tuple[Source, ...]:
    """Return where outcomes missing off treatment come from, one row an arm and visit that has any.

    visit   0-based; None for every visit
    Raises  FitError as `analyze_retrieved`
    """
    _refuse(trial, stopped, fallback, baseline)
    followed = _follow(trial, stopped, baseline)
    at = np.flatnonzero(_asked(trial, visit)).tolist()
    every = [followed.source(arm, visit) for arm in range(trial.arms) for visit in at]
    plan, problems = [], []
    for source in every:
        if not source.imputed:
            continue
        taken = source if fallback is None or followed.able(source) else replace(source, model=fallback)
        if followed.able(taken):
            plan.append(taken)
        else:
            problems.append(_short(followed, source, fallback))
    if problems:
        raise FitError("Too few participants who stopped treatment were followed", problems)
    return tuple(plan)


def _asked(trial: Incomplete, visit: int | None) -> Flags:
    """Return which visits a request is about, (m,)."""
    return np.asarray((np.arange(trial.visits) == visit) | (visit is None))


def _follow(trial: Incomplete, stopped: ArrayLike, baseline: ArrayLike | None) -> _Followed:
    off = np.asarray(np.arange(trial.visits) >= np.asarray(stopped)[:, None])
    now = np.full(trial.n, np.nan) if baseline is None else np.asarray(baseline, dtype=np.float64)
    last = np.empty(trial.outcome.shape)
    for visit in range(trial.visits):
        last[:, visit] = now
        now = np.where(trial.present[:, visit] & ~off[:, visit], trial.outcome[:, visit], now)
    design = columns(trial)
    return _Followed(trial, off, last, design.u[:, 1 + len(design.others) :])


def _base(followed: _Followed, fallback: str | None) -> Incomplete:
    """Return the trial whose model outcomes missing on treatment come from, and those under a strategy."""
    trial, off = followed.trial, followed.off
    strategy = fallback if fallback in STRATEGIES else None
    return incomplete(
        trial.outcome if strategy else np.where(off, np.nan, trial.outcome),
        trial.arm,
        covariates=trial.covariates,
        strategy=strategy or "mar",
        since=trial.visits - off.sum(axis=1),
        reference=trial.reference,
    )


def _as_observed(trial: Incomplete, n: int) -> Iterator[Array]:
    """Yield the outcomes as they are, n times."""
    for start in range(0, n, BLOCK):
        yield np.broadcast_to(trial.outcome, (min(BLOCK, n - start), *trial.outcome.shape))


def _taking_over(plan: tuple[Source, ...]) -> str:
    models = sorted({source.model for source in plan} - {RETRIEVED})
    return "".join(f", where too few {FALLBACKS[model]}" for model in models)


def _short(followed: _Followed, source: Source, fallback: str | None) -> Problem:
    needed = followed.regression(source).seen.shape[1] + FEWEST_DF
    others = ", ".join(name for name in FALLBACKS if name != fallback)
    return Problem(
        f"arm {source.arm}, visit {source.visit + 1}: {source.retrieved} participants off treatment were "
        f"seen; to impute {source.imputed} takes {needed} who differ in covariates and last outcome",
        f"name a fallback beforehand: {others}",
        path="stopped",
    )


def _refuse(trial: Incomplete, stopped: ArrayLike, fallback: str | None, baseline: ArrayLike | None) -> None:
    problems = list(_stopped_problems(trial, np.asarray(stopped, dtype=np.float64)))
    if fallback is not None and fallback not in FALLBACKS:
        names = ", ".join(FALLBACKS)
        problems.append(Problem(f"there is no fallback {fallback!r}", f"one of {names}", path="fallback"))
    if trial.governed.any():
        hint = 'make the trial with strategy="mar"'
        problems.append(Problem("a strategy governs outcomes of the trial", hint, path="strategy"))
    if not problems:
        problems = list(_baseline_problems(trial, stopped, baseline))
    if problems:
        raise FitError("Retrieved dropouts cannot be used", problems)


def _stopped_problems(trial: Incomplete, stopped: Array) -> Iterator[Problem]:
    m = trial.visits
    if stopped.shape != (trial.n,):
        yield Problem(f"{stopped.shape} values for {trial.n} participants", path="stopped")
        return
    wrong = np.flatnonzero(~((stopped >= 0) & (stopped <= m) & (stopped == np.round(stopped))))
    if wrong.size:
        first = f"the first one at {stopped[wrong[0]]:g}"
        yield Problem(
            f"{wrong.size} participants stopped at no visit from 0 to {m}, {first}",
            f"count visits from 0; {m} says that treatment went on",
            path="stopped",
            line=int(wrong[0]) + 1,
        )


def _baseline_problems(
    trial: Incomplete, stopped: ArrayLike, baseline: ArrayLike | None
) -> Iterator[Problem]:
    if baseline is not None:
        values = np.asarray(baseline, dtype=np.float64)
        if values.shape != (trial.n,) or not np.isfinite(values).all():
            yield Problem("an outcome before treatment is one finite value a participant", path="baseline")
        return
    followed = _follow(trial, stopped, None)
    none = int((np.isnan(followed.last) & followed.off).any(axis=1).sum())
    if none:
        yield Problem(
            f"{none} participants stopped before any outcome on treatment was seen",
            "give the outcome before treatment as baseline: 0 for a change",
            path="baseline",
        )
