"""One arm to one person: what is shown is written down first.

Holds the only code that opens an arm for somebody to see. Refuses to decide who may ask: the pages and
`unblinding` do, and tell here who it is, in which role and why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from equipoise.conduct.allocator import lists
from equipoise.conduct.allocator.models import AllocationList, ArmRead, Assignment, Draw, Slot, Unblinding
from equipoise.conduct.allocator.sealing import Key, key, place_of
from equipoise.conduct.allocator.services.assigning import hold
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.errors import IntegrityError, Problem, RecordError

CODE_BREAK, PLANNED, DISPENSING, ENVELOPE, EXPORT = (
    "code_break",
    "planned",
    "dispensing",
    "envelope",
    "unblinded_export",
)
PREPARING = "preparing"
CAUSES = (CODE_BREAK, PLANNED, DISPENSING, ENVELOPE, EXPORT)
"""Why an arm is shown."""
UNBLINDING = frozenset({CODE_BREAK, PLANNED, ENVELOPE})
"""Causes by which somebody blind is told: each telling is an unblinding of its own."""
ONCE = frozenset({DISPENSING, PREPARING, EXPORT, PLANNED})
"""Causes of which the first reading is written, and no later one: a page is looked at again and again."""


class AlreadyError(Exception):
    """This reading was written before: nothing is written."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What a participant was drawn. Its repr shows the kit alone.

    intervention   id of what the arm gives first
    elements       (epoch, ids of interventions) in the protocol's order; `doses` in words
    """

    kit: str
    arm: str = field(repr=False)
    label: str = field(repr=False)
    intervention: str = field(repr=False)
    intervention_label: str = field(repr=False)
    elements: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)
    doses: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A kit nobody has yet, for whoever fills it; `position` counts from 1 on its stratum's list."""

    stratum: str
    position: int
    contents: Arm


def release(
    *,
    participant: str,
    to: str,
    role: str,
    cause: str,
    at: datetime,
    reason: str = "",
    by: str = "",
    request: str = "",
    permit: Callable[[], object] | None = None,
) -> Arm:
    """Write down that somebody is shown a participant's arm, then return it.

    to       id of the person who is shown it, in the given role
    cause    one of `CAUSES`
    reason   why, for a code break
    by       who acts, where it is not the same person
    request  hash of the trial's event that asked for it, where the protocol planned it
    permit   raises what forbids it, under a lock that lets one ask at a time: for limits that count
    Raises  RecordError when the participant has no place, the cause is unknown, or a code break has no
            reason; IntegrityError without the allocation key, or when the sealed arm does not open
    """
    given = Assignment.objects.filter(participant=participant).select_related("slot").first()
    problems = []
    if given is None:
        problems.append(Problem("they are not randomized", "", participant))
    if cause not in CAUSES:
        problems.append(Problem(f"`{cause[:32]}` is no cause", f"one of {', '.join(CAUSES)}", "cause"))
    if cause == CODE_BREAK and not reason.strip():
        problems.append(Problem("a code break needs a reason", "say why the arm must be known", "reason"))
    if problems or given is None:
        raise RecordError("no arm is shown", problems)
    sealing = key()
    try:
        with act(
            "allocation",
            "arm.read",
            at=at,
            by=by or to,
            on_behalf=to if by and by != to else "",
            subjects=[participant],
            reason=reason,
        ) as one:
            if permit is not None:
                hold(one.alias, "telling")
                permit()
            before = ArmRead.objects.filter(person=to, kit=given.kit, cause=cause).count()
            if before and cause in ONCE:
                raise AlreadyError
            read = one.add(_read(to, given.kit, participant, role, cause, seq=before + 1, at=at))
            if cause in UNBLINDING:
                one.add(
                    Unblinding(
                        read=read,
                        participant=participant,
                        cause=cause,
                        request=request,
                        reason=reason,
                        told_at=instant(at),
                    )
                )
    except AlreadyError:
        pass
    return _open(given.slot, sealing)


