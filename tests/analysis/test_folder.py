"""An analysis on disk."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from equipoise import analysis
from equipoise.errors import IntegrityError, RecordError

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={"equipoise": "0"})


@pytest.fixture
def folder(six: Any, tmp_path: Path) -> Path:
    done = analysis.analyze(six.resolved, six.records, six.allocation, provenance=WHEN)
    return done.write(tmp_path / "new" / "result")


def test_what_is_written_is_read_back(folder: Path, six: Any) -> None:
    done = analysis.analyze(six.resolved, six.records, six.allocation, provenance=WHEN)
    found = analysis.read(folder)
    assert found.results == [json.loads(json.dumps(result.row())) for result in done.results]
    assert found.tables == done.tables
    assert found.protocol["trial"]["id"] == "POCKET"
    assert found.manifest["format"] == "equipoise-analysis-1"


def test_the_manifest_vouches_for_every_file(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    others = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in others} == manifest["files"]
    assert [manifest["trial"], manifest["simulated"], manifest["blinded"]] == ["POCKET", True, False]


def test_no_file_holds_not_a_number(folder: Path) -> None:
    for path in folder.iterdir():
        json.loads(path.read_text(), parse_constant=pytest.fail)


def test_the_same_analysis_gives_the_same_bytes(folder: Path, six: Any) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    analysis.analyze(six.resolved, six.records, six.allocation, provenance=WHEN).write(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_changed_file_is_noticed(folder: Path) -> None:
    path = folder / "results.json"
    path.write_text(path.read_text().replace('"ok"', '"OK"'))
    with pytest.raises(IntegrityError, match=r"results\.json"):
        analysis.read(folder)


@pytest.mark.parametrize("name", ["manifest.json", "tables.json"])
def test_an_unfinished_folder_is_refused(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(RecordError, match="no finished analysis"):
        analysis.read(folder)


def test_something_else_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text("<html>")
    with pytest.raises(RecordError, match="not JSON"):
        analysis.read(folder)
