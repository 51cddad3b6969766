"""What others may ask of the allocation store; nothing here opens an arm or needs a key."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from equipoise.allocation.plan import BETWEEN_FACTOR_AND_LEVEL, BETWEEN_FACTORS
from equipoise.conduct.allocator.models import (
    AllocationList,
    ArmRead,
    Assignment,
    DowntimeList,
    DowntimeStep,
    Envelope,
    EnvelopeStep,
    Slot,
    Unblinding,
)
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.audit.models import Event
from equipoise.conduct.stores import statements
from equipoise.conduct.stores.names import ALIASES, ALLOCATION

ALIAS = ALIASES[ALLOCATION]
SITE = f"site{BETWEEN_FACTOR_AND_LEVEL}"
"""What the part of a stratum's name begins with that names its site."""
_EXPOSED = """
SELECT 1 FROM arm_read WHERE person = %s
AND (participant = %s OR kit IN (SELECT kit FROM assignment WHERE participant = %s)) LIMIT 1
"""
OPENED, RECONCILED = "opened", "reconciled"
DESTROYED, LOST = "destroyed", "lost"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A list as anybody may know it.

    strata   names, in the list's order;  length  places in each
    """

    number: int
    series: int
    version: int
    method: str
    canonical_sha256: str
    length: int
    commitment: str
    strata: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A participant's place.

    request      hash of the trial's event that asked for it
    event_hash   hash of the allocation store's event that gave it
    downtime     code of the emergency list the kit came from; "" otherwise
    """

    participant: str
    stratum: str
    position: int
    kit: str
    request: str
    event_hash: str
    downtime: str = ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Somebody was shown what a kit holds; `participant` is who has the kit, "" for nobody yet."""

    person: str
    participant: str
    kit: str
    role: str
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A participant's arm was told to somebody who was blind.

    request      hash of the trial's event that asked for it; "" where none did
    event_hash   hash of the allocation store's event that wrote it down
    """

    participant: str
    person: str
    role: str
    cause: str
    reason: str
    at: datetime
    request: str
    event_hash: str


@dataclass(frozen=True, slots=True)
class Made:
    """A sealed file; status "" while it is sealed, else what became of it."""

    code: str
    participant: str
    kit: str
    batch: int
    at: datetime
    sha256: str
    status: str
    person: str
    happened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Downtime:
    """An emergency list.

    kits     stratum to kit numbers, in order
    used     kits of it that were entered since
    status   "issued", "opened" or "reconciled"
    """

    code: str
    at: datetime
    kits: dict[str, tuple[str, ...]]
    used: frozenset[str]
    status: str


def current() -> Drawn | None:
    """Return the list in use: the newest one; None when none was drawn."""
    row = AllocationList.objects.order_by("-number").first()
    return None if row is None else _drawn(row)


def drawn() -> tuple[Drawn, ...]:
    """Return every list, the oldest first."""
    return tuple(_drawn(row) for row in AllocationList.objects.order_by("number"))


def strata_of(site: str) -> tuple[str, ...]:
    """Return the strata from which a site's participants come: those that name it, or no site at all."""
    found = current()
    if found is None:
        return ()
    return tuple(
        stratum
        for stratum in found.strata
        if not any(part.startswith(SITE) for part in stratum.split(BETWEEN_FACTORS))
        or f"{SITE}{site}" in stratum.split(BETWEEN_FACTORS)
    )


def room(stratum: str) -> int | None:
    """Return how many places of a stratum are free; None when the list has no such stratum."""
    row = AllocationList.objects.order_by("-number").first()
    places = Slot.objects.filter(series=row.series, stratum=stratum) if row else Slot.objects.none()
    return places.filter(assignment__isnull=True).count() if places.exists() else None


def assigned(participant: str) -> Assigned | None:
    """Return a participant's place; None when there is none."""
    return next(iter(assignments([participant])), None)


def assignments(participants: Collection[str] | None = None) -> tuple[Assigned, ...]:
    """Return the places of these participants, or of all, in the order they were assigned."""
    rows = Assignment.objects.select_related("slot").order_by("id")
    if participants is not None:
        rows = rows.filter(participant__in=participants)
    found = list(rows)
    events = Event.objects.using(ALIAS).filter(act__in=[row.act for row in found]) if found else ()
    by_act = {event.act: event for event in events}
    return tuple(_assigned(row, by_act.get(row.act)) for row in found)


def count() -> int:
    """Return how many participants have a place."""
    return Assignment.objects.count()


def knows(event_hash: str) -> bool:
    """Whether the store's chain holds an event with this hash."""
    return Event.objects.using(ALIAS).filter(hash=event_hash).exists()


