"""Intercurrent events and the traces they leave, so that the protocol's own rules find them.

Holds the rows a log would hold. Refuses to decide who has an event: the batch does.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from equipoise.expressions import Expression, Name, parse
from equipoise.protocol.plan import Detection
from equipoise.protocol.resolve import Resolved, ResolvedForm
from equipoise.protocol.schedule import Item

MOST_COMBINATIONS = 4096
INVENTED = "Simulated"


def row_for(resolved: Resolved, detect: Detection, *, date: str) -> dict[str, Any] | None:
    """Return a row of a log that its rule finds: item to answer; None when the event leaves no such row.

    date   ISO date of the event
    """
    if detect.form is None:
        return None
    form = resolved.forms[detect.form]
    chosen = _satisfying(form, _parsed(detect.when)) if detect.when else {}
    if chosen is None:
        return None
    row = {item.id: _filled(item, date) for item in form.all_items()}
    dated = {detect.date: date} if detect.date is not None else {}
    return {**row, **chosen, **dated}


@lru_cache(maxsize=256)
def _parsed(rule: str) -> Expression:
    return parse(rule)


def _satisfying(form: ResolvedForm, rule: Expression) -> dict[str, Any] | None:
    """Return answers to the items a rule reads that make it true; None when none of those tried do."""
    names = sorted(rule.names)
    choices = [_choices(form.item(name.item)) for name in names]
    if np.prod([len(one) for one in choices]) > MOST_COMBINATIONS:
        return None
    for values in product(*choices):
        given: Mapping[Name, Any] = dict(zip(names, values, strict=True))
        if rule.evaluate(given) is True:
            return {name.item: value for name, value in given.items()}
    return None


def _choices(item: Item) -> list[Any]:
    if item.type == "code":
        return list(item.codes or {})
    if item.type == "number" and item.range is not None:
        return [float(value) for value in np.arange(item.range[0], item.range[1] + 1)]
    return [INVENTED]


def _filled(item: Item, date: str) -> Any:
    """Return an answer that says nothing: the last code, the date, a word."""
    if item.type == "code":
        return list(item.codes or {"": ""})[-1]
    if item.type == "number":
        return item.range[0] if item.range is not None else 0.0
    if item.type in {"date", "partial_date"}:
        return date
    if item.type == "text" and item.required:
        return INVENTED
    return None
