"""The table of consequences: every place in it exists, and the closest speaks."""

import pytest

from equipoise.protocol.changes import Change
from equipoise.protocol.consequences import TABLE, consequence
from equipoise.protocol.model import Protocol

SECTIONS = {field.alias or name for name, field in Protocol.model_fields.items()}


def test_every_place_begins_with_a_section_of_the_file() -> None:
    places = [place for row in TABLE for place in row.places]
    assert {place.partition(":")[0].split(".")[0] for place in places} <= SECTIONS
    assert len(places) == len(set(places))


def test_every_section_but_marks_has_a_row_of_its_own() -> None:
    first = {place.partition(":")[0].split(".")[0] for row in TABLE for place in row.places}
    assert SECTIONS - first <= {"equipoise", "assumption", "source", "note"}


@pytest.mark.parametrize(
    ("where", "kind", "text"),
    [
        (("visits", "D1", "forms", "madrs"), "removed", "Values already collected stay and are no longer asked."),
        (("visits", "D1"), "removed", "Values already collected stay and are no longer asked."),
        (("visits", "D1", "place"), "changed", "Holds from its approval on; what was done before is not judged again."),
        (("visits", "D1", "baseline"), "changed", "Every change from baseline is computed from other values."),
        (("forms", "f", "groups", "g", "items", "i"), "added", "Forms already complete lack it: ask again, or leave it missing."),
        (("forms", "f", "items", "i", "unit"), "changed", "Values already collected are of the old kind: a person converts them, or they stay apart."),
        (("forms", "f", "recall_days"), "changed", "Answers before and after look back over different times."),
        (("anchors", "dose", "visit"), "changed", "Days and windows of every visit counted from it are worked out again."),
        (("estimands", "primary", "note"), "changed", "Nothing changes for data."),
        (("trial", "sponsor"), "changed", "Nothing changes for data."),
    ],
)  # fmt: skip
def test_the_closest_place_speaks(where: tuple[str, ...], kind: str, text: str) -> None:
    assert consequence(Change(where, kind)).text == text  # type: ignore[arg-type]
