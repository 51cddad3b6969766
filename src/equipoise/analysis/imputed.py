"""Estimands whose missing values are imputed, as rows of the registry.

Holds the way from a method's result to an answer in the protocol's names. Refuses to impute.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from equipoise.analysis.answer import Answer, VisitEstimate
from equipoise.analysis.gaps import before_treatment, off_treatment
from equipoise.analysis.imputation_plan import ARM, REFERENCE, analyze, generator, plan_of, seeded
from equipoise.analysis.mixed_model import used_groups
from equipoise.analysis.question import Question
from equipoise.analysis.repeated import Repeated, notes_of, repeated
from equipoise.analysis.tipping_point import tipping_point
from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation import Imputed
from equipoise.statistics.imputation.multiple import DEFAULT_IMPUTATIONS
from equipoise.statistics.imputation.retrieved import analyze_retrieved


def imputed(question: Question) -> Answer:
    """Compare arms at the estimand's visit after imputing what is missing as its estimator assumes.

    Raises  FitError when the imputation model or a refit that the variance needs has no fit, or the sample
            is empty
    """
    return _spoken(question, repeated(question), _imputed)


def retrieved(question: Question) -> Answer:
    """Compare arms under treatment policy, values off treatment imputed from those who were followed.

    Raises  FitError when too few were followed and no fallback is planned, or the sample is empty
    """
    return _spoken(question, repeated(question), _retrieved)


def _spoken(question: Question, sample: Repeated, method: Callable[[Question, Repeated], Answer]) -> Answer:
    """Return a method's answer with the protocol's names for arms, visits and covariates."""
    try:
        # A search that leaves the numbers a machine has ends without a fit, which is a result.
        with np.errstate(over="ignore", invalid="ignore"):
            answer = method(question, sample)
    except np.linalg.LinAlgError as error:
        raise FitError("the imputation model ran into a covariance that is singular") from error
    except FitError as error:
        raise FitError(_named(question, sample, "; ".join(str(error).splitlines()))) from error
    return replace(answer, notes=tuple(_named(question, sample, note) for note in answer.notes))


def _named(question: Question, sample: Repeated, text: str) -> str:
    """Return a text with names where statistics knows numbers: "arm 1", "visit 4", "the others: 2, 3"."""
    protocol = question.evidence.resolved.protocol
    arms = {ARM: question.arm, REFERENCE: question.reference}

    def names(numbers: re.Match[str]) -> str:
        return "the others: " + ", ".join(sample.design.names[int(one) - 1] for one in numbers[1].split(", "))

    text = re.sub(r"\barm ([01])\b", lambda found: protocol.arm(arms[int(found[1])]).name, text)
    text = re.sub(
        r"\bvisit (\d+)\b", lambda found: protocol.visit(sample.visits[int(found[1]) - 1]).name, text
    )
    return re.sub(r"\bthe others: (\d+(?:, \d+)*)", names, text)


def _imputed(question: Question, sample: Repeated) -> Answer:
    plan = plan_of(question, sample)
    found = analyze(plan)
    visit = sample.visits.index(question.estimand.variable.visit)
    estimate = found.at(visit)
    if not np.isfinite(estimate.std_error):
        raise FitError(f"the imputation is {found.status}")
    return Answer(
        estimate,
        found.convention,
        used_groups(question, sample, anybody=True),
        notes=(*found.notes, *([seeded(plan.sha256)] if plan.random else [])),
        sample_notes=notes_of(question, sample),
        variance=found.variance,
        sample=sample,
        by_visit=tuple(_by_visit(question, sample, found)),
        tipping_point=partial(tipping_point, plan, visit) if "deltas" in plan.options else None,
    )


def _retrieved(question: Question, sample: Repeated) -> Answer:
    options = question.estimand.estimator.options
    visit = sample.visits.index(question.estimand.variable.visit)
    sha256 = question.evidence.resolved.estimand_hashes[question.estimand.id]
    found = analyze_retrieved(
        imputation.incomplete(
            sample.outcome,
            sample.indicator(question.arm),
            covariates=sample.design.matrix,
            reference=REFERENCE,
        ),
        arm=ARM,
        visit=visit,
        stopped=off_treatment(question, sample),
        rng=generator(sha256),
        n=int(options.get("imputations", DEFAULT_IMPUTATIONS)),
        fallback=options.get("fallback"),
        baseline=before_treatment(question, sample),
        level=question.level,
    )
    return Answer(
        found.at(visit),
        found.convention,
        used_groups(question, sample, anybody=True),
        notes=(*found.notes, seeded(sha256)),
        sample_notes=notes_of(question, sample),
        variance=found.variance,
        sample=sample,
    )


def _by_visit(question: Question, sample: Repeated, found: Imputed) -> Iterator[VisitEstimate]:
    arms = {ARM: question.arm, REFERENCE: question.reference}
    for place, visit in enumerate(sample.visits):
        for code, arm in arms.items():
            seen = int(sample.seen[sample.among(arm), place].sum())
            yield VisitEstimate(visit, arm, None, found.means[code, place], seen)
        everybody = int(sample.seen[:, place].sum())
        yield VisitEstimate(visit, question.arm, question.reference, found.at(place), everybody)
