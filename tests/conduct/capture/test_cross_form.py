"""A check over two forms asks and settles whichever of them changes, at whatever visit."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from equipoise.conduct.capture import reads, services

Open = Callable[..., Any]
ANCHOR = "  - {id: demographics, standard: demographics, filled_by: coordinator}\n"
FORMS = """
  - id: left
    filled_by: coordinator
    items: [{id: before, label: Before, type: number}]
    checks:
      - {id: rises, rule: before < right.after, message: It did not rise}
      - {id: grown, rule: before <= demographics.age@SCR, message: Older than the person}
  - {id: right, filled_by: coordinator, items: [{id: after, label: After, type: number}]}
"""


@pytest.fixture
def protocol_text(flagship: str) -> str:
    text = flagship.replace(ANCHOR, ANCHOR + FORMS.strip("\n") + "\n")
    return text.replace("forms: [screening, demographics, ", "forms: [left, right, screening, demographics, ")


def asked(viewer: Any) -> set[str]:
    return {query.notes[0].text for query in reads.queries(viewer=viewer)}


def test_a_query_follows_the_other_form(desk: Open, staff: Any, at: datetime) -> None:
    left, right, person = (desk(name, "SCR") for name in ("left", "right", "demographics"))
    left.save(before="50")
    assert left.save().doubts == ()
    services.complete(form=left.form, at=at, by=left.by)
    assert asked(left.by) == set()
    right.save(after="40")
    assert asked(left.by) == {"It did not rise"}
    person.save(age="30")
    assert asked(left.by) == {"It did not rise", "Older than the person"}
    assert {query.form for query in reads.queries(viewer=left.by)} == {left.form}
    right.save(after="60")
    person.save(age="70")
    assert asked(left.by) == set()


def test_a_form_still_in_progress_is_not_asked_about(desk: Open, at: datetime) -> None:
    left, right = desk("left", "SCR"), desk("right", "SCR")
    left.save(before="50")
    right.save(after="40")
    assert asked(left.by) == set()
    assert [doubt.message for doubt in left.save(before="51").doubts] == ["It did not rise"]
