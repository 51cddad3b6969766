"""The primary question within groups: estimates with intervals, never a claim.

Holds no P values. A difference between groups is not tested here.
"""

from collections.abc import Iterator
from typing import Any

from equipoise.analysis.estimates import estimate
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.question import Question
from equipoise.analysis.sets import meeting
from equipoise.protocol.plan import Subgroup

OTHERS = "Others"


def subgroups_table(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the primary estimand in each subgroup and in everybody outside it; nothing when blinded."""
    if evidence.blinded:
        return []
    return [row for subgroup in evidence.resolved.protocol.subgroups for row in _rows(evidence, subgroup)]


def _rows(evidence: Evidence, subgroup: Subgroup) -> Iterator[dict[str, Any]]:
    met = meeting(evidence, subgroup.rule, evidence.randomized)
    unknown = sum(yes is None for yes in met.values())
    for inside, label in ((True, subgroup.label), (False, OTHERS)):
        within = frozenset(who for who, yes in met.items() if yes is inside)
        result = estimate(Question(evidence, evidence.resolved.protocol.primary, within=within))
        yield {
            "subgroup": subgroup.id,
            "subgroup_label": subgroup.label,
            "label": label,
            "inside": inside,
            "estimand": result.estimand,
            "arm": result.arm,
            "reference": result.reference,
            "estimate": result.estimate,
            "std_error": result.std_error,
            "ci_level": result.ci_level,
            "ci_low": result.ci_low,
            "ci_high": result.ci_high,
            "n": result.n,
            "n_arm": result.n_arm,
            "n_reference": result.n_reference,
            "unknown": unknown,
            "status": result.status,
        }
