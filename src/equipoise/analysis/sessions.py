"""Sessions: how many were planned and attended, by kind and arm.

Holds counts. Refuses to judge what a missed session did to anybody.
"""

from typing import Any

from equipoise.analysis.blinded import hidden_visits
from equipoise.analysis.evidence import Cohort, Evidence
from equipoise.analysis.table_rows import table_rows
from equipoise.protocol.care import Session
from equipoise.protocol.schedule import Visit


def sessions_table(evidence: Evidence) -> list[dict[str, Any]]:
    """Return one row for each kind of session and arm.

    planned       sessions planned for each participant; offered ones, which may be declined, are not counted
    attended      sessions attended by all participants together, offered ones left out
    all_attended  participants who attended every planned session
    """
    return [
        _row(evidence, session, cohort)
        for session in evidence.resolved.protocol.sessions
        for cohort in evidence.cohorts
        if _visits(evidence, session, cohort)
    ]


def _visits(evidence: Evidence, session: Session, cohort: Cohort) -> list[Visit]:
    hidden = hidden_visits(evidence.resolved) if evidence.blinded else frozenset[str]()
    return [
        visit
        for visit in evidence.resolved.protocol.visits
        if visit.session == session.id
        and not (visit.offered or visit.unscheduled or visit.id in hidden)
        and (visit.arms is None or cohort.arm in visit.arms)
    ]


def _row(evidence: Evidence, session: Session, cohort: Cohort) -> dict[str, Any]:
    visits = {visit.id for visit in _visits(evidence, session, cohort)}
    attended: dict[str, set[str]] = {who: set() for who in cohort.members}
    for row in table_rows(evidence.records.sessions):
        if row["attended"] and row["visit"] in visits and row["participant"] in attended:
            attended[row["participant"]].add(row["visit"])
    return {
        "session": session.id,
        "label": session.label,
        "kind": session.kind,
        "arm": cohort.arm,
        "planned": len(visits),
        "attended": sum(len(held) for held in attended.values()),
        "participants": len(cohort.members),
        "all_attended": sum(held == visits for held in attended.values()),
    }
