"""Estimands in words: the five attributes of ICH E9(R1), and one sentence that says them aloud.

Holds text. Refuses numbers other than how many had an intercurrent event.
"""

from typing import Any

from equipoise.analysis.evidence import Evidence
from equipoise.analysis.intercurrent import affected
from equipoise.analysis.question import Question
from equipoise.analysis.variable import definition
from equipoise.errors import FitError
from equipoise.protocol.estimators import BINARY, ESTIMATORS
from equipoise.protocol.plan import Estimand

Json = dict[str, Any]

SUMMARIES = {
    "difference_in_means": "difference in means",
    "location_shift": "shift in location",
    "risk_difference": "difference in the proportion",
    "odds_ratio": "odds ratio",
}
STRATEGIES = {
    "treatment_policy": "Whatever value is measured counts, even after",
    "hypothetical": "Values count as missing after",
    "composite": "Counted as a failure",
    "while_on_treatment": "The last value counts before",
    "principal_stratum": "Only participants who would never have",
}

IMPUTED_AS = {
    "mar": "missing at random",
    "jr": "jump to reference",
    "cr": "copy reference",
    "cir": "copy increments in reference",
    "lmcf": "last mean carried forward",
}
"""What is assumed of values after an event, by the protocol's words."""


def estimands_table(evidence: Evidence) -> list[Json]:
    """Return the estimands with their attributes in words, the primary first."""
    protocol = evidence.resolved.protocol
    ordered = sorted(protocol.estimands, key=lambda one: one is not protocol.primary)
    return [_row(evidence, estimand) for estimand in ordered]


def _row(evidence: Evidence, estimand: Estimand) -> Json:
    question = Question(evidence, estimand)
    protocol = evidence.resolved.protocol
    estimator = estimand.estimator
    return {
        "id": estimand.id,
        "name": estimand.name,
        "role": estimand.role,
        "population": estimand.population,
        "population_text": protocol.analysis_set(estimand.population).text,
        "treatment": {
            "experimental": estimand.treatment.experimental,
            "reference": estimand.treatment.reference,
            "text": f"{protocol.arm(question.arm).name} against {protocol.arm(question.reference).name}",
        },
        "variable": question.scale.name,
        "variable_text": variable_text(question),
        "visit": estimand.variable.visit,
        "intercurrent_events": [
            _event(question, handled.event, handled.strategy) for handled in estimand.intercurrent_events
        ],
        "summary": estimand.summary,
        "summary_text": SUMMARIES[estimand.summary],
        "estimator": estimator.name,
        "covariates": list(estimator.covariates),
        "strata": estimator.strata,
        "missing": estimand.missing,
        "assumption": assumption(question),
        "variance": estimand.variance,
        "sensitivity_of": estimand.sensitivity_of,
        "sentence": _sentence(question),
    }


def variable_text(question: Question) -> str:
    """Return the variable in words, as in "Change in MADRS total from Preparation 1 to Day 28"."""
    protocol, variable = question.evidence.resolved.protocol, question.estimand.variable
    label, visit = question.scale.label, protocol.visit(variable.visit).name
    start = variable.baseline or protocol.baseline_visit
    origin = f"from {protocol.visit(start).name} " if start else "from baseline "
    if variable.type == "change":
        return f"Change in {label} {origin}to {visit}"
    if variable.type == "percent_change":
        return f"Percent change in {label} {origin}to {visit}"
    if variable.type in BINARY:
        return f"{variable.type.capitalize()} at {visit}: {_definition(question)}"
    return f"{label} at {visit}"


def assumption(question: Question) -> str:
    """Return in one sentence what is assumed of participants without the variable."""
    estimand = question.estimand
    if estimand.missing == "failure":
        return "Participants without the variable count as not having responded"
    row = ESTIMATORS[estimand.estimator.name]
    return f"{row.assumes}{_by_event(question)}{_shift(question)}"


def _by_event(question: Question) -> str:
    """Return the assumptions that differ between intercurrent events."""
    estimator = question.estimand.estimator
    own = ESTIMATORS[estimator.name].strategy
    given = estimator.options.get("strategies") or {}
    texts = {event.id: event.text for event in question.evidence.resolved.protocol.intercurrent_events}
    said = [f"after {_lower(texts[event])}: {IMPUTED_AS[one]}" for event, one in given.items() if one != own]
    return f"; {'; '.join(said)}" if said else ""


def _shift(question: Question) -> str:
    """Return by how much imputed values are changed."""
    options = question.estimand.estimator.options
    if "delta" not in options:
        return ""
    arm = question.evidence.resolved.protocol.arm(question.arm).name
    arms = "in both arms" if options.get("to") == "both" else f"in {arm}"
    return f": {options['delta']:+g}{unit_text(question)} {arms}"


def unit_text(question: Question) -> str:
    """Return the variable's unit as it follows a number; empty where it has none."""
    unit = "%" if question.estimand.variable.type == "percent_change" else question.scale.unit
    return f" {unit}" if unit else ""


def _definition(question: Question) -> str:
    try:
        return definition(question.estimand.variable, question.scale)
    except FitError:
        return "not defined"


def _event(question: Question, event_id: str, strategy: str) -> Json:
    """Return an event with how many had it before the estimand's visit; pooled under `all` when blinded."""
    evidence = question.evidence
    event = next(one for one in evidence.resolved.protocol.intercurrent_events if one.id == event_id)
    who = affected(evidence, question.estimand, event)
    return {
        "event": event.id,
        "text": event.text,
        "strategy": strategy,
        "n_by_arm": {cohort.arm or "all": len(who & set(cohort.members)) for cohort in evidence.cohorts},
    }


def _sentence(question: Question) -> str:
    estimand, protocol = question.estimand, question.evidence.resolved.protocol
    population = protocol.analysis_set(estimand.population).text
    arms = f"{protocol.arm(question.arm).name} and {protocol.arm(question.reference).name}"
    parts = [
        f"The {SUMMARIES[estimand.summary]} between {arms} in: {_lower(variable_text(question))}",
        f"Population: {_lower(population)}",
        *(_strategy_text(question, strategy) for strategy in STRATEGIES),
        assumption(question),
    ]
    return " ".join(f"{part}." for part in parts if part)


def _strategy_text(question: Question, strategy: str) -> str:
    """Return one strategy with the events it is for; empty when it is for none."""
    events = {event.id: event.text for event in question.evidence.resolved.protocol.intercurrent_events}
    chosen = [one.event for one in question.estimand.intercurrent_events if one.strategy == strategy]
    return f"{STRATEGIES[strategy]}: {'; '.join(_lower(events[one]) for one in chosen)}" if chosen else ""


def _lower(text: str) -> str:
    """Return the text with a small first letter, unless the first word is an abbreviation."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"
