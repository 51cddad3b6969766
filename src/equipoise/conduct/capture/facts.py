"""What a form's rules may ask of the participant's other forms.

Holds the look-up by name, answered as `records.facts` answers it on exported data. Refuses to compute scores:
those of a form count once it was complete.
"""

from collections.abc import Iterable
from typing import Any

from equipoise.conduct.capture.answers import COLUMNS
from equipoise.conduct.capture.models import EntryCurrent
from equipoise.expressions import Name
from equipoise.protocol import Resolved
from equipoise.protocol.answer import Answer
from equipoise.protocol.filling import Look, nobody, value_of

Visits = dict[str, tuple[int, list[Any]]]
"""Visit to its last repeat and the values found there."""


def look_up(participant: str, names: Iterable[Name], *, resolved: Resolved, form: str, visit: str) -> Look:
    """Return the look-up for the names that a form at a visit, or with "" no form, reads from elsewhere.

    A name with a visit is the value there, of the last repeat. One without is the value at this visit, else
    at the baseline visit, else at the only visit that has one. Values of several rows must agree.
    """
    wanted = {name: _place(name, resolved, form) for name in names}
    if not wanted:
        return nobody
    found = _values(participant, set(wanted.values()), resolved)
    baseline = resolved.protocol.baseline_visit

    def look(name: Name) -> Any:
        visits = found.get(wanted.get(name) or _place(name, resolved, form), {})
        if name.visit is not None:
            return _settled(visits.get(name.visit))
        for one in (visit, baseline):
            if one in visits:
                return _settled(visits[one])
        return _settled(next(iter(visits.values()))) if len(visits) == 1 else None

    return look


def _place(name: Name, resolved: Resolved, form: str) -> tuple[str, str]:
    own = resolved.forms.get(form)
    if (
        own is not None
        and name.form in (None, form)
        and (name.item in own.scores or any(item.id == name.item for item in own.all_items()))
    ):
        return form, name.item
    return resolved.locate(name)


def _values(
    participant: str, places: set[tuple[str, str]], resolved: Resolved
) -> dict[tuple[str, str], Visits]:
    """Return (form, item) to its values by visit, in one query."""
    rows = EntryCurrent.objects.filter(
        form__participant=participant,
        form__form__in={form for form, _ in places},
        item__in={item for _, item in places},
    ).values_list(
        "form__form", "item", "form__visit", "form__visit_repeat", *(f"entry__{name}" for name in COLUMNS)
    )
    found: dict[tuple[str, str], Visits] = {}
    for form, item, visit, repeat, *columns in rows:
        if (form, item) not in places:
            continue
        definition = resolved.forms.get(form)
        scale = definition.instrument if definition is not None else None
        value = value_of(Answer(*columns), of_scale=scale is not None and item in scale.item_ids)
        visits = found.setdefault((form, item), {})
        last, values = visits.get(visit, (0, []))
        if repeat > last:
            visits[visit] = (repeat, [value])
        elif repeat == last:
            values.append(value)
    return found


def _settled(found: tuple[int, list[Any]] | None) -> Any:
    values = found[1] if found is not None else []
    return values[0] if values and all(value == values[0] for value in values) else None
