"""The estimators: a plain table from the protocol's name to the function that estimates.

Holds one function a row. A new estimator is a new row here and in `protocol.estimators`, under the same name.
Refuses to know tables, tests of several hypotheses or files.
"""

from collections.abc import Callable, Mapping

from equipoise.analysis.answer import Answer
from equipoise.analysis.mixed_model import mmrm
from equipoise.analysis.plain import number, percent
from equipoise.analysis.question import Question, Sample
from equipoise.analysis.result import Group
from equipoise.errors import FitError
from equipoise.statistics import ancova as covariance
from equipoise.statistics import proportion, two_sample
from equipoise.statistics.describe import describe
from equipoise.statistics.proportion import Count, DifferenceMethod

INTERVALS: Mapping[str, DifferenceMethod] = {
    "newcombe": "newcombe",
    "miettinen_nurminen": "miettinen_nurminen",
}


Estimator = Callable[[Question], Answer]


def t_change(question: Question) -> Answer:
    """Compare means by Student's t with a pooled variance.

    Raises  FitError as `two_sample.pooled_t` does
    """
    sample = question.sample()
    x, y = sample.of(question.arm), sample.of(question.reference)
    estimate = two_sample.pooled_t(x, y, level=question.level)
    return Answer(estimate, estimate.method, _means(question, sample))


def ancova(question: Question) -> Answer:
    """Compare means adjusted for covariates by least squares, among the two arms compared.

    Raises  FitError as `ancova.ancova` does, and when the arm of interest has nobody
    """
    sample = question.sample()
    groups = _means(question, sample)
    empty = [group.arm for group in groups if group.n == 0]
    if empty:
        raise FitError(f"nobody in {' or '.join(empty)} has an outcome and every covariate")
    fit = covariance.ancova(
        sample.outcome,
        sample.arms,
        reference=question.reference,
        covariates=sample.design,
        names=sample.names,
        level=question.level,
    )
    used = dict.fromkeys(name.partition("=")[0] for name in sample.names if name not in fit.dropped)
    convention = f"least squares, adjusted for {', '.join(used)}" if used else "least squares, no covariate"
    notes = (f"left out as collinear: {', '.join(fit.dropped)}",) if fit.dropped else ()
    return Answer(fit.differences[question.arm], convention, groups, notes)


def risk_difference(question: Question) -> Answer:
    """Compare proportions by their difference, with a score interval.

    Raises  FitError when an arm has nobody
    """
    x, y = _counts(question)
    method = INTERVALS[question.estimand.estimator.interval or "newcombe"]
    estimate = proportion.risk_difference(x, y, method=method, level=question.level)
    return Answer(estimate, estimate.method, _shares(question, x, y))


def odds_ratio(question: Question) -> Answer:
    """Compare proportions by the ratio of their odds.

    Raises  FitError when an arm has nobody
    """
    x, y = _counts(question)
    estimate = proportion.odds_ratio(x, y, level=question.level)
    return Answer(estimate, estimate.method, _shares(question, x, y))


ESTIMATORS: Mapping[str, Estimator] = {
    "t_change": t_change,
    "ancova": ancova,
    "mmrm": mmrm,
    "risk_difference": risk_difference,
    "odds_ratio": odds_ratio,
}


def _means(question: Question, sample: Sample) -> tuple[Group, Group]:
    def group(arm: str) -> Group:
        found = describe(sample.of(arm))
        return Group(arm=arm, n=found.n, mean=number(found.mean), sd=number(found.sd))

    return group(question.arm), group(question.reference)


def _counts(question: Question) -> tuple[Count, Count]:
    sample = question.sample()

    def count(arm: str) -> Count:
        outcomes = sample.of(arm)
        return Count(events=int(outcomes.sum()), n=int(outcomes.size))

    return count(question.arm), count(question.reference)


def _shares(question: Question, x: Count, y: Count) -> tuple[Group, Group]:
    def group(arm: str, count: Count) -> Group:
        return Group(arm=arm, n=count.n, count=count.events, percent=percent(count.events, count.n))

    return group(question.arm, x), group(question.reference, y)
