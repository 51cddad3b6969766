"""Which events of the audit trail somebody may know of, by what the events are about.

Holds the judgement of `Event.subjects`: a participant's id, a form's number, or anything else. Refuses to
read events themselves.
"""

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Model, QuerySet

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture.models import LOG, Form, Participant
from equipoise.conduct.capture.reads.sights import Circle, circle

M = TypeVar("M", bound=Model)
FORM = "form-"
AFTER_SPACE = "!"
"""The character behind the space in the order of bytes: what begins with "ID " lies before "ID!"."""


def visible(subjects: Collection[str], *, viewer: Viewer) -> frozenset[str]:
    """Return those of these subject texts whose events the viewer may know of, in three statements."""
    seen = circle(viewer)
    words = {text: text.split() for text in subjects}
    numbers = {number for parts in words.values() for part in parts if (number := _form(part)) is not None}
    forms = {int(row.id): row for row in Form.objects.filter(id__in=numbers)}
    candidates = {part for parts in words.values() for part in parts}
    sites = dict(Participant.objects.filter(participant__in=candidates).values_list("participant", "site"))
    return frozenset(text for text, parts in words.items() if _all(parts, forms, sites, seen))


def _all(parts: list[str], forms: dict[int, Form], sites: dict[str, str], seen: Circle) -> bool:
    for part in parts:
        site = sites.get(part)
        if site is not None and not seen.viewer.may("audit.view", site=site):
            return False
        number = _form(part)
        if number is not None and (number not in forms or not _form_visible(forms[number], seen)):
            return False
    return True


def _form_visible(row: Form, seen: Circle) -> bool:
    _, sight = seen.version(row.version)
    return sight.form(row.form) and (row.visit == LOG or sight.visit(row.visit))


def about(rows: "QuerySet[M]", subject: str) -> "QuerySet[M]":
    """Return the events about a subject, found through the index on what events are about.

    A form's events begin with its participant, so they are looked for among that participant's.
    """
    number = _form(subject)
    if number is None:
        return _beginning(rows, subject)
    owner = Form.objects.filter(id=number).values_list("participant", flat=True).first()
    if owner is None:
        return rows.none()
    return _beginning(rows, owner).filter(subjects__endswith=f" {subject}")


def _beginning(rows: "QuerySet[M]", subject: str) -> "QuerySet[M]":
    return rows.filter(subjects__gte=subject, subjects__lt=subject + AFTER_SPACE)


def _form(part: str) -> int | None:
    number = part.removeprefix(FORM)
    return int(number) if number != part and number.isdecimal() and len(number) < len(str(10**18)) else None
