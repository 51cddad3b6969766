import codecs
import csv
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import protocol, records
from equipoise.errors import ProtocolError, RecordError

HEADER = "ID,VISIT,MADRS,MADRS0,GROUP,SITE,DATE,NOTE"
GOOD = f"""{HEADER}
0012,7,21,30,A,s1,2022-03-12,
0012,28,12,30,A,s1,2022-04-02,tired
NA-7,7,28,31,B,s2,2022-03-19,"a, b"
NA-7,28,,31,B,s2,2022-04-09,
"""


def rows(*lines, header=HEADER):
    return "\n".join([header, *lines, ""])


def refused(text, trial):
    with pytest.raises(RecordError) as found:
        records.import_csv(text, trial, name="data.csv")
    return [str(problem) for problem in found.value.problems]


def values_of(imported):
    frame = imported.records.values
    return frame[["participant", "visit", "item", "number"]].to_numpy().tolist()


def test_a_good_file_becomes_records_and_an_allocation(small):
    found = records.import_csv(GOOD, small, name="data.csv")
    assert found.problems == ()
    assert values_of(found) == [
        ["0012", "BASE", "total", 30.0],
        ["NA-7", "BASE", "total", 31.0],
        ["0012", "D7", "total", 21.0],
        ["0012", "D28", "total", 12.0],
        ["NA-7", "D7", "total", 28.0],
    ]
    assert found.records.participants[["participant", "site", "status"]].to_numpy().tolist() == [
        ["0012", "s1", "randomized"],
        ["NA-7", "s2", "randomized"],
    ]
    assert found.allocation.table[["participant", "arm"]].to_numpy().tolist() == [
        ["0012", "psilocybin"],
        ["NA-7", "niacin"],
    ]
    assert set(found.records.values["origin"]) == {"import"}
    assert found.records.manifest.protocol["hashes"] == small.hashes
    assert not found.records.manifest.simulated


def test_an_import_is_a_dataset_that_can_be_written_and_scored(small, folder):
    found = records.import_csv(GOOD, small, name="data.csv").records
    back = records.read(records.write(found, folder))
    assert back.equals(found)
    assert records.check(back, small) == []
    assert records.scores(back, small)["value"].tolist() == [30, 31, 21, 12, 28]


def test_a_visit_without_a_value_still_took_place(small):
    visits = records.import_csv(GOOD, small, name="data.csv").records.visits
    assert ["NA-7", "D28", "2022-04-09"] in visits[["participant", "visit", "date"]].to_numpy().tolist()


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", ";").replace('"a; b"', '"a, b"').encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: "\ufeff" + text.replace(",", ";"),
    ],
    ids=["BOM", "UTF-16", "CRLF", "semicolons", "tabs", "text with BOM and semicolons"],
)
def test_byte_order_marks_line_ends_and_delimiters_are_understood(small, encode):
    plain = records.import_csv(GOOD, small, name="data.csv")
    assert records.import_csv(encode(GOOD), small, name="data.csv").records.equals(plain.records)


def test_text_that_is_not_utf8_is_refused_with_its_line(small):
    said = refused(GOOD.replace("tired", "müde").encode("latin-1"), small)
    assert said == ["data.csv:3: the file is not UTF-8 text (save it as CSV in UTF-8)"]


def test_a_binary_and_an_empty_file_are_refused(small):
    assert "the file is not text" in refused(b"PK\x03\x04\x00\x00", small)[0]
    assert ["the file is empty" in line for line in refused(b"", small)] == [True]


WIDE = "ID,VISIT,KG,GROUP"
WEIGHT = """
import:
  participant: ID
  visit: VISIT
  visits: {"7": D7, "28": D28}
  values: {weight.kg: KG}
  arm: GROUP
  arms: {A: psilocybin, B: niacin}
"""


@pytest.fixture(scope="module")
def weights(make_trial):
    return make_trial(WEIGHT)


def test_decimal_commas_are_read_when_they_can_mean_nothing_else(weights):
    text = rows("1;7;71,5;A", "1;28;70,1;A", header=WIDE.replace(",", ";"))
    assert [row[3] for row in values_of(records.import_csv(text, weights, name="d.csv"))] == [71.5, 70.1]


