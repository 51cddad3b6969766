"""Tests of `equipoise.allocation.table`."""

import traceback

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.allocation import Allocation, Plan, check_arms, draw, from_rows, from_slots, read, write
from equipoise.allocation.table import COLUMNS
from equipoise.errors import RecordError

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"participant": WORDS, "arm": WORDS},
        optional={
            "stratum": WORDS,
            "actual_intervention": st.one_of(st.none(), WORDS),
            "unblinded_at": st.sampled_from(["2026-11-23T09:30:00Z", "2026-11-23T09:30:00+00:00", None]),
        },
    ),
    max_size=6,
    unique_by=lambda row: row["participant"],
)


def _write(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@settings(max_examples=40)
@given(rows=ROWS)
def test_what_is_written_is_read_back(rows, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "allocation.csv"
    allocation = from_rows(
        {**row, "position": place, "kit": f"{place:05d}"} for place, row in enumerate(rows, 1)
    )
    write(allocation, path)
    pd.testing.assert_frame_equal(read(path).table, allocation.table)


def test_slots_become_assignments(seed, canonical):
    drawn = draw(Plan("complete", {"a": 1, "b": 1}, length=3), seed=seed, canonical=canonical)
    slots = {f"P{slot.position}": slot for slot in drawn}
    allocation = from_slots(slots, interventions={"P2": "psi25"})
    assert allocation.participants == ("P1", "P2", "P3")
    assert [allocation.arm_of(who) for who in slots] == [slot.arm for slot in drawn]
    assert list(allocation.table["kit"]) == [slot.kit for slot in drawn]
    assert list(allocation.table["actual_intervention"]) == [None, "psi25", None]
    assert list(allocation.table["position"]) == [1, 2, 3]


def test_one_slot_for_two_participants_is_refused(seed, canonical):
    slot = draw(Plan("complete", {"a": 1, "b": 1}, length=1), seed=seed, canonical=canonical).slots[0]
    with pytest.raises(RecordError) as caught:
        from_slots({"P1": slot, "P2": slot})
    assert [p.path for p in caught.value.problems] == ["position", "kit"]


def test_participant_and_arm_are_enough(tmp_path):
    allocation = read(_write(tmp_path / "a.csv", "arm,participant\ndrug,0012\nplacebo,0013\n"))
    assert tuple(allocation.table.columns) == COLUMNS
    assert allocation.arm_of("0012") == "drug"
    assert allocation.table["kit"].isna().all()


def test_a_byte_order_mark_crlf_and_a_last_blank_line_are_understood(tmp_path):
    path = _write(tmp_path / "a.csv", b"\xef\xbb\xbfparticipant,arm\r\nP1,drug\r\n\r\n")
    assert read(path).participants == ("P1",)


def test_a_header_alone_is_an_empty_allocation(tmp_path):
    assert len(read(_write(tmp_path / "a.csv", "participant,arm\n"))) == 0


def test_all_problems_of_a_file_are_listed_by_line_and_column(tmp_path):
    text = (
        "participant,arm,stratum,position,kit,unblinded_at\n"
        "P1,secretarm,all,1,007,2026-11-23T09:30:00Z\n"
        "P1,secretarm,all,1,007,\n"
        ",secretarm,all,0,008,23.11.2026\n"
        "P4,,all,1.5,,2026-11-23T09:30:00+01:00\n"
        "P5, secretarm,all,3,009\n"
    )
    with pytest.raises(RecordError) as caught:
        read(_write(tmp_path / "a.csv", text))
    found = [(p.line, p.path) for p in caught.value.problems]
    assert sorted(found) == [
        (3, "kit"),
        (3, "participant"),
        (3, "position"),
        (4, "participant"),
        (4, "position"),
        (4, "unblinded_at"),
        (5, "arm"),
        (5, "position"),
        (5, "unblinded_at"),
        (6, ""),
        (6, "arm"),
    ]
    assert "secretarm" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("participant;arm\nP1;drug\n", "semicolons"),
        ("participant,ARM\nP1,drug\n", "unknown column"),
        ("participant,arm,arm\nP1,drug,drug\n", "stands twice"),
        ("", "the column is missing"),
        (b"participant,arm\nP1,\xff\n", "not UTF-8"),
        (f"participant,arm\nP1,{'x' * 200_000}\n", "not a CSV"),
    ],
)
def test_a_file_that_is_no_allocation_is_refused(tmp_path, content, message):
    with pytest.raises(RecordError, match=message):
        read(_write(tmp_path / "a.csv", content))


def test_an_unknown_column_in_rows_is_a_programmers_mistake():
    with pytest.raises(ValueError, match="treatment"):
        from_rows([{"participant": "P1", "arm": "a", "treatment": "x"}])


def test_a_table_with_other_columns_is_refused():
    with pytest.raises(ValueError, match="columns"):
        Allocation(pd.DataFrame({"participant": ["P1"], "arm": ["a"]}))


def test_unknown_arms_are_found_without_naming_them():
    allocation = from_rows([{"participant": "P1", "arm": "drug"}, {"participant": "P2", "arm": "secretarm"}])
    problems = check_arms(allocation, ["drug", "placebo"])
    assert ["P2" in str(problem) for problem in problems] == [True]
    assert "secretarm" not in str(problems)
    assert check_arms(allocation, ["drug", "secretarm"]) == []


def test_somebody_without_an_assignment_is_said_so():
    with pytest.raises(RecordError, match="P9 has no assignment"):
        from_rows([{"participant": "P1", "arm": "drug"}]).arm_of("P9")


def test_numbers_and_missing_values_in_rows_become_texts():
    row = {
        "participant": 12.0,
        "arm": "a",
        "position": 3.0,
        "kit": None,
        "stratum": float("nan"),
        "unblinded_at": pd.NaT,
    }
    table = from_rows([row]).table
    assert table.loc[0, ["participant", "position", "kit"]].tolist() == ["12", 3, None]
    assert table["stratum"].isna().all()


def test_the_repr_shows_no_arm_and_the_frame_is_a_copy():
    allocation = from_rows([{"participant": "P1", "arm": "drug"}])
    assert f"{allocation!r} {allocation}" == "<Allocation of 1 participants> <Allocation of 1 participants>"
    copy = allocation.to_frame()
    copy.loc[0, "arm"] = "changed"
    assert allocation.arm_of("P1") == "drug"
