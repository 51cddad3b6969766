"""Observed data: one shape for simulated and collected records, on disk and in memory.

Holds `Records`, the dataset folder, the import of foreign CSV files, the scores and the facts that rules ask
for. Refuses to know arms: the allocation is a separate file and a separate argument.
"""

from equipoise.records.checks import check
from equipoise.records.csv_import import Imported, import_csv
from equipoise.records.dataset import Records, empty, with_tables
from equipoise.records.facts import evaluate, facts
from equipoise.records.manifest import File, Manifest, manifest_of
from equipoise.records.scores import scores
from equipoise.records.storage import digests, read, write
from equipoise.records.tables import DISPOSITIONS, STATUSES, TABLES, table
from equipoise.records.tidy import tidy

__all__ = [
    "DISPOSITIONS",
    "STATUSES",
    "TABLES",
    "File",
    "Imported",
    "Manifest",
    "Records",
    "check",
    "digests",
    "empty",
    "evaluate",
    "facts",
    "import_csv",
    "manifest_of",
    "read",
    "scores",
    "table",
    "tidy",
    "with_tables",
    "write",
]
