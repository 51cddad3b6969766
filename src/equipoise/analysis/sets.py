"""Analysis sets: who is analyzed, and under which arm.

Holds membership. Refuses to drop anybody for a missing value, which is the estimand's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from equipoise import expressions
from equipoise.analysis.evidence import Evidence
from equipoise.protocol.plan import AnalysisSet


@dataclass(frozen=True)
class Members:
    """Who belongs to an analysis set.

    arms      participant to the arm they count for, sorted by participant; the arm is None when blinded
    unknown   participants left out because the set's rule could not be decided
    """

    arms: dict[str, str | None]
    unknown: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the set."""
        if not self.unknown:
            return ()
        return (f"{len(self.unknown)} left out because the analysis set's rule could not be decided",)


def members(evidence: Evidence, name: str) -> Members:
    """Return the members of an analysis set.

    Works without an allocation: the members are the same, their arms None.
    Raises  KeyError when the protocol has no such set
    """
    key = f"members {name}"
    known = evidence.known.get(key)
    if not isinstance(known, Members):
        known = _members(evidence, evidence.resolved.protocol.analysis_set(name))
        evidence.known[key] = known
    return known


def _members(evidence: Evidence, plan: AnalysisSet) -> Members:
    who = evidence.randomized if plan.participants == "randomized" else evidence.treated
    arms = evidence.arms if plan.arm == "as_randomized" else evidence.arms_treated
    decided = _decide(evidence, plan, who)
    return Members(
        {one: arms.get(one) for one, inside in decided.items() if inside},
        tuple(one for one, inside in decided.items() if inside is None),
    )


def meeting(evidence: Evidence, rule: str, who: Iterable[str]) -> dict[str, bool | None]:
    """Return, for each participant, whether a rule of the protocol holds; None when it cannot be decided."""
    parsed = expressions.parse(rule)
    found = {one: parsed.evaluate(evidence.facts(one)) for one in who}
    return {one: None if value is None else bool(value) for one, value in found.items()}


def _decide(evidence: Evidence, plan: AnalysisSet, who: Iterable[str]) -> dict[str, bool | None]:
    if plan.rule is None:
        return dict.fromkeys(who, True)
    return meeting(evidence, plan.rule, who)
