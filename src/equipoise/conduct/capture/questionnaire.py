"""The questions of a visit as the participant answers them: one at a time, over all their forms.

Holds the order and the place one is at. Refuses forms that somebody else fills, and groups that repeat: those
are the staff's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from equipoise.conduct.accounts.permission import Guest
from equipoise.conduct.capture import access, reads, services, visibility
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.lines import ItemLine
from equipoise.conduct.capture.models import Form, Visit
from equipoise.conduct.studies import reads as studies
from equipoise.protocol import Resolved

OPEN = ("in_progress", "not_begun")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `instructions` are the form's, on its first question."""

    form: str
    title: str
    instructions: str
    line: ItemLine

    @property
    def answered(self) -> bool:
        """Whether it has an answer, or a reason for none."""
        return bool(self.line.answer or self.line.missing_reason)


@dataclass(frozen=True)
class Questionnaire:
    """What is asked of a participant at a visit.

    forms       codes of the forms that are not complete yet
    questions   every question of these that the answers before it do not skip
    """

    forms: tuple[str, ...]
    questions: tuple[Asked, ...]

    @property
    def first_open(self) -> int:
        """Place, from 1, of the first question without an answer; one past the last when there is none."""
        open_ones = (place for place, one in enumerate(self.questions, start=1) if not one.answered)
        return next(open_ones, len(self.questions) + 1)

    def place_of(self, form: str, item: str) -> int:
        """Return the place of a question, from 1; one past the last when it is not asked."""
        for place, one in enumerate(self.questions, start=1):
            if (one.form, one.line.item) == (form, item):
                return place
        return len(self.questions) + 1


def prepare(*, visit: str, repeat: int, at: datetime, by: Guest) -> None:
    """Begin the participant's forms of a visit.

    Raises  Http404; RecordError when the visit cannot be begun, or data are locked
    """
    ground = access.participant(by.participant, viewer=by)
    resolved = version_of(ground, visit, repeat=repeat, at=at)
    sight = ground.sight(resolved)
    for form in visibility.self_filled(resolved, visit):
        if sight.form(form):
            services.open_form(
                participant=by.participant, visit=visit, visit_repeat=repeat, form=form, at=at, by=by
            )


def questionnaire(*, visit: str, repeat: int, at: datetime, viewer: Guest, language: str) -> Questionnaire:
    """Return what is asked at a visit now."""
    ground = access.participant(viewer.participant, viewer=viewer)
    wanted = visibility.self_filled(version_of(ground, visit, repeat=repeat, at=at), visit)
    place = {"participant": viewer.participant, "visit": visit, "visit_repeat": repeat}
    rows = dict(Form.objects.filter(**place, form__in=wanted).values_list("form", "code"))
    begun = [rows[form] for form in wanted if form in rows]
    pages = [page for one in begun if (page := reads.form_page(one, viewer=viewer, language=language))]
    waiting = [page for page in pages if page.state in OPEN and page.editable]
    questions: list[Asked] = []
    for page in waiting:
        lines: Sequence[ItemLine] = [line for line in page.items if line.visible]
        questions += [
            Asked(page.code, page.label, page.instructions if place == 0 else "", line)
            for place, line in enumerate(lines)
        ]
    return Questionnaire(tuple(page.code for page in waiting), tuple(questions))


def version_of(ground: Ground, visit: str, *, repeat: int = 1, at: datetime) -> Resolved:
    """Return the protocol version a visit is held under: its own once begun, the site's before.

    Raises  Http404 where the site works under none
    """
    held = Visit.objects.filter(participant=ground.participant, visit=visit, repeat=repeat).first()
    version = held.version if held is not None else _site_version(ground, at)
    if version is None:
        raise Http404
    return studies.resolved(version)


def _site_version(ground: Ground, at: datetime) -> int | None:
    return studies.versions_at(ground.site.today(at), first=True).get(ground.site.site)
