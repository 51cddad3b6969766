"""Estimands to results: each question asked, each answer a row, the primary first.

Holds the loop. An estimand that cannot be estimated becomes a row that says why and never stops the others.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from equipoise.analysis.answer import Answer
from equipoise.analysis.ending import conclude, looks_table, repeated_p_values, sentence
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.looks import END, Looks, all_looks
from equipoise.analysis.multiplicity import apply
from equipoise.analysis.plain import number
from equipoise.analysis.question import Question
from equipoise.analysis.registry import ESTIMATORS
from equipoise.analysis.result import Result
from equipoise.errors import FitError

BLINDED = "blinded: no allocation was given"


@dataclass(frozen=True)
class Findings:
    """What the estimators said.

    results   one an estimand, the primary first, after the testing procedure
    looks     the planned looks and what they make of the results, for `tables.json`; None without looks
    answers   estimand to all its estimator said; those that could not be estimated are absent
    """

    results: tuple[Result, ...]
    answers: Mapping[str, Answer]
    looks: list[dict[str, Any]] | None = None


def estimate_all(evidence: Evidence, *, only: Collection[str] | None = None, look: str = END) -> Findings:
    """Return one result an estimand, the primary first, after the protocol's multiplicity procedure.

    only   estimands to estimate; None = all. The procedure still tests what it finds among them
    look   the planned look these data belong to, or `end`
    Without an allocation every row is empty and says so.
    """
    protocol = evidence.resolved.protocol
    ordered = sorted(protocol.estimands, key=lambda one: one is not protocol.primary)
    asked = [Question(evidence, one) for one in ordered if only is None or one.id in only]
    found = [_ask(question) for question in asked]
    results = tuple(result for result, _ in found)
    answers = {result.estimand: answer for result, answer in found if answer is not None}
    if evidence.blinded:
        return Findings(results, answers)
    looks = all_looks(evidence.resolved)
    if not looks:
        return Findings(apply(results, protocol.multiplicity), answers)
    given = repeated_p_values(looks, results, look=look)
    noted = [_noted(result, looks.get(result.estimand), look) for result in results]
    return Findings(
        apply(noted, protocol.multiplicity, given=given), answers, looks_table(looks, results, look=look)
    )


def _noted(result: Result, looks: Looks | None, look: str) -> Result:
    """Return a result with what a reader must know of the looks."""
    concluded = conclude(looks, result, look=look) if looks is not None else None
    if looks is None or concluded is None:
        return result
    return replace(result, notes=(*result.notes, sentence(looks, concluded)))


def estimate(question: Question) -> Result:
    """Return the result of one question, before any testing of several hypotheses."""
    return _ask(question)[0]


def _ask(question: Question) -> tuple[Result, Answer | None]:
    empty = _empty(question)
    try:
        if question.evidence.blinded:
            return replace(empty, status=BLINDED, n=len(question.outcome)), None
        answer = ESTIMATORS[question.estimand.estimator.name](question)
    except FitError as error:
        return replace(empty, status=f"not estimable: {_words(error)}", notes=_notes(question)), None
    sample = question.notes if answer.sample_notes is None else answer.sample_notes
    return _filled(empty, answer, notes=(*sample, *answer.notes)), answer


def find(results: Sequence[Result], estimand: str) -> Result | None:
    """Return the result of an estimand; None when there is none."""
    return next((result for result in results if result.estimand == estimand), None)


def _empty(question: Question) -> Result:
    estimand = question.estimand
    return Result(
        estimand=estimand.id,
        name=estimand.name,
        role=estimand.role,
        analysis_set=estimand.population,
        estimator=estimand.estimator.name,
        visit=estimand.variable.visit,
        scale=question.scale.id,
        variable=question.scale.name,
        variable_type=estimand.variable.type,
        label=question.scale.label,
        unit=_unit(question),
        measure=estimand.summary,
        arm=question.arm,
        reference=question.reference,
        ci_level=question.level,
        sensitivity_of=estimand.sensitivity_of,
    )


def _unit(question: Question) -> str | None:
    if question.binary:
        return None
    return "%" if question.estimand.variable.type == "percent_change" else question.scale.unit


def _filled(empty: Result, answer: Answer, *, notes: tuple[str, ...]) -> Result:
    found, (arm, reference) = answer.estimate, answer.groups
    return replace(
        empty,
        convention=answer.convention,
        variance_convention=answer.variance,
        estimate=number(found.estimate),
        std_error=number(found.std_error),
        df=number(found.df),
        ci_low=number(found.ci_low),
        ci_high=number(found.ci_high),
        p_value=number(found.p_value),
        n=answer.n,
        n_arm=arm.n,
        n_reference=reference.n,
        groups=answer.groups,
        notes=notes,
    )


def _notes(question: Question) -> tuple[str, ...]:
    """Return the question's notes, or none where the way to the sample is what failed."""
    try:
        return question.notes
    except FitError:
        return ()


def _words(error: FitError) -> str:
    """Return an error's message and findings on one line."""
    return "; ".join(str(error).splitlines())
