"""Until when arms may be compared."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.unblinding import comparable


def fair(resolved: Any) -> list[str]:
    return [visit.id for visit in resolved.protocol.visits if comparable(resolved.protocol, visit.id)]


def test_arms_may_be_compared_until_planned_unblinding_and_only_where_all_have_the_visit(
    pocket: Callable[..., Any],
) -> None:
    assert fair(pocket()) == ["BASE", "DOSE", "D7", "D28"]


@pytest.mark.parametrize("event", [{"planned": False}, {"tells": ["rater"]}, {"visit": None}])
def test_an_event_that_may_never_tell_participants_ends_no_comparison(
    event: dict[str, Any], pocket: Callable[..., Any]
) -> None:
    told = {"id": "told", "text": "Told", "visit": "D28", "tells": ["participant"], **event}
    assert fair(pocket(events=[told])) == ["BASE", "DOSE", "D7", "D28", "D56"]
