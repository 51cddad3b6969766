"""Randomization: one act in two stores, done exactly once whatever fails in between.

(1) The trial store takes the request, with everything that must be so checked under the participant's lock;
(2) the allocation store gives the place; (3) the trial store takes the kit number. Whoever is killed in
between leaves a request that `reconcile` finishes. Refuses to know an arm.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime

from django.db import Error, IntegrityError

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import access, answers
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.services.people import expect_kit, reach_anchor
from equipoise.conduct.enrollment.models import AllocationCommitment, Randomization, RandomizationRequest
from equipoise.conduct.enrollment.services import gates
from equipoise.conduct.enrollment.services.gates import Paper
from equipoise.conduct.stores.names import ALIASES, TRIAL
from equipoise.conduct.studies import reads as studies
from equipoise.errors import IntegrityError as StoresDiffer
from equipoise.errors import Problem, RecordError, TrialError

SYSTEM = "system"
EVENT = "randomization"
"""The event of the protocol that an anchor may count from."""
AWAY = Problem(
    "the allocation store does not answer",
    "wait until it is back; nothing is lost, and nobody gets two kits",
    "store",
)


class AlreadyError(Exception):
    """The request stands already: nothing is written."""


@dataclass(frozen=True, slots=True)
class Randomized:
    """What blinded people may know of it."""

    participant: str
    kit: str
    randomized_on: date


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of finishing open requests.

    finished   participants;  problems  why others are still open
    """

    finished: tuple[str, ...]
    problems: tuple[Problem, ...]


def randomize(*, participant: str, at: datetime, by: Viewer, paper: Paper | None = None) -> Randomized:
    """Randomize a participant, and return the kit number; whoever is randomized already keeps theirs.

    paper   the kit used from an emergency list, to be entered in the order of use
    Raises  Http404; PermissionRefused; RecordError with everything missing; StoreAwayError when the
            allocation store does not answer: the request, if it stands, is finished later; IntegrityError
            when the stores do not belong together
    """
    ground = access.participant(participant, viewer=by, action="randomization.request")
    done = randomization(participant)
    if done is not None:
        return done
    try:
        require_together()
        request_for(ground, at=at, by=by.person, paper=paper)
        return finish(participant, at=at, by=by.person)
    except Error as error:
        raise StoreAwayError("the participant is not randomized yet", [AWAY]) from error


class StoreAwayError(TrialError):
    """The allocation store cannot be reached. Next: try again once it is back; nothing is done twice."""


def randomization(participant: str) -> Randomized | None:
    """Return what blinded people may know of a randomization; None when there was none."""
    row = Randomization.objects.filter(participant=participant).first()
    return (
        None if row is None else Randomized(row.participant, row.kit, date.fromisoformat(row.randomized_on))
    )


def request_for(ground: Ground, *, at: datetime, by: str, paper: Paper | None = None) -> None:
    """Step 1: store the request, everything checked under the participant's lock; once.

    Raises  RecordError with everything missing
    """
    participant, reason = ground.participant, paper.reason if paper else ""
    try:
        with act(
            "trial", "randomization.requested", at=at, by=by, subjects=[participant], reason=reason
        ) as one:
            answers.hold(one.alias, participant)
            if RandomizationRequest.objects.filter(participant=participant).exists():
                raise AlreadyError
            judged = gates.judge(ground, at=at, paper=paper)
            if judged.problems:
                raise RecordError(f"{participant} cannot be randomized yet", judged.problems)
            one.add(
                RandomizationRequest(
                    participant=participant,
                    version=judged.version,
                    levels=json.dumps(judged.levels, sort_keys=True),
                    requested_on=(paper.used_on if paper else ground.site.today(at)).isoformat(),
                    downtime=paper.code if paper else "",
                    kit=paper.kit if paper else "",
                    reason=reason,
                )
            )
    except AlreadyError:
        return


