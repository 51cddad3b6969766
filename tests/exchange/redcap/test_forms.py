"""Whole dictionaries: drafts that check, and nothing lost without a word.

`dictionary.csv` was written for these tests: one field for each field type, for validations, conditions and action
tags of every kind, and for slips. It comes from no study and holds no wording of any scale.
"""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import source
from equipoise.errors import ProtocolError
from equipoise.exchange import redcap
from equipoise.exchange.redcap.dictionary import COLUMNS
from equipoise.exchange.redcap.questions import ALL_TYPES
from equipoise.exchange.remark import Remark
from equipoise.protocol.check import check
from equipoise.protocol.schedule import Item

DICTIONARY = Path(__file__).parent / "dictionary.csv"
SMALL = Path(__file__).parents[2] / "protocol" / "small.yaml"
HEADER = [spellings[0] for spellings in COLUMNS.values()]


@pytest.fixture(scope="module")
def drafted() -> redcap.Drafted:
    return redcap.read(DICTIONARY.read_bytes(), name="dictionary.csv")


@pytest.fixture(scope="module")
def items(drafted: redcap.Drafted) -> dict[str, Item]:
    return {item.id: item for form in drafted.forms for item in form.items}


def pasted(drafted: redcap.Drafted) -> str:
    """Return the small protocol with the drafts among its forms and, so that they are filled, its logs."""
    text = SMALL.read_text(encoding="utf-8")
    logs = ", ".join(form.id for form in drafted.forms)
    text = text.replace("logs: [medications, effects]", f"logs: [medications, effects, {logs}]")
    drafts = drafted.to_yaml(source="dictionary.csv").partition("forms:\n")[2]
    return text.replace("forms:\n", f"forms:\n{drafts}", 1)


def dictionary(*fields: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows([[field.get(key, "") for key in COLUMNS] for field in fields])
    return out.getvalue()


def about(drafted: redcap.Drafted, field: str) -> list[Remark]:
    return [one for one in drafted.remarks if one.field == field]


def test_the_drafts_check_inside_a_protocol(drafted: redcap.Drafted) -> None:
    assert check(pasted(drafted), name="small.yaml") == []


def test_the_dictionary_has_every_field_type() -> None:
    with DICTIONARY.open(encoding="utf-8", newline="") as file:
        types = {row["Field Type"] for row in csv.DictReader(file)}
    assert set(ALL_TYPES) <= types


def test_every_field_is_carried_over_or_named_with_its_reason(
    drafted: redcap.Drafted, items: dict[str, Item]
) -> None:
    with DICTIONARY.open(encoding="utf-8", newline="") as file:
        names = [
            (number, row["Variable / Field Name"]) for number, row in enumerate(csv.DictReader(file), start=2)
        ]
    left_out = {one.row for one in drafted.remarks if one.grade == "field"}
    renamed = {one.row for one in drafted.remarks if "is called" in one.reason}
    for row, name in names:
        if name == "class":  # stands twice: the second is left out
            continue
        carried = name in items or any(key.startswith(f"{name}___") for key in items) or row in renamed
        assert carried != (row in left_out), (row, name)
    assert drafted.left_out == len(left_out)


@pytest.mark.parametrize(
    ("field", "type_", "more"),
    [
        ("met_on", "date", {}),
        ("met_at", "time", {}),
        ("called_at", "instant", {}),
        ("came_by", "code", {"codes": {"1": "From a friend", "2": "From a poster", "3": "Other way"}}),
        ("talked_to", "code", {"codes": {"AB": "Doctor A & B", "CD": "Nurse C"}}),
        ("agrees", "code", {"codes": {"1": "Yes", "0": "No"}}),
        ("truth", "code", {"codes": {"1": "True", "0": "False"}}),
        ("notes_first", "text", {"hint": "As many words as you like"}),
        ("sleep_hours", "number", {"range": (0.0, 24.0), "decimals": 1, "required": True}),
        ("walks", "number", {"range": None, "decimals": 0}),
        ("spending", "number", {"decimals": 2}),
        ("energy", "number", {"range": (0.0, 100.0), "hint": "0 = none, 50 = some, 100 = as much as ever"}),
        ("calm", "number", {"range": (1.0, 10.0)}),
        ("drinks____1", "code", {"label": "What did you drink?: Something else", "required": False}),
        ("came_by_other", "text", {"show_if": 'came_by == "3"', "note": "Added in spring"}),
        ("talked_to", "code", {"show_if": 'not is_missing(met_at) and came_by in ["2", "3"]'}),
        (
            "why_little",
            "text",
            {"show_if": 'sleep_hours / 24 < 0.2 or gets_up in ["1", "2"] and not walks >= 7'},
        ),
        ("class_when", "date", {"show_if": 'extras.class == "1"'}),
        ("weekly", "text", {"show_if": None}),
    ],
)
def test_each_kind_of_field_becomes_an_item_of_its_type(
    items: dict[str, Item], field: str, type_: str, more: dict[str, object]
) -> None:
    item = items[field]
    assert item.type == type_
    assert {key: getattr(item, key) for key in more} == more


def test_ends_that_no_range_can_say_become_checks(drafted: redcap.Drafted) -> None:
    rules = {check.id: check.rule for form in drafted.forms for check in form.checks}
    assert rules == {
        "met_on_least": 'met_on >= "2020-01-01"',
        "met_on_greatest": 'met_on <= "2030-12-31"',
        "met_at_least": 'met_at >= "08:00"',
        "met_at_greatest": 'met_at <= "20:00"',
        "walks_least": "walks >= 0",
        "drinks_some": "count(drinks___1, drinks___2, drinks____1) > 0",
        "last_tea_least": "last_tea >= first_contact.met_on",
    }


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("record_id", "names the record"),
        ("full_name", "tells who somebody is"),
        ("mail", "pattern `email`"),
        ("met_on", "no headings"),
        ("called_at", "not compared with a constant"),
        ("came_by", "stands twice"),
        ("came_by", "pages lay questions out"),
        ("came_by_other", "not limited"),
        ("agrees", "no answer is filled in"),
        ("intro", "it asks nothing"),
        ("drinks", "3 boxes"),
        ("gets_up", "two questions"),
        ("rest", "computed"),
        ("last_tea", "the day it is asked"),
        ("weekly", "which REDCap knows"),
        ("later", "another event"),
        ("scan", "no file"),
        ("doctor", "own tables"),
        ("hidden_one", "nobody sees"),
        ("computed", "computed"),
        ("after_hidden", "not among the drafts"),
        ("circle_a", "in a circle"),
        ("class", "as well"),
        ("class_when", "not put into questions"),
        ("lottery", "no such field type"),
        ("empty_choices", "no choices"),
        ("picture", "pictures"),
        ("picture", "nothing here does"),
        ("=sum", "is called `f__sum`"),
    ],
)
def test_what_is_lost_or_changed_is_said_by_row_with_a_reason(
    drafted: redcap.Drafted, field: str, reason: str
) -> None:
    found = [one for one in about(drafted, field) if reason in one.reason]
    assert found, [one.reason for one in about(drafted, field)]
    assert all(one.row >= 2 for one in found)


