"""Arms compared after conditional mean imputation, with jackknife or bootstrap standard errors.

Holds the requests, the standard errors and the words that name them. Holds no draws.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.imputation.completion import Completion, Effects
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.model import Model, fit_model, refit_in_blocks
from equipoise.statistics.imputation.resampling import (
    LeaveOneOut,
    Resamples,
    bootstrap_error,
    draw_again,
    each_left_out,
    everybody,
    jackknife_error,
)
from equipoise.statistics.imputation.result import Imputed, Status, without_test
from equipoise.statistics.imputation.strategies import MAR, STRATEGIES
from equipoise.statistics.mmrm.arrays import Array
from equipoise.statistics.mmrm.newton import CONVERGED, REASONS

VARIANCES = {
    "jackknife": "frequentist (jackknife)",
    "bootstrap": "frequentist (bootstrap)",
    "anchored": "information-anchored (matched delta, jackknife)",
}
DEFAULT_RESAMPLES = 1000
# More bootstrap trials without a fit than this share leave no standard error.
MOST_FAILED = 0.01
# Rows that a note names.
MOST_NAMED = 10

# Trials made of a trial's participants, some at a time, with what they say.
Parts = tuple[tuple[Resamples, Effects], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Replicated:
    """Effects of a trial and of trials made of its participants, in parts as they were worked on."""

    whole: Effects
    parts: Parts
    variance: str

    @property
    def code(self) -> Array:
        """How the search ended in the trial and in each resample."""
        return np.concatenate([self.whole.code, *(effects.code for _, effects in self.parts)])

    @property
    def difference(self) -> Array:
        """Differences in the resamples, (T, A, m)."""
        return np.concatenate([effects.difference for _, effects in self.parts])

    @property
    def mean(self) -> Array:
        """Adjusted means in the resamples, (T, A, m)."""
        return np.concatenate([effects.mean for _, effects in self.parts])

    @property
    def status(self) -> Status:
        """How many fits were made, and what became of them."""
        reasons = Counter(REASONS[code] for code in self.code.tolist() if code != CONVERGED)
        return Status(int(self.code.size), sum(reasons.values()), dict(reasons))

    def error(self, replicates: Array) -> Array:
        """Return standard errors; NaN where the resamples that have a fit do not carry one."""
        fine = self.code[1:] == CONVERGED
        nothing = np.full(replicates.shape[1:], np.nan)
        if self.variance == "bootstrap":
            return bootstrap_error(replicates[fine]) if 1 - fine.mean() <= MOST_FAILED else nothing
        return jackknife_error(replicates) if fine.all() else nothing


def analyze(
    trial: Incomplete,
    *,
    arm: int,
    visit: int | None = None,
    delta: ArrayLike | None = None,
    variance: str = "jackknife",
    covariance_by_arm: bool = False,
    restricted: bool = True,
    rng: np.random.Generator | None = None,
    n_resamples: int = DEFAULT_RESAMPLES,
    level: float = DEFAULT_LEVEL,
) -> Imputed:
    """Compare an arm with the reference at each visit after conditional mean imputation.

    arm                a code other than the reference
    visit              0-based; None for every visit
    delta              (n, m) added to imputed outcomes only, in the outcome's unit; see `deltas`
    variance           "jackknife": each participant left out in turn, the model fitted again each time;
                       "bootstrap": `n_resamples` trials drawn within arms from `rng`;
                       "anchored": the jackknife of imputation as missing at random plus, held fixed, what the
                       strategies change in the imputed outcomes
    covariance_by_arm  the imputation model has a covariance for each arm; otherwise one for all
    restricted         REML; otherwise maximum likelihood
    Intervals and tests use the normal distribution. Where the model has no fit, numbers are NaN; where some
    trial of the jackknife has none, there is no standard error. `Imputed.status` says why.
    Raises   FitError with every problem when arguments are wrong or the design has no fit
    Source   Wolbers et al. (2022), Pharm Stat 21:1246-1257; Lu (2021), Stat Biopharm Res 13:483-491, for
             "anchored"; docs/methods/imputation.md
    Checked  tests/golden/imputation_antidepressant
    """
    added = None if delta is None else np.asarray(delta, dtype=np.float64)
    problems = [
        *request_problems(trial, arm=arm, visit=visit, level=level),
        *variance_problems(variance, rng=rng, n_resamples=n_resamples),
        *_delta_problems(trial, added),
    ]
    if problems:
        raise FitError("The imputed outcomes cannot be analyzed", problems)
    completion = Completion(fit_model(trial, covariance_by_arm=covariance_by_arm, restricted=restricted))
    found = replicate(completion, variance, rng=rng, n_resamples=n_resamples)
    if added is not None:
        found = shift(completion, found, np.where(trial.missing, added, 0.0))
    visits = tuple(range(trial.visits)) if visit is None else (visit,)
    text = convention(completion.model, found, adjusted=added is not None)
    return _imputed(completion.model, found, arm=arm, visits=visits, level=level, text=text)


def deltas(trial: Incomplete, by_arm: Mapping[int, float], *, accumulate: bool = False) -> Array:
    """Return what to add to imputed outcomes, (n, m), 0 where nothing is imputed.

    by_arm      per arm, in the outcome's unit; arms left out get 0
    accumulate  once for each missing visit in a row: one, two, ... times the value
    Raises      FitError when an arm has nobody or a value is not finite
    """
    problems = [
        Problem(f"nobody is in arm {arm}", path="by_arm") for arm in by_arm if not 0 <= arm < trial.arms
    ]
    problems += [
        Problem(f"{value} is no value to add", path="by_arm")
        for value in by_arm.values()
        if not np.isfinite(value)
    ]
    if problems:
        raise FitError("No delta can be made", problems)
    times = trial.missing.astype(np.float64)
    if accumulate:
        for visit in range(1, trial.visits):
            times[:, visit] *= times[:, visit - 1] + 1
    size = np.zeros(trial.arms)
    for arm, value in by_arm.items():
        size[arm] = value
    result: Array = times * size[trial.arm][:, None]
    return result


def replicate(
    completion: Completion, variance: str, *, rng: np.random.Generator | None, n_resamples: int
) -> Replicated:
    """Return the effects of the trial and of each resample, fitted and completed anew."""
    model = completion.model
    whole = completion.effects(everybody(model.trial.n), model.fits)
    if not model.converged:
        return Replicated(whole, (), variance)
    resamples: Resamples = each_left_out(model.trial.n)
    if variance == "bootstrap" and rng is not None:
        resamples = draw_again(model.trial.arm, count=n_resamples, rng=rng)
    anchored = variance == "anchored"
    again = Completion(model, plain=True) if anchored else completion
    parts = tuple((part, again.effects(part, fits)) for part, fits in refit_in_blocks(model, resamples))
    if anchored:
        fixed = np.where(model.trial.missing, completion.filled() - again.filled(), 0.0)
        parts = _shifted(again, parts, fixed)
    return Replicated(whole, parts, variance)


def shift(completion: Completion, found: Replicated, added: Array) -> Replicated:
    """Return the effects after adding (n, m) to the outcomes; nothing is fitted again."""
    everyone = everybody(completion.model.trial.n)
    whole = found.whole.plus(completion.shifts(everyone, added, found.whole.code))
    return Replicated(whole, _shifted(completion, found.parts, added), found.variance)


def _shifted(completion: Completion, parts: Parts, added: Array) -> Parts:
    return tuple(
        (part, effects.plus(completion.shifts(part, added, effects.code))) for part, effects in parts
    )


def convention(model: Model, found: Replicated, *, adjusted: bool) -> str:
    """Return what was done: imputation model, strategies, point estimate, variance, distribution."""
    covariance = "a covariance for each arm" if model.by_arm else "one covariance for all arms"
    method = "REML" if model.restricted else "maximum likelihood"
    covariates = model.columns.u.shape[1] - 1 - len(model.columns.others)
    crossed = "arm and covariates by visit" if covariates else "arm by visit"
    point = "conditional mean imputation, analysis of covariance at each visit"
    if adjusted:
        point += ", delta added to imputed outcomes"
    trials = sum(part.count for part, _ in found.parts)
    what = "resamples within arms" if found.variance == "bootstrap" else "leave-one-out fits"
    return (
        f"imputation model: {crossed}, {covariance}, unstructured, {method}; missing outcomes: "
        f"{strategies_in_words(model.trial)}; estimate: {point}; variance: {VARIANCES[found.variance]}, "
        f"{trials} {what}; normal distribution"
    )


def strategies_in_words(trial: Incomplete) -> str:
    """Return which assumption governs how many of the missing outcomes: "jump to reference (39), ..."."""
    titles = [strategy.title for strategy in STRATEGIES.values()]
    code = np.where(trial.governed, trial.strategy[:, None], MAR)[trial.missing]
    counts = np.bincount(code, minlength=len(titles))
    texts = [f"{title} ({count})" for title, count in zip(titles, counts.tolist(), strict=True) if count]
    return ", ".join(texts) or "none"


def start_notes(trial: Incomplete) -> Iterator[str]:
    """Yield which strategies had nothing to start from in whom, and what was assumed instead."""
    gone = trial.missing.any(axis=1) & (trial.since == 0)
    for code, strategy in enumerate(STRATEGIES.values()):
        count = int((gone & (trial.strategy == code)).sum())
        if strategy.from_start and count:
            instead = STRATEGIES[strategy.from_start].title
            yield f"participants with no visit before the event, {strategy.title} is {instead}: {count}"


def request_problems(
    trial: Incomplete, *, arm: int, visit: int | None, level: float = DEFAULT_LEVEL
) -> Iterator[Problem]:
    """Yield what is wrong with a request for an arm at a visit."""
    if not 0 <= arm < trial.arms:
        yield Problem(f"nobody is in arm {arm}", f"arms are 0 to {trial.arms - 1}", path="arm")
    if arm == trial.reference:
        yield Problem(f"arm {arm} is the reference itself", path="arm")
    if visit is not None and not 0 <= visit < trial.visits:
        yield Problem(f"there is no visit {visit}", f"visits are 0 to {trial.visits - 1}", path="visit")
    if not 0 < level < 1:
        yield Problem(f"a confidence level lies between 0 and 1, not {level}", path="level")


def variance_problems(
    variance: str, *, rng: np.random.Generator | None, n_resamples: int
) -> Iterator[Problem]:
    """Yield why a standard error cannot be computed this way."""
    if variance not in VARIANCES:
        yield Problem(f"there is no variance {variance!r}", f"one of {', '.join(VARIANCES)}", path="variance")
    if variance == "bootstrap" and rng is None:
        yield Problem("the bootstrap draws participants", "give a random generator as rng", path="rng")
    if variance == "bootstrap" and n_resamples < 2:
        yield Problem(f"{n_resamples} resamples have no spread", "give two or more", path="n_resamples")


def _delta_problems(trial: Incomplete, added: Array | None) -> Iterator[Problem]:
    if added is None:
        return
    if added.shape != trial.outcome.shape:
        yield Problem(f"a delta is a table of {trial.outcome.shape}, not {added.shape}", path="delta")
    elif not np.isfinite(added[trial.missing]).all():
        yield Problem("what is added to imputed outcomes is finite", path="delta")


def _imputed(
    model: Model, found: Replicated, *, arm: int, visits: tuple[int, ...], level: float, text: str
) -> Imputed:
    trial = model.trial
    method = f"conditional mean imputation, {VARIANCES[found.variance]}"
    whole = found.whole
    gap_error = np.full(whole.difference.shape[1:], np.nan)
    mean_error = gap_error
    if found.parts:
        gap_error, mean_error = found.error(found.difference), found.error(found.mean)
    missing = trial.missing

    def estimate(values: Array, errors: Array, a: int, visit: int) -> Estimate:
        return judge(float(values[0, a, visit]), float(errors[a, visit]), level=level, method=method)

    return Imputed(
        estimates=tuple(estimate(whole.difference, gap_error, arm, visit) for visit in visits),
        visits=visits,
        arm=arm,
        reference=trial.reference,
        means={
            (a, visit): estimate(whole.mean, mean_error, a, visit)
            for a in range(trial.arms)
            for visit in visits
        },
        imputed={
            (a, visit): int(missing[trial.arm == a, visit].sum())
            for a in range(trial.arms)
            for visit in visits
        },
        n=trial.n,
        convention=text,
        variance=VARIANCES[found.variance],
        status=found.status,
        notes=tuple(_notes(model, found)),
    )


def judge(estimate: float, std_error: float, *, level: float, method: str) -> Estimate:
    """Return interval and test by the normal distribution, or none where there is no standard error."""
    if not np.isfinite(std_error):
        return without_test(estimate, level=level, method=method)
    return infer(estimate, std_error, level=level, method=method)


def _notes(model: Model, found: Replicated) -> Iterator[str]:
    trial = model.trial
    if model.columns.dropped:
        names = ", ".join(str(j + 1) for j in model.columns.dropped)
        yield f"covariates left out because they follow from the others: {names}"
    none = int((~trial.present.any(axis=1)).sum())
    if none:
        yield f"participants without any outcome, imputed at every visit: {none}"
    yield from start_notes(trial)
    lost = [
        str(who + 1)
        for part, effects in found.parts
        if isinstance(part, LeaveOneOut)
        for who in part.who[effects.code != CONVERGED].tolist()
    ]
    if lost:
        more = f" and {len(lost) - MOST_NAMED} others" if len(lost) > MOST_NAMED else ""
        yield f"no fit without the participant in row {', '.join(lost[:MOST_NAMED])}{more}"
