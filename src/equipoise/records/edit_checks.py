"""The protocol's edit checks, applied to every filled form.

Holds the finding of forms and the look-up of names as the form's rule means them. Refuses to call a rule
broken that cannot be decided.
"""

from collections.abc import Callable, Iterator
from typing import Any

from equipoise import expressions
from equipoise.errors import Problem, RecordError
from equipoise.expressions import Name
from equipoise.protocol import Resolved, ResolvedForm
from equipoise.records.dataset import Records
from equipoise.records.entries import Entry, entries
from equipoise.records.facts import Lookup, facts
from equipoise.records.tables import LOG


def check_rules(records: Records, resolved: Resolved) -> Iterator[Problem]:
    """Yield a warning for every form that breaks one of its edit checks; unknown is no finding."""
    ruled = [form for form in resolved.forms.values() if form.checks]
    if not ruled:
        return
    known = facts(records, resolved)
    for form in ruled:
        rules = [(one, expressions.parse(one.rule)) for one in form.checks]
        for entry, items in entries(records.values, resolved, form.id).items():
            look = _look(form, entry, items, known(entry.participant))
            for one, rule in rules:
                message = _verdict(rule, look, one.message)
                if message:
                    at = "" if entry.visit == LOG else f" at {entry.visit}"
                    where = f"{form.id} of {entry.participant}{at}"
                    yield Problem(
                        f"{where}: {message}", f"edit check {one.id}: {one.rule}", form.id, severity="warning"
                    )


def _verdict(rule: expressions.Expression, look: Lookup, message: str) -> str:
    """Return what to say of a rule that does not hold; empty when it holds or cannot be decided."""
    try:
        return message if rule.evaluate(look) is False else ""
    except RecordError as error:
        return str(error)


def _look(form: ResolvedForm, entry: Entry, items: dict[str, Any], known: Lookup) -> Callable[[Name], Any]:
    """Return the look-up of a form's rule: its own answers, then the participant's at this visit."""
    visit = entry.visit

    def look(name: Name) -> Any:
        own = name.form in (None, form.id) and name.item in {
            *form.scores,
            *(item.id for item in form.all_items()),
        }
        full = f"{form.id}.{name.item}" if own else str(name).partition("@")[0]
        if own and name.visit is None and name.item not in form.scores:
            return items.get(name.item)
        found = known(Name(f"{full}@{name.visit or visit}"))
        return known(Name(full)) if found is None and name.visit is None and not own else found

    return look
