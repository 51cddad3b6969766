import hashlib
import json
import math
import shutil

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise import records
from equipoise.errors import IntegrityError, RecordError, TrialError
from equipoise.records import storage, tables

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["NA", "0012", 'say "yes"', "a,b", "two\nlines", "\r", "ä–🧠", " ", "-", "1e5", "null", "nan", "None"]
)


def writable(text):
    return "\x00" not in text


CELLS = {
    "text": TEXTS.filter(writable),
    "date": st.dates().map(str),
    "partial_date": st.sampled_from(["2022", "2022-03", "2022-03-05"]),
    "moment": st.sampled_from(["2022-03", "17:30", "2022-03-05T17:00:00Z"]),
    "instant": st.just("2022-03-05T17:00:00.25Z"),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "whole": st.integers(-9999, 9999),
    "flag": st.booleans().map(float),
}


def cells_of(column):
    if column.codes:
        found = st.sampled_from(column.codes)
    elif column.kind == "whole" and column.required:
        found = st.integers(1, 9999)
    else:
        found = CELLS[column.kind]
    if column.required:
        return found.filter(lambda cell: cell != "")
    return st.none() | found


@st.composite
def a_table(draw, name):
    declared = tables.TABLES[name]
    row = st.tuples(*(cells_of(column) for column in declared.columns))
    places = [declared.names.index(column) for column in declared.key or declared.names]
    drawn = draw(st.lists(row, max_size=4, unique_by=lambda cells: tuple(cells[place] for place in places)))
    columns = {column: [cells[place] for cells in drawn] for place, column in enumerate(declared.names)}
    return tables.table(name, columns)


@st.composite
def some_records(draw):
    frames = {
        name: draw(a_table(name)) for name in draw(st.sets(st.sampled_from(list(tables.TABLES)), max_size=3))
    }
    manifest = records.Manifest(
        simulated=draw(st.booleans()),
        seed=draw(st.none() | st.integers(0, 2**63)),
        scenario=draw(st.none() | TEXTS),
    )
    return records.Records(manifest=manifest, **frames)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_records())
