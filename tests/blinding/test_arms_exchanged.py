"""Two worlds whose sealed contents are exchanged: nobody who works blind sees a byte's difference.

The history is the same; in the other world every slot, and so every kit, holds the other arm. The commitment is
replaced by an ideal one, which `test_commitment` justifies; nothing else is.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.blinding.conftest import BLIND_EYES, Maker, Pair, everybody
from tests.blinding.history import AFTER, BEFORE, SITES, Step, begin
from tests.blinding.tour import told, unknown

from equipoise.allocation import AllocationList
from equipoise.conduct.allocator import lists
from equipoise.conduct.allocator.services import listing

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
DRAWN = lists.drawn


def exchanged(patch: pytest.MonkeyPatch) -> None:
    """Let every slot hold the other arm."""

    def drawn(ground: lists.Ground, *, seed: bytes) -> AllocationList:
        found = DRAWN(ground, seed=seed)
        arms = sorted({slot.arm for slot in found.slots})
        others = dict(zip(arms, reversed(arms), strict=True))
        return replace(found, slots=tuple(replace(one, arm=others[one.arm]) for one in found.slots))

    patch.setattr(lists, "drawn", drawn)


def ideal(_content: Any, *, salt: bytes) -> str:
    """Return a commitment that depends on nothing it commits to."""
    return sha256(b"ideal" + salt).hexdigest()


@pytest.fixture(scope="module")
def exchanged_worlds(makers: Callable[[str], Maker]) -> Callable[[str], Pair]:
    """Engine to the two worlds."""
    made: dict[str, Pair] = {}

    def pair(engine: str) -> Pair:
        if engine not in made:
            start = Step("begin", begin(FRONTLINE.read_text(encoding="utf-8"), sites=SITES))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(listing, "commit", ideal)
                made[engine] = makers(engine).pair(BEFORE, AFTER, begin=start, other=exchanged)
        return made[engine]

    return pair


def test_every_route_is_asked_for_and_sent_something() -> None:
    assert unknown() == []


@pytest.mark.parametrize(
    ("engine", "who"), everybody(BLIND_EYES, ("broad", "participant")), indirect=["engine"]
)
def test_nobody_blind_sees_which_arm(
    exchanged_worlds: Callable[[str], Pair], engine: str, who: str, record_property: Any
) -> None:
    apart, seen = exchanged_worlds(engine).compare(who)
    assert not apart, told(apart)
    record_property("pairs", len(seen.routes))
    record_property("answers", len(seen.answers))
