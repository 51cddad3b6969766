"""The same allocation, and everything hidden otherwise: values, how many, when, and what was asked about them.

Whoever the protocol hides it from sees the same bytes in both worlds; whoever it is not hidden from sees a difference,
so that the worlds do differ.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.blinding.conftest import OTHER, THIS, Maker, Pair, everybody
from tests.blinding.history import AFTER, BEFORE, SITES, Step, begin
from tests.blinding.tour import told

from equipoise.conduct.capture import dataset

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
VICTIMS = ("rater", "statistician", "broad")
"""Those from whom the flagship hides expectancy, guess and acute effects; the last one sees every page."""


@pytest.fixture(scope="module")
def hidden_worlds(makers: Callable[[str], Maker]) -> Callable[[str], Pair]:
    """Engine to the two worlds."""
    made: dict[str, Pair] = {}

    def pair(engine: str) -> Pair:
        if engine not in made:
            start = Step("begin", begin(FRONTLINE.read_text(encoding="utf-8"), sites=SITES))
            made[engine] = makers(engine).pair(BEFORE, AFTER, begin=start, hidden=True)
        return made[engine]

    return pair


@pytest.mark.parametrize(("engine", "who"), everybody(VICTIMS, ("broad",)), indirect=["engine"])
def test_what_is_hidden_moves_nothing(
    hidden_worlds: Callable[[str], Pair], engine: str, who: str, record_property: Any
) -> None:
    apart, seen = hidden_worlds(engine).compare(who)
    assert not apart, told(apart)
    record_property("pairs", len(seen.routes))
    record_property("answers", len(seen.answers))


def test_whom_it_is_not_hidden_from_sees_that_the_worlds_differ(
    hidden_worlds: Callable[[str], Pair],
) -> None:
    apart, _ = hidden_worlds("sqlite").compare("monitor", sends=False)
    assert len(apart) > 20


@pytest.mark.both_stores
def test_an_export_is_the_same_to_the_byte(
    hidden_worlds: Callable[[str], Pair], engine: str, tmp_path: Path
) -> None:
    pair = hidden_worlds(engine)
    found = []
    for name in (THIS, OTHER):
        pair.ground.bring(name)
        with pair.chance.held():
            folder = tmp_path / name / "records"
            folder.parent.mkdir()
            dataset.export(folder, at=pair.chance.at)
        found.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert len(found[0]) > 5
    assert found[0] == found[1]
