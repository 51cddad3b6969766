"""Forms and their items: each asks something, in a way that can be answered, and somebody fills it."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from equipoise.errors import Problem
from equipoise.protocol.rules.draft import Draft, listed, nearest, repeated, shown
from equipoise.protocol.rules.formulas import own_items, readings
from equipoise.protocol.schedule import Form, Item
from equipoise.source import Path

TYPE_OF_FIELD = {"codes": "code", "unit": "number", "range": "number", "decimals": "number"}
"""Fields of an item that only one type of answer has."""


def forms(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with forms and items."""
    for place, form in enumerate(draft.protocol.forms):
        path: Path = ("forms", place)
        yield from _content(draft, form, path)
        yield from _filled(draft, form, path)
        yield from _codes(draft, form, path)
        yield from _guesses(draft, form, path)
        for item_path, item in own_items(draft, place):
            yield from _item(draft, item, item_path)
        yield from _shown_in_circles(draft, place)


def _content(draft: Draft, form: Form, path: Path) -> Iterator[Problem]:
    if form.instrument is not None and form.standard is not None:
        hint = "split it into two forms"
        yield draft.error(path, "a form is a rating scale or a standard form, not both", hint)
    if form.instrument is not None and (form.items or form.groups):
        message = "a rating scale takes no items of the trial's own: it would no longer be that scale"
        yield draft.error((*path, "instrument"), message, "put them into a form of their own")
    if form.instrument is None and form.standard is None and not form.items and not form.groups:
        yield draft.error(
            path, f"the form {form.id} asks nothing", "give `instrument`, `standard` or `items`"
        )
    resolved = draft.forms.get(form.id)
    names = [item.id for item in resolved.all_items()] if resolved else []
    for name in repeated(names):
        message = f"two items of {form.id} have the id {shown(name)}"
        yield draft.error(path, message, "rename the form's own item")
    for place, group in enumerate(form.groups):
        if not group.items:
            yield draft.error((*path, "groups", place), f"the group {group.id} asks nothing", "give it items")


def _filled(draft: Draft, form: Form, path: Path) -> Iterator[Problem]:
    if not form.fillers:
        yield draft.error((*path, "filled_by"), "nobody fills this form", "name a role")
    if form.id not in draft.is_filled:
        message = f"the form {form.id} is never filled"
        hint = "add it to a visit's forms, to a session or to `logs`"
        yield draft.warning((*path, "id"), message, hint)
    if form.id in draft.protocol.logs and form.id in draft.collected:
        in_session = {session.effects_log for session in draft.protocol.sessions}
        if form.id not in in_session:
            message = f"the log {form.id} is tied to no visit, yet {draft.collected[form.id][0]} fills it"
            yield draft.error((*path, "id"), message, "take it out of `logs` or out of the visit")


def _codes(draft: Draft, form: Form, path: Path) -> Iterator[Problem]:
    if not form.codes:
        return
    resolved = draft.forms.get(form.id)
    if form.instrument is None:
        yield draft.error(
            (*path, "codes"), "only a rating scale's codes can be replaced", "give the items codes"
        )
    elif resolved is not None:
        items = {item.id: item for item in resolved.items}
        for name, codes in form.codes.items():
            place = (*path, "codes", name)
            if name not in items:
                message = f"{form.instrument} has no item {shown(name)}"
                yield draft.error(place, message, nearest(name, items), key=True)
            elif items[name].type != "code":
                yield draft.error(place, f"the item {name} has no codes", key=True)
            elif not codes:
                yield draft.error(place, f"the item {name} needs codes", "list them as code: label")


def _guesses(draft: Draft, form: Form, path: Path) -> Iterator[Problem]:
    """Yield arms that nobody can guess, and codes that name an arm without being one."""
    resolved = draft.forms.get(form.id)
    items = resolved.instrument.items if resolved is not None and resolved.instrument is not None else ()
    naming = [item.id for item in items if item.arms]
    if form.arms is not None and not naming:
        yield draft.error((*path, "arms"), "only a treatment guess has codes that name arms", "remove it")
    if resolved is None or not naming:
        return
    codes = [code for item in resolved.items if item.id in naming for code in item.codes or {}]
    for code in resolved.arms:
        if code not in codes:
            place = (*path, "arms", code) if form.arms else path
            yield draft.error(
                place, f"{shown(code)} is no code of {form.id}", f"its codes are {listed(codes)}"
            )
    unguessed = [arm for arm in draft.arms if arm not in resolved.arms.values()]
    if unguessed:
        message = f"nobody can guess {listed(unguessed)} in {form.id}"
        hint = f"give `codes: {{{naming[0]}: {{code: label}}}}` and `arms: {{code: arm}}` for every arm"
        yield draft.error(path, message, hint)


def _item(draft: Draft, item: Item, path: Path) -> Iterator[Problem]:
    if item.type == "code" and not item.codes:
        yield draft.error(path, f"the item {item.id} has no codes to choose from", "give `codes`")
    for name, wanted in TYPE_OF_FIELD.items():
        if getattr(item, name) is not None and item.type != wanted:
            message = f"`{name}` goes with type {wanted}; this item's is {item.type}"
            yield draft.error((*path, name), message, f"remove it, or set type: {wanted}")
    if item.range is not None and item.range[0] >= item.range[1]:
        message = f"the range [{item.range[0]:g}, {item.range[1]:g}] leaves nothing between its ends"
        yield draft.error((*path, "range"), message, "write [least, greatest]")


def _shown_in_circles(draft: Draft, place: int) -> Iterator[Problem]:
    """Yield the first circle of items that are asked only if they are asked."""
    form = draft.protocol.forms[place]
    paths = {item.id: path for path, item in own_items(draft, place) if item.show_if is not None}
    needs = {
        item.id: {one.value for one in readings(draft, item.show_if, within=form.id) if one.form == form.id}
        for _, item in own_items(draft, place)
        if item.show_if is not None
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = error.args[1][:-1]
        message = f"whether {listed(circle)} is asked depends, in a circle, on its own answer"
        yield draft.error((*paths[circle[0]], "show_if"), message, "break the circle")
