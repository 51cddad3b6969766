"""Finding participants and their forms by words: parts of an id, of a form's name, of a visit's.

Holds the search. What the viewer may not know of is not found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture.models import LOG, Form
from equipoise.conduct.capture.reads.sights import Circle, circle, visit_label
from equipoise.conduct.studies import wording

MOST_FOUND = 50
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class FoundForm:
    """A form that was begun."""

    code: str
    participant: str
    label: str
    visit_label: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `more` where there is more of it than is shown."""

    participants: tuple[str, ...]
    forms: tuple[FoundForm, ...]
    more: bool


def find(wanted: str, *, viewer: Viewer) -> Found:
    """Return the participants whose id holds every word, or else the forms of those that hold some.

    Words that stand in no id are looked for in the names of forms and visits.
    """
    words = wanted.casefold().split()[:MOST_WORDS]
    if not words:
        return Found((), (), more=False)
    seen = circle(viewer)
    everybody = list(seen.people("participant.list").order_by("id").values_list("participant", flat=True))
    known = [word for word in words if any(word in one.casefold() for one in everybody)]
    people = [one for one in everybody if all(word in one.casefold() for word in known)]
    others = [word for word in words if word not in known]
    if not others:
        return Found(tuple(people[:MOST_FOUND]), (), more=len(people) > MOST_FOUND)
    forms = list(_forms(people, others, seen))
    return Found((), tuple(forms[:MOST_FOUND]), more=len(forms) > MOST_FOUND)


def _forms(people: Sequence[str], words: Sequence[str], seen: Circle) -> Iterator[FoundForm]:
    """Yield one more than are shown at most."""
    allowed = seen.people("form.view").filter(participant__in=people).values("participant")
    rows = Form.objects.filter(participant__in=allowed).order_by("participant", "id")
    found = 0
    for row in rows.iterator():
        resolved, sight = seen.version(row.version, row.participant)
        if not sight.form(row.form) or (row.visit != LOG and not sight.visit(row.visit)):
            continue
        label = wording.said(resolved.forms[row.form].label, resolved)
        where = visit_label(resolved, row.visit, row.visit_repeat)
        text = f"{row.form} {label} {row.visit} {where}".casefold()
        if all(word in text for word in words):
            yield FoundForm(row.code, row.participant, label, where)
            found += 1
            if found > MOST_FOUND:
                return
