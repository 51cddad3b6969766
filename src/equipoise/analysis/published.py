"""What others printed, beside ours.

Holds the pairing by estimand. Refuses to pool the two.
"""

from collections.abc import Sequence
from typing import Any

from equipoise.analysis.estimates import find
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.result import Result


def published_table(evidence: Evidence, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return each published result with our result of the same estimand; `ours` is None when blinded."""
    return [
        {
            "estimand": one.estimand,
            "estimate": one.estimate,
            "ci_low": one.ci_low,
            "ci_high": one.ci_high,
            "ci_level": one.ci_level,
            "p_value": one.p_value,
            "n": one.n,
            "citation": one.citation,
            "note": one.note,
            "ours": _ours(find(results, one.estimand)),
        }
        for one in evidence.resolved.protocol.published
    ]


def _ours(result: Result | None) -> dict[str, Any] | None:
    if result is None or not result.estimated:
        return None
    row = result.row()
    return {
        key: row[key]
        for key in ("name", "estimate", "ci_low", "ci_high", "ci_level", "p_value", "n", "gate", "unit")
    }
