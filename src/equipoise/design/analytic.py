"""The power of an estimand by formula, to stand beside the simulated one.

Holds, for each estimator that has one, the way from a scenario to a formula of `statistics.power`, with what
the formula assumes and what it ignores. Refuses to simulate; where there is no formula it says why.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from equipoise.analysis.looks import level_of, looks_of
from equipoise.analysis.variable import Scale, fraction_of, scale_in
from equipoise.design.moments import Law, law_of, left_out
from equipoise.design.truth import Truth, truth_of
from equipoise.errors import FitError
from equipoise.protocol import Resolved
from equipoise.protocol.estimator_options import visits_used
from equipoise.protocol.estimators import BINARY
from equipoise.protocol.plan import Estimand
from equipoise.protocol.scenarios import Scenario
from equipoise.statistics.power.ancova import ancova
from equipoise.statistics.power.means import t_test
from equipoise.statistics.power.mmrm import Structure, group, mmrm, mmrm_normal
from equipoise.statistics.power.plan import Plan
from equipoise.statistics.power.proportions import Test, exact_power
from equipoise.statistics.power.rank import normal_superiority, rank_sum

Floats = NDArray[np.float64]

TESTS: Mapping[str, Test] = {
    "newcombe": "score",
    "miettinen_nurminen": "miettinen_nurminen",
    "odds_ratio": "log_odds",
    "exact": "fisher",
}
"""Interval of a risk difference, or other estimator, to the test its P value comes from."""
STRUCTURES: Mapping[str, Structure] = {"us": "us", "cs": "cs", "toep": "toep"}
UNCHANGED = "treatment_policy"


@dataclass(frozen=True)
class Analytic:
    """The power of one estimand in one scenario by formula.

    power      probability that the planned test rejects, in either direction; None without a formula
    right      probability that it rejects in the direction of the effect
    method     the formula in words; empty without one
    assumes    what it takes for granted
    ignores    what the scenario or the protocol has and the formula leaves out
    reason     why there is no power; empty when there is one
    effect     arm minus reference, in the variable's unit; a risk difference for responders
    sd         standard deviation the effect is measured against; None for responders
    n_arm, n_reference   participants expected to have the variable; for a mixed model, those randomized
    alpha      two-sided level
    """

    estimand: str
    scenario: str
    power: float | None
    right: float | None = None
    method: str = ""
    assumes: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    reason: str = ""
    effect: float | None = None
    sd: float | None = None
    n_arm: float | None = None
    n_reference: float | None = None
    df: float | None = None
    alpha: float | None = None

    def summary(self) -> str:
        """Return the line a statistician would say aloud."""
        if self.power is None:
            return f"{self.estimand}: no formula ({self.reason})"
        return f"{self.estimand}: power {100 * self.power:.1f}% by formula ({self.method})"

    def row(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items()}


def analytic_power(
    resolved: Resolved, scenario: Scenario, estimand: str, *, n: int | None = None, alpha: float | None = None
) -> Analytic:
    """Return the power of an estimand by formula.

    n       participants randomized in total, instead of the scenario's or the planned number
    alpha   two-sided level, instead of the planned one; where looks are planned, that of the last one
    Raises  ProtocolError when the scenario cannot be simulated; KeyError when there is no such estimand
    """
    return analytic_of(truth_of(resolved, scenario, participants=n), estimand, alpha=alpha)


def analytic_of(truth: Truth, estimand: str, *, alpha: float | None = None) -> Analytic:
    """Return the power of an estimand under a truth that is ready, as `analytic_power`."""
    resolved = truth.resolved
    asked = _Asked(truth, resolved.protocol.estimand(estimand), alpha or _level(resolved, estimand))
    formula = FORMULAS.get(asked.estimand.estimator.name)
    if formula is None:
        return asked.without(f"no formula is known for {asked.estimand.estimator.name}")
    try:
        return formula(asked)
    except (ValueError, FitError) as error:
        return asked.without(str(error).splitlines()[0])


def _level(resolved: Resolved, estimand: str) -> float:
    looks = looks_of(resolved, estimand)
    return level_of(resolved.protocol.multiplicity, estimand) if looks is None else looks.nominal[-1]


@dataclass(frozen=True)
class _Asked:
    """One estimand under one truth."""

    truth: Truth
    estimand: Estimand
    alpha: float

    @property
    def arms(self) -> tuple[str, str]:
        """The arm and the reference."""
        treatment = self.estimand.treatment
        return treatment.experimental, treatment.reference

    @property
    def scale(self) -> Scale:
        """What is known of the score."""
        return scale_in(self.truth.resolved, self.estimand.variable.score)

    @property
    def numbers(self) -> tuple[float, float]:
        """Participants randomized to the arm and the reference."""
        ids = [arm.id for arm in self.truth.arms]
        shares = [float(self.truth.weights[ids.index(arm)]) for arm in self.arms]
        return self.truth.participants * shares[0], self.truth.participants * shares[1]

    def laws(self, visits: tuple[str, ...]) -> tuple[Law, Law]:
        """Return the laws of both arms at baseline and some visits."""
        first, second = (law_of(self.truth, self.scale.name, visits, arm=arm) for arm in self.arms)
        return first, second

    def without(self, reason: str) -> Analytic:
        """Return that there is no power, and why."""
        return Analytic(self.estimand.id, self.truth.scenario.id, None, reason=reason, alpha=self.alpha)

    def found(
        self, plan: Plan, *, assumes: tuple[str, ...], sd: float | None, ignores: tuple[str, ...] = ()
    ) -> Analytic:
        """Return a plan's power with what it assumes and ignores."""
        return Analytic(
            self.estimand.id,
            self.truth.scenario.id,
            plan.power + plan.wrong,
            right=plan.power,
            method=plan.method,
            assumes=assumes,
            ignores=(*ignores, *self._ignored()),
            effect=float(plan.effect),
            sd=sd,
            n_arm=plan.n_arm,
            n_reference=plan.n_reference,
            df=plan.df,
            alpha=self.alpha,
        )

    def _ignored(self) -> Iterator[str]:
        yield from left_out(self.truth, self.scale.name)
        protocol, estimand = self.truth.resolved.protocol, self.estimand
        population = protocol.analysis_set(estimand.population)
        if population.participants != "randomized" or population.rule is not None:
            yield "that the analysis set leaves some randomized out"
        if any(one.strategy != UNCHANGED for one in estimand.intercurrent_events):
            yield "strategies other than treatment policy"
        testing = protocol.multiplicity
        if testing is not None and testing.method != "none" and estimand.id in testing.order[1:]:
            yield "whether the testing procedure reaches it"
        if protocol.looks_at(estimand.id):
            yield "that interim looks may end the trial before"


