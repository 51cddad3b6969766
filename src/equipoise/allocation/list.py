"""The concealed list: slots drawn from a plan and a seed, and the next free one.

Holds no participant and imports no numerics. Nothing here prints an arm: reprs show stratum and position.
"""

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from equipoise.allocation.plan import MINIMIZATION, Plan
from equipoise.allocation.procedure import sequence
from equipoise.allocation.stream import Stream
from equipoise.errors import IntegrityError, Problem, ProtocolError, RecordError

KITS = "kits"
STRATUM = "stratum:"

Place = tuple[str, int]
"""A stratum and a position in it."""


@dataclass(frozen=True, slots=True, repr=False)
class Slot:
    """One line of the list.

    stratum   name of the stratum
    position  1, 2, ... within the stratum
    arm       the arm; never shown to anybody blinded
    kit       number of the kit that the participant gets, digits as text; says nothing of the arm
    """

    stratum: str
    position: int
    arm: str
    kit: str

    def __repr__(self) -> str:
        return f"<Slot {self.position} of stratum {self.stratum!r}>"

    @property
    def place(self) -> Place:
        """Stratum and position, which identify the slot."""
        return self.stratum, self.position


@dataclass(frozen=True, slots=True, repr=False)
class AllocationList:
    """All slots, stratum by stratum, in order of position."""

    slots: tuple[Slot, ...]

    def __repr__(self) -> str:
        return f"<AllocationList of {len(self.slots)} slots>"

    def __iter__(self) -> Iterator[Slot]:
        return iter(self.slots)

    def __len__(self) -> int:
        return len(self.slots)

    def in_stratum(self, stratum: str) -> tuple[Slot, ...]:
        """Return a stratum's slots in order; empty when there is no such stratum."""
        return tuple(slot for slot in self.slots if slot.stratum == stratum)

    def canonical(self) -> bytes:
        """Return the list as canonical JSON: UTF-8, NFC, sorted keys, no white space."""
        rows = [
            {"arm": slot.arm, "kit": slot.kit, "position": slot.position, "stratum": slot.stratum}
            for slot in self.slots
        ]
        text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return unicodedata.normalize("NFC", text).encode()


def draw(plan: Plan, *, seed: bytes, canonical: bytes, length: int | None = None) -> AllocationList:
    """Draw the list; the same arguments give the same list on every machine.

    seed       secret bytes, at least 16, from a token source
    canonical  canonical bytes of the protocol's arms and allocation sections
    length     slots per stratum, the plan's when left out; a longer list starts with the slots of a shorter
    Raises     ProtocolError with every problem of the plan; ValueError when the seed is too short
    Source     docs/methods/allocation.md, with a page of standard-library Python that draws the same list
    """
    count = (plan.length or 0) if length is None else length
    _require_valid(plan if length is None else replace(plan, length=length))
    arms = {
        name: list(
            islice(sequence(plan, Stream(seed, canonical=canonical, name=STRATUM + name).below), count)
        )
        for name in plan.stratum_names
    }
    kits = kit_numbers(plan, seed=seed, canonical=canonical, length=count)
    return AllocationList(
        tuple(
            Slot(stratum=name, position=place + 1, arm=arms[name][place], kit=kits[name, place + 1])
            for name in plan.stratum_names
            for place in range(count)
        )
    )


def next(  # noqa: A001 - the house's name for this door is `allocation.next`
    allocation_list: AllocationList, stratum: str, *, assigned: Collection[Place]
) -> Slot:
    """Return the free slot with the lowest position in a stratum.

    assigned  places (stratum, position) already given to a participant, of any stratum
    Whoever calls it holds the stratum's lock, so that no two participants get one slot.
    Raises    RecordError when the stratum is unknown or exhausted;
              IntegrityError when a place assigned is not on the list
    """
    slots = allocation_list.in_stratum(stratum)
    if not slots:
        raise RecordError(f"The allocation list has no stratum {stratum!r}; check the stratification answers")
    strange = sorted(set(assigned) - {slot.place for slot in allocation_list})
    if strange:
        raise IntegrityError(
            "Assignments are not on the allocation list",
            [
                Problem(f"position {position} of stratum {name!r} does not exist")
                for name, position in strange
            ],
        )
    for slot in slots:
        if slot.place not in assigned:
            return slot
    raise RecordError(
        f"All {len(slots)} slots of stratum {stratum!r} are assigned; extend the list before going on"
    )


def identify(canonical: bytes) -> str:
    """Return the SHA-256 that names a list: that of the canonical arms and allocation sections, as hex."""
    return hashlib.sha256(canonical).hexdigest()


def _require_valid(plan: Plan) -> None:
    problems = plan.check()
    if plan.method == MINIMIZATION:
        hint = "draw each participant with `minimization.draw`"
        problems.append(Problem("minimization has no list: each draw needs those before it", hint, "method"))
    if plan.length is None:
        problems.append(Problem("no length is given", hint="say how many slots a stratum has", path="length"))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ProtocolError("The allocation list cannot be drawn", errors)


def kit_numbers(
    plan: Plan, *, seed: bytes, canonical: bytes, length: int, strata: Collection[str] | None = None
) -> dict[Place, str]:
    """Draw a number for each place, by position, so that a longer list keeps the kits of a shorter one.

    strata  names of the strata, the plan's when left out
    """
    stream = Stream(seed, canonical=canonical, name=KITS)
    names = plan.stratum_names if strata is None else strata
    numbers: dict[str, Place] = {}
    for place in ((name, position + 1) for position in range(length) for name in names):
        kit = f"{stream.below(10**plan.kit_digits):0{plan.kit_digits}d}"
        while kit in numbers:
            kit = f"{stream.below(10**plan.kit_digits):0{plan.kit_digits}d}"
        numbers[kit] = place
    return {place: kit for kit, place in numbers.items()}
