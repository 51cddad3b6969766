"""What the statistics tests share: reading golden folders and comparing with them."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"

Compare = Callable[[str, Mapping[str, float | None]], int]


@pytest.fixture(scope="session")
def golden_rows() -> Callable[[str, str], list[dict[str, str]]]:
    """Return a reader of one CSV of a golden folder: (folder, file) to rows."""

    def read(folder: str, file: str) -> list[dict[str, str]]:
        with (GOLDEN / folder / file).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    return read


@pytest.fixture
def agrees(golden_rows: Callable[[str, str], list[dict[str, str]]]) -> Compare:
    """Return a comparison of computed quantities with every row of a folder's expected.csv."""

    def compare(folder: str, computed: Mapping[str, float | None]) -> int:
        rows = golden_rows(folder, "expected.csv")
        assert rows, f"{folder}/expected.csv holds no row"
        for row in rows:
            name, value = row["quantity"], float(row["value"])
            quantity = name if name in computed else name.removesuffix("_precise")
            assert computed[quantity] == pytest.approx(value, rel=0, abs=float(row["tolerance"]) + 1e-15), row
        return len(rows)

    return compare
