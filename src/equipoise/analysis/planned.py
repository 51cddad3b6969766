"""The door: protocol, records and, where it may be known, the allocation; results and tables out.

Holds the order of steps. Reads no file and no clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equipoise.allocation import Allocation
from equipoise.analysis.baseline import baseline_table
from equipoise.analysis.blinded import public_protocol
from equipoise.analysis.descriptives import (
    descriptives_table,
    individuals_table,
    lines_table,
    missing_table,
)
from equipoise.analysis.deviations import deviations_table
from equipoise.analysis.estimates import Findings, estimate_all
from equipoise.analysis.evidence import Evidence, gather
from equipoise.analysis.feasibility import require_feasible
from equipoise.analysis.flow import flow_table
from equipoise.analysis.folder import write_folder
from equipoise.analysis.guesses import certainty_table, expectancy_table, guesses_table, indices_table
from equipoise.analysis.header import trial_table
from equipoise.analysis.longitudinal import by_visit_table, covariance_table, missing_patterns_table
from equipoise.analysis.looks import END, require_look
from equipoise.analysis.multiplicity import multiplicity_table
from equipoise.analysis.plain import plain
from equipoise.analysis.provenance import Provenance, provenance_table
from equipoise.analysis.published import published_table
from equipoise.analysis.responders import responders_table
from equipoise.analysis.result import Result
from equipoise.analysis.safety import adverse_events_table
from equipoise.analysis.sensitivity import sensitivity_table
from equipoise.analysis.sessions import sessions_table
from equipoise.analysis.subgroups import subgroups_table
from equipoise.analysis.tipping_table import tipping_point_table
from equipoise.analysis.wording import estimands_table
from equipoise.protocol import Resolved
from equipoise.records import Records


@dataclass(frozen=True)
class Analysis:
    """A finished analysis.

    results   one an estimand, the primary first
    tables    the content of tables.json, JSON data
    protocol  the content of protocol.json, JSON data
    """

    results: tuple[Result, ...]
    tables: dict[str, Any]
    protocol: dict[str, Any]

    @property
    def blinded(self) -> bool:
        """Whether it was made without an allocation."""
        return bool(self.tables["trial"]["blinded"])

    def summary(self) -> str:
        """Return one line a result."""
        return "\n".join(result.summary() for result in self.results)

    def write(self, folder: Path) -> Path:
        """Write results.json, tables.json, protocol.json and manifest.json into a folder, and return it."""
        return write_folder(
            folder,
            results=[result.row() for result in self.results],
            tables=self.tables,
            protocol=self.protocol,
        )


def analyze(
    resolved: Resolved,
    records: Records,
    allocation: Allocation | None = None,
    *,
    provenance: Provenance,
    look: str = END,
) -> Analysis:
    """Carry out the planned analysis.

    look    the planned look these data belong to; `end` for the final analysis

    Without an allocation the analysis is blinded: everything hidden from the statistician is removed first,
    every table is pooled, and no estimand is estimated.
    Raises  ProtocolError when the plan cannot be carried out whatever the data; RecordError when the
            allocation does not belong to the records. An estimand that these data cannot answer is a result
            that says so.
    """
    require_feasible(resolved)
    require_look(resolved, look)
    evidence = gather(resolved, records, allocation)
    found = estimate_all(evidence, look=look)
    return Analysis(
        found.results,
        plain(_tables(evidence, found, provenance)),
        public_protocol(resolved, blinded=evidence.blinded),
    )


def estimates(
    resolved: Resolved, records: Records, allocation: Allocation, *, only: Collection[str] | None = None
) -> tuple[Result, ...]:
    """Return the results without any table, for rehearsals that need nothing else.

    only    estimands to estimate, such as those the testing procedure needs; None = all
    Raises  as `analyze`
    """
    require_feasible(resolved)
    return estimate_all(gather(resolved, records, allocation), only=only).results


def _tables(evidence: Evidence, found: Findings, provenance: Provenance) -> dict[str, Any]:
    """Return every table; one that has nothing to show is absent."""
    results, answers = found.results, found.answers
    tables = {
        "trial": trial_table(evidence),
        "flow": flow_table(evidence, results),
        "baseline": baseline_table(evidence),
        "estimands": estimands_table(evidence),
        "descriptives": descriptives_table(evidence),
        "individuals": individuals_table(evidence),
        "responders": responders_table(evidence),
        "sessions": sessions_table(evidence),
        "adverse_events": adverse_events_table(evidence),
        "blinding": guesses_table(evidence),
        "blinding_indices": indices_table(evidence),
        "certainty": certainty_table(evidence),
        "expectancy": expectancy_table(evidence),
        "deviations": deviations_table(evidence),
        "multiplicity": None
        if evidence.blinded
        else multiplicity_table(results, evidence.resolved.protocol.multiplicity),
        "group_sequential": found.looks,
        "by_visit": by_visit_table(evidence, answers),
        "covariance": covariance_table(evidence, answers),
        "missing_patterns": missing_patterns_table(evidence, answers),
        "sensitivity": sensitivity_table(evidence, results),
        "tipping_point": tipping_point_table(evidence, answers),
        "published": published_table(evidence, results),
        "missing": missing_table(evidence),
        "lines": lines_table(evidence),
        "subgroups": subgroups_table(evidence),
        "provenance": provenance_table(evidence, provenance),
    }
    return {name: table for name, table in tables.items() if table}
