"""An analysis on disk: results.json, tables.json, protocol.json, and a manifest that vouches for them.

Holds writing and reading. The manifest is written last, so a folder without one was never finished. Refuses a
folder whose files differ from what the manifest says.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equipoise.analysis.plain import dumps
from equipoise.errors import IntegrityError, Problem, RecordError

FORMAT = "equipoise-analysis-1"
MANIFEST = "manifest.json"
NAMES = ("results", "tables", "protocol")


@dataclass(frozen=True)
class Written:
    """An analysis read back, as JSON data."""

    results: list[dict[str, Any]]
    tables: dict[str, Any]
    manifest: dict[str, Any]
    protocol: dict[str, Any]


def write_folder(
    folder: Path,
    *,
    results: Sequence[Mapping[str, Any]],
    tables: Mapping[str, Any],
    protocol: Mapping[str, Any],
) -> Path:
    """Write an analysis into a folder, made when it does not exist, each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    contents = {"results": list(results), "tables": tables, "protocol": protocol}
    digests = {}
    for name in NAMES:
        text = dumps(contents[name])
        _replace(folder / f"{name}.json", text)
        digests[f"{name}.json"] = hashlib.sha256(text.encode()).hexdigest()
    _replace(folder / MANIFEST, dumps(_manifest(tables, len(results), digests)))
    return folder


def _manifest(tables: Mapping[str, Any], rows: int, digests: Mapping[str, str]) -> dict[str, Any]:
    trial, provenance = tables["trial"], tables["provenance"]
    return {
        "format": FORMAT,
        "trial": trial["id"],
        "simulated": trial["simulated"],
        "blinded": trial["blinded"],
        "created_at": provenance["created_at"],
        "command": provenance["command"],
        "versions": provenance["versions"],
        "protocol": provenance["hashes"],
        "records": provenance["records"],
        "results": rows,
        "files": dict(digests),
    }


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(text.encode())
    unfinished.replace(path)


def read(folder: Path) -> Written:
    """Read an analysis that `Analysis.write` left.

    Raises  RecordError when a file is absent or is not JSON; IntegrityError when a file was changed
            afterwards
    """
    manifest = _load(folder / MANIFEST, _bytes(folder / MANIFEST))
    found = {name: _bytes(folder / f"{name}.json") for name in NAMES}
    listed = manifest.get("files", {}) if isinstance(manifest, dict) else {}
    changed = [
        Problem("the file is not the one that was written", "analyze again", source=f"{name}.json")
        for name, content in found.items()
        if hashlib.sha256(content).hexdigest() != listed.get(f"{name}.json")
    ]
    if changed:
        raise IntegrityError(f"the analysis in {folder} was changed", changed)
    data = {name: _load(folder / f"{name}.json", content) for name, content in found.items()}
    return Written(data["results"], data["tables"], manifest, data["protocol"])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem(
            error.strerror or "cannot be read", "run `equipoise analyze` first", source=str(path)
        )
        raise RecordError("there is no finished analysis here", [problem]) from error


def _load(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise RecordError("not an analysis", [Problem(f"not JSON: {error}", source=str(path))]) from error
