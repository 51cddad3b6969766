"""Estimators of yes-or-no variables: how many responded, compared between two arms.

Holds one function a row of the registry. Refuses variables that are numbers.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from equipoise.analysis.answer import Answer
from equipoise.analysis.plain import percent
from equipoise.analysis.question import Question, Sample
from equipoise.analysis.result import Group
from equipoise.errors import FitError
from equipoise.statistics import cmh as mantel_haenszel
from equipoise.statistics import exact as conditional
from equipoise.statistics import proportion
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.proportion import Count, DifferenceMethod
from equipoise.statistics.standardization import Variance, standardize

INTERVALS: Mapping[str, DifferenceMethod] = {
    "newcombe": "newcombe",
    "miettinen_nurminen": "miettinen_nurminen",
}
VARIANCES: Mapping[str, Variance] = {
    "superpopulation": "superpopulation",
    "finite_sample": "finite_sample",
    "finite_sample_model": "finite_sample_model",
}
BLOCKS = "permuted_blocks"
"""Randomization whose balance within strata lowers the variance."""


def risk_difference(question: Question) -> Answer:
    """Compare proportions by their difference, with a score interval.

    Raises  FitError when an arm has nobody
    """
    x, y = _counts(question, question.sample())
    method = INTERVALS[question.estimand.estimator.interval or "newcombe"]
    estimate = proportion.risk_difference(x, y, method=method, level=question.level)
    return Answer(estimate, estimate.method, _groups(question, x, y))


def odds_ratio(question: Question) -> Answer:
    """Compare proportions by the ratio of their odds.

    Raises  FitError when an arm has nobody
    """
    x, y = _counts(question, question.sample())
    estimate = proportion.odds_ratio(x, y, level=question.level)
    return Answer(estimate, estimate.method, _groups(question, x, y))


def exact(question: Question) -> Answer:
    """Compare proportions by the ratio of their odds given all margins, and Fisher's test.

    Raises  FitError when an arm has nobody, or the ratio is 0 or infinite
    """
    x, y = _counts(question, question.sample())
    found = conditional.conditional_odds_ratio(x, y, level=question.level)
    if not found.estimate or math.isinf(found.estimate):
        raise FitError(
            f"{x.events} of {x.n} against {y.events} of {y.n} leave an odds ratio of 0 or infinity; "
            "take a risk difference"
        )
    low, high = found.ci_low, found.ci_high
    estimate = Estimate(
        estimate=found.estimate,
        std_error=math.nan,
        df=None,
        statistic=None,
        p_value=found.p_value,
        ci_level=question.level,
        ci_low=math.nan if low is None else low,
        ci_high=math.nan if high is None else high,
        method=found.method,
    )
    return Answer(estimate, f"{found.method}, Fisher's exact test", _groups(question, x, y))


def cmh(question: Question) -> Answer:
    """Compare proportions within strata: a common difference or odds ratio, and one test.

    Raises  FitError when no stratum has both arms, or the ratio is not defined
    """
    sample = question.sample()
    tables, _ = mantel_haenszel.tabulate_strata(
        sample.outcome,
        sample.arms,
        _strata(question, sample),
        arms=(question.arm, question.reference),
    )
    found = mantel_haenszel.stratified_comparison(tables, level=question.level)
    common = found.odds_ratio if question.estimand.summary == "odds_ratio" else found.difference
    if common is None:
        raise FitError("the Mantel-Haenszel odds ratio is 0, infinite or not defined")
    test = found.test
    estimate = replace(common, statistic=None, p_value=test.p_value if test is not None else None)
    tested = f"; P value: {test.method}" if test is not None else ""
    left_out = (f"{found.left_out} strata with one arm only say nothing",) if found.left_out else ()
    convention = f"{common.method}, {found.strata} strata{tested}"
    return Answer(estimate, convention, _groups(question, *_counts(question, sample)), notes=left_out)


def standardized_risk_difference(question: Question) -> Answer:
    """Compare proportions standardized over covariates and strata, as if everybody had been in either arm.

    Raises  FitError when an arm has only or no events, or covariates separate the outcome
    """
    sample = question.sample()
    variance = VARIANCES[question.estimand.variance or "superpopulation"]
    allocation = question.evidence.resolved.protocol.allocation
    balanced = (
        question.estimand.estimator.strata and allocation.method == BLOCKS and variance == "superpopulation"
    )
    found = standardize(
        sample.outcome,
        sample.arms,
        reference=question.reference,
        covariates=sample.design,
        names=sample.names,
        strata=_strata(question, sample) if balanced else None,
        variance=variance,
        level=question.level,
    )
    used = dict.fromkeys(name.partition("=")[0] for name in sample.names if name not in found.dropped)
    over = f"over {', '.join(used)}" if used else "over no covariate"
    return Answer(
        found.differences[question.arm],
        f"risk difference standardized {over}, logistic working model",
        _groups(question, *_counts(question, sample)),
        notes=(f"left out as collinear: {', '.join(found.dropped)}",) if found.dropped else (),
        variance=found.convention,
    )


def _strata(question: Question, sample: Sample) -> list[str]:
    """Return each participant's stratum, the levels of all factors together."""
    factors = [stratum.id for stratum in question.evidence.resolved.protocol.allocation.strata or ()]
    columns = [question.covariates[name] for name in factors]
    return [" / ".join(str(column[who]) for column in columns) for who in sample.participants]


def _counts(question: Question, sample: Sample) -> tuple[Count, Count]:
    def count(arm: str) -> Count:
        outcomes = sample.of(arm)
        return Count(events=int(outcomes.sum()), n=int(outcomes.size))

    return count(question.arm), count(question.reference)


def _groups(question: Question, x: Count, y: Count) -> tuple[Group, Group]:
    def group(arm: str, count: Count) -> Group:
        return Group(arm=arm, n=count.n, count=count.events, percent=percent(count.events, count.n))

    return group(question.arm, x), group(question.reference, y)
