"""Ratings as coordinators see them: which want a rater, who could take them, who has them.

Holds the look-ups. Refuses to give a task: that is `services.assigning`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import RATER, Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture.models import Form, FormState, Participant
from equipoise.conduct.capture.moves import IN_PROGRESS
from equipoise.conduct.capture.reads import visits
from equipoise.conduct.capture.reads.sights import Circle, circle, visit_label
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.conduct.studies.reads import Site
from equipoise.conduct.tasks import fitness, reads, states
from equipoise.conduct.tasks.desk import is_gone
from equipoise.conduct.tasks.models import Task
from equipoise.protocol import Resolved

AHEAD = timedelta(days=14)
"""How long before its window a visit wants a rater."""
END_OF_WORK = time(17)
MOST_WANTED = 50
GIVEN_AWAY = ("missed", "declined", "not_expected", "locked", "unplanned")
Place = tuple[str, str, int, str]
"""(participant, visit, its repeat, form)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rater who may take a rating.

    open     how many tasks they have;  before  how often they rated the participant
    """

    person: str
    name: str
    open: int
    before: int


@dataclass(frozen=True, slots=True)
class WantedRating:
    """A rating without a rater, with who could take it, the best first.

    until       day at the site until which its visit may take place; None where no window is known
    suggested   instant until which it may be asked for
    """

    participant: str
    visit: str
    visit_repeat: int
    visit_label: str
    form: str
    form_label: str
    target: date | None
    until: date | None
    late: bool
    suggested: datetime
    time_zone: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class GivenRating:
    """A rating that a rater has, as coordinators see it.

    unfit   whether the rater may no longer do it, so that somebody else must
    """

    code: str
    participant: str
    visit: str
    visit_repeat: int
    visit_label: str
    form: str
    form_label: str
    rater: str
    due_at: datetime
    late: bool
    state: str
    unfit: bool
    suggested: datetime
    time_zone: str
    candidates: tuple[Candidate, ...]


def wanted(viewer: Viewer, *, at: datetime) -> tuple[WantedRating, ...]:
    """Return the ratings that want a rater now, the most urgent first.

    Raises  django.db.Error when the allocation store does not answer
    """
    found = sorted(
        _lacking(viewer, at=at), key=lambda one: (one.target or date.max, one.participant, one.form)
    )
    found = found[:MOST_WANTED]
    bench = Bench(at)
    sites = {site.site: site for site in studies.sites()}
    where = dict(
        Participant.objects.filter(participant__in=[one.participant for one in found]).values_list(
            "participant", "site"
        )
    )
    return tuple(
        replace(one, candidates=bench.candidates(one.participant, sites[where[one.participant]]))
        for one in found
    )


def count_wanted(viewer: Viewer, *, at: datetime) -> int:
    """Return how many visits want a rater now."""
    return len({(one.participant, one.visit, one.visit_repeat) for one in _lacking(viewer, at=at)})


def _lacking(viewer: Viewer, *, at: datetime) -> Iterator[WantedRating]:
    seen = circle(viewer)
    rows = list(seen.people("task.assign").order_by("id"))
    courses = visits.courses([row.participant for row in rows])
    taken, complete = _taken(rows), _complete(rows)
    versions = {site.site: studies.version_at(site.site, day=site.today(at)) for site in seen.sites.values()}
    for row in rows:
        version = versions[row.site]
        if version is None or seen.is_locked(row.participant):
            continue
        for slot in visits.slots(courses[row.participant], seen, version=version):
            yield from _unrated(row, slot, seen, version, taken | complete, at=at)


def _unrated(
    row: Participant, slot: visits.Slot, seen: Circle, version: int, done: frozenset[Place], *, at: datetime
) -> Iterator[WantedRating]:
    """Yield the forms of a visit that raters fill and that wait for one."""
    site = seen.sites[row.site]
    today = site.today(at)
    window, state = slot.window, visits.state_before_forms(slot, today=today)
    near = window is not None and window.opens <= today + AHEAD
    if state in GIVEN_AWAY or not (near or state == "in_progress"):
        return
    number = slot.recorded.version if slot.recorded else version
    resolved, sight = seen.version(number)
    planned, repeat = slot.planned.id, slot.repeat
    for form in rated(resolved, planned):
        if sight.form(form) and (row.participant, planned, repeat, form) not in done:
            yield WantedRating(
                participant=row.participant,
                visit=planned,
                visit_repeat=repeat,
                visit_label=visit_label(resolved, planned, repeat),
                form=form,
                form_label=wording.said(resolved.forms[form].label, resolved),
                target=window.target if window else None,
                until=window.closes if window else None,
                late=window is not None and today > window.closes,
                suggested=_suggested(window.closes if window else None, site, at=at),
                time_zone=site.time_zone,
                candidates=(),
            )


def _suggested(day: date | None, site: Site, *, at: datetime) -> datetime:
    """Return the end of a working day at the site: of this one, or of tomorrow where it is over."""
    tomorrow = site.today(at) + timedelta(days=1)
    return datetime.combine(max(day or tomorrow, tomorrow), END_OF_WORK, tzinfo=site.zone)


def rated(resolved: Resolved, visit: str) -> tuple[str, ...]:
    """Return the forms of a visit that are ratings: filled by raters, and no guesses."""
    forms = (resolved.forms[name] for name in resolved.protocol.forms_at(visit))
    return tuple(form.id for form in forms if RATER in form.fillers and not form.arms)


def _taken(rows: Iterable[Participant]) -> frozenset[Place]:
    tasks = list(Task.objects.filter(participant__in=[row.participant for row in rows]))
    now = states.every(tasks)
    return frozenset(_place(task) for task in tasks if now[task.id] in states.MINE)


def _complete(rows: Iterable[Participant]) -> frozenset[Place]:
    """Return the forms that are complete, also those entered from paper."""
    steps = FormState.objects.filter(form__participant__in=[row.participant for row in rows]).order_by("seq")
    latest = dict(steps.values_list("form_id", "state"))
    done = [number for number, state in latest.items() if state != IN_PROGRESS]
    return frozenset(
        Form.objects.filter(id__in=done).values_list("participant", "visit", "visit_repeat", "form")
    )


def _place(task: Task) -> Place:
    return task.participant, task.visit, task.visit_repeat, task.form


def given(viewer: Viewer, *, at: datetime) -> tuple[GivenRating, ...]:
    """Return the ratings that raters have and have not done, by when they are wanted.

    Raises  django.db.Error when the allocation store does not answer
    """
    seen = circle(viewer)
    tasks = list(Task.objects.filter(participant__in=seen.people("task.assign").values("participant")))
    now = states.every(tasks)
    rows = [task for task in tasks if now[task.id] in states.OPEN and _known(task, seen)]
    bench, sites = Bench(at), reads.sites_of(rows)
    names = people.names({task.rater for task in rows})
    lines = [
        _given(task, now[task.id], seen, names, bench, site=seen.sites[sites[task.participant]], at=at)
        for task in rows
    ]
    return tuple(sorted(lines, key=lambda one: (one.due_at, one.code)))


def _known(task: Task, seen: Circle) -> bool:
    _resolved, sight = seen.version(task.version)
    return sight.form(task.form) and sight.visit(task.visit)


def _given(
    task: Task,
    state: str,
    seen: Circle,
    names: Mapping[str, str],
    bench: "Bench",
    *,
    site: Site,
    at: datetime,
) -> GivenRating:
    resolved, _sight = seen.version(task.version)
    due = moment(task.due_at).astimezone(site.zone)
    able = bench.candidates(task.participant, site)
    rater = people.viewer_of(task.rater, at=at)
    return GivenRating(
        code=task.code,
        participant=task.participant,
        visit=task.visit,
        visit_repeat=task.visit_repeat,
        visit_label=visit_label(resolved, task.visit, task.visit_repeat),
        form=task.form,
        form_label=wording.said(resolved.forms[task.form].label, resolved),
        rater=names.get(task.rater, task.rater),
        due_at=due,
        late=due < at,
        state=state,
        unfit=rater is None or bool(is_gone(rater, participants={task.participant: site.site})),
        suggested=_suggested(due.date(), site, at=at),
        time_zone=site.time_zone,
        candidates=tuple(one for one in able if one.person != task.rater),
    )


def with_raters(participant: str) -> frozenset[tuple[str, int, str]]:
    """Return (visit, its repeat, form) of a participant's forms that a rater has."""
    tasks = list(Task.objects.filter(participant=participant))
    now = states.every(tasks)
    return frozenset(_place(task)[1:] for task in tasks if now[task.id] in states.OPEN)


