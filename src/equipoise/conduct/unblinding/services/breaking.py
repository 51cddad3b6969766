"""Emergency code break: one participant, one person, written down before it is shown.

(1) The allocation store writes down who is told, under a limit that counts, and only then the arm is
opened; (2) the trial store notes that it happened, for those who must know of it. Whoever is killed in
between leaves a telling that `notify` notes later. The reason stays in the allocation store: of a second
telling it may hold what the first one told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, IntegrityError

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.reads import Told
from equipoise.conduct.allocator.services import Arm
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import access
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.models import AssignedKit
from equipoise.conduct.unblinding import together
from equipoise.conduct.unblinding.models import CodeBreak, CodeBreakMail
from equipoise.conduct.unblinding.together import AWAY, SYSTEM, StoreAwayError
from equipoise.errors import IntegrityError as StoresDiffer
from equipoise.errors import Problem, RecordError

BREAK = "arm.break"
BREAKERS = ("on_call_physician", "investigator", "medical_monitor")
"""Roles that may, in the order in which one is named for somebody who holds several."""
CODE_BREAK, ENVELOPE = "code_break", "envelope"
SPAN = timedelta(hours=24)
MOST_A_PERSON, MOST_A_STUDY = 3, 10
"""Participants whose code is broken within a day, before a second person must be there."""
LONGEST_REASON = 4000


class LimitError(RecordError):
    """Too many codes were broken within a day. Next: a second person at the keyboard, or the sealed file."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What is shown: one participant's arm, and since when it is written down."""

    participant: str
    arm: Arm
    at: datetime


def break_code(
    *, participant: str, reason: str, at: datetime, by: Viewer, second: Viewer | None = None
) -> Broken:
    """Write down that somebody is told a participant's arm in an emergency, then return it.

    Whoever calls this has just authenticated the person again, and the second one where there is one.
    second   somebody else who may break codes and is there: then no limit counts, and both are told
    Raises   Http404; PermissionRefused; RecordError when there is no reason or nobody was randomized;
             LimitError beyond the limit without a second person; StoreAwayError when the allocation store
             does not answer; IntegrityError when the key is missing or wrong, or the stores do not belong
             together
    """
    ground = access.participant(participant, viewer=by, action=BREAK)
    _require(ground, reason, second)
    try:
        _require_place(participant)
        arm = _told(ground, by, reason, second=second, at=at)
        if second is not None:
            _told(ground, second, reason, second=by, at=at)
    except Error as error:
        raise StoreAwayError("no arm is shown", [AWAY]) from error
    _note(participant, at=at)
    return Broken(participant, arm, at)


def _told(ground: Ground, to: Viewer, reason: str, *, second: Viewer | None, at: datetime) -> Arm:
    role = next(role for role in BREAKERS if role in to.roles_at(ground.site.site))
    return places.release(
        participant=ground.participant,
        to=to.person,
        role=role,
        cause=CODE_BREAK,
        reason=reason.strip(),
        at=at,
        permit=(lambda: _limit(to.person, ground.participant, at=at)) if second is None else None,
    )


def _require(ground: Ground, reason: str, second: Viewer | None) -> None:
    problems = []
    if not reason.strip():
        problems.append(
            Problem("a code break needs a reason", "say why the treatment must be known", "reason")
        )
    elif len(reason) > LONGEST_REASON:
        problems.append(Problem("the reason is too long", f"at most {LONGEST_REASON} characters", "reason"))
    if second is not None and second.person == ground.viewer.person:
        problems.append(Problem("the second person is yourself", "somebody else enters theirs", "second"))
    if second is not None and not second.may(BREAK, site=ground.site.site):
        problems.append(
            Problem(
                "the second person may not break codes at this site",
                "an investigator, on-call physician or medical monitor may",
                "second",
            )
        )
    if problems:
        raise RecordError("no arm is shown", problems)


def _require_place(participant: str) -> None:
    together.require()
    kit = AssignedKit.objects.filter(participant=participant).values_list("kit", flat=True).first()
    place = allocator.assigned(participant)
    if kit is not None and (place is None or place.kit != kit):
        raise StoresDiffer("the stores do not belong together", [together.OLDER])
    if place is None:
        hint = "they were given no kit of this study: treat them accordingly"
        raise RecordError("no arm is shown", [Problem("they are not randomized", hint, participant)])


def _limit(person: str, participant: str, *, at: datetime) -> None:
    """Raise LimitError when too many codes were broken; looking again at one that was is no further one."""
    recent = [one for one in allocator.unblindings() if one.cause == CODE_BREAK and one.at > at - SPAN]
    own = {one.participant for one in recent if one.person == person}
    every = {one.participant for one in recent}
    if participant in own:
        return
    problems = []
    if len(own) >= MOST_A_PERSON:
        problems.append(Problem(f"you broke {len(own)} codes within 24 hours", SECOND, "second"))
    if participant not in every and len(every) >= MOST_A_STUDY:
        problems.append(
            Problem(f"{len(every)} codes were broken within 24 hours in this study", SECOND, "second")
        )
    if problems:
        raise LimitError("no arm is shown yet", problems)


SECOND = (
    "if this is an emergency too, have a second person who may break codes enter their address, password and "
    "code below; if you are alone, open the participant's sealed file"
)


def _note(participant: str, *, at: datetime) -> None:
    """Step 2: note it in the trial store. What fails here is done later: the arm is known by now."""
    try:
        notify(at=at, participant=participant)
    except Error:
        return


def notify(*, at: datetime, participant: str = "") -> tuple[str, ...]:
    """Note every emergency telling that the trial store does not know of, and return whose.

    Raises  Error when a store does not answer
    """
    told = [one for one in allocator.unblindings(participant) if one.cause in (CODE_BREAK, ENVELOPE)]
    known = set(CodeBreak.objects.values_list("allocation_event", flat=True))
    return tuple(one.participant for one in told if one.event_hash not in known and _noted(one, at=at))


def _noted(one: Told, *, at: datetime) -> bool:
    try:
        with act("trial", "code.broken", at=at, by=one.person, subjects=[one.participant]) as written:
            written.add(
                CodeBreak(
                    allocation_event=one.event_hash,
                    participant=one.participant,
                    person=one.person,
                    cause=one.cause,
                    broken_at=instant(one.at),
                )
            )
    except IntegrityError:
        # Somebody else noted it in the same moment.
        return False
    return True


def note_mails(tried: dict[tuple[int, str, int], str], *, at: datetime) -> None:
    """Note what became of mails: (code break, person, attempt) to what kept it from being sent."""
    for number in dict.fromkeys(number for number, _, _ in tried):
        row = CodeBreak.objects.get(id=number)
        mine = {key: why for key, why in tried.items() if key[0] == number}
        action = "code.mailed" if "" in mine.values() else "code.mail_failed"
        with act("trial", action, at=at, by=SYSTEM, subjects=[row.participant]) as one:
            one.add_all(
                [
                    CodeBreakMail(code_break=row, person=person, seq=seq, tried_at=instant(at), why=why)
                    for (_, person, seq), why in mine.items()
                ]
            )
