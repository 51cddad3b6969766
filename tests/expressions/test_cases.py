"""The table of cases: every row of the language by example."""

import csv
import json
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from equipoise.errors import ProtocolError, RecordError
from equipoise.expressions import parse

TABLE = Path(__file__).parents[1] / "golden" / "expressions" / "cases.csv"
ERRORS = {"ProtocolError": ProtocolError, "RecordError": RecordError}

with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def read_value(value):
    return date.fromisoformat(value["date"]) if isinstance(value, dict) else value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['expression']} | {row['values']}")
def test_expression_has_the_value_of_its_row(row):
    values = {name: read_value(value) for name, value in json.loads(row["values"]).items()}
    expected = json.loads(row["expected"])
    if isinstance(expected, dict) and "error" in expected:
        with pytest.raises(ERRORS[expected["error"]]):
            parse(row["expression"]).evaluate(values)
        return
    found = parse(row["expression"]).evaluate(values)
    assert found == read_value(expected)
    assert type(found) is type(read_value(expected))


@pytest.mark.parametrize("rule", ["a and b", "a or b"])
def test_truth_tables_are_complete(rule):
    listed = [
        json.loads(row["values"]) for row in ROWS if row["expression"] == rule and "Kleene" in row["why"]
    ]
    pairs = {(values["a"], values["b"]) for values in listed}
    assert pairs == set(product([True, False, None], repeat=2))
    assert len(listed) == len(pairs)


def test_table_holds_no_row_twice():
    keys = [(row["expression"], row["values"]) for row in ROWS]
    assert len(keys) == len(set(keys))
