"""Worlds to compare: each is played once a run and engine, kept, and brought back for everybody who looks."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the web system is not installed")

# Makes Django ready: before anything that imports models.
from tests.conduct.conftest import (
    PROGRAMS,
    TEMPLATE,
    _copy,
    _drop,
    _fast_folder,
    connect,
    engine,
    postgresql,
    pytest_generate_tests,
    template,
)

# isort: split
from tests.blinding.making import Maker
from tests.blinding.place import Place
from tests.blinding.worlds import Worlds

__all__ = ["engine", "postgresql", "pytest_generate_tests", "template"]


@pytest.fixture(scope="session")
def makers(
    template: Path,
    postgresql: Callable[[str], tuple[Path, str]],
) -> Iterator[Callable[[str], Maker]]:
    """Engine to what makes worlds there."""
    made: dict[str, Maker] = {}

    def maker(engine: str) -> Maker:
        if engine not in made:
            folder = Path(tempfile.mkdtemp(prefix="equipoise-worlds-", dir=_fast_folder()))
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
        shutil.rmtree(one.ground.kept_in.parent)


@pytest.fixture(scope="session")
def worlds(makers: Callable[[str], Maker]) -> Worlds:
    """Every pair of worlds, by engine and name."""
    return Worlds(makers)
