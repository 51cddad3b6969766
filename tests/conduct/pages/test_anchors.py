"""Whoever sets the study up is told on every page while no anchor has left this machine."""

from datetime import timedelta
from typing import Any

from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.models import Anchor

WARNING = "anchored outside this machine"


def leave(world: Any) -> None:
    Anchor.objects.using("default").create(
        at=instant(world.hand[0]), count=1, hash="0" * 64, sent_to="another machine"
    )


def test_a_chain_that_was_never_anchored_elsewhere_is_said(world: Any) -> None:
    assert f"never {WARNING}" in world.get("data_manager", "/")
    assert WARNING not in world.get("coordinator", "/")


def test_an_anchor_that_left_counts_for_a_day(world: Any) -> None:
    leave(world)
    world.hand[0] += timedelta(hours=23)
    assert WARNING not in world.get("data_manager", "/")
    world.hand[0] += timedelta(hours=2)
    assert f"last {WARNING}" in world.get("data_manager", "/")
