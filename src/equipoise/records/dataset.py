"""`Records`, the one shape of observed data, real or simulated, and `Manifest`, what is known about them.

Holds no arm: who was assigned to what is the allocation's, and a frame with any column that is not declared
in `tables` is refused. Refuses to read and write files, which is `storage`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pandas as pd

from equipoise.errors import IntegrityError, Problem
from equipoise.protocol import Resolved
from equipoise.records import tables

FORMAT = "equipoise-dataset-1"


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
    """What a dataset is, where it comes from, and how to notice that a file changed.

    simulated    whether the data were invented
    protocol     {"id": trial id, "hashes": {part: SHA-256}}
    estimands    estimand id to the SHA-256 of everything its analysis depends on
    fixed_at     when the protocol's analysis part was fixed, ISO 8601 in UTC; None when nobody recorded it
    seed         of the simulation; None for collected data
    scenario     of the simulation; None for collected data
    chain_head   last hash of the audit chain the data were exported from; None otherwise
    files        file name to its rows and digest; empty until the dataset is written
    """

    simulated: bool
    protocol: Mapping[str, Any] = field(default_factory=dict)
    estimands: Mapping[str, str] = field(default_factory=dict)
    fixed_at: str | None = None
    seed: int | None = None
    scenario: str | None = None
    chain_head: str | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    format: str = FORMAT

    def to_json(self) -> str:
        """Return the text of manifest.json: keys in the order of the fields, two spaces, a last line break."""
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
        chain_head=chain_head,
    )


def _empty(name: str) -> Any:
    return field(default_factory=lambda: tables.table(name))


@dataclass(frozen=True, eq=False, kw_only=True)
class Records:
    """Everything observed in a trial, as tidy tables (columns and types: `tables`).

    Raises    IntegrityError when a table has a column that names an arm; TypeError when a table has other
              columns or types than declared (build it with `tables.table`)
    """

    manifest: Manifest
    participants: pd.DataFrame = _empty("participants")
    visits: pd.DataFrame = _empty("visits")
    values: pd.DataFrame = _empty("values")
    adverse_events: pd.DataFrame = _empty("adverse_events")
    medications: pd.DataFrame = _empty("medications")
    exposures: pd.DataFrame = _empty("exposures")
    sessions: pd.DataFrame = _empty("sessions")
    deviations: pd.DataFrame = _empty("deviations")
    intercurrent_events: pd.DataFrame = _empty("intercurrent_events")
    dispositions: pd.DataFrame = _empty("dispositions")

    def __post_init__(self) -> None:
        arms = [
            Problem(
                f"the column `{column}` would tell an arm", "keep it in the allocation", str(column), name
            )
            for name in tables.TABLES
            for column in self.table(name).columns
            if column not in tables.TABLES[name].names and tables.tells_arm(str(column))
        ]
        if arms:
            raise IntegrityError("records never hold an arm", arms)
        found = [text for name in tables.TABLES for text in tables.misfits(name, self.table(name))]
        if found:
            raise TypeError("; ".join(found))

    def table(self, name: str) -> pd.DataFrame:
        """Return one table by name; KeyError when there is none."""
        if name not in tables.TABLES:
            raise KeyError(name)
        frame: pd.DataFrame = getattr(self, name)
        return frame

    def equals(self, other: "Records") -> bool:
        """Return whether every table has the same rows in the same order; manifests are not compared."""
        return all(self.table(name).equals(other.table(name)) for name in tables.TABLES)

    def summary(self) -> str:
        """Return in one line how much there is."""
        kind = "simulated" if self.manifest.simulated else "collected"
        return f"{len(self.participants)} participants, {len(self.visits)} visits and {len(self.values)} values, {kind}"


def empty(manifest: Manifest | None = None) -> Records:
    """Return records of nobody."""
    return Records(manifest=manifest or Manifest(simulated=False))


def with_tables(records: Records, **frames: pd.DataFrame) -> Records:
    """Return the records with some tables replaced; the manifest's digests, no longer true, are dropped."""
    return replace(records, manifest=replace(records.manifest, files={}), **frames)
