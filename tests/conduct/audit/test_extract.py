"""An exported chain is checked by a file that needs nothing but Python, and every change to it is noticed."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit import chains
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture.models import Lock
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def exported(study: Path, tmp_path: Path) -> Path:
    with act("trial", "study.site_added", at=AT, by="p-1", subjects=["SEA"]) as one:
        one.add_all([Site(site=site, seq=1, name="Zürich 🏔", time_zone="UTC") for site in ("SEA", "NYC")])
    with act("trial", "study.locked", at=AT, by="p-1", reason="interim\nlook") as one:
        one.add(Lock(target="study", seq=1, locked=True))
    chains.export("trial", tmp_path / "chain", at=AT)
    return tmp_path / "chain"


def run(folder: Path, *options: str | Path) -> tuple[int, str]:
    """Run the exported verifier with Python alone: no site packages, no environment, another folder."""
    words = [sys.executable, "-I", "-S", folder / "verify.py", *options]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/", check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.both_stores
def test_a_clean_export_passes_without_this_package(exported: Path) -> None:
    assert run(exported) == (
        0,
        "trial: 0 problems; 2 events, 3 rows compared (0 of them erased), 0 withheld, 0 anchors\n",
    )


def test_withheld_rows_leave_the_chain_whole(exported: Path, tmp_path: Path) -> None:
    chains.export("trial", tmp_path / "less", at=AT, withhold=["site"])
    assert "Zürich" not in (tmp_path / "less" / "rows.jsonl").read_text()
    assert run(tmp_path / "less") == (
        0,
        "trial: 0 problems; 2 events, 1 rows compared (0 of them erased), 2 withheld, 0 anchors\n",
    )


def change_row(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    rows[1]["text"] = str(rows[1]["text"]).replace("Zürich", "Zurich")


def swap_rows(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    rows[1]["text"], rows[2]["text"] = rows[2]["text"], rows[1]["text"]
    rows[1]["salt"], rows[2]["salt"] = rows[2]["salt"], rows[1]["salt"]


def add_row(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    rows.append({**rows[1], "id": 9})


def unsalt_row(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    rows[1]["salt"] = None


def drop_first_event(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    del events[0]


def drop_last_event(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    del events[-1]


def change_event(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    events[0]["link"]["actor"] = "p-2"  # type: ignore[index]


def change_payload(rows: list[dict[str, object]], events: list[dict[str, object]]) -> None:
    events[0]["payload"] = "[]"


Change = Callable[[list[dict[str, object]], list[dict[str, object]]], None]
CHANGES: list[tuple[Change, str]] = [
    (change_row, "it was changed afterwards"),
    (swap_rows, "its text is of"),
    (add_row, "was written by no event"),
    (unsalt_row, "no event erased it"),
    (drop_first_event, "follows event 0"),
    (drop_last_event, "event 2 is missing"),
    (change_event, "does not have its own hash"),
    (change_payload, "wrote other rows"),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_a_change_to_an_export_is_noticed(exported: Path, change: Change, expected: str) -> None:
    parts = {
        name: [json.loads(line) for line in (exported / name).read_text().splitlines()] for name in FILES
    }
    change(parts["rows.jsonl"], parts["events.jsonl"])
    for name, lines in parts.items():
        (exported / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, said = run(exported)
    assert code == 3
    assert expected in said


FILES = ("rows.jsonl", "events.jsonl")


def test_anchors_are_found_in_any_text(exported: Path, tmp_path: Path) -> None:
    head = json.loads((exported / "chain.json").read_text())
    good, bad = tmp_path / "mail.eml", tmp_path / "anchors.jsonl"
    good.write_text(f"Subject: Anchor\n\nKeep this line:\n{json.dumps(head)}\n")
    bad.write_text(json.dumps({**head, "count": 7}) + "\n" + json.dumps({**head, "store": "identity"}) + "\n")
    assert run(exported, "--anchors", good)[1].endswith("1 anchors\n")
    code, said = run(exported, "--anchors", good, "--anchors", bad)
    assert code == 3
    assert "event 7 is missing or another one" in said


def test_the_verifier_is_short_enough_to_read() -> None:
    source = Path(chains.extract.offline_verifier.__file__).read_text()
    code = [
        line for line in source.splitlines() if line.strip() and not line.strip().startswith(('"""', "#"))
    ]
    assert len(code) < 120
