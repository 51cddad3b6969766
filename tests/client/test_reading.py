"""From JSON to typed values: what fits is given, what does not is said without the value."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import pytest

from equipoise.client.reading import UnreadableError, plain, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """Some of it."""

    on: date | None
    share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """All of it."""

    at: datetime
    state: Literal["a", "b"]
    inner: tuple[Inner, ...]
    pair: tuple[str, int]
    counts: dict[str, int]
    free: Any = None


SAID = {
    "at": "2026-11-23T18:00:00Z",
    "state": "a",
    "inner": [{"on": "2026-11-23", "share": 1}, {"on": None}],
    "pair": ["x", 1],
    "counts": {"new": 4},
    "free": [{"x": None}],
}


def test_values_are_typed_and_go_back_as_they_came() -> None:
    found = read(Outer, SAID)
    assert found.at == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert found.inner == (Inner(on=date(2026, 11, 23), share=1.0), Inner(on=None))
    assert type(found.inner[0].share) is float
    assert (found.pair, found.counts, found.free) == (("x", 1), {"new": 4}, [{"x": None}])
    assert read(Outer, plain(found)) == found


def test_what_a_newer_installation_says_is_no_failure() -> None:
    found = read(Outer, SAID | {"more": 1, "state": "c"})
    assert found.state == "c"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("at", "2026-13-01", "at: this is no datetime"),
        ("at", None, "at: this is no datetime"),
        ("state", 1, "state: this is no str"),
        ("inner", {"on": None}, "inner: this is no list"),
        ("inner", [{"on": 20261123}], "inner: on: this is no date"),
        ("inner", [{}], "inner: Inner lacks on"),
        ("inner", ["secret"], "inner: Inner is no object"),
        ("inner", [{"on": None, "share": True}], "inner: share: this is no int or float"),
        ("pair", ["x"], "pair: this has not 2 parts"),
        ("counts", {"new": True}, "counts: this is no int"),
        ("counts", [], "counts: this is no dict"),
    ],
)
def test_what_does_not_fit_is_said_by_its_place_and_never_by_its_value(
    name: str, value: Any, said: str
) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(Outer, SAID | {name: value})
    assert str(caught.value) == said
