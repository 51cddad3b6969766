"""CSV is written in known places only: for people by one function, for analysis by records and allocation."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "equipoise"
WRITES = re.compile(r"csv\.(writer|DictWriter)|\.to_csv\(|\.to_excel\(")
FOR_PEOPLE = {"exchange/spreadsheet.py"}
DATASETS = {"allocation/table.py"}
"""What `analyze` reads must come back as it was entered. `records` writes its tables without either."""


def test_nothing_but_the_spreadsheet_module_writes_csv_for_people() -> None:
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert found == FOR_PEOPLE | DATASETS
