"""A form made ready to be filled: items by id, rules parsed, and which rules of the protocol ask about it.

Holds the plan and keeps it, since a form is filled thousands of times. Refuses to judge answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from equipoise import expressions
from equipoise.expressions import Expression, Name
from equipoise.protocol.care import SafetyRule
from equipoise.protocol.resolve import Resolved, ResolvedForm
from equipoise.protocol.schedule import EditCheck, Item

FORMS_KEPT = 512


@dataclass(frozen=True)
class Plan:
    """A form made ready: items by id, rules parsed.

    grouped   item to its group, for items of repeating groups
    outside   names of other forms, or of this one at other visits, that its rules read
    """

    form: ResolvedForm
    items: Mapping[str, Item]
    grouped: Mapping[str, str]
    scale: frozenset[str]
    conditions: tuple[tuple[str, Expression], ...]
    checks: tuple[tuple[EditCheck, Expression], ...]
    safety: tuple[tuple[SafetyRule, Expression], ...]
    outside: frozenset[Name]


class _Key:
    """A form of a resolved protocol, told apart by identity: neither of the two can be hashed."""

    __slots__ = ("form", "resolved")

    def __init__(self, form: ResolvedForm, resolved: Resolved) -> None:
        self.form, self.resolved = form, resolved

    def __hash__(self) -> int:
        return hash((id(self.form), id(self.resolved)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.form is self.form and other.resolved is self.resolved


def plan(form: ResolvedForm, resolved: Resolved) -> Plan:
    """Return the form made ready, made once."""
    return _plan(_Key(form, resolved))


@lru_cache(maxsize=FORMS_KEPT)
def _plan(key: _Key) -> Plan:
    form, resolved = key.form, key.resolved
    items = {item.id: item for item in form.all_items()}
    scale = frozenset(form.instrument.item_ids if form.instrument else ())
    conditions = [
        (item.id, expressions.parse(item.show_if))
        for item in items.values()
        if item.show_if and item.id not in scale
    ]
    checks = [(check, expressions.parse(check.rule)) for check in form.checks]
    safety = [
        (rule, parsed)
        for rule in resolved.protocol.safety_rules
        for parsed in [expressions.parse(rule.when)]
        if any(resolved.locate(name)[0] == form.id for name in parsed.names)
    ]
    rules = [parsed for _, parsed in (*conditions, *checks, *safety)]
    names = {name for rule in rules for name in rule.names}
    return Plan(
        form=form,
        items=items,
        grouped={item.id: group.id for group in form.groups for item in group.items},
        scale=scale,
        conditions=tuple(conditions),
        checks=tuple(checks),
        safety=tuple(safety),
        outside=frozenset(name for name in names if not is_own(name, form, items) or name.visit),
    )


def is_own(name: Name, form: ResolvedForm, items: Mapping[str, Item]) -> bool:
    """Whether a name is an item or score of this form, at whatever visit."""
    return name.form in (None, form.id) and (name.item in items or name.item in form.scores)


def readers_of(form: str, resolved: Resolved) -> frozenset[str]:
    """Return the forms with edit checks that read answers of this one from elsewhere, made once."""
    return _readers(_Key(resolved.forms[form], resolved))


@lru_cache(maxsize=FORMS_KEPT)
def _readers(key: _Key) -> frozenset[str]:
    forms = key.resolved.forms.values()
    return frozenset(form.id for form in forms if key.form.id in read_by(form, key.resolved))


def read_by(form: ResolvedForm, resolved: Resolved) -> frozenset[str]:
    """Return the forms whose answers a form with edit checks reads from elsewhere, at other visits itself."""
    if not form.checks:
        return frozenset()
    ready = plan(form, resolved)
    return frozenset(
        form.id if is_own(name, form, ready.items) else resolved.locate(name)[0] for name in ready.outside
    )
