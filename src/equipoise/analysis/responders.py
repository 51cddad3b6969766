"""Responders: how many improved by half, how many are well, by visit and arm.

Holds proportions with score intervals, of participants observed. Refuses comparisons, which are estimands.
"""

from collections.abc import Iterator
from typing import Any

from equipoise.analysis.descriptives import shown_scores, visits_of
from equipoise.analysis.evidence import Cohort, Evidence
from equipoise.analysis.plain import percent
from equipoise.analysis.variable import Scale, baseline_of, definition, measure
from equipoise.errors import FitError
from equipoise.protocol.comparison import comparable
from equipoise.protocol.estimators import BINARY
from equipoise.protocol.plan import Variable
from equipoise.protocol.schedule import Visit
from equipoise.statistics.proportion import Count, wilson

PERCENT = 100


def responders_table(evidence: Evidence) -> list[dict[str, Any]]:
    """Return counts, percentages and Wilson intervals (in percent) of responders among those observed.

    Definitions are the estimands' where they give one, else the rating scale's.
    """
    return [
        _row(evidence, scale, variable, visit, cohort)
        for scale in shown_scores(evidence)
        for variable in _variables(evidence, scale)
        for visit in _after_baseline(evidence, scale)
        for cohort in evidence.cohorts
        if visit.arms is None or cohort.arm in visit.arms
    ]


def _variables(evidence: Evidence, scale: Scale) -> Iterator[Variable]:
    planned = [
        one.variable
        for one in evidence.resolved.protocol.estimands
        if one.variable.type in BINARY and evidence.full_name(one.variable.score) == scale.name
    ]
    primary = evidence.resolved.protocol.primary.variable.visit
    for default in (
        Variable(score=scale.name, type="response", visit=primary),
        Variable(score=scale.name, type="remission", visit=primary),
    ):
        variable = next((one for one in planned if one.type == default.type), default)
        if _defined(variable, scale):
            yield variable


def _defined(variable: Variable, scale: Scale) -> bool:
    try:
        measure(variable, scale, readings={}, baseline={})
    except FitError:
        return False
    return True


def _after_baseline(evidence: Evidence, scale: Scale) -> list[Visit]:
    order = [visit.id for visit in evidence.resolved.protocol.visits]
    start = evidence.resolved.protocol.baseline_visit
    first = order.index(start) if start is not None else -1
    return [visit for visit in visits_of(evidence, scale) if order.index(visit.id) > first]


def _row(
    evidence: Evidence, scale: Scale, variable: Variable, visit: Visit, cohort: Cohort
) -> dict[str, Any]:
    readings = {
        who: reading for (who, at), reading in evidence.readings(scale.name).items() if at == visit.id
    }
    baseline = baseline_of(evidence, scale.name, variable.baseline)
    found = measure(variable, scale, readings=readings, baseline=baseline)
    outcomes = [found[who] for who in cohort.members if who in found]
    count = Count(events=int(sum(outcomes)), n=len(outcomes))
    interval = wilson(count) if count.n else None
    return {
        "score": scale.name,
        "label": scale.label,
        "definition": definition(variable, scale),
        "kind": variable.type,
        "visit": visit.id,
        "visit_label": visit.name,
        "arm": cohort.arm,
        "n": count.n,
        "count": count.events,
        "percent": percent(count.events, count.n),
        "ci_low": PERCENT * interval.ci_low if interval else None,
        "ci_high": PERCENT * interval.ci_high if interval else None,
        "ci_method": "Wilson",
        "randomized_comparison": comparable(evidence.resolved.protocol, visit.id),
    }
