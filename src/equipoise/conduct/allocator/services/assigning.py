"""A participant gets the lowest free place of a stratum: exactly once, in order, whoever else asks meanwhile.

Holds the lock and the choice. From a list no key is needed; only minimization opens its seed and draws.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import connections

from equipoise.allocation import minimization
from equipoise.conduct.allocator import lists, reads
from equipoise.conduct.allocator.lists import SEED, Ground
from equipoise.conduct.allocator.models import AllocationList, Assignment, Draw, Slot
from equipoise.conduct.allocator.reads import Assigned
from equipoise.conduct.allocator.sealing import Key, key
from equipoise.conduct.audit.services import Act, act
from equipoise.errors import IntegrityError, Problem, RecordError

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class AlreadyError(Exception):
    """The participant has a place: nothing is written."""


def assign(
    *,
    participant: str,
    levels: Mapping[str, str],
    request: str,
    at: datetime,
    by: str,
    kit: str = "",
    downtime: str = "",
    reason: str = "",
) -> Assigned:
    """Give a participant the next place of their stratum, and return it; whoever has one keeps it.

    levels    factor to level, for every factor of the protocol's allocation
    request   hash of the trial's event that asked for it
    kit       the kit that was taken from an emergency list, whose code is `downtime`; the next one otherwise
    reason    why an emergency list was not followed in order
    Raises    RecordError when no list is drawn, the stratum is unknown, closed or exhausted, or the kit from
              the emergency list was given to somebody else; IntegrityError when the participant's place was
              asked for by another request, or, under minimization, without the allocation key
    """
    row, ground = _in_use()
    stratum = ground.stratum(dict(levels))
    sealing = key() if ground.minimizes else None
    try:
        with act("allocation", "slot.assigned", at=at, by=by, subjects=[participant]) as one:
            hold(one.alias, f"{row.series}|{stratum}")
            if Assignment.objects.filter(participant=participant).exists():
                raise AlreadyError
            slot = _slot(row.series, stratum, kit, downtime=downtime, reason=reason)
            given = one.add(
                Assignment(
                    slot=slot,
                    participant=participant,
                    kit=slot.kit,
                    request=request,
                    downtime=downtime,
                    reason=reason,
                )
            )
            if sealing is not None:
                _draw(one, row, ground, given, levels=dict(levels), sealing=sealing)
        event = one.event.hash if one.event else ""
        return Assigned(participant, stratum, slot.position, slot.kit, request, event, downtime)
    except AlreadyError:
        return _known(participant, request)


def placeable(
    *, levels: Mapping[str, str], kit: str = "", downtime: str = "", reason: str = ""
) -> list[Problem]:
    """Return why `assign` would give no place now; without a lock, so somebody may still come first."""
    try:
        row, ground = _in_use()
        _slot(row.series, ground.stratum(dict(levels)), kit, downtime=downtime, reason=reason)
    except RecordError as error:
        return list(error.problems)
    return []


def _in_use() -> tuple[AllocationList, Ground]:
    row = AllocationList.objects.order_by("-number").first()
    if row is None:
        hint = "`equipoise allocation draw` draws it"
        raise RecordError("nobody can be randomized", [Problem("no allocation list was drawn", hint, "list")])
    return row, lists.ground_of_row(row)


def _slot(series: int, stratum: str, kit: str, *, downtime: str, reason: str) -> Slot:
    if downtime:
        return _named(series, stratum, kit, downtime=downtime, reason=reason)
    return _next(series, stratum)


def hold(alias: str, stratum: str) -> None:
    """On PostgreSQL hold a stratum alone until the act ends; on SQLite the one writer holds everything."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute(LOCK, [f"stratum {stratum}"])


def _known(participant: str, request: str) -> Assigned:
    found = reads.assigned(participant)
    if found is None or found.request != request:
        hint = "stop: one of the two stores was restored or changed; run `equipoise verify`"
        problem = Problem("the place was asked for by another request", hint, participant)
        raise IntegrityError("the stores do not belong together", [problem])
    return found


def _next(series: int, stratum: str) -> Slot:
    """Return the lowest free place, under the lock."""
    closed = reads.closed_by(stratum)
    if closed:
        hint = "enter every kit used from it, in order, and close it; then go on here"
        problem = Problem(f"the emergency list {closed} was used and is not reconciled", hint, "downtime")
        raise RecordError("nobody can be randomized in this stratum now", [problem])
    places = Slot.objects.filter(series=series, stratum=stratum)
    found = places.filter(assignment__isnull=True).order_by("position").first()
    if found is None:
        n = places.count()
        problem = (
            Problem(
                f"all {n} places of stratum `{stratum}` are taken",
                "have the list extended: `equipoise allocation extend`",
                "list",
            )
            if n
            else Problem(f"the list has no stratum `{stratum}`", "check the stratification answers", "list")
        )
        raise RecordError("nobody can be randomized in this stratum", [problem])
    return found


def _named(series: int, stratum: str, kit: str, *, downtime: str, reason: str) -> Slot:
    """Return the place of a kit that was taken from an emergency list, under the lock."""
    listed = next((one for one in reads.downtime_lists() if one.code == downtime), None)
    problems = []
    if listed is None or listed.status != reads.OPENED:
        problems.append(
            Problem(f"`{downtime}` is no emergency list that was opened", "say first that it was", "list")
        )
    elif kit not in listed.kits.get(stratum, ()):
        hint = "compare the number with the list; the stratum follows from the answers"
        problems.append(Problem(f"kit {kit[:16]} is not on this list for stratum `{stratum}`", hint, "kit"))
    slot = Slot.objects.filter(series=series, stratum=stratum, kit=kit).first()
    if not problems and slot is not None and Assignment.objects.filter(slot=slot).exists():
        hint = "two people may have been given one kit: tell the pharmacist and record a deviation"
        problems.append(Problem(f"kit {kit} was assigned to somebody else", hint, "kit"))
    if not problems and slot is not None and not reason.strip():
        free = Slot.objects.filter(series=series, stratum=stratum, assignment__isnull=True)
        first = free.order_by("position").first()
        if first is not None and first.position < slot.position:
            hint = "enter the kits in the order they were used; if one was passed over, say why"
            problems.append(Problem(f"kit {first.kit} comes before it and is free", hint, "reason"))
    if problems or slot is None:
        raise RecordError("this kit cannot be entered", problems)
    return slot


def _draw(
    one: Act, row: AllocationList, ground: Ground, given: Assignment, *, levels: dict[str, str], sealing: Key
) -> None:
    """Draw the arm by minimization, under the lock of everybody."""
    stored = list(Draw.objects.filter(series=row.series).order_by("number"))
    before = [lists.open_draw(each, key=sealing, ground=ground) for each in stored]
    drawn = minimization.draw(
        ground.plan,
        levels=levels,
        earlier=[(each.levels, each.ticket) for each in before],
        seed=lists.secret(row, SEED, key=sealing),
        canonical=ground.canonical,
    )
    one.add(
        Draw(
            assignment=given,
            series=row.series,
            number=drawn.number,
            levels=json.dumps(levels, sort_keys=True),
            drawn=lists.close_draw(drawn, key=sealing, ground=ground),
        )
    )
