"""Lists are drawn, committed to, extended, and at the end revealed."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Max

from equipoise.allocation import AllocationList as Listed
from equipoise.allocation import commit, verify
from equipoise.allocation.commitment import SALT_BYTES
from equipoise.conduct.allocator import lists
from equipoise.conduct.allocator.lists import SALT, SEED, Ground
from equipoise.conduct.allocator.models import AllocationList, Assignment, Revelation, Slot
from equipoise.conduct.allocator.sealing import ARM_BYTES, SECRET_BYTES, Key, begin, key, place_of
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.stores.entropy import token
from equipoise.errors import IntegrityError, Problem, RecordError

SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Commitment:
    """What may be published of a list before the first enrollment.

    number    of the list;  series  of the list it extends, its own number otherwise
    sha256    the commitment: SHA-256(salt || canonical list)
    canonical_sha256   what the list was drawn from
    """

    number: int
    series: int
    version: int
    canonical_sha256: str
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """What proves a commitment once nobody is blind any more; its repr shows only which list.

    content   the canonical list, or minimization's parameters, as bytes
    """

    number: int
    commitment: str
    salt: bytes = field(repr=False)
    content: bytes = field(repr=False)


def draw_list(*, version: int, at: datetime, by: str, length: int | None = None) -> Commitment:
    """Draw a list from a protocol version and seal it, and return the commitment to it.

    length   places a stratum; the protocol's, or twice its sample, when left out
    Raises   RecordError when somebody is assigned already, or nothing says how long it is; ProtocolError with
             every problem of the plan; IntegrityError without the allocation key
    """
    ground = lists.ground_of(version, length=length)
    seed = token(SEED_BYTES)
    with act("allocation", "list.drawn", at=at, by=by, subjects=[f"version-{version}"]) as one:
        if Assignment.objects.exists():
            hint = "extend the list in use; an amendment of the allocation cannot be randomized by"
            raise RecordError(
                "no new list is drawn", [Problem("participants are assigned already", hint, "list")]
            )
        number = _next_number()
        if number == 1:
            begin(alias=one.alias)
        sealing = key()
        row = _row(ground, number=number, series=number, seed=seed, sealing=sealing)
        one.add(row)
        _add_slots(one, row, ground, seed=seed, sealing=sealing, after=0)
    return _commitment(row)


def extend_list(*, length: int, at: datetime, by: str) -> Commitment:
    """Draw the list in use on, from the same seed, and return the commitment to the longer one.

    length   places a stratum from now on
    Raises   RecordError when there is none, or it is that long already; IntegrityError without its key
    """
    before = AllocationList.objects.order_by("-number").first()
    if before is None:
        raise RecordError(
            "no list can be extended", [Problem("none was drawn", "`equipoise init` draws it", "list")]
        )
    if length <= before.length:
        hint = f"give more than {before.length}"
        raise RecordError(
            "the list is not extended", [Problem(f"it has {before.length} places a stratum", hint, "length")]
        )
    sealing = key()
    seed = lists.secret(before, SEED, key=sealing)
    ground = lists.ground_of_row(before)
    longer = replace(ground, plan=replace(ground.plan, length=length))
    with act("allocation", "list.extended", at=at, by=by, subjects=[f"list-{before.series}"]) as one:
        row = _row(longer, number=_next_number(), series=before.series, seed=seed, sealing=sealing)
        one.add(row)
        _add_slots(one, row, longer, seed=seed, sealing=sealing, after=before.length)
    return _commitment(row)


def reveal(*, number: int, at: datetime, by: str) -> Revealed:
    """Reveal the salt of a list's commitment, and check that the list is the one committed to.

    To be called once nobody needs to be blind any more: with the salt the list can be guessed.
    Raises  RecordError when there is no such list; IntegrityError when list and commitment do not belong
            together, or without the allocation key
    """
    row = AllocationList.objects.filter(number=number).first()
    if row is None:
        raise RecordError("nothing is revealed", [Problem(f"there is no list {number}", "", "list")])
    sealing = key()
    salt = lists.secret(row, SALT, key=sealing)
    content = lists.content(lists.ground_of_row(row), seed=lists.secret(row, SEED, key=sealing))
    verify(row.commitment, content, salt=salt)
    if not Revelation.objects.filter(list=row).exists():
        with act("allocation", "list.revealed", at=at, by=by, subjects=[f"list-{number}"]) as one:
            one.add(Revelation(list=row, revealed_salt=salt.hex()))
    return Revealed(
        number, row.commitment, salt, content.canonical() if isinstance(content, Listed) else content
    )


def _next_number() -> int:
    return int(AllocationList.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def _row(ground: Ground, *, number: int, series: int, seed: bytes, sealing: Key) -> AllocationList:
    salt = token(SALT_BYTES)
    return AllocationList(
        number=number,
        series=series,
        version=ground.version,
        method=ground.plan.method,
        canonical_sha256=ground.sha256,
        length=ground.plan.length or 0,
        kit_digits=ground.plan.kit_digits,
        sealed_seed=sealing.close(
            seed.hex(), place=lists.place_of_secret(ground, number, SEED), length=SECRET_BYTES
        ),
        sealed_salt=sealing.close(
            salt.hex(), place=lists.place_of_secret(ground, number, SALT), length=SECRET_BYTES
        ),
        commitment=commit(lists.content(ground, seed=seed), salt=salt),
    )


def _add_slots(
    one: Act, row: AllocationList, ground: Ground, *, seed: bytes, sealing: Key, after: int
) -> None:
    """Write the places beyond a position; those before it must be as they were drawn then."""
    arms = {} if ground.minimizes else {slot.place: slot.arm for slot in lists.drawn(ground, seed=seed)}
    numbers = lists.kits(ground, seed=seed)
    _require_same(row, numbers)
    one.add_all(
        [
            Slot(
                list=row,
                series=row.series,
                stratum=stratum,
                position=position,
                kit=kit,
                arm=sealing.close(
                    arms[stratum, position],
                    place=place_of(ground.sha256, stratum, position),
                    length=ARM_BYTES,
                )
                if arms
                else "",
            )
            for (stratum, position), kit in numbers.items()
            if position > after
        ]
    )


def _require_same(row: AllocationList, numbers: dict[tuple[str, int], str]) -> None:
    """Raise IntegrityError when a longer list does not begin as the stored one does."""
    stored = Slot.objects.filter(series=row.series).values_list("stratum", "position", "kit")
    if any(numbers.get((stratum, position)) != kit for stratum, position, kit in stored):
        hint = "stop: the seed, the protocol or the stored list was changed"
        raise IntegrityError(
            "the list cannot be extended", [Problem("the longer list begins otherwise", hint, "list")]
        )


def _commitment(row: AllocationList) -> Commitment:
    return Commitment(row.number, row.series, row.version, row.canonical_sha256, row.length, row.commitment)