@dataclass(frozen=True)
class Bench:
    """The raters of the study as they are now; each is looked up once."""

    at: datetime

    @cached_property
    def viewers(self) -> Sequence[Viewer]:
        """Everybody who rates anywhere."""
        found = {
            person
            for site in ["", *(one.site for one in studies.sites())]
            for person, _ in people.holders([RATER], site=site, at=self.at)
        }
        every = (people.viewer_of(person, at=self.at) for person in sorted(found))
        return [one for one in every if one is not None]

    @cached_property
    def worked_with(self) -> Mapping[str, frozenset[str]]:
        """Rater to what they worked on otherwise."""
        return {one.person: fitness.worked_with(one.person) for one in self.viewers}

    @cached_property
    def shown(self) -> Mapping[str, frozenset[str]]:
        """Rater to the participants whose arm they were shown."""
        return {
            one.person: frozenset(read.participant for read in allocator.exposures(person=one.person))
            for one in self.viewers
        }

    @cached_property
    def tasks(self) -> Mapping[str, list[tuple[str, str]]]:
        """Rater to (participant, state) of each task."""
        rows = list(Task.objects.filter(rater__in=[one.person for one in self.viewers]))
        now = states.every(rows)
        found: dict[str, list[tuple[str, str]]] = {}
        for row in rows:
            found.setdefault(row.rater, []).append((row.participant, now[row.id]))
        return found

    @cached_property
    def fit(self) -> dict[str, list[Viewer]]:
        """Site to raters who are trained and have no other part there."""
        return {
            site.site: [one for one in self.viewers if not fitness.standing(one, site=site, at=self.at)]
            for site in studies.sites()
        }

    def candidates(self, participant: str, site: Site) -> tuple[Candidate, ...]:
        """Return who may rate a participant: first who never did, then who has least to do."""
        found = [
            self._candidate(one, participant)
            for one in self.fit[site.site]
            if participant not in self.worked_with[one.person] | self.shown[one.person]
        ]
        return tuple(sorted(found, key=lambda one: (one.before, one.open, one.name.casefold(), one.person)))

    def _candidate(self, viewer: Viewer, participant: str) -> Candidate:
        mine = self.tasks.get(viewer.person, [])
        before = sum(1 for whose, state in mine if whose == participant and state in states.MINE)
        return Candidate(viewer.person, viewer.name, sum(state in states.OPEN for _, state in mine), before)
