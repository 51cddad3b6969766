"""Which events of the audit trail somebody may know of, by what the events are about.

Holds the judgement of `Event.subjects`: a participant's id, a form's code, a visit's or form's id of the
protocol, or anything else; and the words for them. Refuses to read events themselves.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture.access import FORM, PART_SAVED, PART_SIGNED
from equipoise.conduct.capture.milestones import NONE, Milestones
from equipoise.conduct.capture.models import LOG, Form, Participant
from equipoise.conduct.capture.reads.sights import Circle, circle, visit_label
from equipoise.conduct.frame import codes
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording

M = TypeVar("M", bound=Model)
Deed = tuple[str, str]
"""An event's action, and what it is about."""
OF_ANSWERS = ("alert.", "query.", PART_SAVED, PART_SIGNED)
"""Events that tell something about single answers: of a form in part hidden they may be about that part."""
AFTER_SPACE = "!"
"""The character behind the space in the order of bytes: what begins with "ID " lies before "ID!"."""


def visible(deeds: Collection[Deed], *, viewer: Viewer) -> frozenset[Deed]:
    """Return those of these events that the viewer may know of; the statements are as many for any number."""
    seen = circle(viewer)
    words = {part for _, text in deeds for part in text.split()}
    forms = _forms(words)
    sites = dict(Participant.objects.filter(participant__in=words).values_list("participant", "site"))
    hidden = _Hidden(seen)
    return frozenset(
        (action, text)
        for action, text in deeds
        if hidden.of(next((part for part in text.split() if part in sites), "")).isdisjoint(text.split())
        and all(
            _seen(part, forms, sites, seen, closely=action.startswith(OF_ANSWERS)) for part in text.split()
        )
    )


def _seen(part: str, forms: dict[str, Form], sites: dict[str, str], seen: Circle, *, closely: bool) -> bool:
    site = sites.get(part)
    if site is not None and not seen.viewer.may("audit.view", site=site):
        return False
    code = form_of(part)
    return not code or (code in forms and _form_visible(forms[code], seen, closely=closely))


def _form_visible(row: Form, seen: Circle, *, closely: bool) -> bool:
    _, sight = seen.version(row.version, row.participant)
    known = sight.form(row.form) and (row.visit == LOG or sight.visit(row.visit))
    return known and (sight.whole(row.form) or not closely)


class _Hidden:
    """Ids of visits, anchors and forms that the viewer may not know of, in whatever version they stand."""

    def __init__(self, seen: Circle) -> None:
        self._seen = seen
        study = studies.study()
        self._numbers = range(1, study.version + 1 if study else 1)
        self._kept: dict[Milestones, frozenset[str]] = {}

    def of(self, participant: str) -> frozenset[str]:
        """Return those of a participant; "" for nobody in particular. As many look-ups as milestones."""
        reached = self._seen.milestones.get(participant, NONE)
        if reached not in self._kept:
            self._kept[reached] = frozenset(self._ids(participant))
        return self._kept[reached]

    def _ids(self, participant: str) -> Iterator[str]:
        for number in self._numbers:
            resolved, sight = self._seen.version(number, participant)
            yield from (visit.id for visit in resolved.protocol.visits if not sight.visit(visit.id))
            yield from (form for form in resolved.forms if not sight.form(form))
            anchors = resolved.protocol.anchors.items()
            yield from (name for name, one in anchors if one.visit is not None and not sight.visit(one.visit))


def titles(words: Collection[str]) -> dict[str, str]:
    """Return in words what these are, for forms, visits and sites; ask only for what may be seen."""
    found = {site.site: site.name for site in studies.sites()}
    study = studies.study()
    if study is not None:
        resolved = studies.resolved(study.version)
        found |= {one.id: wording.said(one.name, resolved) for one in resolved.protocol.visits}
        anchors = resolved.protocol.anchors.items()
        found |= {name: found[one.visit] for name, one in anchors if one.visit and one.visit in found}
    for code, row in _forms(words).items():
        resolved = studies.resolved(row.version)
        where = visit_label(resolved, row.visit, row.visit_repeat)
        label = wording.said(resolved.forms[row.form].label, resolved)
        found[f"{FORM}{code}"] = f"{label}, {where}" if where else label
    return {word: found[word] for word in words if word in found}


def _forms(words: Collection[str]) -> dict[str, Form]:
    wanted = {code for word in words if (code := form_of(word))}
    return {row.code: row for row in Form.objects.filter(code__in=wanted)}


def is_form(word: str) -> bool:
    """Whether a word among the subjects of an event names a form."""
    return word.startswith(FORM)


def forms_named(places: Iterable[tuple[str, str, int, str]]) -> frozenset[str]:
    """Return what events call forms, given as (participant, visit, its repeat, form)."""
    wanted = set(places)
    rows = Form.objects.filter(participant__in={participant for participant, *_ in wanted})
    return frozenset(
        f"{FORM}{row.code}"
        for row in rows
        if (row.participant, row.visit, row.visit_repeat, row.form) in wanted
    )


def about(rows: "QuerySet[M]", subject: str) -> "QuerySet[M]":
    """Return the events about a subject, found through the index on what events are about.

    A form's events begin with its participant, so they are looked for among that participant's.
    """
    code = form_of(subject)
    if not code:
        return _beginning(rows, subject)
    owner = Form.objects.filter(code=code).values_list("participant", flat=True).first()
    if owner is None:
        return rows.none()
    return _beginning(rows, owner).filter(subjects__endswith=f" {subject}")


def _beginning(rows: "QuerySet[M]", subject: str) -> "QuerySet[M]":
    return rows.filter(subjects__gte=subject, subjects__lt=subject + AFTER_SPACE)


def form_of(subject: str) -> str:
    """Return the code of the form that a subject is; "" for anything else."""
    code = subject.removeprefix(FORM)
    return code if code != subject and codes.is_code(code) else ""
