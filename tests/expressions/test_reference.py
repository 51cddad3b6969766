"""The reference page says what the code does."""

import re
from itertools import product
from pathlib import Path

import pytest

from equipoise.expressions import FUNCTIONS, LANGUAGE_VERSION, LANGUAGE_WORDS, MAX_CHARACTERS, Name, parse
from equipoise.expressions.language import MAX_DEPTH, MAX_DIGITS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "expressions.md").read_text(encoding="utf-8")
TRUTH = {"true": True, "false": False, "unknown": None}


def section(title):
    return PAGE.partition(f"\n## {title}")[2].partition("\n## ")[0]


def first_cells(title):
    rows = re.findall(r"^\| (.+?) \|", section(title), re.MULTILINE)[1:]
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("text", first_cells("Examples"))
def test_every_example_is_in_the_language(text):
    parse(text)


def test_every_form_of_a_name_is_a_name():
    assert [str(Name(text)) for text in first_cells("Names")] == first_cells("Names")


def test_every_function_is_described_and_no_other():
    assert {parse(text).root[0] for text in first_cells("Functions")} == set(FUNCTIONS)


def test_every_word_is_on_the_page():
    assert [word for word in sorted(LANGUAGE_WORDS) if not re.search(rf"`[^`]*\b{word}\b[^`]*`", PAGE)] == []


@pytest.mark.parametrize("operator", ["and", "or"])
def test_truth_tables_are_those_of_the_code(operator):
    table = section("Unknown").partition(f"| `{operator}` |")[2].partition("\n\n")[0].splitlines()
    columns = [cell.strip() for cell in table[0].strip("|").split("|")]
    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.strip("|").split("|")[1:]]
        for line in table[2:]
    }
    for left, right in product(TRUTH, TRUTH):
        shown = rows[left][columns.index(right)]
        assert parse(f"a {operator} b").evaluate({"a": TRUTH[left], "b": TRUTH[right]}) is TRUTH[shown]


def test_limits_and_version_are_those_of_the_code():
    assert f"language version {LANGUAGE_VERSION};" in PAGE
    assert f"at most {MAX_CHARACTERS} characters and {MAX_DEPTH} levels" in PAGE
    assert f"at most {MAX_DIGITS} digits" in PAGE


def test_python_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "expressions.md", "exec"), {})  # noqa: S102 - our own page