def finish(participant: str, *, at: datetime, by: str) -> Randomized:
    """Steps 2 and 3 of a request that stands: get the place, store the kit number. Safe to repeat.

    Raises  RecordError when no place can be given; IntegrityError when the place is another request's
    """
    row = RandomizationRequest.objects.get(participant=participant)
    given = places.assign(
        participant=participant,
        levels=json.loads(row.levels),
        request=_event_hash(row.act),
        at=at,
        by=by,
        kit=row.kit,
        downtime=row.downtime,
        reason=row.reason,
    )
    return complete(row, kit=given.kit, allocation_event=given.event_hash, at=at, by=by)


def complete(
    row: RandomizationRequest, *, kit: str, allocation_event: str, at: datetime, by: str
) -> Randomized:
    """Step 3: store the kit number and the days that count from randomization; once."""
    anchors = studies.resolved(row.version).protocol.anchors
    try:
        with act("trial", "randomization.completed", at=at, by=by, subjects=[row.participant]) as one:
            answers.hold(one.alias, row.participant)
            one.add(
                Randomization(
                    participant=row.participant,
                    kit=kit,
                    allocation_event=allocation_event,
                    randomized_on=row.requested_on,
                )
            )
            expect_kit(one, participant=row.participant, kit=kit)
            for name, anchor in anchors.items():
                if anchor.event == EVENT:
                    reach_anchor(one, participant=row.participant, anchor=name, on=row.requested_on)
    except IntegrityError:
        # Somebody else finished it in the same moment; a kit of another participant is no such case.
        done = randomization(row.participant)
        if done is None:
            problem = Problem(
                f"kit {kit} stands at another participant", "run `equipoise verify`", row.participant
            )
            raise StoresDiffer("the stores do not belong together", [problem]) from None
        return done
    return Randomized(row.participant, kit, date.fromisoformat(row.requested_on))


def reconcile(*, at: datetime, by: str = SYSTEM) -> Reconciled:
    """Finish every open request, in the order they were made, and publish a commitment that is missing.

    Raises  IntegrityError when the stores do not belong together
    """
    finished: list[str] = []
    problems: list[Problem] = []
    try:
        require_together()
        publish_commitments(at=at, by=by)
        for participant in open_requests():
            try:
                finish(participant, at=at, by=by)
                finished.append(participant)
            except RecordError as error:
                problems += error.problems
    except Error:
        problems.append(AWAY)
    return Reconciled(tuple(finished), tuple(problems))


def open_requests() -> tuple[str, ...]:
    """Return participants whose request is not completed, in the order it was made."""
    done = Randomization.objects.values("participant")
    rows = RandomizationRequest.objects.exclude(participant__in=done).order_by("id")
    return tuple(rows.values_list("participant", flat=True))


def publish_commitments(*, at: datetime, by: str) -> tuple[int, ...]:
    """Write the commitment to each list that this chain does not hold yet, and return their numbers."""
    known = set(AllocationCommitment.objects.values_list("number", flat=True))
    new = [one for one in allocator.drawn() if one.number not in known]
    for one in new:
        with act("trial", "allocation.committed", at=at, by=by, subjects=[f"list-{one.number}"]) as written:
            written.add(
                AllocationCommitment(
                    number=one.number,
                    series=one.series,
                    version=one.version,
                    length=one.length,
                    canonical_sha256=one.canonical_sha256,
                    sha256=one.commitment,
                )
            )
    return tuple(one.number for one in new)


def require_together() -> None:
    """Raise IntegrityError when the allocation store is older than the trial store, as after a restore.

    The trial store is read first: a place is always given before it is completed here.
    """
    last = Randomization.objects.order_by("-id").first()
    completed = Randomization.objects.count()
    if last is None:
        return
    if allocator.count() < completed or not allocator.knows(last.allocation_event):
        hint = "stop randomizing; restore both stores from one backup, or ask whoever looks after them"
        message = "participants were randomized of whom the allocation store knows nothing: it is older"
        raise StoresDiffer("the stores do not belong together", [Problem(message, hint, "allocation")])


def _event_hash(act_token: str) -> str:
    return str(Event.objects.using(ALIASES[TRIAL]).values_list("hash", flat=True).get(act=act_token))