NORMAL = "normal scores, as the scenario states their means, spreads and correlations"
COMPLETE = "participants without the variable are like the others"


def _t_change(asked: _Asked) -> Analytic:
    difference, sd, arm, reference = _at_one_visit(asked)
    plan = t_test(difference, n=arm + reference, sd=sd, ratio=arm / reference, alpha=asked.alpha)
    unequal = _unequal(asked)
    return asked.found(plan, assumes=(NORMAL, COMPLETE, *unequal), sd=sd)


def _hodges_lehmann(asked: _Asked) -> Analytic:
    difference, sd, arm, reference = _at_one_visit(asked)
    superiority = normal_superiority(difference, sd=sd)
    plan = rank_sum(superiority, n=arm + reference, ratio=arm / reference, alpha=asked.alpha)
    found = asked.found(plan, assumes=(NORMAL, COMPLETE, "no ties", *_unequal(asked)), sd=sd)
    return replace(found, effect=difference)


def _ancova(asked: _Asked) -> Analytic:
    estimand = asked.estimand
    laws = asked.laws((estimand.variable.visit,))
    numbers = _seen(asked, laws)
    own, others = _covariates(asked)
    slopes = _slopes(laws, numbers) if own else _fixed_slopes(asked, size=1)
    difference = _difference(laws, slopes)[-1]
    spread = [_given_baseline(one, slopes)[-1, -1] for one in laws]
    sd = _pooled(spread, numbers)
    if own + others == 0:
        plan = t_test(difference, n=sum(numbers), sd=sd, ratio=numbers[0] / numbers[1], alpha=asked.alpha)
    else:
        plan = ancova(
            difference,
            n=sum(numbers),
            sd=sd,
            r_squared=0.0,
            covariates=own + others,
            ratio=numbers[0] / numbers[1],
            alpha=asked.alpha,
        )
    assumes = (NORMAL, COMPLETE, "normal covariates", *_unequal(asked))
    return asked.found(plan, assumes=assumes, sd=sd, ignores=_unexplained(others))


