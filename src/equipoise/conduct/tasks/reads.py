"""What a rater's pages ask about tasks, answered with frozen values.

Holds the list and the page of a task. Refuses everything that tells whose form it is, or of which visit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture import reads as capture
from equipoise.conduct.capture.lines import FormPage, QueryLine
from equipoise.conduct.capture.models import Participant, Query, QueryNote
from equipoise.conduct.capture.reads import threads
from equipoise.conduct.capture.reads.sights import circle
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.conduct.tasks import states
from equipoise.conduct.tasks.desk import DONE, Desk, at_work, desk, is_gone
from equipoise.conduct.tasks.models import Task

OPEN = "open"


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as its rater sees it in a list.

    state   waiting, rating, guess, done
    asked   whether a question about it waits for an answer
    """

    code: str
    label: str
    due_at: datetime
    late: bool
    state: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """A rater's tasks, by when they are wanted.

    given   done, and not checked by anybody yet
    gone    how many they may no longer do
    """

    open: tuple[TaskLine, ...]
    given: tuple[TaskLine, ...]
    gone: int


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task as its rater sees it. `form` is None before it is begun."""

    line: TaskLine
    meeting: str
    form: FormPage | None
    queries: tuple[QueryLine, ...]


def zone_of(viewer: Viewer) -> tzinfo:
    """Return the zone a rater reads times in: their sites', or UTC where these differ; no participant's."""
    sites = {site.site: site for site in studies.sites()}
    zones = {sites[site].time_zone: sites[site].zone for site in viewer.sites("task.fill", known=sites)}
    return next(iter(zones.values())) if len(zones) == 1 else UTC


def call(code: str) -> str:
    """Return how a rater, who does not know which site it is, reaches it about a task."""
    if settings.ON_CALL:
        said = _("To reach the site, call %(number)s and say the task's code: %(code)s.")
        return said % {"number": settings.ON_CALL, "code": code}
    return _("To reach the site, call the coordinator and say the task's code: %(code)s.") % {"code": code}


def mine(viewer: Viewer, *, at: datetime) -> Mine:
    """Return a rater's tasks.

    Raises  django.db.Error when the allocation store does not answer: then nobody knows which are theirs
    """
    rows = list(Task.objects.filter(rater=viewer.person))
    now = states.every(rows)
    rows = [row for row in rows if now[row.id] in states.MINE]
    sites = sites_of(rows)
    gone = is_gone(viewer, participants=sites)
    desks = [
        Desk(row, now[row.id], at_work(viewer, participant=row.participant, site=sites[row.participant]))
        for row in rows
        if row.participant not in gone
    ]
    zone = zone_of(viewer)
    lines = [(one, _line(one, zone=zone, at=at)) for one in desks]
    lines.sort(key=lambda pair: (pair[1].due_at, pair[1].code))
    return Mine(
        open=tuple(line for _, line in lines if line.state != DONE or line.asked),
        given=tuple(
            line for one, line in lines if line.state == DONE and not line.asked and not one.verified
        ),
        gone=sum(1 for row in rows if row.participant in gone and now[row.id] in states.OPEN),
    )


def _line(found: Desk, *, zone: tzinfo, at: datetime) -> TaskLine:
    due = moment(found.task.due_at).astimezone(zone)
    label = wording.said(found.resolved.forms[found.task.form].label, found.resolved)
    stage = found.stage
    return TaskLine(found.task.code, label, due, stage != DONE and due < at, stage, asked(found))


def page(code: str, *, viewer: Viewer, at: datetime, language: str) -> TaskPage:
    """Return a task for its rater.

    Raises  Http404; GoneError; django.db.Error when the allocation store does not answer
    """
    found = desk(code, by=viewer)
    zone = zone_of(viewer)
    form = form_of(found, language=language) if found.row is not None else None
    if form is not None and form.saved_at is not None:
        form = replace(form, saved_at=form.saved_at.astimezone(zone))
    return TaskPage(_line(found, zone=zone, at=at), found.task.meeting, form, queries(found, zone=zone))


def form_of(found: Desk, *, language: str = "en") -> FormPage:
    """Return the form in hand. Raises Http404 while there is none."""
    form = capture.form_page(found.row.code, viewer=found.viewer, language=language) if found.row else None
    if form is None:
        raise Http404
    if found.verified and found.stage == DONE and not asked(found):
        return replace(form, editable=False, watches=())
    return form


def queries(found: Desk, *, zone: tzinfo = UTC) -> tuple[QueryLine, ...]:
    """Return the questions about the rating, in the order they were asked."""
    if found.rating is None:
        return ()
    rows = Query.objects.filter(form=found.rating).select_related("form").order_by("id")
    seen = circle(found.viewer)
    lines = threads.query_lines(threads.visible_queries(rows, seen), seen)
    return tuple(
        replace(one, notes=tuple(replace(note, at=note.at.astimezone(zone)) for note in one.notes))
        for one in lines
    )


def asked(found: Desk) -> bool:
    """Whether a question that a person asked waits for the rater's answer."""
    if found.rating is None:
        return False
    steps = QueryNote.objects.filter(query__form=found.rating, query__check_id="").order_by("query_id", "seq")
    return OPEN in dict(steps.values_list("query_id", "status")).values()


def sites_of(rows: Iterable[Task]) -> dict[str, str]:
    """Return participant to site."""
    wanted = {row.participant for row in rows}
    return dict(Participant.objects.filter(participant__in=wanted).values_list("participant", "site"))