def exposed(person: str, participant: str) -> bool:
    """Whether somebody was ever shown this participant's arm, or what the participant's kit holds."""
    return bool(statements.rows(ALIAS, _EXPOSED, [person, participant, participant]))


def exposures(*, person: str = "", participant: str = "") -> tuple[Exposure, ...]:
    """Return what somebody was shown, or who was shown a participant's arm, the oldest first."""
    rows = ArmRead.objects.order_by("id")
    if person:
        rows = rows.filter(person=person)
    if participant:
        own = Assignment.objects.filter(participant=participant).values_list("kit", flat=True)
        rows = rows.filter(kit__in=list(own))
    found = list(rows)
    seen = {row.kit for row in found}
    held = Assignment.objects.filter(kit__in=seen).values_list("kit", "participant") if seen else ()
    holders = dict(held)
    return tuple(
        Exposure(
            row.person,
            row.participant or holders.get(row.kit, ""),
            row.kit,
            row.role,
            row.cause,
            moment(row.read_at),
        )
        for row in found
    )


def unblindings(participant: str = "") -> tuple[Told, ...]:
    """Return every time a blind person was told an arm, of one participant or all, the oldest first."""
    rows = Unblinding.objects.select_related("read").order_by("id")
    if participant:
        rows = rows.filter(participant=participant)
    found = list(rows)
    events = Event.objects.using(ALIAS).filter(act__in=[row.act for row in found]) if found else ()
    hashes = {event.act: event.hash for event in events}
    return tuple(
        Told(
            row.participant,
            row.read.person,
            row.read.role,
            row.cause,
            row.reason,
            moment(row.told_at),
            row.request,
            hashes.get(row.act, ""),
        )
        for row in found
    )


def holder(kit: str) -> str:
    """Return who has a kit; "" for nobody."""
    return Assignment.objects.filter(kit=kit).values_list("participant", flat=True).first() or ""


def envelopes_made() -> tuple[Made, ...]:
    """Return every sealed file with what became of it, in the order they were made."""
    last = {step.envelope_id: step for step in EnvelopeStep.objects.order_by("seq")}
    return tuple(
        Made(
            row.code,
            row.participant,
            row.kit,
            row.batch,
            moment(row.made_at),
            row.sha256,
            last[row.id].status if row.id in last else "",
            last[row.id].person if row.id in last else "",
            moment(last[row.id].happened_at) if row.id in last else None,
        )
        for row in Envelope.objects.order_by("id")
    )


def downtime_lists() -> tuple[Downtime, ...]:
    """Return every emergency list, the newest first."""
    rows = list(DowntimeList.objects.order_by("-id"))
    states = dict(DowntimeStep.objects.order_by("seq").values_list("list_id", "status"))
    used: dict[str, set[str]] = {}
    for code, kit in Assignment.objects.exclude(downtime="").values_list("downtime", "kit"):
        used.setdefault(code, set()).add(kit)
    return tuple(
        Downtime(
            code=row.code,
            at=moment(row.issued_at),
            kits={stratum: tuple(kits) for stratum, kits in json.loads(row.kits).items()},
            used=frozenset(used.get(row.code, ())),
            status=states.get(row.id, "issued"),
        )
        for row in rows
    )


def closed_by(stratum: str) -> str:
    """Return the code of the opened emergency list that closes a stratum; "" when it is open."""
    found = (one for one in downtime_lists() if one.status == OPENED and stratum in one.kits)
    return next((one.code for one in found), "")


def next_kits(strata: Iterable[str], *, count: int) -> dict[str, tuple[str, ...]]:
    """Return stratum to the kit numbers of its next free places, in order."""
    row = AllocationList.objects.order_by("-number").first()
    if row is None:
        return {}
    free = Slot.objects.filter(series=row.series, assignment__isnull=True).order_by("position")
    return {
        stratum: tuple(free.filter(stratum=stratum).values_list("kit", flat=True)[:count])
        for stratum in strata
    }


def _drawn(row: AllocationList) -> Drawn:
    first = Slot.objects.filter(series=row.series, position=1).order_by("id")
    return Drawn(
        row.number,
        row.series,
        row.version,
        row.method,
        row.canonical_sha256,
        row.length,
        row.commitment,
        tuple(first.values_list("stratum", flat=True)),
    )


def _assigned(row: Assignment, event: Event | None) -> Assigned:
    return Assigned(
        participant=row.participant,
        stratum=row.slot.stratum,
        position=row.slot.position,
        kit=row.kit,
        request=row.request,
        event_hash=event.hash if event else "",
        downtime=row.downtime,
    )