def test_what_is_written_is_read_again_byte_for_byte(tmp_path, trial):
    shutil.rmtree(tmp_path / "a", ignore_errors=True)
    shutil.rmtree(tmp_path / "b", ignore_errors=True)
    back = records.read(records.write(trial, tmp_path / "a"))
    assert back.equals(trial)
    assert (back.manifest.simulated, back.manifest.seed) == (trial.manifest.simulated, trial.manifest.seed)
    records.write(back, tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def example(**values):
    columns = {"participant": ["0012", "NA"], "visit": "D7", "repeat": 1, "form": "f", "item": "i", "row": 1}
    people = records.table("participants", {"participant": ["0012", "NA"], "status": "randomized"})
    return records.with_tables(
        records.empty(), participants=people, values=records.table("values", {**columns, **values})
    )


@pytest.fixture
def dataset(folder):
    return records.write(example(number=[1.5, None], text=["NA", ""]), folder)


def test_text_stays_text_and_empty_is_missing(dataset):
    values = records.read(dataset).values
    assert values["participant"].tolist() == ["0012", "NA"]
    assert values["text"].tolist() == ["NA", None]
    assert values["number"].tolist()[0] == 1.5
    assert math.isnan(values["number"].tolist()[1])


def test_files_are_plain_csv_with_a_manifest_of_rows_and_digests(dataset):
    assert (dataset / "participants.csv").read_bytes() == (
        b"participant,site,consent_date,randomized_date,status\n0012,,,,randomized\nNA,,,,randomized\n"
    )
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["format"] == "equipoise-dataset-1"
    assert set(manifest["files"]) == {f"{name}.csv" for name in tables.TABLES}
    for name, file in manifest["files"].items():
        data = (dataset / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["rows"] == data.count(b"\n") - 1


def test_digests_are_those_of_the_written_files(dataset):
    assert records.digests(records.read(dataset)) == dict(records.read(dataset).manifest.files)


def refused(dataset, kind):
    with pytest.raises(kind) as found:
        records.read(dataset)
    return [str(problem) for problem in found.value.problems]


@pytest.mark.parametrize("place", range(0, 90, 20))
def test_one_altered_byte_is_noticed(dataset, place):
    path = dataset / "participants.csv"
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1
    path.write_bytes(data)
    assert refused(dataset, IntegrityError) == [
        "participants.csv: the file is not the one that was written (restore it, or export the dataset again)"
    ]


def test_a_file_that_is_gone_added_or_not_listed_is_noticed_at_once(dataset):
    (dataset / "visits.csv").unlink()
    (dataset / "extra.csv").write_text("a\n1\n")
    said = refused(dataset, IntegrityError)
    assert said == [
        "extra.csv: the manifest does not list this file (ask where it came from)",
        "visits.csv: the file is gone (restore the dataset)",
    ]


@pytest.mark.parametrize(
    "name", ["allocation.csv", "Allocation_list.XLSX", "randomization.parquet", "unblinding.csv"]
)
def test_an_allocation_among_the_records_is_refused_on_read_and_write(dataset, name):
    trial = records.read(dataset)
    (dataset / name).write_text("participant,arm\n0012,psilocybin\n")
    assert refused(dataset, IntegrityError)[0].startswith(f"{name}: an allocation lies among the records")
    with pytest.raises(IntegrityError):
        records.write(trial, dataset)


def reseal(dataset, name, text):
    """Write a file and a manifest that fits it, as another program might."""
    data = text.encode()
    (dataset / name).write_bytes(data)
    manifest = json.loads((dataset / "manifest.json").read_text())
    rows = max(text.count("\n") - 1, 0)
    manifest["files"][name] = {"rows": rows, "sha256": hashlib.sha256(data).hexdigest()}
    (dataset / "manifest.json").write_text(json.dumps(manifest))


def test_every_malformed_cell_is_listed_by_file_row_and_column(dataset):
    reseal(
        dataset,
        "participants.csv",
        "participant,site,consent_date,randomized_date,status\n"
        "1,,05.03.2022,,randomized\n,,,2022-02-30,gone\n1,,,,randomized\n",
    )
    reseal(
        dataset,
        "exposures.csv",
        'participant,dose_number,taken_at,amount_mg_taken,kit\n1,0,2022-03-05,"1,5",K\n',
    )
    said = refused(dataset, RecordError)
    assert said == [
        "participants.csv:3:1: participant: the cell is missing and may never be",
        "participants.csv:2:3: consent_date: `05.03.2022` is not a date written like 2022-03-05",
        "participants.csv:3:4: randomized_date: `2022-02-30` is not a date written like 2022-03-05",
        "participants.csv:3:5: status: `gone` is not one of: " + ", ".join(tables.STATUSES),
        "exposures.csv:2:2: dose_number: `0` is not a whole number from 1",
        "exposures.csv:2:3: taken_at: `2022-03-05` is not an instant in UTC written like 2022-03-05T17:00:00Z",
        "exposures.csv:2:4: amount_mg_taken: `1,5` is not a number with a decimal point",
    ]


def test_rows_with_one_key_are_refused_on_read_and_write(dataset):
    text = "participant,site,consent_date,randomized_date,status\n1,,,,randomized\n1,s,,,randomized\n"
    reseal(dataset, "participants.csv", text)
    assert refused(dataset, RecordError) == [
        "participants.csv:3: the row repeats row 2 (participant 1) (keep one of the two)"
    ]
    with pytest.raises(RecordError, match="repeats row 2"):
        records.write(example(participant=["1", "1"]), dataset.parent / "other")


@pytest.mark.parametrize(
    "column", ["arm", "ARM", "Treatment", "TRT01P", "actual_intervention", "allocated_arm"]
)
def test_a_column_that_would_tell_an_arm_is_refused_on_read_and_write(dataset, column):
    text = (dataset / "participants.csv").read_text().replace("site", column)
    reseal(dataset, "participants.csv", text)
    assert refused(dataset, IntegrityError) == [
        f"participants.csv: {column}: the column `{column}` would tell an arm (keep it in the allocation)"
    ]
    people = records.table("participants", {"participant": ["1"], "status": "randomized"})
    with pytest.raises(IntegrityError, match="never hold an arm"):
        records.with_tables(records.empty(), participants=people.assign(**{column: "psilocybin"}))


def test_no_declared_column_tells_an_arm():
    assert not [
        (table.name, column)
        for table in tables.DECLARED
        for column in table.names
        if tables.tells_arm(column)
    ]


def test_unknown_missing_and_double_columns_are_listed(dataset):
    text = "participant,site,site,when,status\n1,,,,randomized\n"
    reseal(dataset, "participants.csv", text)
    said = [problem.split(" (")[0] for problem in refused(dataset, RecordError)]
    assert said == [
        "participants.csv:1: when: the column `when` is unknown",
        "participants.csv:1: consent_date: the column `consent_date` is missing",
        "participants.csv:1: randomized_date: the column `randomized_date` is missing",
        "participants.csv:1: site: the column `site` stands twice",
    ]


def test_columns_may_stand_in_any_order(dataset):
    reseal(
        dataset, "participants.csv", "status,participant,site,consent_date,randomized_date\nrandomized,7,,,\n"
    )
    assert records.read(dataset).participants["participant"].tolist() == ["7"]


def test_a_manifest_with_another_number_of_rows_is_noticed(dataset):
    manifest = json.loads((dataset / "manifest.json").read_text())
    manifest["files"]["participants.csv"]["rows"] = 9
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    assert refused(dataset, IntegrityError) == [
        "participants.csv: the file has 2 rows, the manifest says 9 (restore both)"
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "equipoise-dataset-9"}, "the format is 'equipoise-dataset-9', not equipoise-dataset-1"),
        ({"simulated": "no"}, "`simulated` is neither true nor false"),
        ({"seed": 1.5}, "`seed` is not a whole number"),
        ({"fixed_at": "yesterday"}, "`fixed_at` is not an instant in UTC"),
        (
            {"protocol": {"id": "X", "hashes": {"design": "short"}}},
            "`protocol` is not an id and SHA-256 digests",
        ),
        (
            {"files": {"../secret.csv": {"rows": 1, "sha256": "0" * 64}}},
            "`files` is not rows and SHA-256 by file",
        ),
        ({"arms": {}}, "`arms` is unknown"),
    ],
)
def test_a_malformed_manifest_is_refused(dataset, change, said):
    manifest = {**json.loads((dataset / "manifest.json").read_text()), **change}
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    assert any(said in problem for problem in refused(dataset, RecordError))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_a_manifest_that_is_no_json_mapping_is_refused(dataset, text):
    (dataset / "manifest.json").write_text(text)
    assert refused(dataset, RecordError)


