import numpy as np
import pandas as pd
import pytest

from equipoise import records
from equipoise.records import tables

PEOPLE = {"participant": ["0012", "NA"], "status": "randomized"}


def test_types_are_decided_not_inferred():
    values = tables.table("values")
    assert values["text"].dtype == object
    assert values["number"].dtype == np.float64
    assert values["repeat"].dtype == np.int64
    assert tables.table("visits")["day"].dtype == np.float64
    assert tables.table("adverse_events")["serious"].dtype == np.float64


@pytest.mark.parametrize(
    "make", [list, tuple, np.array, pd.Series, lambda cells: np.array(cells, dtype=object)]
)
def test_any_sequence_of_texts_becomes_plain_text(make):
    frame = tables.table("participants", {**PEOPLE, "participant": make(["0012", "NA"])})
    assert [type(cell) for cell in frame["participant"]] == [str, str]
    assert frame["status"].tolist() == ["randomized", "randomized"]


@pytest.mark.parametrize("blank", [None, "", np.nan, pd.NA, pd.NaT])
def test_every_kind_of_missing_text_is_none(blank):
    assert tables.table("participants", {**PEOPLE, "site": [blank, "s1"]})["site"].tolist() == [None, "s1"]


@pytest.mark.parametrize("cells", [[1, None], [True, pd.NA], np.array([1, np.nan]), [1.0, float("nan")]])
def test_numbers_flags_and_their_gaps_become_floats(cells):
    serious = tables.table(
        "adverse_events", {"participant": ["1", "2"], "row": 1, "term": "x", "serious": cells}
    )["serious"]
    assert serious.tolist()[0] == 1.0
    assert np.isnan(serious.tolist()[1])


@pytest.mark.parametrize(
    ("columns", "kind", "said"),
    [
        ({**PEOPLE, "participant": [12, 13]}, TypeError, "participants.participant holds 12; give it text"),
        ({**PEOPLE, "participant": ["1", None]}, ValueError, "participants.participant is missing"),
        ({"participant": ["1"]}, ValueError, "participants.status is missing"),
        ({**PEOPLE, "site": ["s"]}, ValueError, "different lengths"),
        ({**PEOPLE, "colour": "red"}, ValueError, "no column colour"),
    ],
)
def test_wrong_columns_are_refused(columns, kind, said):
    with pytest.raises(kind, match=said):
        tables.table("participants", columns)


@pytest.mark.parametrize(
    ("columns", "kind", "said"),
    [
        ({"repeat": 1.5}, TypeError, "not whole"),
        ({"repeat": [None]}, ValueError, "visits.repeat is missing"),
        ({"repeat": 1, "day": ["1"]}, TypeError, "visits.day holds '1'; give it numbers"),
    ],
)
def test_wrong_numbers_are_refused(columns, kind, said):
    with pytest.raises(kind, match=said):
        tables.table("visits", {"participant": ["1"], "visit": "D7", **columns})


def test_one_cell_stands_for_every_row_even_of_none():
    assert tables.table("participants", {"participant": [], "status": "randomized"}).empty


def test_frames_of_other_shape_are_refused():
    with pytest.raises(TypeError, match=r"participants.site is of type float64 instead of object"):
        records.with_tables(
            records.empty(), participants=tables.table("participants", PEOPLE).assign(site=1.0)
        )
    with pytest.raises(TypeError, match="participants has the columns"):
        records.with_tables(records.empty(), participants=pd.DataFrame({"participant": ["1"]}))


def test_every_stage_and_status_is_declared():
    declared = {column.name: column.codes for column in tables.TABLES["dispositions"].columns}
    assert set(declared["stage"]) == set(tables.DISPOSITIONS)
    assert set(declared["status"]) == {one for states in tables.DISPOSITIONS.values() for one in states}


@pytest.mark.parametrize(
    "column", ["arm", "Arm", "ARMCD", "planned arm", "trt01a", "treatment-arm", "randomised_to"]
)
def test_names_of_arms_are_known(column):
    assert tables.tells_arm(column)


@pytest.mark.parametrize(
    "column", ["charm", "armed_forces", "randomized_date", "kit", "medication_class", "alarm"]
)
def test_other_names_are_not_taken_for_arms(column):
    assert not tables.tells_arm(column)


def test_a_dataset_of_nobody_says_so():
    assert records.empty().summary() == "0 participants, 0 visits and 0 values, collected"
    with pytest.raises(KeyError):
        records.empty().table("arms")
