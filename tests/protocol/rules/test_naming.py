"""One reading of `form.value@VISIT`, for every rule."""

import pytest

from equipoise.protocol.check import draft_of
from equipoise.protocol.reading import parse
from equipoise.protocol.rules.draft import Draft, listed, nearest, shown
from equipoise.protocol.rules.naming import read, where


@pytest.fixture
def draft(small: str) -> Draft:
    protocol, document, _ = parse(small, name="small.yaml")
    assert protocol is not None
    assert document is not None
    return draft_of(protocol, document)


@pytest.mark.parametrize(
    ("text", "within", "full", "visit"),
    [
        ("phq9.total@D28", None, "phq9.total", "D28"),
        ("level", None, "mood.level", None),
        ("level", "mood", "mood.level", None),
        ("sex@SCR", None, "demographics.sex", "SCR"),
        ("text", "mood", "mood.text", None),
    ],
)
def test_a_name_is_read(draft: Draft, text: str, within: str | None, full: str, visit: str | None) -> None:
    reading = read(draft, text, within=within)
    assert (reading.full, reading.visit, reading.message) == (full, visit, "")


@pytest.mark.parametrize("text", ["", "a.b.c", "1", "phq9.total@", "@D28", "phq9.total@D 28", "é"])
def test_what_is_no_name_is_said_to_be_none(draft: Draft, text: str) -> None:
    assert "is not a name" in read(draft, text).message or "nobody collects" in read(draft, text).message


def test_where_a_form_is_filled_is_said(draft: Draft) -> None:
    assert where(draft, "phq9") == "phq9 is filled at SCR, D14, D28"
    assert where(draft, "medications") == "medications is a log, filled at no visit"
    assert where(draft, "nothing") == "nobody fills nothing"


def test_hints_stay_short_however_many_names_there_are() -> None:
    many = [f"name{number}" for number in range(10_000)]
    assert listed(many).endswith("and 9992 more")
    assert nearest("zzzzzz", many).startswith("known: name0, name1")
    assert nearest("nam7", ["name7", "other"]) == "did you mean `name7`?"
    assert nearest("x", []) == "none is defined"
    assert len(shown("x" * 1000)) < 70
