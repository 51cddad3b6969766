"""`Records`, the one shape of observed data, real or simulated.

Holds no arm: who was assigned to what is the allocation's, and a frame with any column that is not declared
in `tables` is refused. Refuses to read and write files, which is `storage`.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd

from equipoise.errors import IntegrityError, Problem
from equipoise.records import tables
from equipoise.records.manifest import Manifest


@dataclass(frozen=True, eq=False, kw_only=True)
class Records:
    """Everything observed in a trial, as tidy tables (columns and types: `tables`).

    Raises    IntegrityError when a table has a column that names an arm; TypeError when a table has other
              columns or types than declared (build it with `tables.table`)
    """

    manifest: Manifest
    participants: pd.DataFrame = field(default_factory=partial(tables.table, "participants"))
    visits: pd.DataFrame = field(default_factory=partial(tables.table, "visits"))
    values: pd.DataFrame = field(default_factory=partial(tables.table, "values"))
    adverse_events: pd.DataFrame = field(default_factory=partial(tables.table, "adverse_events"))
    medications: pd.DataFrame = field(default_factory=partial(tables.table, "medications"))
    exposures: pd.DataFrame = field(default_factory=partial(tables.table, "exposures"))
    sessions: pd.DataFrame = field(default_factory=partial(tables.table, "sessions"))
    deviations: pd.DataFrame = field(default_factory=partial(tables.table, "deviations"))
    intercurrent_events: pd.DataFrame = field(default_factory=partial(tables.table, "intercurrent_events"))
    dispositions: pd.DataFrame = field(default_factory=partial(tables.table, "dispositions"))

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
        rows = f"{len(self.visits)} visits and {len(self.values)} values"
        return f"{len(self.participants)} participants, {rows}, {kind}"


def empty(manifest: Manifest | None = None) -> Records:
    """Return records of nobody."""
    return Records(manifest=manifest or Manifest(simulated=False))


def with_tables(records: Records, **frames: pd.DataFrame) -> Records:
    """Return the records with some tables replaced; the manifest's digests, no longer true, are dropped."""
    return replace(records, manifest=replace(records.manifest, files={}), **frames)
