"""The participants' way through the trial, counted from the data alone, as CONSORT asks.

Holds counts. Refuses to take any from the protocol's plan: what nobody recorded is zero or absent.
"""

from collections.abc import Sequence
from typing import Any

from equipoise.analysis.evidence import Cohort, Evidence, Row
from equipoise.analysis.plain import tally
from equipoise.analysis.result import Result

Json = dict[str, Any]

REASONS = {
    "declined": "Declined",
    "lost_to_follow_up": "Lost to follow-up",
    "withdrew": "Withdrew",
    "died": "Died",
    "not_received": "Did not receive the dose",
    "discontinued": "Stopped treatment",
    "adverse_event": "Adverse event",
}
UNSTATED = "Reason not recorded"
LEFT = frozenset({"lost_to_follow_up", "withdrew", "died"})


def flow_table(evidence: Evidence, results: Sequence[Result]) -> Json:
    """Return counts from screening to analysis, one column an arm, or one for everybody when blinded.

    What the records say of nobody is None, not zero: who was screened, dosed, not dosed, or left.
    """
    failed = [
        row for row in evidence.dispositions if (row["stage"], row["status"]) == ("screening", "failed")
    ]
    marked = {who for who, row in evidence.participants.items() if row["status"] == "screen_failure"}
    silent = marked - {row["participant"] for row in failed}
    reasons = [_criterion(evidence, row["reason"]) for row in failed] + [UNSTATED] * len(silent)
    return {
        "screened": len(evidence.participants) if marked or _told(evidence, {"screening"}) else None,
        "excluded": _counted(reasons),
        "randomized": len(evidence.randomized),
        "arms": [_column(evidence, cohort, results) for cohort in evidence.cohorts],
    }


def _column(evidence: Evidence, cohort: Cohort, results: Sequence[Result]) -> Json:
    members = set(cohort.members)
    rows = [row for row in evidence.dispositions if row["participant"] in members]
    treatment = [row for row in rows if row["stage"] == "treatment"]
    received = members & set(evidence.treated)
    told = {row["participant"] for row in treatment if row["status"] == "not_received"}
    silent = members - received - told if evidence.doses_recorded else set[str]()
    refused = [_reason(row) for row in treatment if row["status"] == "not_received"]
    return {
        "arm": cohort.arm,
        "label": cohort.label,
        "allocated": len(members),
        "received": len(received) if evidence.doses_recorded else None,
        "not_received": _counted(refused + [UNSTATED] * len(silent)) if evidence.doses_recorded else None,
        "discontinued": _counted([_reason(row) for row in rows if _has_left(row)])
        if _told(evidence, {"treatment", "study"})
        else None,
        "followed": _followed(evidence, members),
        "analyzed": _analyzed(cohort, results),
        "open_label": None if evidence.blinded else _open_label(rows),
    }


def _told(evidence: Evidence, stages: set[str]) -> bool:
    """Return whether anybody's disposition speaks of one of these stages."""
    return any(row["stage"] in stages for row in evidence.dispositions)


def _has_left(row: Row) -> bool:
    stopped = (row["stage"], row["status"]) == ("treatment", "discontinued")
    return stopped or (row["stage"] == "study" and row["status"] in LEFT)


def _followed(evidence: Evidence, members: set[str]) -> list[Json]:
    """Return who has the primary estimand's score at each visit after baseline that every arm has."""
    protocol = evidence.resolved.protocol
    name = evidence.full_name(protocol.primary.variable.score)
    readings = evidence.readings(name)
    order = [visit.id for visit in protocol.visits]
    start = order.index(protocol.baseline_visit) if protocol.baseline_visit in order else -1
    form = name.partition(".")[0]
    shown = [
        visit
        for visit in protocol.visits[start + 1 :]
        if form in visit.forms and visit.arms is None and not visit.unscheduled
    ]
    return [
        {"visit": visit.id, "label": visit.name, "n": sum((who, visit.id) in readings for who in members)}
        for visit in shown
    ]


def _analyzed(cohort: Cohort, results: Sequence[Result]) -> list[Json]:
    """Return how many of an arm each estimand used; everybody it would use when blinded."""
    found = []
    for result in results:
        sides = {result.arm: result.n_arm, result.reference: result.n_reference, None: result.n}
        if cohort.arm in sides and sides[cohort.arm] is not None:
            found.append({"estimand": result.estimand, "label": result.name, "n": sides[cohort.arm]})
    return found


def _open_label(rows: Sequence[Row]) -> Json | None:
    statuses = [row["status"] for row in rows if row["stage"] == "open_label"]
    if not statuses:
        return None
    return {"took": statuses.count("took"), "declined": statuses.count("declined")}


def _criterion(evidence: Evidence, reason: str | None) -> str:
    texts = {one.id: one.text for one in evidence.resolved.protocol.eligibility}
    kinds = {one.id: one.kind for one in evidence.resolved.protocol.eligibility}
    if reason is not None and reason in texts:
        return f"Not met: {texts[reason]}" if kinds[reason] == "inclusion" else texts[reason]
    return REASONS.get(reason, reason) if reason else UNSTATED


def _reason(row: Row) -> str:
    said = str(row["reason"] or row["status"])
    return REASONS.get(said, said)


def _counted(reasons: Sequence[str]) -> list[Json]:
    return [{"reason": reason, "n": n} for reason, n in tally(reasons)]