def test_headings_and_text_between_fields_stay_in_the_file(items: dict[str, Item]) -> None:
    assert items["met_on"].note == "How we met"
    assert items["sleep_hours"].note == "Please answer for the last week."


def test_identifiers_come_over_only_when_asked_for() -> None:
    kept = redcap.read(DICTIONARY.read_bytes(), name="dictionary.csv", keep_identifiers=True)
    assert "full_name" in {item.id for form in kept.forms for item in form.items}
    assert [one.grade for one in about(kept, "full_name")] == ["changed"]


def test_the_api_s_column_names_are_read_as_well(drafted: redcap.Drafted) -> None:
    text = DICTIONARY.read_text(encoding="utf-8")
    _, _, rest = text.partition("\n")
    again = redcap.read(
        ",".join(spellings[1] for spellings in COLUMNS.values()) + "\n" + rest, name="dictionary.csv"
    )
    assert again.forms == drafted.forms


def test_a_column_in_its_place_is_read_under_a_wrong_name(drafted: redcap.Drafted) -> None:
    text = DICTIONARY.read_text(encoding="utf-8").replace("Variable / Field Name", "1", 1)
    again = redcap.read(text, name="dictionary.csv")
    assert again.forms == drafted.forms
    assert "whose place it is" in again.remarks[0].reason


def test_a_quote_inside_a_cell_costs_no_row(drafted: redcap.Drafted) -> None:
    text = DICTIONARY.read_text(encoding="utf-8").replace("Record,", '"Rec"ord",', 1)
    again = redcap.read(text, name="dictionary.csv")
    assert again.forms == drafted.forms
    assert [(one.row, one.grade) for one in again.remarks if "quote" in one.reason] == [(2, "changed")]


def test_a_row_with_a_cell_too_many_is_named_and_counted(drafted: redcap.Drafted) -> None:
    text = DICTIONARY.read_text(encoding="utf-8") + "one,first_contact" + "," * len(COLUMNS) + "\n"
    again = redcap.read(text, name="dictionary.csv")
    assert (again.fields, again.left_out) == (drafted.fields + 1, drafted.left_out + 1)


@pytest.mark.parametrize(
    "text",
    ["", "a,b\n1,2\n", "record_id,form,type\n1,2,3\n", ",".join(f'"{name}"' for name in HEADER) + "\n"],
)
def test_a_file_that_is_no_dictionary_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        redcap.read(text, name="data.csv")


CELLS = st.sampled_from(
    ["", "y", "1, a | 2, b", "1", "[one] = '1'", "[two] > 3", "[two(1)] = '1'", "if", "number", "date_ymd", "today",
     "a" * 70, "Ä", "@HIDDEN", "<b>x</b>", "{x: [", "\x07", '"', "'", "\\", "2020-01-01", "-5", "5", "[three]", "calc"]
)  # fmt: skip
FIELDS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["one", "two", "three", "if", "9x", "é"]),
        "form": st.sampled_from(["f", "form", "2nd"]),
    }
    | {"type": st.sampled_from(ALL_TYPES)}
    | {key: CELLS for key in COLUMNS if key not in ("name", "form", "type")}
)


@settings(max_examples=30, deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=6))
def test_whatever_the_cells_say_the_drafts_read_back_and_check(fields: list[dict[str, str]]) -> None:
    found = redcap.read(dictionary(*fields), name="dictionary.csv")
    if found.forms:
        source.read(found.to_yaml(source="dictionary.csv"), name="draft.yaml")
        assert [one for one in check(pasted(found), name="small.yaml") if one.severity == "error"] == []
