"""Estimators of a number at one visit: Student's t, ranks, least squares.

Holds one function a row of the registry. Refuses visits other than the estimand's.
"""

from equipoise.analysis.answer import Answer
from equipoise.analysis.plain import number
from equipoise.analysis.question import Question, Sample
from equipoise.analysis.result import Group
from equipoise.errors import FitError
from equipoise.statistics import ancova as covariance
from equipoise.statistics import rank, two_sample
from equipoise.statistics.describe import describe


def t_change(question: Question) -> Answer:
    """Compare means by Student's t with a pooled variance.

    Raises  FitError as `two_sample.pooled_t` does
    """
    sample = question.sample()
    x, y = sample.of(question.arm), sample.of(question.reference)
    estimate = two_sample.pooled_t(x, y, level=question.level)
    return Answer(estimate, estimate.method, _groups(question, sample))


def hodges_lehmann(question: Question) -> Answer:
    """Compare locations by the median of all differences, with the rank-sum test.

    Raises  FitError as `rank.hodges_lehmann` does
    """
    sample = question.sample()
    x, y = sample.of(question.arm), sample.of(question.reference)
    estimate = rank.hodges_lehmann(x, y, level=question.level)
    return Answer(estimate, f"{estimate.method}, Wilcoxon rank-sum test", _groups(question, sample))


def ancova(question: Question) -> Answer:
    """Compare means adjusted for covariates by least squares, among the two arms compared.

    Raises  FitError as `ancova.ancova` does, and when the arm of interest has nobody
    """
    sample = question.sample()
    groups = _groups(question, sample)
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


def _groups(question: Question, sample: Sample) -> tuple[Group, Group]:
    def group(arm: str) -> Group:
        found = describe(sample.of(arm))
        return Group(arm=arm, n=found.n, mean=number(found.mean), sd=number(found.sd))

    return group(question.arm), group(question.reference)
