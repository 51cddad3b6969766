"""What `analyze` left in a folder, read and trusted only after a look at its shape.

Holds plain JSON values. Refuses to import the analysis: a report is made from files, so that any of them can
be inspected, kept and rendered again.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from equipoise.errors import IntegrityError, Problem, RecordError
from equipoise.report import shape

Row = dict[str, Any]

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, marks that reverse the reading order, halves of characters: never part of a report."""

FILES: dict[str, tuple[str, type]] = {
    "results": ("rows", list),
    "tables": ("mapping", dict),
    "manifest": ("mapping", dict),
    "protocol": ("mapping", dict),
}
"""The files of an analysis and what each holds."""


@dataclass(frozen=True)
class Written:
    """The four files of an analysis; of the protocol, the sections that a report reads."""

    results: tuple[Row, ...] = ()
    tables: Row = field(default_factory=dict)
    manifest: Row = field(default_factory=dict)
    protocol: Row = field(default_factory=dict)


def read(folder: Path) -> Written:
    """Return what `analyze` left in the folder.

    Raises  RecordError with every problem found: a file missing, no JSON, or of another shape;
            IntegrityError when a file is not the one its manifest vouches for
    """
    problems: list[Problem] = []
    contents = {part: content_of(folder / f"{part}.json", problems) for part in FILES}
    values = {
        part: parsed(part, content, problems) for part, content in contents.items() if content is not None
    }
    if not problems:
        problems = _misshapen(values)
    if problems:
        raise RecordError(f"{folder} is not a complete analysis; run `equipoise analyze` again", problems)
    changed = _changed(contents, values["manifest"].get("files"))
    if changed:
        raise IntegrityError(f"the analysis in {folder} was changed after it was written", changed)
    return Written(
        results=tuple(values["results"]),
        tables=values["tables"],
        manifest=values["manifest"],
        protocol={name: part for name, part in values["protocol"].items() if name in shape.PROTOCOL.inside},
    )


def content_of(path: Path, problems: list[Problem], *, writer: str = "analyze") -> bytes | None:
    """Return what a file holds; None, with a problem more, where it cannot be read.

    writer  the command that leaves the file
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problems.append(
            Problem("the file is missing", hint=f"`equipoise {writer}` writes it", source=path.name)
        )
    except OSError as error:
        problems.append(Problem(f"the file cannot be read: {error.strerror}", source=path.name))
    return None


def parsed(part: str, content: bytes, problems: list[Problem]) -> Any:
    """Return the JSON value of a part's file, unprintable characters replaced; None with a problem more."""
    try:
        return _clean(json.loads(content.decode("utf-8"), parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        problems.append(Problem(f"the file is no readable JSON: {error}", source=f"{part}.json"))
    return None


def _changed(contents: dict[str, bytes | None], digests: Any) -> list[Problem]:
    """Return the files that differ from what the manifest says of them; it may leave some unsaid."""
    listed = digests if isinstance(digests, dict) else {}
    return [
        Problem("the file is not the one that was written", hint="analyze again", source=f"{part}.json")
        for part, content in contents.items()
        if f"{part}.json" in listed and hashlib.sha256(content or b"").hexdigest() != listed[f"{part}.json"]
    ]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON; absent values are null")


def _clean(value: Any) -> Any:
    """Return the value with unprintable characters replaced, in keys too."""
    if isinstance(value, str):
        return UNPRINTABLE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return value


def _misshapen(values: Row) -> list[Problem]:
    found = [
        Problem(f"expected {shape.WORDS[kind]}", source=f"{part}.json")
        for part, (kind, python) in FILES.items()
        if not isinstance(values[part], python)
    ]
    if found:
        return found
    return [
        *shape.problems(values["results"], shape.RESULTS, numbers=shape.FOUND, source="results.json"),
        *shape.problems(values["tables"], shape.TABLES, numbers=shape.FOUND, source="tables.json"),
        *shape.problems(values["protocol"], shape.PROTOCOL, numbers=shape.PLANNED, source="protocol.json"),
    ]