def _mmrm(asked: _Asked) -> Analytic:
    options = asked.estimand.estimator.options
    visits = _visits(asked)
    laws, numbers = asked.laws(visits), asked.numbers
    own, others = _covariates(asked)
    slopes = _slopes(laws, numbers) if own else _fixed_slopes(asked, size=len(visits))
    difference = _difference(laws, slopes)[-1]
    covariances = [_given_baseline(one, slopes) for one in laws]
    notes: tuple[str, ...] = ()
    if not options.get("by_arm"):
        shares = np.array(numbers) / sum(numbers)
        pooled = shares[0] * covariances[0] + shares[1] * covariances[1]
        notes = _unequal(asked)
        covariances = [pooled, pooled]
    arm, reference = (
        group(covariance, tuple(law.retention)) for covariance, law in zip(covariances, laws, strict=True)
    )
    common: dict[str, Any] = {
        "n": sum(numbers),
        "arm": arm,
        "reference": reference,
        "ratio": numbers[0] / numbers[1],
        "alpha": asked.alpha,
    }
    sd = math.sqrt(float(covariances[0][-1, -1]))
    assumes = (NORMAL, "missing at random, for good", *notes)
    if options.get("df") == "normal":
        plan = mmrm_normal(difference, **common)
        return asked.found(plan, assumes=assumes, sd=sd, ignores=_unexplained(others))
    structure, said = _structure(options.get("covariance", "us"), covariances)
    plan = mmrm(difference, structure=structure, covariates=own + others, **common)
    return asked.found(plan, assumes=assumes, sd=sd, ignores=(*_unexplained(others), *said))


def _structure(named: Any, covariances: list[Floats]) -> tuple[Structure, tuple[str, ...]]:
    """Return the structure to plan with: the first planned one if the formula and the truth have it."""
    first = named if isinstance(named, str) else next(iter(named), "us")
    wanted = STRUCTURES.get(first, "us")
    visits = len(covariances[0])
    apart = np.abs(np.arange(visits)[:, None] - np.arange(visits))
    kinds = apart if wanted == "toep" else np.minimum(apart, 1)
    alike = all(
        np.allclose(one[kinds == kind], one[kinds == kind][0])
        for one in covariances
        for kind in np.unique(kinds)
    )
    if wanted == "us" or not alike:
        said = (
            () if first == "us" else (f"the planned structure {first}: it takes an unstructured covariance",)
        )
        return "us", said
    return wanted, ()


def _responders(asked: _Asked) -> Analytic:
    estimand = asked.estimand
    name = estimand.estimator.name
    test = TESTS[estimand.estimator.interval or "newcombe"] if name == "risk_difference" else TESTS[name]
    laws = asked.laws((estimand.variable.visit,))
    shares = [_share(asked, one) for one in laws]
    seen: tuple[float, float] = asked.numbers
    if estimand.missing == "failure":
        shares = [share * float(one.retention[-1]) for share, one in zip(shares, laws, strict=True)]
    else:
        seen = _seen(asked, laws)
    plan = exact_power(
        shares[0],
        shares[1],
        n_arm=max(1, round(seen[0])),
        n_reference=max(1, round(seen[1])),
        test=test,
        alpha=asked.alpha,
    )
    missing = "participants without the variable are failures" if estimand.missing == "failure" else COMPLETE
    return asked.found(plan, assumes=(NORMAL, missing, "numbers in the arms as expected"), sd=None)


def _share(asked: _Asked, law: Law) -> float:
    """Return the share that responds or remits among those seen."""
    variable, scale = asked.estimand.variable, asked.scale
    start, mean = law.mean
    if variable.type == "response":
        if scale.higher_is == "better":
            raise ValueError(f"response is a relative fall, and a higher {scale.name} is better")
        kept, floor = 1 - fraction_of(variable, scale), scale.low or 0.0
        weights = np.array([-kept, 1.0])
        return _below(float(mean - floor - kept * (start - floor)), float(weights @ law.covariance @ weights))
    if variable.threshold is None:
        raise ValueError("a formula for remission needs `threshold` in the estimand's variable")
    measure = asked.truth.courses[scale.name].measure
    half = float(measure.points(1.0) - measure.points(0.0)) / 2
    better = scale.higher_is == "better"
    gap = variable.threshold - half - mean if better else mean - variable.threshold - half
    return _below(float(gap), float(law.covariance[-1, -1]))


def _below(mean: float, variance: float) -> float:
    return float(ndtr(-mean / math.sqrt(variance)))


