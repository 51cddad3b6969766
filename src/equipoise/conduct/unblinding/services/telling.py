"""Planned unblinding: one act in two stores, done exactly once whatever fails in between.

(1) The trial store takes the request, with everything that must be so checked under the participant's lock;
(2) the allocation store writes down that somebody is told and opens the arm; (3) the trial store notes that
the event took place, and opens the visits that the participant's arm alone has. Whoever is killed in
between leaves a request that `reconcile` finishes. Then everybody whose role the event tells may read the
arm, once they asked.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import Error, IntegrityError
from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.services import Arm
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import access, answers, milestones
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.models import EventReached
from equipoise.conduct.capture.services.people import reach_event
from equipoise.conduct.stores.names import ALIASES, TRIAL
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.unblinding import together
from equipoise.conduct.unblinding.due import missing
from equipoise.conduct.unblinding.models import UnblindingRequest
from equipoise.conduct.unblinding.together import AWAY, SYSTEM, StoreAwayError
from equipoise.errors import IntegrityError as StoresDiffer
from equipoise.errors import PermissionRefused, Problem, RecordError
from equipoise.protocol import Resolved

TELL, READ = "arm.tell", "arm.read"
PLANNED = "planned"


class AlreadyError(Exception):
    """The request stands already: nothing is written."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of finishing open requests.

    finished   participants;  problems  why others are still open
    """

    finished: tuple[str, ...]
    problems: tuple[Problem, ...]


def tell(*, participant: str, event: str, at: datetime, by: Viewer) -> Arm:
    """Tell a participant's arm as the protocol plans, and return it to whoever tells them.

    A participant who was told already is told nothing new: whoever may know reads it again.
    Raises  Http404; PermissionRefused; RecordError with everything missing; StoreAwayError when the
            allocation store does not answer: the request, if it stands, is finished later; IntegrityError
            when the key is missing or wrong, or the stores do not belong together
    """
    ground = access.participant(participant, viewer=by, action=TELL)
    try:
        together.require()
        if not EventReached.objects.filter(participant=participant, event=event).exists():
            request_for(ground, event, at=at)
            finish(participant, event, at=at, by=by.person)
    except Error as error:
        raise StoreAwayError("the participant is not told yet", [AWAY]) from error
    return read(participant=participant, at=at, by=by)


def request_for(ground: Ground, event: str, *, at: datetime) -> None:
    """Step 1: store the request, everything checked under the participant's lock; once.

    Raises  Http404; RecordError with everything missing
    """
    participant, viewer = ground.participant, ground.viewer
    version, resolved = _in_force(ground, at)
    role = told_role(ground, resolved, event)
    try:
        with act("trial", "unblinding.requested", at=at, by=viewer.person, subjects=[participant]) as one:
            answers.hold(one.alias, participant)
            if UnblindingRequest.objects.filter(participant=participant, event=event).exists():
                raise AlreadyError
            problems = missing(ground, resolved, event, at=at)
            if problems:
                raise RecordError(f"{participant} cannot be told yet", problems)
            one.add(
                UnblindingRequest(
                    participant=participant, event=event, version=version, person=viewer.person, role=role
                )
            )
    except AlreadyError:
        return


def told_role(ground: Ground, resolved: Resolved, event: str) -> str:
    """Return the role in which somebody is told by an event.

    Raises  Http404 when there is no such event; PermissionRefused when it tells none of their roles, or one
            of them stays masked
    """
    known = next((one for one in resolved.protocol.events if one.id == event and one.planned), None)
    if known is None:
        raise Http404
    role = next((one for one in known.tells if one in ground.roles), None)
    sight = access.sight(
        ground.viewer,
        resolved,
        study_locked=ground.study_locked,
        milestones=milestones.Milestones(frozenset({event}) | ground.milestones.reached),
    )
    if role is None or sight.masked:
        problem = Problem(
            "by the protocol one of your roles stays masked",
            "somebody whose role is told by this event does it",
            event,
        )
        raise PermissionRefused("you may not learn this arm", [problem])
    return role


def finish(participant: str, event: str, *, at: datetime, by: str) -> None:
    """Steps 2 and 3 of a request that stands: write down who is told, open what they may see. Safe to repeat.

    Raises  RecordError when nobody is randomized; IntegrityError without the key
    """
    row = UnblindingRequest.objects.get(participant=participant, event=event)
    request = _event_hash(row.act)
    arm = places.release(
        participant=participant,
        to=row.person,
        role=row.role,
        cause=PLANNED,
        at=at,
        by=by,
        request=request,
    )
    written = next(
        (one.event_hash for one in allocator.unblindings(participant) if one.request == request), ""
    )
    complete(row, arm, allocation_event=written, at=at, by=by)


def complete(row: UnblindingRequest, arm: Arm, *, allocation_event: str, at: datetime, by: str) -> None:
    """Step 3: note the event, and open the visits of the arm; once."""
    protocol = studies.resolved(row.version).protocol
    opened = [one.id for one in protocol.visits if one.arms is not None and arm.arm in one.arms]
    try:
        with act("trial", "unblinding.completed", at=at, by=by, subjects=[row.participant]) as one:
            answers.hold(one.alias, row.participant)
            reach_event(
                one,
                participant=row.participant,
                event=row.event,
                opened=opened,
                allocation_event=allocation_event,
                at=at,
            )
    except IntegrityError:
        # Somebody else finished it in the same moment.
        return


def read(*, participant: str, at: datetime, by: Viewer) -> Arm:
    """Return an arm to somebody whom the protocol told, written down the first time before it is opened.

    Raises  Http404; PermissionRefused when the participant was not told, or the viewer stays masked;
            StoreAwayError; IntegrityError without the key
    """
    ground = access.participant(participant, viewer=by, action=READ)
    _, resolved = _in_force(ground, at)
    role = reading_role(ground, resolved)
    if role is None:
        problem = Problem(
            "the protocol has not told your roles this participant's arm",
            "in an emergency it is broken by those who may",
            participant,
        )
        raise PermissionRefused("you may not learn this arm", [problem])
    try:
        together.require()
        return places.release(participant=participant, to=by.person, role=role, cause=PLANNED, at=at)
    except Error as error:
        raise StoreAwayError("no arm is shown", [AWAY]) from error


def reading_role(ground: Ground, resolved: Resolved) -> str | None:
    """Return the role in which somebody may read a participant's arm now; None when they may not."""
    reached = ground.milestones.reached
    tells = {role for one in resolved.protocol.events if one.id in reached for role in one.tells}
    role = next((one for one in sorted(ground.roles) if one in tells), None)
    return None if ground.sight(resolved).masked else role


