"""Where results come from, and whether each question was fixed before anybody could know the answer.

Holds hashes, versions and the verdict per estimand. Reads no clock: when and how the analysis was started is
handed in.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import scipy

from equipoise import __version__
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.table_rows import table_rows
from equipoise.records import TABLES, Manifest, Records

FIXED = "before first unblinding"
POST_HOC = "post hoc"


def versions() -> dict[str, str]:
    """Return the versions of what computes: Equipoise, Python and the numerical libraries."""
    return {
        "equipoise": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pandas": pd.__version__,
    }


@dataclass(frozen=True)
class Provenance:
    """How an analysis was started.

    command     as typed
    created_at  ISO 8601 instant with its offset
    versions    program to version
    git         commit of the study's files, where known
    """

    command: str
    created_at: str
    versions: Mapping[str, str] = field(default_factory=versions)
    git: str | None = None


def provenance_table(evidence: Evidence, provenance: Provenance) -> dict[str, Any]:
    """Return the provenance for `tables.json`.

    A blinded one has neither seed nor the digest of the whole dataset, which would betray what is hidden; it
    has the digest of what was visible.
    """
    manifest = evidence.records.manifest
    hidden = evidence.blinded
    return {
        "estimands": [
            _verdict(evidence, estimand.id, provenance) for estimand in evidence.resolved.protocol.estimands
        ],
        "hashes": dict(evidence.resolved.hashes),
        "records": digest(evidence.records) if hidden else _sha256(manifest.to_json()),
        "chain_head": None if hidden else manifest.chain_head,
        "fixed_at": manifest.fixed_at,
        "versions": dict(provenance.versions),
        "command": provenance.command,
        "created_at": provenance.created_at,
        "seed": None if hidden else manifest.seed,
        "git": provenance.git,
    }


def digest(records: Records) -> str:
    """Return the SHA-256 of every row of every table, whatever their order.

    The number of a row within a log is left out, since it would count rows that are not there.
    """
    tables = {name: records.table(name).drop(columns="row", errors="ignore") for name in TABLES}
    rows = {name: [list(row.values()) for row in table_rows(table)] for name, table in tables.items()}
    return _sha256(json.dumps(rows, ensure_ascii=False, allow_nan=False))


def _verdict(evidence: Evidence, estimand: str, provenance: Provenance) -> dict[str, Any]:
    hashed = evidence.resolved.estimand_hashes[estimand]
    why_not = _objection(evidence, estimand, provenance)
    fixed_at = evidence.records.manifest.fixed_at
    return {
        "id": estimand,
        "sha256": hashed,
        "fixed": POST_HOC if why_not else FIXED,
        "why": why_not or f"fixed {fixed_at}, {_unblinding_text(evidence)}",
    }


def _objection(evidence: Evidence, estimand: str, provenance: Provenance) -> str | None:
    """Return why an estimand counts as post hoc; None when it was fixed in time."""
    manifest: Manifest = evidence.records.manifest
    if manifest.fixed_at is None or not manifest.estimands:
        return "the records do not say that an analysis was fixed"
    if estimand not in manifest.estimands:
        return "it is not among the estimands that the records say were fixed"
    if manifest.estimands[estimand] != evidence.resolved.estimand_hashes[estimand]:
        return "it differs from what the records say was fixed"
    limit = first_unblinding(evidence) or (None if evidence.blinded else provenance.created_at)
    if limit is not None and _instant(manifest.fixed_at) >= _instant(limit):
        return f"fixed {manifest.fixed_at}, not before the first unblinding ({limit})"
    return None


def first_unblinding(evidence: Evidence) -> str | None:
    """Return the first instant at which anybody learned an arm; None when the allocation has none."""
    known = [row["unblinded_at"] for row in evidence.assigned.values() if row["unblinded_at"] is not None]
    return min(known, key=_instant, default=None)


def _unblinding_text(evidence: Evidence) -> str:
    if evidence.blinded:
        return "nobody unblinded here"
    first = first_unblinding(evidence)
    return f"first unblinding {first}" if first else "no unblinding recorded before this analysis"


def _instant(text: str) -> datetime:
    """Return an instant; a bare date counts from its first moment, and what has no offset is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
