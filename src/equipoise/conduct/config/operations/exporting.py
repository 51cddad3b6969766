"""Exporting the study's records."""

from datetime import datetime
from pathlib import Path

from equipoise.conduct.capture import dataset


def export(folder: Path, *, at: datetime) -> str:
    """Write the study's records to a dataset folder, and return in one line what is in it.

    Raises  RecordError when no study is set up, or stored data do not fit the protocol any more
    """
    found = dataset.export(folder, at=at)
    return f"{found.summary()}; chain head {found.manifest.chain_head}"
