"""Two worlds whose sealed contents are exchanged: nobody who works blind sees a byte's difference.

The history is the same; in the other world every slot, and so every kit, holds another arm. The commitment is
replaced by an ideal one, which `test_commitment` justifies; nothing else is.
"""

from typing import Any

import pytest
from tests.blinding.eyes import BLIND, BROAD, PARTICIPANT, everybody, same
from tests.blinding.tour import unknown
from tests.blinding.worlds import Worlds


def test_every_route_is_asked_for_and_sent_something() -> None:
    assert unknown() == []


@pytest.mark.parametrize(("engine", "who"), everybody(BLIND, (BROAD, PARTICIPANT)), indirect=["engine"])
def test_nobody_blind_sees_which_arm(worlds: Worlds, engine: str, who: str, record_property: Any) -> None:
    same(worlds(engine, "arms"), who, record_property)
