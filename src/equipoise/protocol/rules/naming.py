"""Names of values, such as `madrs.total@D28`: what they name, or why they name nothing.

Holds the one reading of such names that every rule shares. Refuses to read expressions (that is `formulas`).
"""

from dataclasses import dataclass

from equipoise.expressions import Name
from equipoise.protocol.rules.draft import Draft, listed, nearest, shown


@dataclass(frozen=True, slots=True)
class Reading:
    """What a name means.

    form, value, visit   what it names; form is empty when that is not known
    message, hint        what is wrong with it; empty when nothing is
    """

    form: str = ""
    value: str = ""
    visit: str | None = None
    message: str = ""
    hint: str = ""

    @property
    def full(self) -> str:
        """The name with its form, without its visit."""
        return f"{self.form}.{self.value}"


def read(draft: Draft, text: str, *, within: str | None = None) -> Reading:
    """Return what a name means.

    within   the form whose items may be named without it
    """
    try:
        name = Name(text)
        head, dot, _ = text.partition("@")[0].partition(".")
        value, visit = name.item, name.visit
    except ValueError:
        return Reading(message=f"{shown(text)} is not a name", hint="write form.item or form.item@VISIT")
    form = head if dot else _owner(draft, value, within)
    if isinstance(form, Reading):
        return form
    return _checked(draft, Reading(form, value, visit))


def _owner(draft: Draft, value: str, within: str | None) -> str | Reading:
    """Return the form a bare item belongs to."""
    if within is not None:
        return within
    owners = draft.owners.get(value, ())
    if len(owners) == 1:
        return owners[0]
    if owners:
        hint = f"write {listed(f'{form}.{value}' for form in owners)}"
        return Reading(message=f"{shown(value)} is in several forms", hint=hint)
    if value in draft.form_place:
        hint = f"write {shown(value)} with its item: {_example(draft, value)}"
        return Reading(message=f"{shown(value)} is a form, not an item", hint=hint)
    return Reading(message=f"nobody collects {shown(value)}", hint=nearest(value, draft.owners))


def _example(draft: Draft, form: str) -> str:
    values = draft.forms[form].scores or draft.values_of.get(form, ()) if form in draft.forms else ()
    return listed(f"{form}.{value}" for value in values[:2]) or f"{form}.item"


def _checked(draft: Draft, found: Reading) -> Reading:
    if found.form in draft.unreadable:
        return Reading(value=found.value, visit=found.visit)
    if found.form not in draft.form_place:
        message = f"nobody collects {shown(found.full)}: there is no form {shown(found.form)}"
        return Reading(message=message, hint=nearest(found.form, draft.form_place))
    known = draft.values_of.get(found.form, ())
    if found.value not in known:
        message = f"nobody collects {shown(found.full)}: the form has no such item or score"
        return Reading(message=message, hint=nearest(found.value, known))
    if found.form not in draft.is_filled:
        message = f"nobody collects {shown(found.full)}: no visit, session or log fills the form"
        return Reading(message=message, hint=f"add {found.form} to a visit's forms or to `logs`")
    return _at_visit(draft, found) if found.visit is not None else found


def _at_visit(draft: Draft, found: Reading) -> Reading:
    visit = found.visit or ""
    if visit not in draft.visits:
        return Reading(message=f"there is no visit {shown(visit)}", hint=nearest(visit, draft.visits))
    if visit not in draft.collected.get(found.form, ()):
        message = f"nobody collects {found.full} at {visit}"
        return Reading(message=message, hint=where(draft, found.form))
    return found


def where(draft: Draft, form: str) -> str:
    """Return where a form is filled, as a hint."""
    visits = draft.collected.get(form, ())
    if visits:
        return f"{form} is filled at {listed(visits)}"
    return f"{form} is a log, filled at no visit" if form in draft.protocol.logs else f"nobody fills {form}"
