"""The threat model is no wish list: every row is whole, and names files and tests that are there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "docs" / "security.md"
HEAD = ("asset", "attack", "mechanism", "test", "what remains")
MECHANISM, TEST = HEAD.index("mechanism"), HEAD.index("test")
ATTACKERS = (
    "Outsider",
    "Applicant",
    "Participant with the device",
    "Blinded roles",
    "Unblinded pharmacist",
    "Curious staff of another site",
    "Coordinator who wants a better arm for a patient",
    "Rater",
    "System administrator without the allocation key",
    "Database owner and hoster",
    "Thief of a laptop or backup",
    "Author of a malicious protocol or dictionary file",
    "Mail interceptor",
    "Ex-employee",
)
BLIND = (
    *("Coordinator", "Investigator", "On-call physician", "Facilitator", "Session monitor", "Monitor (CRA)"),
    *("Data manager", "Medical monitor", "Statistician", "Auditor"),
)
"""Roles that work blind and have a temptation of their own; raters have a section."""
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Row:
    """One attack."""

    attacker: str
    cells: tuple[str, ...]

    def named(self, cell: int, beginning: str) -> list[str]:
        return [one for one in CODE.findall(self.cells[cell]) if one.startswith(beginning)]


def rows(text: str) -> Iterator[Row]:
    """Yield every row of every table under the heading of its attacker."""
    attacker = ""
    for line in text.splitlines():
        if line.startswith("## "):
            attacker = line.removeprefix("## ").strip()
        elif line.startswith("| ") and not line.startswith("| asset "):
            yield Row(attacker, tuple(cell.strip() for cell in line.strip("|").split("|")))


def problems(text: str) -> list[str]:
    """Return everything that is missing: cells, files, tests, attackers."""
    found, every = [], list(rows(text))
    for row in every:
        where = f"{row.attacker}: {row.cells[1] if len(row.cells) > 1 else row.cells}"
        if len(row.cells) != len(HEAD) or not all(row.cells):
            found.append(f"{where}: a cell is empty")
            continue
        files, tests = row.named(MECHANISM, "src/"), row.named(TEST, "tests/")
        found += [f"{where}: no mechanism"] * (not files) + [f"{where}: no test"] * (not tests)
        found += [f"{where}: {one} is not there" for one in files if not (ROOT / one).is_file()]
        found += [f"{where}: {one} is not there" for one in tests if not exists(one)]
    found += [f"no row for {one}" for one in ATTACKERS if not any(row.attacker == one for row in every)]
    tempted = [row.cells[1] for row in every if row.attacker == "Blinded roles"]
    found += [f"no row for {one}" for one in BLIND if not any(text.startswith(f"{one}:") for text in tempted)]
    return found


def exists(test: str) -> bool:
    """Whether a test named path::name is one."""
    path, _, name = test.partition("::")
    file = ROOT / path
    return bool(name) and file.is_file() and f"\ndef {name}(" in file.read_text(encoding="utf-8")


def test_every_row_names_what_stands_in_the_way_and_a_test_that_shows_it() -> None:
    assert problems(MODEL.read_text(encoding="utf-8")) == []


def test_a_hole_in_the_model_is_found() -> None:
    text = MODEL.read_text(encoding="utf-8")
    planted = {
        "test_somebody_is_randomized_once": "test_somebody_is_randomized_twice",
        "conduct/enrollment/services/randomizing.py`": "conduct/enrollment/services/hoping.py`",
        "## Ex-employee": "## Somebody else",
        "| arms | Auditor: ": "| arms | Somebody: ",
        "| Whoever controls the proxy is the proxy |": "| |",
    }
    for right, wrong in planted.items():
        assert right in text, right
        assert problems(text.replace(right, wrong)), right
