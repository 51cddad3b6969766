"""Departures from the protocol: those recorded, and those the protocol's rules find.

Holds counts of participants. Refuses to drop anybody for one.
"""

from collections.abc import Iterator
from typing import Any

from equipoise.analysis.evidence import Evidence
from equipoise.analysis.sets import meeting
from equipoise.analysis.table_rows import table_rows


def deviations_table(evidence: Evidence) -> list[dict[str, Any]]:
    """Return one row for each deviation of the protocol and arm, then for kinds only the records know."""
    planned = evidence.resolved.protocol.deviations
    known = {one.id: (one.text, one.importance) for one in planned}
    found = dict(_recorded(evidence))
    for one in planned:
        if one.rule is not None:
            met = meeting(evidence, one.rule, evidence.randomized)
            found.setdefault(one.id, set()).update(who for who, yes in met.items() if yes)
    others = _other_kinds(evidence, known=set(known))
    return [
        {
            "deviation": deviation,
            "text": text,
            "importance": importance,
            "arm": cohort.arm,
            "participants": len(found.get(deviation, set()) & set(cohort.members)),
        }
        for deviation, (text, importance) in {**known, **others}.items()
        for cohort in evidence.cohorts
    ]


def _recorded(evidence: Evidence) -> Iterator[tuple[str, set[str]]]:
    found: dict[str, set[str]] = {}
    for row in table_rows(evidence.records.deviations):
        found.setdefault(row["deviation"], set()).add(row["participant"])
    yield from found.items()


def _other_kinds(evidence: Evidence, *, known: set[str]) -> dict[str, tuple[str, str | None]]:
    """Return kinds recorded that the protocol does not list; important where any record says so."""
    found: dict[str, tuple[str, str | None]] = {}
    for row in table_rows(evidence.records.deviations):
        kind = row["deviation"]
        if kind not in known and (kind not in found or row["importance"] == "important"):
            found[kind] = (kind, row["importance"])
    return dict(sorted(found.items()))
