"""Who may rate a participant: trained, blind, and with nothing else to do with them.

Holds the judgment. Refuses to take an allocation store that does not answer for one that knows of nothing.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import Error

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import LEARN_ARMS, RATER, ROLES, Grant, Viewer
from equipoise.conduct.accounts.training import Training
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import exposure
from equipoise.conduct.capture.reads import subjects as capture
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site
from equipoise.conduct.tasks.models import Task
from equipoise.errors import Problem

AWAY = Problem(
    "whether this rater was shown the arm cannot be looked up: the allocation store does not answer",
    "wait until it is back",
    "rater",
)
RATING = ("alert.", "form.", "query.", "task.")
"""What events of a rater at work are called."""


def problems(viewer: Viewer | None, *, participant: str, site: Site, at: datetime) -> list[Problem]:
    """Return why somebody may not be given a rating of a participant; nothing when they may.

    viewer   who would rate; None for somebody who works here no more
    """
    if viewer is None:
        return [Problem("nobody works here under this name", "choose another", "rater")]
    found = standing(viewer, site=site, at=at)
    if participant in worked_with(viewer.person):
        message = "this person worked with the participant before"
        found.append(Problem(message, "choose a rater who never did", "rater"))
    return [*found, *_exposed(viewer.person, participant)]


def standing(viewer: Viewer, *, site: Site, at: datetime) -> list[Problem]:
    """Return why somebody may rate nobody at a site."""
    if RATER not in viewer.roles_at(site.site):
        hint = "give them the role first, or choose another"
        return [Problem("this person is no rater for the site", hint, "rater")]
    return [*_lacking(viewer, site, at=at), *entangled(viewer, site=site.site)]


def entangled(viewer: Viewer, *, site: str) -> list[Problem]:
    """Return which other roles of somebody show them arms, or the participants of a site."""
    shown = viewer.roles & LEARN_ARMS
    seen = {
        role for role in viewer.roles_at(site) if Viewer("", "", _only(viewer, role)).may("participant.view")
    }
    return [
        Problem(
            f"this person is {ROLES[role].lower()} too, who knows more of participants than a rater may",
            "choose a rater with no other part in the trial",
            "rater",
        )
        for role in sorted(shown | seen)
    ]


def shown(person: str, participants: Collection[str]) -> frozenset[str]:
    """Return the participants of these whose arm somebody was shown; raises where the store is away."""
    if not participants:
        return frozenset()
    known = {one.participant for one in allocator.exposures(person=person)}
    return frozenset(participants) & known


def _only(viewer: Viewer, role: str) -> tuple[Grant, ...]:
    return tuple(grant for grant in viewer.grants if grant.role == role)


def _lacking(viewer: Viewer, site: Site, *, at: datetime) -> Iterator[Problem]:
    latest = studies.latest_number()
    if latest is None:
        return
    named = studies.resolved(latest).protocol.training
    trainings = [Training(one.id, one.label, frozenset(one.roles), one.valid_months) for one in named]
    for one in people.missing(viewer.person, RATER, trainings=trainings, on=site.today(at)):
        yield Problem(
            f"this person lacks a training: {one.label}", "record it, or choose another rater", "rater"
        )


def worked_with(person: str) -> frozenset[str]:
    """Return what somebody worked on, participants among it, otherwise than a rater does with their tasks."""
    events = Event.objects.using("default").filter(actor=person).exclude(subjects="")
    deeds = set(events.values_list("action", "subjects").distinct())
    mine = capture.forms_named(_places(Task.objects.filter(rater=person)))
    return frozenset(
        text.partition(" ")[0]
        for action, text in deeds
        if not action.startswith(RATING)
        or not mine.issuperset(word for word in text.split() if capture.is_form(word))
    )


def _places(tasks: Iterable[Task]) -> Iterator[tuple[str, str, int, str]]:
    """Yield the forms of tasks, the guesses that follow them included."""
    for task in tasks:
        resolved = studies.resolved(task.version)
        for form in resolved.protocol.forms_at(task.visit):
            if RATER in resolved.forms[form].fillers:
                yield task.participant, task.visit, task.visit_repeat, form


def _exposed(person: str, participant: str) -> list[Problem]:
    try:
        exposed = exposure.exposed(person, participant)
    except Error:
        return [AWAY]
    if not exposed:
        return []
    message = "this person was shown the participant's arm and can never rate them again"
    return [Problem(message, "choose a rater who was not", "rater")]
