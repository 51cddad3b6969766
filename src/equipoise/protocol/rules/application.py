"""The public application: it asks what can be answered at home, and something that decides."""

from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.prescreening import decided
from equipoise.protocol.rules.draft import Draft, nearest, shown
from equipoise.source import Path

ASKED_TYPES = ("code", "number", "text", "date", "partial_date")


def application(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the questions of the public page."""
    plan = draft.protocol.application
    if plan is None:
        return
    if not plan.items:
        yield draft.error(("application", "items"), "the application asks nothing", "list items to ask")
    known = {f"{form.id}.{item.id}" for form in draft.forms.values() for item in form.items}
    for place, name in enumerate(plan.items):
        path: Path = ("application", "items", place)
        form = name.partition(".")[0]
        if name in plan.items[:place]:
            yield draft.error(path, f"{shown(name)} is asked twice", "leave one out")
        elif name not in known:
            if form not in draft.unreadable:
                yield draft.error(path, f"there is no item {shown(name)}", nearest(name, known))
        else:
            yield from _item(draft, name, path)
    if plan.items and not draft.unreadable and not decided(draft.resolved):
        message = "no criterion can be judged by these answers, so applications cannot be sorted"
        yield draft.warning(("application", "items"), message, "ask items that `eligibility` reads")


def _item(draft: Draft, name: str, path: Path) -> Iterator[Problem]:
    form_id, _, item_id = name.partition(".")
    form = draft.forms[form_id]
    item = form.item(item_id)
    if item.type not in ASKED_TYPES:
        yield draft.error(path, f"an item of type {item.type} is not asked of the public", "choose another")
    if form.instrument is not None:
        message = f"{shown(name)} belongs to a rating scale, which means little outside it"
        yield draft.warning(path, message, "ask an item of a form of your own")
    if form.hidden_from or item.hidden_from:
        yield draft.error(path, f"{shown(name)} is hidden from somebody who may read applications")
