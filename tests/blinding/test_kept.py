"""What may be hidden at all - items, forms, logs, visits with their sessions, alerts - hidden from every role in turn.

One role alone fills and sees it; everybody else is compared: all read, and somebody who holds all their roles sends
answers too. Who fills it sees that the worlds do differ.
"""

from typing import Any

import pytest
from tests.blinding import kept
from tests.blinding.eyes import BROAD, NOBODY, OUTSIDER, PARTICIPANT, everybody, same
from tests.blinding.worlds import Worlds

from equipoise.conduct.accounts.permission import ROLES
from equipoise.protocol.check import check

FILLER, OTHER_FILLER = "session_monitor", "coordinator"
VICTIMS = (*(role for role in ROLES if role != FILLER), BROAD, OUTSIDER, PARTICIPANT, NOBODY)


@pytest.mark.parametrize("filler", [FILLER, OTHER_FILLER])
def test_such_a_protocol_is_sound(filler: str) -> None:
    assert [one for one in check(kept.text(filler), name="frontline.yaml") if one.severity == "error"] == []


@pytest.mark.parametrize(("engine", "who"), everybody(VICTIMS, (BROAD,)), indirect=["engine"])
def test_what_one_role_alone_may_know_moves_nothing_for_others(
    worlds: Worlds, engine: str, who: str, record_property: Any
) -> None:
    sends = (engine, who) == ("sqlite", BROAD)
    same(worlds(engine, "kept"), who, record_property, sends=sends)


def test_nor_for_that_role_where_another_fills_it(worlds: Worlds, record_property: Any) -> None:
    same(worlds("sqlite", "kept too"), FILLER, record_property)


def test_who_may_know_of_it_sees_that_the_worlds_differ(worlds: Worlds) -> None:
    apart, _ = worlds("sqlite", "kept").compare(FILLER, sends=False)
    assert len(apart) > 10
