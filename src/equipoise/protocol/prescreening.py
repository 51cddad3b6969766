"""Sorting applications: what the answers given on the public page say of the eligibility criteria.

Holds one judgment. It sorts and never decides: whoever is asked in is judged by every criterion again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from equipoise import expressions
from equipoise.errors import ProtocolError
from equipoise.protocol.care import Criterion
from equipoise.protocol.eligibility import judge
from equipoise.protocol.resolve import Resolved

Verdict = Literal["likely", "open", "unlikely"]


@dataclass(frozen=True, slots=True)
class Prescreened:
    """What an application says.

    verdict   likely: every criterion that can be judged is met; unlikely: one is not; open: one is not known
    unmet     ids of criteria that speak against taking part
    unknown   ids of criteria that these questions could decide but these answers do not
    """

    verdict: Verdict
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]


def decided(resolved: Resolved) -> tuple[Criterion, ...]:
    """Return the criteria whose every name the application asks for, whatever the visit they name."""
    plan = resolved.protocol.application
    asked = set(plan.items) if plan is not None else set()
    return tuple(
        one
        for one in resolved.protocol.eligibility
        if one.rule is not None and (names := _places(resolved, one.rule)) and set(names.values()) <= asked
    )


def prescreen(resolved: Resolved, answers: Mapping[str, float | str | None]) -> Prescreened:
    """Judge an application.

    answers   `form.item` to a number or code; absent or None where nothing was answered
    """

    def look(name: expressions.Name) -> float | str | None:
        return answers.get(".".join(resolved.locate(name)))

    sorted_by = {one.id for one in decided(resolved)}
    table = [one for one in judge(resolved, look=look, judged={}) if one.criterion.id in sorted_by]
    unmet = tuple(one.criterion.id for one in table if one.met == "no")
    unknown = tuple(one.criterion.id for one in table if one.met == "unknown")
    verdict: Verdict = "unlikely" if unmet else "open" if unknown else "likely"
    return Prescreened(verdict, unmet, unknown)


def _places(resolved: Resolved, rule: str) -> dict[expressions.Name, str]:
    """Return the names a rule reads, each with its `form.item`; nothing for a rule that cannot be read."""
    try:
        return {name: ".".join(resolved.locate(name)) for name in expressions.parse(rule).names}
    except (KeyError, ProtocolError):
        return {}
