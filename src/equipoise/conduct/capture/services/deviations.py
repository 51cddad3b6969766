"""Departures from the protocol: those the system notices, and those somebody takes upon themselves."""

from datetime import datetime

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, gates
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.models import Deviation
from equipoise.conduct.capture.services import notes
from equipoise.conduct.consent import reads as consents
from equipoise.errors import Problem, RecordError

IMPORTANT, MINOR = "important", "minor"


def note(
    one: Act,
    ground: Ground,
    *,
    kind: str,
    importance: str,
    text: str,
    about: str,
    at: datetime,
    by: str = "system",
) -> None:
    """Within an act, record a deviation of today."""
    one.add(
        Deviation(
            participant=ground.participant,
            kind=kind,
            on=ground.site.today(at).isoformat(),
            importance=importance,
            text=text,
            about=about,
            person=by,
            noted_at=instant(at),
        )
    )


def go_on_without_update(*, participant: str, reason: str, at: datetime, by: Viewer) -> None:
    """Record that visits go on before the consent form in force is signed: a deviation, with its reason.

    Raises  Http404; PermissionRefused; RecordError when no newer form waits, or no reason is given
    """
    ground = access.participant(participant, viewer=by, action="consent.take")
    now = consents.standing(participant, at=at)
    problems = notes.problems(reason, path="reason", needed="a deviation needs a reason")
    if not now.number or now.current:
        problems.append(
            Problem("no newer consent form waits for them", "nothing has to be excused", "consent")
        )
    if problems:
        raise RecordError("this deviation cannot be recorded", problems)
    subjects = [participant]
    with act("trial", "deviation.recorded", at=at, by=by.person, subjects=subjects, reason=reason) as one:
        note(
            one,
            ground,
            kind=gates.UNUPDATED,
            importance=IMPORTANT,
            text=reason.strip(),
            about=gates.covering(now.in_force),
            at=at,
            by=by.person,
        )
