"""Worlds to compare: each is played once a run and engine, kept, and brought back for everybody who looks."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the web system is not installed")

# Makes Django ready: before anything that imports models.
from tests.conduct.conftest import (
    PROGRAMS,
    TEMPLATE,
    _copy,
    _drop,
    connect,
    engine,
    postgresql,
    pytest_configure,
    pytest_generate_tests,
    template,
)

# isort: split
from tests.blinding.chance import BEGAN, Chance
from tests.blinding.history import Places, Scene, Step, places, play
from tests.blinding.place import Place
from tests.blinding.tour import Seen, differences, tour

from equipoise.conduct.accounts.permission import ROLES, UNBLINDED

__all__ = ["engine", "postgresql", "pytest_configure", "pytest_generate_tests", "template"]
THIS, OTHER = "this", "other"
NOWHERE = Places(*[()] * 8)
LOOKED_AT = BEGAN.replace(month=11, day=18, hour=18)
"""When everybody looks: after everything has happened."""
Around = Callable[[pytest.MonkeyPatch], None]


@dataclass
class Pair:
    """Two worlds with one history, but for what is hidden.

    only_here   what is done to the program while the other world is made, e.g. contents exchanged
    """

    ground: Place
    chance: Chance
    scenes: dict[str, Scene]
    known: Places
    prefix: str = ""

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
        return Pair(self.ground, self.chance, scenes, known, prefix)


@pytest.fixture(scope="session")
def makers(
    template: Path,
    postgresql: Callable[[str], tuple[Path, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Maker]]:
    """Engine to what makes worlds there."""
    made: dict[str, Maker] = {}

    def maker(engine: str) -> Maker:
        if engine not in made:
            folder = tmp_path_factory.mktemp("worlds")
            home = folder / "data" / "home"
            if engine == "sqlite":
                shutil.copytree(template, home)
                made[engine] = Maker(Place(home, folder / "kept"))
            else:
                source, address = postgresql(engine)
                _copy(source, home, address, programs=PROGRAMS[engine])
                made[engine] = Maker(Place(home, folder / "kept", address))
        return made[engine]

    yield maker
    for name, one in made.items():
        one.ground.forget()
        connect(TEMPLATE)
        if name != "sqlite":
            _drop(one.ground.home, one.ground.address)


BLIND_EYES = (
    *(role for role in ROLES if role not in UNBLINDED),
    "outsider",
    "broad",
    "participant",
    "nobody",
)
"""Everybody who must not learn an arm."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many pairs of a route and somebody were compared."""
    counted = {"pairs": 0, "answers": 0}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            if name in counted and isinstance(value, int):
                counted[name] += value
    if counted["pairs"]:
        text = "blinding: {pairs:,} pairs of a route and somebody compared, {answers:,} answers byte by byte"
        terminalreporter.write_line(text.format(**counted))


def everybody(who: tuple[str, ...], few: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return engines and people to compare: everybody on files, some on a server, where a store's part differs."""
    return [*(("sqlite", one) for one in who), *(("postgresql18", one) for one in few)]
