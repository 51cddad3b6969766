"""The same allocation, and everything hidden otherwise: values, how many, when, and what was asked about them.

Whoever the protocol hides it from sees the same bytes in both worlds; whoever it is not hidden from sees a
difference, so that the worlds do differ.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.blinding.eyes import BROAD, everybody, same
from tests.blinding.making import OTHER, THIS
from tests.blinding.worlds import Worlds

from equipoise.conduct.capture import dataset

VICTIMS = ("rater", "statistician", BROAD)
"""Those from whom the flagship hides expectancy, guess and acute effects; the last one sees every page."""


@pytest.mark.parametrize(("engine", "who"), everybody(VICTIMS, (BROAD,)), indirect=["engine"])
def test_what_is_hidden_moves_nothing(worlds: Worlds, engine: str, who: str, record_property: Any) -> None:
    same(worlds(engine, "hidden"), who, record_property, sends=engine == "sqlite")


def test_whom_it_is_not_hidden_from_sees_that_the_worlds_differ(worlds: Worlds) -> None:
    apart, _ = worlds("sqlite", "hidden").compare("monitor", sends=False)
    assert len(apart) > 20


@pytest.mark.both_stores
def test_an_export_is_the_same_to_the_byte(worlds: Worlds, engine: str, tmp_path: Path) -> None:
    pair = worlds(engine, "hidden")
    found = []
    for name in (THIS, OTHER):
        pair.ground.bring(pair.prefix + name)
        with pair.chance.held():
            folder = tmp_path / name / "records"
            folder.parent.mkdir()
            dataset.export(folder, at=pair.chance.at)
        found.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert len(found[0]) > 5
    assert found[0] == found[1]
