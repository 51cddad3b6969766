"""What the pages on datasets and imports say is what the code does."""

import re
from pathlib import Path

import pytest

from equipoise import records
from equipoise.errors import RecordError
from equipoise.records import cells, manifest, tables

DATASET = Path("docs/reference/dataset.md")
IMPORT = Path("docs/how-to/import-a-csv.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
KINDS = {"partial_date": "partial date", "moment": "date, time or instant", "whole": "whole number"}


def section(table):
    key = f" One row for each {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    lines = [
        f"### {table.name}.csv\n\n{table.about}.{key}\n",
        "| column | type | missing | meaning |",
        "|---|---|---|---|",
    ]
    for column in table.columns:
        codes = ": " + ", ".join(f"`{code}`" for code in column.codes) if column.codes else ""
        missing = "never" if column.required else "may be"
        kind = KINDS.get(column.kind, column.kind)
        lines.append(f"| `{column.name}` | {kind} | {missing} | {column.about}{codes} |")
    return "\n".join(lines)


@pytest.mark.parametrize("table", tables.DECLARED, ids=lambda table: table.name)
def test_every_file_and_column_is_described_as_declared(table):
    assert section(table) + "\n" in DATASET.read_text()


def test_no_other_file_is_described():
    described = re.findall(r"^### (\w+)\.csv$", DATASET.read_text(), re.MULTILINE)
    assert described == list(tables.TABLES)


def rows_under(heading):
    text = DATASET.read_text().partition(heading)[2].partition("\n#")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def test_every_stage_of_a_disposition_is_described():
    found = {
        row[0].strip("`"): tuple(re.findall(r"`(\w+)`", row[1]))
        for row in rows_under("### What a disposition may say")
    }
    assert found == dict(tables.DISPOSITIONS)


def test_every_key_of_the_manifest_is_described():
    written = manifest.Manifest(simulated=False).to_json()
    described = [row[0].strip("`") for row in rows_under("## manifest.json")]
    assert described == re.findall(r'^  "(\w+)":', written, re.MULTILINE)
    assert f"`{manifest.FORMAT}`" in DATASET.read_text()


def test_every_type_is_described_with_examples_that_pass():
    kinds = {column.kind for table in tables.DECLARED for column in table.columns}
    listed = re.findall(
        r"^\| ([a-z, ]+) \| .* \| .* \|$", DATASET.read_text().partition("## Tables")[0], re.MULTILINE
    )
    assert sorted(listed) == sorted({KINDS.get(kind, kind) for kind in kinds} | {"type"})
    examples = {
        "date": "2022-03-05",
        "instant": "2022-03-05T17:00:00Z",
        "moment": "17:30",
        "number": "1e-3",
        "flag": "0",
    }
    for kind, text in examples.items():
        assert f"`{text}`" in DATASET.read_text()
        assert cells.complaint(tables.Column("x", kind, ""), text) == ""
    assert f"{cells.LONGEST_TEXT:,} characters" in DATASET.read_text()


def blocks(kind):
    return [text for found, text in FENCE.findall(IMPORT.read_text()) if found == kind]


def test_the_example_of_the_page_is_imported(make_trial):
    found = records.import_csv(blocks("csv")[0], make_trial(blocks("yaml")[0]), name="data.csv")
    assert found.problems == ()
    assert found.allocation.table["arm"].tolist() == ["psilocybin", "niacin"]
    assert found.records.values["number"].tolist() == [30, 31, 21, 12, 28]


def test_the_problems_of_the_page_are_those_reported(make_trial):
    with pytest.raises(RecordError) as refused:
        records.import_csv(blocks("csv")[1], make_trial(blocks("yaml")[0]), name="data.csv")
    assert [str(problem) for problem in refused.value.problems] == blocks("")[0].splitlines()
