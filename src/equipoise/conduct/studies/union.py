"""All protocol versions as one, so that an export loses nothing an amendment dropped.

Holds the union of visits, forms, items and codes; where versions differ in the same thing the latest counts.
Refuses to say which version a form was filled under: every row of an export says it.
"""

from collections.abc import Sequence
from dataclasses import replace

from equipoise.protocol import Resolved, ResolvedForm
from equipoise.protocol.schedule import Item


def united(versions: Sequence[Resolved]) -> Resolved:
    """Return the latest version with everything that only earlier ones have.

    versions   at least one, the oldest first
    """
    *earlier, latest = versions
    for older in reversed(earlier):
        latest = _with_older(latest, older)
    return latest


def _with_older(latest: Resolved, older: Resolved) -> Resolved:
    new, old = latest.protocol, older.protocol
    visits, forms = {one.id for one in new.visits}, {one.id for one in new.forms}
    protocol = new.model_copy(
        update={
            "visits": (*new.visits, *(one for one in old.visits if one.id not in visits)),
            "forms": (*new.forms, *(one for one in old.forms if one.id not in forms)),
            "logs": tuple(dict.fromkeys((*new.logs, *old.logs))),
        }
    )
    resolved = dict(latest.forms)
    for name, form in older.forms.items():
        resolved[name] = _with_items(resolved[name], form) if name in resolved else form
    return Resolved(protocol, {form.id: resolved[form.id] for form in protocol.forms})


def _with_items(new: ResolvedForm, old: ResolvedForm) -> ResolvedForm:
    before = {item.id: item for item in old.all_items()}
    known = {item.id for item in new.all_items()}
    groups = tuple(
        group.model_copy(update={"items": tuple(_with_codes(item, before) for item in group.items)})
        for group in new.groups
    )
    items = tuple(_with_codes(item, before) for item in new.items)
    return replace(
        new, items=(*items, *(item for item in before.values() if item.id not in known)), groups=groups
    )


def _with_codes(item: Item, before: dict[str, Item]) -> Item:
    old = before.get(item.id)
    if old is None or not old.codes or not item.codes:
        return item
    return item.model_copy(update={"codes": {**old.codes, **item.codes}})
