"""Who may take part, criterion by criterion: met, not met, or not yet known.

Holds the judgment of a protocol's criteria over answers it is handed. Refuses to guess: what is not known
is not met, and a criterion without a rule is a person's to judge.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from equipoise.errors import RecordError
from equipoise.expressions import Expression, Name, Value, parse
from equipoise.protocol.care import Criterion
from equipoise.protocol.resolve import Resolved

Met = Literal["yes", "no", "unknown"]
RULES_KEPT = 512
Place = tuple[str, str, str]
"""(form, item or score, visit); the visit is "" where the rule names none."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How one criterion stands.

    met       yes: it speaks for taking part (an exclusion does not hold); no: against; unknown: not yet known
    values    what the rule read, in the order of its names; None for what is not answered
    lacking   of these, the ones without an answer; a criterion may be decided without them
    by_person whether nobody but a person can judge it
    """

    criterion: Criterion
    met: Met
    values: Mapping[Place, Value]
    lacking: tuple[Place, ...]
    by_person: bool

    @property
    def wanted(self) -> tuple[Place, ...]:
        """Return what is still needed to know it."""
        return self.lacking if self.met == "unknown" else ()


def judge(
    resolved: Resolved, *, look: Callable[[Name], Any], judged: Mapping[str, bool]
) -> tuple[Judged, ...]:
    """Judge every criterion of a protocol, in its order.

    look     answers by name; None where there is none
    judged   criterion without a rule to whether it holds, as a person found; left out where nobody did
    """
    return tuple(_judge(one, resolved, look, judged) for one in resolved.protocol.eligibility)


def eligible(table: tuple[Judged, ...]) -> Met:
    """Return what the criteria say together: all met, one not met, or not yet known."""
    if any(one.met == "no" for one in table):
        return "no"
    return "yes" if all(one.met == "yes" for one in table) else "unknown"


def names(resolved: Resolved) -> frozenset[Name]:
    """Return everything the criteria read."""
    rules = (one.rule for one in resolved.protocol.eligibility if one.rule is not None)
    return frozenset(name for rule in rules for name in _parsed(rule).names)


def _judge(
    criterion: Criterion, resolved: Resolved, look: Callable[[Name], Any], judged: Mapping[str, bool]
) -> Judged:
    if criterion.rule is None:
        return Judged(criterion, _met(criterion, holds=judged.get(criterion.id)), {}, (), by_person=True)
    rule = _parsed(criterion.rule)
    values = {_place(name, resolved): look(name) for name in sorted(rule.names)}
    try:
        held = rule.evaluate(look)
    except RecordError:
        # Answers that do not go together decide nothing.
        held = None
    lacking = tuple(place for place, value in values.items() if value is None)
    found = held if isinstance(held, bool) else None
    return Judged(criterion, _met(criterion, holds=found), values, lacking, by_person=False)


def _met(criterion: Criterion, *, holds: bool | None) -> Met:
    if holds is None:
        return "unknown"
    return "yes" if holds == (criterion.kind == "inclusion") else "no"


def _place(name: Name, resolved: Resolved) -> Place:
    form, item = resolved.locate(name)
    return form, item, name.visit or ""


@lru_cache(maxsize=RULES_KEPT)
def _parsed(rule: str) -> Expression:
    return parse(rule)
