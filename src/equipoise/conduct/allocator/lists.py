"""Lists as they are stored and as they are drawn: from rows to the core's plan and back.

Holds opening a list's seed and drawing it anew. Refuses to show anybody an arm: `services.release` does.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from equipoise.allocation import AllocationList as Listed
from equipoise.allocation import Plan, draw, minimization, parameters, plan_of
from equipoise.allocation.list import identify, kit_numbers
from equipoise.allocation.plan import DEFAULT_KIT_DIGITS, KIT_ROOM, MINIMIZATION, UNSTRATIFIED
from equipoise.conduct.allocator.models import AllocationList
from equipoise.conduct.allocator.models import Draw as DrawRow
from equipoise.conduct.allocator.sealing import DRAW_BYTES, Key
from equipoise.conduct.studies import reads as studies
from equipoise.errors import IntegrityError, Problem, RecordError

SEED, SALT = "sealed_seed", "sealed_salt"
TIMES_THE_SAMPLE = 2
"""Places a stratum where the protocol names no number: twice the planned sample, so that none runs out."""


@dataclass(frozen=True)
class Ground:
    """A protocol version's allocation: what a list is drawn from. Its repr shows nothing of it."""

    version: int
    plan: Plan = field(repr=False)
    canonical: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """What identifies it."""
        return identify(self.canonical)

    @property
    def minimizes(self) -> bool:
        """Whether arms are drawn with the participants."""
        return self.plan.method == MINIMIZATION

    @property
    def strata(self) -> tuple[str, ...]:
        """Names under which places are kept; one for all under minimization, which balances factors."""
        return (UNSTRATIFIED,) if self.minimizes else self.plan.stratum_names

    def stratum(self, levels: dict[str, str]) -> str:
        """Return where a participant's place is; RecordError with every level missing or unknown."""
        found = self.plan.stratum(levels)
        return UNSTRATIFIED if self.minimizes else found


def ground_of(version: int, *, length: int | None = None) -> Ground:
    """Return a protocol version's allocation, with the number of places and of digits settled.

    length   places a stratum; the protocol's, or twice its sample, when left out
    Raises   KeyError when there is no such version; RecordError when nothing says how long a list is
    """
    resolved = studies.resolved(version)
    plan = plan_of(resolved.protocol)
    n = resolved.protocol.planned_n
    places = length or plan.length or (n * TIMES_THE_SAMPLE if n else None)
    if places is None:
        hint = "give `allocation.slots_per_stratum` or the sample size in the protocol"
        raise RecordError(
            "no list can be drawn", [Problem("nothing says how long it is", hint, "allocation")]
        )
    strata = 1 if plan.method == MINIMIZATION else len(plan.stratum_names)
    digits = max(DEFAULT_KIT_DIGITS, len(str(KIT_ROOM * places * strata)))
    settled = replace(plan, length=places, kit_digits=digits)
    return Ground(version, settled, resolved.canonical("allocation"))


def ground_of_row(row: AllocationList) -> Ground:
    """Return what a stored list was drawn from.

    Raises  IntegrityError when the protocol version is not the one it was drawn from
    """
    found = ground_of(row.version, length=row.length)
    if found.sha256 != row.canonical_sha256:
        raise IntegrityError(
            "the allocation store does not belong to this study",
            [
                Problem(
                    f"list {row.number} was drawn from another protocol",
                    "restore both stores together",
                    "list",
                )
            ],
        )
    return replace(found, plan=replace(found.plan, kit_digits=row.kit_digits))


def drawn(ground: Ground, *, seed: bytes) -> Listed:
    """Draw a list anew."""
    return draw(ground.plan, seed=seed, canonical=ground.canonical)


def kits(ground: Ground, *, seed: bytes) -> dict[tuple[str, int], str]:
    """Return the kit of each place, which knows no arm."""
    return kit_numbers(
        ground.plan,
        seed=seed,
        canonical=ground.canonical,
        length=ground.plan.length or 0,
        strata=ground.strata,
    )


def content(ground: Ground, *, seed: bytes) -> Listed | bytes:
    """Return what is committed to: the list, or minimization's seed and parameters."""
    if ground.minimizes:
        return parameters(seed=seed, canonical=ground.canonical)
    return drawn(ground, seed=seed)


def secret(row: AllocationList, name: str, *, key: Key) -> bytes:
    """Return a list's seed or salt; IntegrityError when it cannot be opened."""
    return bytes.fromhex(key.open(getattr(row, name), place=f"{row.canonical_sha256}|{row.number}|{name}"))


def place_of_secret(ground: Ground, number: int, name: str) -> str:
    """Return the associated data of a list's seed or salt."""
    return f"{ground.sha256}|{number}|{name}"


def close_draw(one: minimization.Draw, *, key: Key, ground: Ground) -> str:
    """Return what a draw gave, sealed."""
    data = {"scores": one.scores, "preferred": one.preferred, "ticket": one.ticket, "arm": one.arm}
    return key.close(json.dumps(data), place=_place_of_draw(ground, one.number), length=DRAW_BYTES)


def open_draw(row: DrawRow, *, key: Key, ground: Ground) -> minimization.Draw:
    """Return a stored draw; IntegrityError when it cannot be opened."""
    data: dict[str, Any] = json.loads(key.open(row.drawn, place=_place_of_draw(ground, row.number)))
    return minimization.Draw(
        number=row.number,
        levels=minimization.levels_of(ground.plan, json.loads(row.levels)),
        scores=tuple(data["scores"]),
        preferred=data["preferred"],
        ticket=data["ticket"],
        arm=data["arm"],
    )


def _place_of_draw(ground: Ground, number: int) -> str:
    return f"{ground.sha256}|draw|{number}"
