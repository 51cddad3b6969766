"""Which value counts for which visit."""

from collections.abc import Callable
from typing import Any

import pytest


def window(choose: str = "closest", from_day: int = 21, to_day: int = 35) -> list[dict[str, Any]]:
    return [{"visit": "D28", "from_day": from_day, "to_day": to_day, "choose": choose}]


def late(study: Callable[..., Any], choose: str = "closest", **more: Any) -> Any:
    """Somebody whose day 7 was held on day 25 and whose day 28 on day 33."""
    someone = study(analysis_windows=window(choose, **more)).person("P1", "active", BASE=30)
    someone.visit("P1", "D7", 25).score("P1", "D7", "madrs", "total", 11)
    return someone.visit("P1", "D28", 33).score("P1", "D28", "madrs", "total", 22)


@pytest.mark.parametrize(("choose", "value"), [("closest", 11), ("first", 11), ("last", 22)])
def test_a_window_takes_the_value_it_asks_for(choose: str, value: float, study: Callable[..., Any]) -> None:
    assert late(study, choose).pooled.values_at("madrs.total", "D28") == {"P1": value}


def test_a_value_counts_for_one_visit_only(study: Callable[..., Any]) -> None:
    assert late(study).pooled.values_at("madrs.total", "D7") == {}


def test_a_value_outside_every_window_of_its_visit_counts_for_none(study: Callable[..., Any]) -> None:
    assert late(study, from_day=26, to_day=30).pooled.values_at("madrs.total", "D28") == {}


def test_of_two_equally_close_values_the_one_entered_under_the_visit_counts(
    study: Callable[..., Any],
) -> None:
    someone = study(analysis_windows=window()).person("P1", "active", BASE=30)
    someone.visit("P1", "D7", 26).score("P1", "D7", "madrs", "total", 11)
    someone.visit("P1", "D28", 30).score("P1", "D28", "madrs", "total", 22)
    assert someone.pooled.values_at("madrs.total", "D28") == {"P1": 22}


def test_a_day_counts_from_the_anchor_of_the_window_that_asks(study: Callable[..., Any]) -> None:
    """The visit a week after an open-label dose on day 20 falls on day 27 from the first dose."""
    someone = study(analysis_windows=window()).person("P1", "control", BASE=30)
    someone.visit("P1", "OL", 20).add(
        "visits", participant="P1", visit="OL7", repeat=1, date="2030-02-06", day=7
    )
    someone.score("P1", "OL7", "madrs", "total", 9)
    assert someone.evidence.values_at("madrs.total", "D28") == {"P1": 9}


def test_without_windows_every_visit_keeps_its_own(six: Any) -> None:
    assert six.evidence.values_at("madrs.total", "D7") == {
        "P1": 20,
        "P2": 20,
        "P3": 20,
        "P4": 26,
        "P5": 26,
        "P6": 26,
    }
