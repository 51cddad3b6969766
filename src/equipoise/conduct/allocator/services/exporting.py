"""All arms to the independent statistician, in one file: each is written down before any is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from equipoise.conduct.allocator import reads
from equipoise.conduct.allocator.models import Assignment, Slot
from equipoise.conduct.allocator.sealing import Key
from equipoise.conduct.allocator.services.releasing import note_export, open_slot
from equipoise.conduct.audit.services import act


@dataclass(frozen=True, slots=True)
class Line:
    """A participant's row of the allocation file. Its repr shows no arm.

    actual         id of the intervention that the kit of the dose held; None where nobody says what was taken
    unblinded_at   when the arm was first told to somebody blind; None where it was not
    """

    participant: str
    arm: str = field(repr=False)
    stratum: str
    position: int
    kit: str
    actual: str | None = field(repr=False)
    unblinded_at: datetime | None


def release_all(
    *, to: str, role: str, sealing: Key, kits_taken: Mapping[str, str], at: datetime, by: str
) -> tuple[Line, ...]:
    """Write down that somebody is given every arm, then return them, in the order of randomization.

    sealing      the allocation key
    kits_taken   participant to the number of the kit their dose came from, where there was one
    Raises       IntegrityError when the key is not this store's
    """
    rows = list(Assignment.objects.select_related("slot").order_by("id"))
    for row in rows[:1]:
        # A wrong key is noticed before anything is written down.
        open_slot(row.slot, sealing)
    with act("allocation", "arms.exported", at=at, by=by, on_behalf=to if to != by else "") as one:
        note_export(one, rows, to=to, role=role, at=at)
    slots = {slot.kit: slot for slot in Slot.objects.filter(kit__in=set(kits_taken.values()))}
    told: dict[str, datetime] = {}
    for each in reads.unblindings():
        told.setdefault(each.participant, each.at)
        told[each.participant] = min(told[each.participant], each.at)
    return tuple(_line(row, sealing, slots.get(kits_taken.get(row.participant, "")), told) for row in rows)


def _line(row: Assignment, sealing: Key, taken: Slot | None, told: Mapping[str, datetime]) -> Line:
    arm = open_slot(row.slot, sealing)
    actual = open_slot(taken, sealing).intervention if taken is not None else None
    return Line(
        row.participant,
        arm.arm,
        row.slot.stratum,
        row.slot.position,
        row.kit,
        actual,
        told.get(row.participant),
    )
