"""Every scale against scores computed by hand from its published rule."""

from pathlib import Path

import pytest

from equipoise import instruments


@pytest.mark.parametrize("name", instruments.names())
def test_every_scale_agrees_with_its_vectors(name, golden, vectors):
    assert vectors(instruments.load(name), golden / f"{name}.csv").disagreements() == []


@pytest.mark.parametrize("name", instruments.names())
def test_every_vector_file_covers_its_scale(name, golden, vectors):
    assert vectors(instruments.load(name), golden / f"{name}.csv").gaps() == []


def test_every_vector_file_has_a_scale_and_every_scale_a_vector_file(golden):
    assert {path.stem for path in golden.glob("*.csv")} == set(instruments.names())


def test_the_golden_page_names_every_vector_file(golden):
    page = (golden / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in golden.glob("*.csv") if f"| {path.name} |" not in page] == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("last of mild,3 x 6 + 1,6,6,6,1", "last of mild,3 x 6 + 1,6,6,6,0", "total is 18.0, expected 19.0"),
        ("19,mild", "19,moderate", "band of total is mild, expected moderate"),
        ("14,mild,28,yes,no", "14,mild,28,no,no", "responded is True, expected no"),
        (",10,mild,,,yes", ",10,mild,,,no", "remitted is True, expected no"),
        (
            "all missing,none may be missing,,,,,,,,,,,,,,,,10,0",
            "all missing,none,,,,,,,,,,,,,,,,9,0",
            "expected 9",
        ),
        (",7,0,0,0,0,0,0,0,0,0,,,,,,0,1", ",7,0,0,0,0,0,0,0,0,0,,,,,,0,0", "1 problems, expected 0"),
    ],
)
def test_a_wrong_vector_is_noticed(old, new, complaint, golden, vectors, tmp_path: Path):
    text = (golden / "madrs.csv").read_text(encoding="utf-8")
    assert old in text
    planted = tmp_path / "madrs.csv"
    planted.write_text(text.replace(old, new), encoding="utf-8")
    assert [
        found for found in vectors(instruments.load("madrs"), planted).disagreements() if complaint in found
    ]


@pytest.mark.parametrize(
    ("dropped", "gap"),
    [
        ("first of moderate", "no row where total is 20"),
        ("all highest", "no row where total is 60"),
        ("missing", "no row with a missing item"),
        ("code", "no row with an impossible answer"),
    ],
)
def test_a_vector_file_that_lacks_a_case_is_noticed(dropped, gap, golden, vectors, tmp_path: Path):
    lines = (golden / "madrs.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    planted = tmp_path / "madrs.csv"
    kept = [
        line for line in lines[1:] if dropped not in line.split(",")[0] and dropped not in line.split(",")[1]
    ]
    planted.write_text("".join([lines[0], *kept]), encoding="utf-8")
    assert gap in vectors(instruments.load("madrs"), planted).gaps()