def test_decimal_commas_in_quotes_are_read_between_commas(weights):
    text = rows('1,7,"71,5",A', "1,28,70,A", header=WIDE)
    assert [row[3] for row in values_of(records.import_csv(text, weights, name="d.csv"))] == [71.5, 70.0]


@pytest.mark.parametrize("cells", [("1,250", "70"), ("71,5", "70.5"), ("71,5", "1.250,5")])
def test_a_comma_that_could_mean_two_things_is_refused(weights, cells):
    text = rows(f"1;7;{cells[0]};A", f"1;28;{cells[1]};A", header=WIDE.replace(",", ";"))
    assert any("KG" in problem and "number" in problem for problem in refused(text, weights))


def test_an_unquoted_decimal_comma_between_commas_is_a_row_too_long(weights):
    said = refused(rows("1,7,71,5,A", header=WIDE), weights)
    hint = "a decimal comma or a comma in a text needs quotes round its cell"
    assert said == [f"data.csv:2: the row has 5 cells, the header 4 ({hint})"]


def test_every_problem_is_reported_at_once_by_row_and_column(small):
    said = refused(
        rows(
            "1,7,61,30,A,s1,2022-03-12,",
            "1,9,20,30,A,s1,2022-03-19,",
            ",7,20,30,A,s1,2022-03-12,",
            "2,7,x,30,C,s1,12.03.2022,",
            "2,28,20,31,B,s1,2022-04-02,",
            "3,7,20,30,B,s1,2022-03-12",
        ),
        small,
    )
    expected = [
        "data.csv:2:3: MADRS: 61 is outside the range of madrs.total, 0 to 60",
        "data.csv:3:2: VISIT: `9` is no visit that the protocol's `import:` section knows",
        "data.csv:4:1: ID: the participant is missing",
        "data.csv:5:3: MADRS: `x` is not a number",
        "data.csv:5:5: GROUP: `C` is no arm that the protocol's `import:` section knows",
        "data.csv:5:7: DATE: `12.03.2022` is no date",
        "data.csv:6:4: MADRS0: `31` differs from `30` in row 5, of the same participant",
        "data.csv:6:5: GROUP: `B` differs from `C` in row 5, of the same participant",
        "data.csv:7: the row has 7 cells, the header 8",
    ]
    assert [problem.split(" (")[0] for problem in said] == expected


def test_a_repeated_row_is_refused_whether_it_agrees_or_not(small):
    said = refused(rows("1,7,20,30,A,s1,,", "1,7,20,30,A,s1,,", "1,7,21,30,A,s1,,"), small)
    assert said[0] == "data.csv:3:2: VISIT: the row repeats row 2 exactly (remove one of the two)"
    assert (
        "data.csv:4:2: VISIT: the same participant and visit as in row 2, but other values: MADRS `20` and `21`"
        in said[1]
    )


def test_missing_markers_are_those_the_protocol_declares(small, make_trial):
    text = rows("1,7,.,30,A,s1,,", "1,28,NA,30,A,NA,,")
    found = records.import_csv(text, small, name="data.csv")
    assert values_of(found) == [["1", "BASE", "total", 30.0]]
    assert [str(one) for one in found.problems] == [
        "data.csv:3:6: warning: SITE: missing here, `s1` in row 2 (complete it)"
    ]
    strict = make_trial(records_import(missing='[""]'))
    assert len(refused(text, strict)) == 3


def records_import(**changes):
    lines = {
        "participant": "ID",
        "visit": "VISIT",
        "visits": '{"7": D7, "28": D28}',
        "values": "{madrs.total: MADRS}",
        "baseline": "{madrs.total: MADRS0}",
        "arm": "GROUP",
        "arms": "{A: psilocybin, B: niacin}",
        "site": "SITE",
        "date": "DATE",
        "ignored": "[NOTE]",
        **changes,
    }
    return "import:\n" + "".join(f"  {key}: {value}\n" for key, value in lines.items() if value)


def test_a_column_nobody_mapped_is_a_warning_unless_ignored(small):
    text = GOOD.replace("NOTE", "AGE")
    found = records.import_csv(text, small, name="data.csv")
    said = "the protocol does not map this column; it was left out (map it, or list it under `ignored`)"
    assert [str(one) for one in found.problems] == [f"data.csv:1:8: warning: AGE: {said}"]


