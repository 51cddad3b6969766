"""Plain data compared by ids."""

import json

from hypothesis import given
from hypothesis import strategies as st

from equipoise.protocol.changes import Change, changes

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "id"])
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "visit", "x", "y"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(DATA)
def test_nothing_differs_from_itself(data: object) -> None:
    assert list(changes(data, json.loads(json.dumps(data)))) == []


@given(DATA, DATA)
def test_whatever_differs_is_said(old: object, new: object) -> None:
    found = list(changes(old, new))
    assert bool(found) == (json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True)) or same(
        old, new
    )


def same(old: object, new: object) -> bool:
    """Say whether two values are equal to Python (1 and True, 1 and 1.0) though JSON writes them differently."""
    return old == new


def test_a_second_dose_of_the_same_drug_is_a_change() -> None:
    assert list(changes(["psi25"], ["psi25", "psi25"])) == [
        Change((), "changed", ["psi25"], ["psi25", "psi25"])
    ]


def test_entries_are_matched_by_id_wherever_they_stand() -> None:
    old = [{"id": "a", "x": 1}, {"id": "b", "x": 2}]
    new = [{"id": "b", "x": 2}, {"id": "a", "x": 3}]
    assert list(changes(old, new)) == [
        Change(("a", "x"), "changed", 1, 3),
        Change((), "reordered", ["a", "b"], ["b", "a"]),
    ]


def test_a_renaming_is_an_entry_equal_but_for_its_id() -> None:
    assert list(changes([{"id": "a", "x": 1}], [{"id": "b", "x": 1}])) == [
        Change(("b",), "renamed", "a", "b")
    ]
    kinds = [change.kind for change in changes([{"id": "a", "x": 1}], [{"id": "b", "x": 2}])]
    assert kinds == ["removed", "added"]


def test_entries_without_id_are_matched_by_what_they_are_about() -> None:
    old, new = [{"visit": "D1", "day": 1}], [{"visit": "D1", "day": 2}]
    assert list(changes(old, new)) == [Change(("D1", "day"), "changed", 1, 2)]
