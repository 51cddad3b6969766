"""Pairs of worlds by name: what each differs in, and who looks. A pair is made once a run, engine and process.

| pair | what differs |
|---|---|
| arms | every slot, and so every kit, holds another arm; nobody was told any |
| told | the same after some were told, but for the arms of those of whom somebody was told |
| untold | the same with all arms exchanged: for those who were told nothing |
| doses | three arms in strata, each exchanged for the next; a masked second dose |
| hidden | expectancy, guesses, acute effects: values, number, time, and queries about them |
| kept | items, a form, a log, a visit, an alert that only session monitors may know of |
| kept too | the same that only coordinators may know of |
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.blinding import kept
from tests.blinding.doses import DOSES, dose_response
from tests.blinding.history import AFTER, BEFORE, SITES, Step, begin
from tests.blinding.making import Maker, Pair
from tests.blinding.telling import KNOWN_PLACES, TOLD

from equipoise.allocation import AllocationList
from equipoise.conduct.allocator import lists
from equipoise.conduct.allocator.services import listing

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
DRAWN = lists.drawn


def exchange(patch: pytest.MonkeyPatch, *, known: int = 0) -> None:
    """Let every slot hold the next arm; the first places, which somebody knows, keep theirs."""

    def drawn(ground: lists.Ground, *, seed: bytes) -> AllocationList:
        found = DRAWN(ground, seed=seed)
        arms = sorted({slot.arm for slot in found.slots})
        following = dict(zip(arms, [*arms[1:], arms[0]], strict=True))
        slots = (
            one if one.position <= known else replace(one, arm=following[one.arm]) for one in found.slots
        )
        return replace(found, slots=tuple(slots))

    patch.setattr(lists, "drawn", drawn)


def exchanged(patch: pytest.MonkeyPatch) -> None:
    """Let every slot hold another arm."""
    exchange(patch)


def partly_exchanged(patch: pytest.MonkeyPatch) -> None:
    """Let every slot hold another arm, but for those of whom somebody is told."""
    exchange(patch, known=KNOWN_PLACES)


def ideal(_content: Any, *, salt: bytes) -> str:
    """Return a commitment that depends on nothing it commits to."""
    return sha256(b"ideal" + salt).hexdigest()


def flagship() -> Step:
    """Return the step that sets the flagship up."""
    return Step("begin", begin(FRONTLINE.read_text(encoding="utf-8"), sites=SITES))


@dataclass(frozen=True)
class World:
    """How a pair is made.

    histories   what happens;  begin  how it begins
    other       what is done to the program while the other world is made
    hidden      whether hidden steps happen otherwise there
    """

    histories: tuple[tuple[Step, ...], ...]
    begin: Callable[[], Step] = flagship
    other: Callable[[pytest.MonkeyPatch], None] = lambda _: None
    hidden: bool = False


def _kept(filler: str) -> World:
    start = Step(f"begin what {filler} keeps", begin(kept.text(filler), sites=SITES))
    return World((kept.steps(filler),), begin=lambda: start, hidden=True)


PAIRS: dict[str, World] = {
    "arms": World((BEFORE, AFTER), other=exchanged),
    "told": World((BEFORE, AFTER, TOLD), other=partly_exchanged),
    "untold": World((BEFORE, AFTER, TOLD), other=exchanged),
    "doses": World(
        (DOSES,), begin=lambda: Step("begin doses", begin(dose_response(), sites=SITES)), other=exchanged
    ),
    "hidden": World((BEFORE, AFTER), hidden=True),
    "kept": _kept("session_monitor"),
    "kept too": _kept("coordinator"),
}


class Worlds:
    """Every pair that was asked for, by engine and name."""

    def __init__(self, makers: Callable[[str], Maker]) -> None:
        self.makers = makers
        self.made: dict[tuple[str, str], Pair] = {}

    def __call__(self, engine: str, name: str) -> Pair:
        """Return a pair, made when it is first asked for."""
        if (engine, name) not in self.made:
            how = PAIRS[name]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(listing, "commit", ideal)
                self.made[engine, name] = self.makers(engine).pair(
                    *how.histories,
                    begin=how.begin(),
                    hidden=how.hidden,
                    other=how.other,
                    prefix=f"{name.replace(' ', '_')}_",
                )
        return self.made[engine, name]