def test_a_mapped_column_that_is_not_there_is_named_with_its_nearest(small):
    said = refused(GOOD.replace("MADRS0", "MADRS_0"), small)
    assert said[0].startswith("data.csv:1: MADRS0: there is no column `MADRS0`")
    assert "did you mean" in said[0]


def test_a_column_that_stands_twice_is_refused(small):
    assert (
        "the column stands twice"
        in refused(rows("1,7,20,30,A,s1,,", header=HEADER.replace("NOTE", "ID")), small)[0]
    )


def test_blanks_round_names_and_cells_do_not_matter(small):
    text = GOOD.replace("ID,VISIT", " ID , VISIT").replace("0012,7,21", " 0012 ,7, 21 ")
    plain = records.import_csv(GOOD, small, name="data.csv")
    assert records.import_csv(text, small, name="data.csv").records.equals(plain.records)


def test_empty_lines_are_no_rows_and_rows_of_empty_cells_are_reported(small):
    found = records.import_csv(GOOD.replace("\nNA-7,7", "\n\n,,,,,,,\nNA-7,7"), small, name="data.csv")
    assert [str(one) for one in found.problems] == ["data.csv:5: warning: the row is empty and was left out"]
    assert len(found.records.participants) == 2


def test_row_numbers_count_records_as_a_spreadsheet_does(small):
    text = rows('1,7,20,30,A,s1,,"two\nlines"', "1,28,99,30,A,s1,,")
    assert refused(text, small)[0].startswith("data.csv:3:3: MADRS: 99 is outside")


def test_a_quote_that_never_ends_is_refused(small):
    assert "the row cannot be read" in refused(rows('1,7,20,30,A,s1,,"open', "1,28,9,30,A,s1,,"), small)[0]


def test_without_a_column_of_arms_the_import_is_blinded(make_trial):
    blinded = make_trial(records_import(arm="", arms="", ignored="[NOTE, GROUP]"))
    found = records.import_csv(GOOD, blinded, name="data.csv")
    assert found.allocation is None
    assert found.problems == ()
    assert set(found.records.participants["status"]) == {"randomized"}


def test_a_participant_without_any_arm_is_not_randomized(small):
    found = records.import_csv(rows("1,7,20,30,,s1,,", "2,7,20,30,A,s1,,"), small, name="data.csv")
    assert found.records.participants["status"].tolist() == ["screening", "randomized"]
    assert found.allocation.participants == ("2",)
    assert "no row of 1 has an arm" in str(found.problems[0])


CHANGES = "{madrs.total: MADRS, madrs_change: MOVED}"


def test_a_change_must_be_the_total_minus_the_baseline(make_trial):
    changes = make_trial(records_import(values=CHANGES))
    header = HEADER.replace("MADRS0", "MADRS0,MOVED")
    good = rows("1,7,20,30,-10,A,s1,,", "2,7,20,,-10,A,s1,,", header=header)
    assert len(records.import_csv(good, changes, name="data.csv").records.values) == 5
    said = refused(rows("1,7,20,30,10,A,s1,,", header=header), changes)
    assert said == [
        "data.csv:2:5: MOVED: 10 is not MADRS minus MADRS0, 20 - 30 (find out which of the three is wrong)"
    ]


def test_a_change_outside_its_items_range_is_refused(make_trial):
    changes = make_trial(records_import(values="{madrs_change: MADRS}"))
    assert (
        "99 is outside the range of madrs_change, -60 to 60" in refused(rows("1,7,99,30,A,s1,,"), changes)[0]
    )


def test_baseline_rows_and_baseline_column_must_agree(make_trial):
    both = make_trial(records_import(visits='{"0": BASE, "7": D7}'))
    assert len(records.import_csv(rows("1,0,30,30,A,s1,,"), both, name="d.csv").records.values) == 1
    said = refused(rows("1,0,29,30,A,s1,,"), both)
    assert said == [
        "data.csv:2:3: MADRS: 29 differs from 30, which MADRS0 says of BASE (find out which is right)"
    ]


ITEMS = """
import:
  participant: ID
  visit: VISIT
  visits: {"0": BASE}
  values: {about.sex: SEX, about.remark: REMARK, about.born: BORN, about.age: AGE, cssrs_screen.wish_dead: WISH}
"""


