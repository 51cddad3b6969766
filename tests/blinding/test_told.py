"""After some were told: whoever was not sees nothing of it, and whoever was sees it of those alone.

Somebody was told as planned and, if of that arm, had the open-label dose; somebody's code was broken. For those who
were told nothing the worlds' arms are exchanged; for the others only the arms of those of whom nobody was told. One of
each kind sends answers too; the others read: what sending gives away, `test_arms_exchanged` compares for every role.
"""

from typing import Any

import pytest
from tests.blinding.eyes import BROAD, TOLD, UNTOLD, same
from tests.blinding.making import OTHER, THIS
from tests.blinding.telling import OPEN_LABEL
from tests.blinding.worlds import Worlds

from equipoise.conduct.capture.models import Visit


@pytest.mark.parametrize("who", UNTOLD)
def test_who_was_told_nothing_sees_nothing(worlds: Worlds, who: str, record_property: Any) -> None:
    same(worlds("sqlite", "untold"), who, record_property, sends=who == BROAD)


@pytest.mark.parametrize("who", TOLD)
def test_who_was_told_of_some_sees_nothing_of_others(worlds: Worlds, who: str, record_property: Any) -> None:
    same(worlds("sqlite", "told"), who, record_property, sends=who == "coordinator")


@pytest.mark.parametrize("engine", ["postgresql18"], indirect=True)
def test_on_a_server_too(worlds: Worlds, engine: str, record_property: Any) -> None:
    same(worlds(engine, "untold"), BROAD, record_property, sends=False)


def test_the_open_label_dose_was_given_in_one_world_and_seen_by_who_was_told(worlds: Worlds) -> None:
    """The comparison above could find something."""
    pair = worlds("sqlite", "untold")
    given = []
    for name in (THIS, OTHER):
        pair.ground.bring(pair.prefix + name)
        given.append(Visit.objects.filter(visit=OPEN_LABEL).count())
    assert sorted(given) == [0, 1]
    apart, _ = pair.compare("coordinator", sends=False)
    one = pair.scenes[THIS].named["one"]
    assert any(found.startswith(f"GET /participants/{one}/:") for found in apart)