def _at_one_visit(asked: _Asked) -> tuple[float, float, float, float]:
    """Return the difference of means, the SD within arms, and participants of both arms, unadjusted."""
    laws = asked.laws((asked.estimand.variable.visit,))
    numbers = _seen(asked, laws)
    slopes = _fixed_slopes(asked, size=1)
    spread = [_given_baseline(one, slopes)[-1, -1] for one in laws]
    return float(_difference(laws, slopes)[-1]), _pooled(spread, numbers), *numbers


def _seen(asked: _Asked, laws: tuple[Law, Law]) -> tuple[float, float]:
    first, second = (
        number * float(law.retention[-1]) for number, law in zip(asked.numbers, laws, strict=True)
    )
    return first, second


def _fixed_slopes(asked: _Asked, *, size: int) -> Floats:
    """Return what of baseline is taken off each visit by the variable's definition alone."""
    kind = asked.estimand.variable.type
    if kind not in ("value", "change"):
        raise ValueError(f"no formula is known for a {kind.replace('_', ' ')} and its mean")
    return np.full(size, 1.0 if kind == "change" else 0.0)


def _slopes(laws: tuple[Law, Law], numbers: tuple[float, float]) -> Floats:
    """Return the common slopes on baseline that least squares finds at each visit."""
    with_baseline = sum(number * law.covariance[1:, 0] for number, law in zip(numbers, laws, strict=True))
    of_baseline = sum(number * law.covariance[0, 0] for number, law in zip(numbers, laws, strict=True))
    return np.asarray(with_baseline / of_baseline)


def _given_baseline(law: Law, slopes: Floats) -> Floats:
    """Return the covariance of the visits after so much of baseline has been taken off each."""
    off = np.hstack([-slopes[:, None], np.eye(slopes.size)])
    return np.asarray(off @ law.covariance @ off.T)


def _difference(laws: tuple[Law, Law], slopes: Floats) -> Floats:
    gap = laws[0].mean - laws[1].mean
    return np.asarray(gap[1:] - slopes * gap[0])


def _pooled(variances: list[float], numbers: tuple[float, float]) -> float:
    """Return the SD, the same in both arms, with which a difference would vary as it does."""
    of_difference = variances[0] / numbers[0] + variances[1] / numbers[1]
    return math.sqrt(of_difference / (1 / numbers[0] + 1 / numbers[1]))


def _unequal(asked: _Asked) -> tuple[str, ...]:
    first, second = asked.laws((asked.estimand.variable.visit,))
    if np.allclose(first.covariance, second.covariance):
        return ()
    return ("one spread in both arms, which the scenario does not state",)


def _unexplained(others: int) -> tuple[str, ...]:
    return ("what covariates other than baseline explain",) if others else ()


def _covariates(asked: _Asked) -> tuple[int, int]:
    """Return how many design columns are the score's own baseline (0 or 1), and how many are others."""
    estimator, protocol = asked.estimand.estimator, asked.truth.resolved.protocol
    baseline = asked.estimand.variable.baseline or protocol.baseline_visit
    own = others = 0
    for name in estimator.covariates:
        bare, _, visit = name.partition("@")
        if (
            ".".join(asked.truth.resolved.locate(bare)) == asked.scale.name
            and (visit or baseline) == baseline
        ):
            own = 1
        else:
            others += 1
    if estimator.strata:
        others += sum(max(0, len(stratum.levels) - 1) for stratum in protocol.allocation.strata or ())
    return own, others


def _visits(asked: _Asked) -> tuple[str, ...]:
    """Return the model's visits up to the estimand's; later ones tell nothing when leaving is for good."""
    form, _ = asked.truth.resolved.locate(asked.estimand.variable.score)
    every = visits_used(asked.truth.resolved.protocol, asked.estimand, form=form)
    end = asked.estimand.variable.visit
    if end not in every:
        raise ValueError(f"the model has no visit {end}")
    return every[: every.index(end) + 1]


def _numeric(formula: Callable[[_Asked], Analytic]) -> Callable[[_Asked], Analytic]:
    def judged(asked: _Asked) -> Analytic:
        if asked.estimand.variable.type in BINARY:
            return asked.without("the variable says yes or no, and the formula is for means")
        return formula(asked)

    return judged


FORMULAS: Mapping[str, Callable[[_Asked], Analytic]] = {
    "t_change": _numeric(_t_change),
    "hodges_lehmann": _numeric(_hodges_lehmann),
    "ancova": _numeric(_ancova),
    "mmrm": _numeric(_mmrm),
    "risk_difference": _responders,
    "odds_ratio": _responders,
    "exact": _responders,
}
"""Estimator to its formula. Imputation, standardization and strata have none."""