def test_codes_texts_dates_and_scale_items_are_read_by_their_type(make_trial):
    text = rows('1,0,F,"NA, said",1980-05,40,1', header="ID,VISIT,SEX,REMARK,BORN,AGE,WISH")
    found = records.import_csv(text, make_trial(ITEMS), name="d.csv").records.values
    answers = found.set_index("item")[["number", "text", "code", "date", "unit"]].astype(object)
    answers = answers.where(answers.notna(), None)
    assert answers.loc["sex"].tolist() == [None, None, "F", None, None]
    assert answers.loc["remark"].tolist() == [None, "NA, said", None, None, None]
    assert answers.loc["born"].tolist() == [None, None, None, "1980-05", None]
    assert answers.loc["age"].tolist() == [40.0, None, None, None, "a"]
    assert answers.loc["wish_dead"].tolist() == [1.0, None, "1", None, None]


def test_wrong_codes_dates_and_fractions_are_refused(make_trial):
    text = rows("1,0,Q,ok,May 1980,40.5,2", header="ID,VISIT,SEX,REMARK,BORN,AGE,WISH")
    said = "\n".join(refused(text, make_trial(ITEMS)))
    assert "SEX: `Q` is not a code of sex (one of F, M)" in said
    assert "BORN: `May 1980` is no partial date" in said
    assert "AGE: 40.5 is not a whole number" in said
    assert "WISH: `2` is not a code of wish_dead" in said


def test_days_are_read_from_their_column_or_counted_from_the_anchor(make_trial):
    days = make_trial(records_import(date="", day="DATE"))
    found = records.import_csv(rows("1,7,20,30,A,s1,8,", "1,28,20,30,A,s1,-2,"), days, name="d.csv")
    assert found.records.visits["day"].tolist()[:2] == [8, -2]
    assert "`8.5` is no whole number of days" in refused(rows("1,7,20,30,A,s1,8.5,"), days)[0]
    dated = make_trial(records_import(visits='{"0": DOSE, "7": D7}', ignored="[NOTE, MADRS0]", baseline=""))
    found = records.import_csv(
        rows("1,0,,30,A,s1,2022-02-28,", "1,7,20,30,A,s1,2022-03-08,"), dated, name="d.csv"
    )
    assert found.records.visits["day"].tolist() == [0, 8]


def test_a_protocol_without_import_section_says_so(make_trial):
    with pytest.raises(ProtocolError, match="does not say how to read a CSV"):
        records.import_csv(GOOD, make_trial(""), name="data.csv")


def wide(trial, values, baseline):
    plan = trial.protocol.import_map.model_copy(
        update={"visit": None, "visits": {}, "values": values, "baseline": baseline}
    )
    return protocol.Resolved(trial.protocol.model_copy(update={"import_map": plan}), trial.forms)


def test_one_row_a_participant_names_the_visit_with_the_score(small):
    trial = wide(small, {"madrs.total@D7": "MADRS", "madrs.total@D28": "VISIT"}, {"madrs.total": "MADRS0"})
    found = records.import_csv(rows("1,12,20,30,A,s1,,", "2,,21,31,B,s1,,"), trial, name="d.csv")
    assert sorted(values_of(found)) == [
        ["1", "BASE", "total", 30.0],
        ["1", "D28", "total", 12.0],
        ["1", "D7", "total", 20.0],
        ["2", "BASE", "total", 31.0],
        ["2", "D7", "total", 21.0],
    ]
    assert (
        "the row repeats row 2 exactly" in refused(rows("1,12,20,30,A,s1,,", "1,12,20,30,A,s1,,"), trial)[0]
    )


def test_a_value_without_any_visit_is_the_protocols_mistake(small):
    with pytest.raises(ProtocolError, match=r"no visit for `madrs.total`"):
        records.import_csv(GOOD, wide(small, {"madrs.total": "MADRS"}, {}), name="d.csv")


