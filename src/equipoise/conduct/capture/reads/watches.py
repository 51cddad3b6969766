"""Safety rules that a page can judge by itself: their instruction shows though the server cannot be reached.

Holds the choice of rules: comparisons of the form's own answers with constants, joined by and, or. What reads
a score, another form or another visit only the server can judge.
"""

from typing import Any

from equipoise import expressions
from equipoise.conduct.capture import words
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.lines import Watch
from equipoise.conduct.studies import wording
from equipoise.expressions import Name

JOINED = frozenset({"and", "or"})
COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">="})
CONSTANT = frozenset({"number", "text"})


def watches(found: FormGround) -> tuple[Watch, ...]:
    """Return the rules that the page of a form may judge for its viewer."""
    chosen = []
    for rule in found.resolved.protocol.safety_rules:
        root = expressions.parse(rule.when).tree["root"]
        if _judged(root, found) and found.sight.rule(rule.when, form=""):
            notify = tuple(words.role(role) for role in rule.notify)
            chosen.append(
                Watch(
                    rule.id, rule.alert, wording.said(rule.instruction, found.resolved), notify, _placed(root)
                )
            )
    return tuple(chosen)


def _judged(node: Any, found: FormGround) -> bool:
    kind, *parts = node
    if kind in JOINED:
        return all(_judged(part, found) for part in parts)
    if kind not in COMPARED:
        return False
    asked, constant = parts
    return asked[0] == "name" and constant[0] in CONSTANT and _own(Name(asked[1]), found)


def _own(name: Name, found: FormGround) -> bool:
    """Whether a name is a question of this form, outside of its groups."""
    try:
        form, item = found.resolved.locate(name)
    except KeyError:
        return False
    return name.visit is None and form == found.form.id and any(one.id == item for one in found.form.items)


def _placed(node: Any) -> list[Any]:
    """Return a rule with the places of answers for names: [sign, place, constant], joined as before."""
    kind, *parts = node
    if kind in JOINED:
        return [kind, *(_placed(part) for part in parts)]
    asked, constant = parts
    return [kind, f"{Name(asked[1]).item}:0", constant[1]]