def test_a_folder_without_manifest_is_no_dataset(tmp_path):
    assert "there is no manifest.json" in refused(tmp_path, RecordError)[0]


@pytest.mark.parametrize("text", ["nul\x00", "\ud800", "x" * 100_001])
def test_a_text_that_no_csv_can_hold_is_refused_before_anything_is_written(folder, text):
    with pytest.raises(RecordError) as found:
        records.write(example(text=[text, None]), folder)
    assert found.value.problems[0].path == "text"
    assert list(folder.parent.iterdir()) == []


def test_infinite_numbers_are_refused(folder):
    with pytest.raises(RecordError, match=r"values.csv:2:7: number: `inf` is not a number"):
        records.write(example(number=[math.inf, 1]), folder)


def test_writing_replaces_a_dataset_and_refuses_anything_else(dataset):
    records.write(records.empty(), dataset)
    assert records.read(dataset).participants.empty
    (dataset / "notes.txt").write_text("mine")
    with pytest.raises(RecordError, match=r"notes\.txt"):
        records.write(records.empty(), dataset)
    assert (dataset / "notes.txt").read_text() == "mine"
    with pytest.raises(RecordError, match="is a file"):
        records.write(records.empty(), dataset / "notes.txt")


def test_a_write_that_fails_leaves_the_old_dataset_whole(dataset, monkeypatch):
    before = {path.name: path.read_bytes() for path in dataset.iterdir()}

    def fail(*_):
        raise OSError("no space left on device")

    for broken in ("_fill", "_put"):
        with monkeypatch.context() as patch:
            patch.setattr(storage, broken, fail if broken == "_put" else lambda *_, **__: fail())
            with pytest.raises(OSError, match="no space"):
                records.write(records.empty(), dataset)
        assert {path.name: path.read_bytes() for path in dataset.iterdir()} == before
        assert [path.name for path in dataset.parent.iterdir()] == [dataset.name]


def test_parquet_holds_the_same_columns_and_is_guarded_too(folder):
    pytest.importorskip("pyarrow")
    trial = example(number=[1.5, None], text=["NA", None])
    records.write(trial, folder, parquet=True)
    assert records.read(folder).equals(trial)
    frame = pd.read_parquet(folder / "values.parquet")
    assert list(frame.columns) == list(tables.TABLES["values"].names)
    assert frame["text"].tolist()[0] == "NA"
    assert frame["participant"].tolist() == ["0012", "NA"]
    (folder / "values.parquet").write_bytes(b"altered")
    assert refused(folder, IntegrityError)[0].startswith("values.parquet: the file is not the one")


def test_parquet_without_its_package_is_refused_in_words(folder, monkeypatch):
    monkeypatch.setattr(storage.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(TrialError, match=r"equipoise\[parquet\]"):
        records.write(example(), folder, parquet=True)
    assert not folder.exists()


def test_row_order_is_kept(folder):
    trial = example(participant=["9", "10"])
    assert records.read(records.write(trial, folder)).values["participant"].tolist() == ["9", "10"]