CELLS = st.text(alphabet='0123456789,.;-"\n\tAB xNé', max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=9), max_size=5))
def test_any_text_is_imported_or_refused_with_problems(lines):
    text = rows(*[",".join(line) for line in lines])
    try:
        found = records.import_csv(text, ANY_TRIAL[0], name="data.csv")
    except RecordError as error:
        assert error.problems
    else:
        given_rows = {line[0].strip() for line in lines if any(cell.strip() for cell in line)}
        assert len(found.records.participants) <= len(given_rows)


PARTICIPANTS = st.text(alphabet="0123456789ABé-", min_size=1, max_size=4)
SCORES = st.none() | st.integers(0, 60)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.tuples(PARTICIPANTS, st.sampled_from(["7", "28"])), SCORES, min_size=1, max_size=8),
    st.sampled_from(",;\t"),
    st.sampled_from(["", "NA", "."]),
)
def test_every_cell_of_a_good_file_is_found_again_and_none_invented(scores, delimiter, missing):
    lines = [
        [one, visit, missing if score is None else str(score), "30", "A", "", "", ""]
        for (one, visit), score in scores.items()
    ]
    text = "\n".join(delimiter.join(line) for line in [HEADER.split(","), *lines])
    found = records.import_csv(text, ANY_TRIAL[0], name="data.csv").records
    values = found.values[found.values["visit"] != "BASE"]
    kept = dict(
        zip(zip(values["participant"], values["visit"].str[1:], strict=True), values["number"], strict=True)
    )
    assert kept == {key: score for key, score in scores.items() if score is not None}
    assert len(found.values) - len(values) == len({one for one, _ in scores})


ANY_TRIAL = []


@pytest.fixture(autouse=True, scope="module")
def _any_trial(small):
    ANY_TRIAL.append(small)


REAL = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", "../shared/data")) / "antidepressant_trial.csv"
REAL_PROTOCOL = Path("protocols/antidepressant.yaml")


@pytest.fixture(scope="module")
def real():
    if not REAL.is_file() and os.environ.get("CI") != "true":
        pytest.skip(f"the reference data are not here: {REAL}")
    resolved = protocol.resolve(protocol.load(REAL_PROTOCOL.read_text(), name=REAL_PROTOCOL.name))
    return records.import_csv(REAL.read_bytes(), resolved, name=REAL.name), resolved


def real_rows():
    return list(csv.DictReader(REAL.read_text().splitlines()))


def test_the_real_trial_is_imported_whole(real):
    found, _ = real
    raw = real_rows()
    assert (len(raw), len({row["PATIENT"] for row in raw})) == (608, 172)
    assert found.problems == ()
    assert len(found.records.participants) == 172
    assert len(found.records.visits) == len(raw) + 172
    assert found.records.participants["participant"].tolist() == list(
        dict.fromkeys(row["PATIENT"] for row in raw)
    )


@pytest.mark.parametrize(
    ("item", "column", "visits"),
    [("hamd17_change", "CHANGE", True), ("total", "HAMDTL17", True), ("total", "BASVAL", False)],
)
def test_every_number_of_the_real_trial_is_kept(real, item, column, visits):
    values = real[0].records.values
    mine = values[values["item"] == item]
    kept = dict(zip(zip(mine["participant"], mine["visit"], strict=True), mine["number"], strict=True))
    for row in real_rows():
        assert kept[row["PATIENT"], f"v{row['VISIT']}" if visits else "v3"] == float(row[column])


def test_the_real_trials_allocation_is_its_therapy_column(real):
    arms = dict(zip(real[0].allocation.table["participant"], real[0].allocation.table["arm"], strict=True))
    assert arms == {row["PATIENT"]: row["THERAPY"].lower() for row in real_rows()}


def test_the_real_trials_days_count_from_baseline(real):
    visits = real[0].records.visits
    days = {(one.participant, one.visit): one.day for one in visits.itertuples()}
    for row in real_rows():
        assert days[row["PATIENT"], f"v{row['VISIT']}"] == float(row["RELDAYS"])
        assert days[row["PATIENT"], "v3"] == 0


def test_one_wrong_change_in_the_real_trial_is_found(real):
    text = REAL.read_text().replace("32,21,-11", "32,21,-12", 1)
    said = refused(text, real[1])
    assert said == [
        "data.csv:2:11: CHANGE: -12 is not HAMDTL17 minus BASVAL, 21 - 32 (find out which of the three is wrong)"
    ]