def prepare(*, to: str, role: str, strata: Sequence[str], count: int, at: datetime) -> tuple[Prepared, ...]:
    """Write down that somebody is shown what the next kits of strata are to hold, then return it.

    count   how many free places of each stratum
    Raises  RecordError under minimization, where nobody knows beforehand; IntegrityError without the key
    """
    row = AllocationList.objects.order_by("-number").first()
    if row is None:
        return ()
    if lists.ground_of_row(row).minimizes:
        hint = "fill each kit once its participant is randomized"
        problem = Problem("arms are drawn when participants come", hint, "list")
        raise RecordError("no kit can be filled beforehand", [problem])
    sealing = key()
    free = Slot.objects.filter(series=row.series, assignment__isnull=True).order_by("position")
    slots = [slot for stratum in strata for slot in free.filter(stratum=stratum)[:count]]
    kits = [slot.kit for slot in slots]
    read = ArmRead.objects.filter(person=to, kit__in=kits, cause=PREPARING)
    known = set(read.values_list("kit", flat=True))
    new = [kit for kit in kits if kit not in known]
    if new:
        with act("allocation", "kits.read", at=at, by=to) as one:
            one.add_all([_read(to, kit, "", role, PREPARING, seq=1, at=at) for kit in new])
    return tuple(Prepared(slot.stratum, slot.position, _open(slot, sealing)) for slot in slots)


def note_reading(
    one: Act, given: Assignment, *, to: str, role: str, cause: str, read_at: datetime, reason: str = ""
) -> None:
    """Within an act, write down that somebody read a participant's arm away from the system."""
    before = ArmRead.objects.filter(person=to, kit=given.kit, cause=cause).count()
    read = one.add(_read(to, given.kit, given.participant, role, cause, seq=before + 1, at=read_at))
    one.add(
        Unblinding(
            read=read,
            participant=given.participant,
            cause=cause,
            reason=reason,
            told_at=instant(read_at),
        )
    )


def note_export(one: Act, given: Sequence[Assignment], *, to: str, role: str, at: datetime) -> None:
    """Within an act, write down that somebody is given these participants' arms in a file; once each."""
    read = ArmRead.objects.filter(person=to, kit__in=[row.kit for row in given], cause=EXPORT)
    known = set(read.values_list("kit", flat=True))
    one.add_all(
        [
            _read(to, row.kit, row.participant, role, EXPORT, seq=1, at=at)
            for row in given
            if row.kit not in known
        ]
    )


def open_slot(slot: Slot, sealing: Key) -> Arm:
    """Return what a place holds, for what is sealed again or was written down just before."""
    return _open(slot, sealing)


def _read(to: str, kit: str, participant: str, role: str, cause: str, *, seq: int, at: datetime) -> ArmRead:
    return ArmRead(
        person=to, kit=kit, participant=participant, role=role, cause=cause, seq=seq, read_at=instant(at)
    )


def _open(slot: Slot, sealing: Key) -> Arm:
    row = AllocationList.objects.get(id=slot.list_id)
    if slot.arm:
        arm = sealing.open(slot.arm, place=place_of(row.canonical_sha256, slot.stratum, slot.position))
    else:
        drawn = Draw.objects.filter(assignment__slot=slot).first()
        if drawn is None:
            problem = Problem("its draw is missing", "run `equipoise verify`", "draw")
            raise IntegrityError("an assignment cannot be opened", [problem])
        arm = lists.open_draw(drawn, key=sealing, ground=lists.ground_of_row(row)).arm
    return _described(slot.kit, arm, version=row.version)


def _described(kit: str, arm: str, *, version: int) -> Arm:
    resolved = studies.resolved(version)
    protocol, said = resolved.protocol, wording.speaker(resolved)
    found = next((one for one in protocol.arms if one.id == arm), None)
    if found is None:
        problem = Problem("the protocol has no such arm", "run `equipoise verify`", "arm")
        raise IntegrityError("an assignment cannot be opened", [problem])
    labels = {one.id: said(one.label) for one in protocol.interventions}
    order = {epoch: place for place, epoch in enumerate(protocol.epochs)}
    elements = tuple(
        (epoch, found.doses(epoch)) for epoch in sorted(found.elements, key=lambda one: order.get(one, 0))
    )
    first = next((ids[0] for _, ids in elements if ids), "")
    doses = tuple(
        (said(epoch.replace("_", " ")), tuple(labels.get(one, one) for one in ids)) for epoch, ids in elements
    )
    return Arm(kit, arm, said(found.name), first, labels.get(first, first), elements, doses)
