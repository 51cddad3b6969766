"""The manifest: what a dataset is, where it comes from, and how to notice that a file changed.

Holds the value, its JSON and the reading of it. Refuses to open data files, which is `storage`.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.records.cells import is_instant

FORMAT = "equipoise-dataset-1"
MANIFEST = "manifest.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"[a-z_]+\.(csv|parquet)")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a dataset, as its manifest lists it.

    rows    data rows, the header not counted
    sha256  SHA-256 of the file's bytes, hexadecimal
    """

    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What is known of a dataset beside its rows.

    simulated    whether the data were invented
    protocol     {"id": trial id, "hashes": {part: SHA-256}}
    estimands    estimand id to the SHA-256 of everything its analysis depends on
    fixed_at     when the protocol's analysis part was fixed, ISO 8601 in UTC; None when nobody recorded it
    seed         of the simulation; None for collected data
    scenario     of the simulation; None for collected data
    replicate    which repetition of the simulation, from 0; None for collected data
    chain_head   last hash of the audit chain the data were exported from; None in every blinded export
    files        file name to its rows and digest; empty until the dataset is written
    """

    simulated: bool
    protocol: Mapping[str, Any] = field(default_factory=dict)
    estimands: Mapping[str, str] = field(default_factory=dict)
    fixed_at: str | None = None
    seed: int | None = None
    scenario: str | None = None
    replicate: int | None = None
    chain_head: str | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    format: str = FORMAT

    def to_json(self) -> str:
        """Return the text of manifest.json: keys in the order of the fields, then a line break."""
        return json.dumps(_jsonable(self), indent=2, ensure_ascii=False) + "\n"


def _jsonable(manifest: Manifest) -> dict[str, Any]:
    data = {one.name: getattr(manifest, one.name) for one in fields(manifest)}
    data["files"] = {
        name: {"rows": file.rows, "sha256": file.sha256} for name, file in sorted(manifest.files.items())
    }
    return {"format": data.pop("format"), **data}


def manifest_of(
    resolved: Resolved,
    *,
    simulated: bool,
    fixed_at: str | None = None,
    seed: int | None = None,
    scenario: str | None = None,
    replicate: int | None = None,
    chain_head: str | None = None,
) -> Manifest:
    """Return the manifest of records collected or simulated under a protocol."""
    return Manifest(
        simulated=simulated,
        protocol={"id": resolved.protocol.trial.id, "hashes": dict(resolved.hashes)},
        estimands=dict(resolved.estimand_hashes),
        fixed_at=fixed_at,
        seed=seed,
        scenario=scenario,
        replicate=replicate,
        chain_head=chain_head,
    )


def parse(data: bytes, *, name: str = MANIFEST) -> Manifest:
    """Read a manifest.

    Raises    RecordError with every field that is wrong
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{name} cannot be read", [Problem(f"not JSON: {error}", "", "", name)]) from None
    problems = _problems(found, name)
    if problems:
        raise RecordError(f"{name} cannot be used", problems)
    files = {key: File(one["rows"], one["sha256"]) for key, one in found.pop("files").items()}
    return Manifest(files=files, **found)


def _problems(found: Any, name: str) -> list[Problem]:
    if not isinstance(found, dict):
        return [Problem("it is not a mapping", "is this a dataset's manifest?", "", name)]
    if found.get("format") != FORMAT:
        hint = "a newer Equipoise may have written it"
        return [Problem(f"the format is {found.get('format')!r}, not {FORMAT}", hint, "format", name)]
    known = {one.name for one in fields(Manifest)}
    wrong = [(key, "is unknown") for key in found if key not in known]
    wrong += [(key, "is missing") for key in sorted(known - found.keys())]
    wrong += [(key, said) for key, (fits, said) in _SHAPES.items() if key in found and not fits(found[key])]
    return [Problem(f"`{key}` {said}", "", key, name) for key, said in wrong]


def _is_text_or_none(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_protocol(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return not value or (isinstance(value.get("id"), str) and _are_digests(value.get("hashes")))


def _are_digests(value: object) -> bool:
    return isinstance(value, dict) and all(_is_digest(one) for one in value.values())


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _are_files(value: object) -> bool:
    return isinstance(value, dict) and all(
        _FILE_NAME.fullmatch(name)
        and isinstance(one, dict)
        and one.keys() == {"rows", "sha256"}
        and type(one["rows"]) is int
        and one["rows"] >= 0
        and _is_digest(one["sha256"])
        for name, one in value.items()
    )


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_seed(value: object) -> bool:
    return value is None or type(value) is int


def _is_instant(value: object) -> bool:
    return value is None or (isinstance(value, str) and is_instant(value))


_SHAPES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "simulated": (_is_flag, "is neither true nor false"),
    "protocol": (_is_protocol, "is not an id and SHA-256 digests by part"),
    "estimands": (_are_digests, "is not SHA-256 digests by estimand"),
    "fixed_at": (_is_instant, "is not an instant in UTC"),
    "seed": (_is_seed, "is not a whole number"),
    "scenario": (_is_text_or_none, "is not text"),
    "replicate": (_is_seed, "is not a whole number"),
    "chain_head": (_is_text_or_none, "is not text"),
    "files": (_are_files, "is not rows and SHA-256 by file"),
}
