"""What a viewer may know of a form that was judged: findings and how far it is, hidden things left out.

Holds the filter that services and pages share.
"""

from collections.abc import Sequence
from typing import NamedTuple

from equipoise.conduct.capture.access import FormGround
from equipoise.protocol.answer import Finding
from equipoise.protocol.filling import Filled


class Progress(NamedTuple):
    """How many of the answers asked for were given."""

    answered: int
    asked: int


def progress(found: FormGround, judged: Filled) -> Progress:
    """Return how far a form is, counted over what the viewer may see."""
    asked = sum(1 for item, _ in judged.wanted if found.sight.item(found.form.id, item))
    return Progress(asked - len(visible(found, judged.gaps)), asked)


def visible(found: FormGround, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that the viewer may know."""
    rules = {one.id: one.rule for one in found.form.checks}
    return tuple(
        one
        for one in findings
        if found.sight.item(found.form.id, one.item)
        and (one.check not in rules or found.sight.rule(rules[one.check], form=found.form.id))
    )
