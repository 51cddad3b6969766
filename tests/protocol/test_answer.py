"""One answer is read as what it says or refused with its place; nothing typed is bent to fit."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.protocol.answer import LONGEST_TEXT, Answer, Typed, plain_number, read
from equipoise.protocol.schedule import Item

SEATTLE = ZoneInfo("America/Los_Angeles")


def item(kind: str, **more: object) -> Item:
    return Item.model_validate({"id": "q", "label": "Q", "type": kind, **more})


NUMBER = item("number", range=(0, 10), decimals=1, unit="kg")
CODE = item("code", codes={"0": "No", "1": "Yes"})


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        ("text", " שָׁלוֹם 👋\r\nworld ", "שָׁלוֹם 👋\nworld"),
        ("date", "2026-11-23", "2026-11-23"),
        ("partial_date", "2026", "2026"),
        ("partial_date", "2026-02", "2026-02"),
        ("partial_date", "2024-02-29", "2024-02-29"),
        ("time", "17:30", "17:30"),
        ("instant", "2026-11-23T17:30:00-08:00", "2026-11-23T17:30:00-08:00"),
        ("instant", "2026-11-23T17:30Z", "2026-11-23T17:30:00+00:00"),
        ("instant", "2026-07-01T17:30", "2026-07-01T17:30:00-07:00"),
    ],
)
def test_texts_and_moments_are_kept_as_they_say(kind: str, text: str, stored: str) -> None:
    answer, found = read(item(kind), Typed(text), zone=SEATTLE)
    assert not found
    assert answer is not None
    assert answer.value == stored


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "1,5"),
        ("number", "NaN"),
        ("number", "1e3"),
        ("number", "٣"),
        ("number", "9" * 40),
        ("code", "2"),
        ("date", "2026-02-30"),
        ("date", "2026-11"),
        ("date", "0026-11-23"),
        ("partial_date", "2026-13"),
        ("partial_date", "2026-11-"),
        ("time", "25:00"),
        ("instant", "2026-11-23"),
        ("instant", "2026-11-23T17:30+99:00"),
        ("instant", "2026-03-08T02:30"),
    ],
)
def test_what_is_none_of_its_kind_is_refused(kind: str, text: str) -> None:
    asked = {"number": NUMBER, "code": CODE}.get(kind) or item(kind)
    answer, [finding] = read(asked, Typed(text), zone=SEATTLE)
    assert answer is None
    assert finding.severity == "error"


def test_an_instant_needs_an_offset_where_no_site_gives_one() -> None:
    answer, [finding] = read(item("instant"), Typed("2026-11-23T17:30"))
    assert answer is None
    assert finding.message == "the time has no offset"


def test_a_number_out_of_range_is_a_doubt_and_on_a_scale_an_error() -> None:
    answer, [doubt] = read(NUMBER, Typed("11"))
    assert answer == Answer(number=11.0, unit="kg")
    assert (doubt.kind, doubt.severity) == ("range", "warning")
    answer, [wrong] = read(NUMBER, Typed("11"), of_scale=True)
    assert answer is None
    assert (wrong.kind, wrong.severity) == ("range", "error")
    assert read(NUMBER, Typed("1.25"))[1][0].kind == "decimals"
    assert read(NUMBER, Typed("-0"))[0] == Answer(number=0.0, unit="kg")


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ud800", "\ufffe"])
def test_what_no_text_can_hold_is_refused_with_its_place(bad: str) -> None:
    answer, [finding] = read(item("text"), Typed("four" + bad))
    assert answer is None
    assert f"U+{ord(bad):04X} at position 5" in finding.message


def test_a_text_over_the_limit_is_refused_whole() -> None:
    assert read(item("text"), Typed("x" * LONGEST_TEXT))[0] == Answer(text="x" * LONGEST_TEXT)
    answer, [finding] = read(item("text"), Typed("x" * (LONGEST_TEXT + 1)))
    assert answer is None
    assert finding.kind == "long"


def test_a_reason_stands_in_the_place_of_an_answer_and_only_a_known_one() -> None:
    assert read(CODE, Typed("", "declined"))[0] == Answer(missing_reason="declined")
    assert read(CODE, Typed("1", "declined"))[0] is None
    assert read(CODE, Typed("", "tired"))[0] is None
    assert read(CODE, Typed("  "))[0] == Answer()


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_stored_number_typed_again_is_the_same(number: float) -> None:
    found = float(plain_number(number))
    assert found == pytest.approx(number, abs=1e-17)


@given(
    st.text(max_size=40),
    st.sampled_from(["number", "code", "text", "date", "partial_date", "time", "instant"]),
)
def test_any_text_is_either_stored_or_refused(text: str, kind: str) -> None:
    asked = {"number": NUMBER, "code": CODE}.get(kind) or item(kind)
    answer, found = read(asked, Typed(text), zone=SEATTLE)
    assert (answer is None) == any(one.severity == "error" for one in found)
