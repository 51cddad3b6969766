"""Two worlds of one history: made, kept, and brought back for everybody who looks."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.blinding.chance import BEGAN, Chance
from tests.blinding.history import Places, Scene, Step, places, play
from tests.blinding.place import Place
from tests.blinding.tour import Seen, differences, tour

THIS, OTHER = "this", "other"
NOWHERE = Places(*[()] * 8)
LOOKED_AT = BEGAN.replace(month=11, day=18, hour=18)
"""When everybody looks: after everything has happened."""
Around = Callable[[pytest.MonkeyPatch], None]


@dataclass
class Pair:
    """Two worlds with one history, but for what is hidden.

    other   what is done to the program while the other world is made, e.g. contents exchanged
    """

    ground: Place
    chance: Chance
    scenes: dict[str, Scene]
    known: Places
    prefix: str = ""
    other: Around = lambda _: None

    def tour(self, name: str, who: str, *, sends: bool = True) -> Seen:
        """Let somebody see everything in one of the worlds."""
        self.ground.bring(self.prefix + name)
        with self.chance.held():
            return tour(
                who, self.scenes[name], known=self.known, chance=self.chance, at=LOOKED_AT, sends=sends
            )

    def compare(self, who: str, *, sends: bool = True) -> tuple[list[str], Seen]:
        """Return where the worlds differ for somebody, and what they saw in one of them."""
        one, other = (self.tour(name, who, sends=sends) for name in (THIS, OTHER))
        return differences(one, other), one


class Maker:
    """What makes pairs of worlds at one place of an engine."""

    def __init__(self, ground: Place) -> None:
        self.ground, self.chance = ground, Chance()

    def pair(
        self,
        *histories: tuple[Step, ...],
        begin: Step,
        hidden: bool = False,
        other: Around = lambda _: None,
        prefix: str = "",
    ) -> Pair:
        """Play a history in two worlds.

        begin    sets the study up, in both alike
        hidden   whether what is hidden happens otherwise in the other world
        other    what is done to the program while the other world is made
        prefix   under which the worlds are kept, where several pairs are
        """
        if "fresh" not in self.ground.kept:
            self.ground.keep("fresh")
        scenes, known = {}, NOWHERE
        for name in (THIS, OTHER):
            self.ground.bring("fresh")
            scenes[name] = scene = Scene(self.chance, other=hidden and name == OTHER)
            with self.chance.held(), pytest.MonkeyPatch.context() as patch:
                if name == OTHER:
                    other(patch)
                play(scene, [begin, *(step for history in histories for step in history)])
            known |= places(scene)
            self.ground.keep(prefix + name)
        return Pair(self.ground, self.chance, scenes, known, prefix, other)