def reconcile(*, at: datetime, by: str = SYSTEM) -> Reconciled:
    """Finish every open request, in the order they were made.

    Raises  IntegrityError when the stores do not belong together
    """
    finished: list[str] = []
    problems: list[Problem] = []
    try:
        together.require()
        for participant, event in open_requests():
            try:
                finish(participant, event, at=at, by=by)
                finished.append(participant)
            except RecordError as error:
                problems += error.problems
    except Error:
        problems.append(AWAY)
    return Reconciled(tuple(finished), tuple(problems))


def open_requests() -> tuple[tuple[str, str], ...]:
    """Return (participant, event) of requests that are not completed, in the order they were made."""
    done = set(EventReached.objects.values_list("participant", "event"))
    rows = UnblindingRequest.objects.order_by("id").values_list("participant", "event")
    return tuple(one for one in rows if one not in done)


def _in_force(ground: Ground, at: datetime) -> tuple[int, Resolved]:
    version = studies.versions_at(ground.site.today(at), first=True).get(ground.site.site)
    if version is None:
        raise Http404
    return version, studies.resolved(version)


def _event_hash(act_token: str) -> str:
    found = Event.objects.using(ALIASES[TRIAL]).filter(act=act_token).values_list("hash", flat=True).first()
    if found is None:
        problem = Problem("the request's event is gone", "run `equipoise verify`", "chain")
        raise StoresDiffer("the trial's chain was changed", [problem])
    return str(found)
