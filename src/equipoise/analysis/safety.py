"""Adverse events by term, severity and how they were felt, before and after an open-label dose.

Holds counts of participants who received a dose (everybody randomized where nothing says who did), under the
arm of what they received. Refuses to drop welcome events: an effect counts whether anybody minded it or not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.analysis.blinded import hidden_forms
from equipoise.analysis.evidence import Cohort, Evidence, Row
from equipoise.analysis.plain import percent, tally
from equipoise.analysis.table_rows import table_rows
from equipoise.analysis.windows import ISO_DATE_LENGTH
from equipoise.protocol.care import SpecialInterest

Json = dict[str, Any]

SEVERITIES = ("mild", "moderate", "severe")
VALENCES = ("welcome", "neutral", "unwelcome")
RANDOMIZED, OPEN_LABEL = "randomized", "open_label"
DISCONTINUED = "adverse_event"
"""The reason of a disposition that says somebody stopped because of an adverse event."""


@dataclass(frozen=True, eq=False)
class Exposed:
    """Participants under observation in one period, and their events."""

    cohort: Cohort
    period: str
    events: tuple[Row, ...]

    @property
    def n(self) -> int:
        """Participants under observation."""
        return len(self.cohort.members)


def adverse_events_table(evidence: Evidence) -> Json | None:
    """Return events by term, overall and of special interest; None when the trial does not ask, or hides it.

    Blinded: pooled, and by term without the dosing day, whose effects by kind would tell the arms' mixture.
    """
    forms = [form for form in evidence.resolved.protocol.forms if form.standard == "adverse_events"]
    hidden = hidden_forms(evidence.resolved) if evidence.blinded else frozenset[str]()
    events = table_rows(evidence.records.adverse_events)
    if not events and all(form.id in hidden for form in forms):
        return None
    exposed = [one for one in _exposed(evidence, events) if one.n]
    counted = {who for one in exposed for who in one.cohort.members}
    return {
        "by_term": [
            row for period in (RANDOMIZED, OPEN_LABEL) for row in _by_term(evidence, exposed, period)
        ],
        "overall": [row for one in exposed for row in _overall(evidence, one)],
        "aesi": [_special(one, aesi) for one in exposed for aesi in evidence.resolved.protocol.aesi],
        "dosing_day_by_term": not evidence.blinded,
        "not_counted": sum(event["participant"] not in counted for event in events),
    }


def _exposed(evidence: Evidence, events: Sequence[Row]) -> list[Exposed]:
    observed = evidence.treated if evidence.doses_recorded else evidence.randomized
    opened = _open_label_dates(evidence)
    if evidence.blinded:
        everybody = Cohort(None, evidence.everybody.label, observed)
        return [_of(everybody, RANDOMIZED, events)]
    before = [event for event in events if not _is_open(event, opened)]
    after = [event for event in events if _is_open(event, opened)]
    arms = [
        Cohort(arm.id, arm.name, tuple(who for who in observed if evidence.arms_treated[who] == arm.id))
        for arm in evidence.resolved.protocol.arms
    ]
    again = [Cohort(arm.arm, arm.label, tuple(who for who in arm.members if who in opened)) for arm in arms]
    return [*(_of(arm, RANDOMIZED, before) for arm in arms), *(_of(arm, OPEN_LABEL, after) for arm in again)]


def _of(cohort: Cohort, period: str, events: Iterable[Row]) -> Exposed:
    members = set(cohort.members)
    return Exposed(cohort, period, tuple(event for event in events if event["participant"] in members))


def _open_label_dates(evidence: Evidence) -> dict[str, str]:
    """Return participant to the date of the first dose at a visit of some arms only, after everybody's."""
    protocol = evidence.resolved.protocol
    dosing = {session.id for session in protocol.sessions if session.kind == "dosing"}
    visits = {visit.id for visit in protocol.visits if visit.session in dosing and visit.arms is not None}
    found: dict[str, str] = {}
    for (who, visit), occasion in evidence.occasions.items():
        if visit in visits and occasion.date is not None:
            found[who] = min(occasion.date, found.get(who, occasion.date))
    return found


def _is_open(event: Row, opened: dict[str, str]) -> bool:
    start = opened.get(event["participant"])
    return (
        start is not None and event["onset_at"] is not None and event["onset_at"][:ISO_DATE_LENGTH] >= start
    )


def _by_term(evidence: Evidence, exposed: Sequence[Exposed], period: str) -> list[Json]:
    """Return one row for each term and arm of a period, the most frequent terms first."""
    groups = [one for one in exposed if one.period == period]
    shown = {
        one: [event for event in one.events if not (evidence.blinded and event["onset_day"] == 0)]
        for one in groups
    }
    who = {(event["term"], event["participant"]) for events in shown.values() for event in events}
    return [
        _term(one, term, [event for event in shown[one] if event["term"] == term])
        for term, _ in tally(term for term, _ in who)
        for one in groups
    ]


def _term(exposed: Exposed, term: str, events: Sequence[Row]) -> Json:
    """Return counts of one term: participants by their worst severity, events by how they were felt."""
    worst: dict[str, int] = {}
    for event in events:
        if event["severity"] in SEVERITIES:
            rank = SEVERITIES.index(event["severity"])
            worst[event["participant"]] = max(rank, worst.get(event["participant"], rank))
    return {
        "term": term,
        **_count(exposed, events),
        **{name: sum(rank == place for rank in worst.values()) for place, name in enumerate(SEVERITIES)},
        **{name: sum(event["valence"] == name for event in events) for name in VALENCES},
    }


def _count(exposed: Exposed, events: Sequence[Row]) -> Json:
    who = {event["participant"] for event in events}
    return {
        "arm": exposed.cohort.arm,
        "period": exposed.period,
        "n": exposed.n,
        "participants": len(who),
        "percent": percent(len(who), exposed.n),
        "events": len(events),
    }


def _overall(evidence: Evidence, exposed: Exposed) -> list[Json]:
    categories: dict[str, Callable[[Row], bool]] = {
        "any": lambda _: True,
        "related": lambda event: bool(event["related"]),
        "severe": lambda event: event["severity"] == "severe",
        "serious": lambda event: bool(event["serious"]),
        "aesi": lambda event: any(_is_special(event, aesi) for aesi in evidence.resolved.protocol.aesi),
    }
    rows = [
        {"category": name, **_count(exposed, [event for event in exposed.events if meant(event)])}
        for name, meant in categories.items()
    ]
    if exposed.period == RANDOMIZED:
        stopped = [row for row in evidence.dispositions if row["reason"] == DISCONTINUED]
        left = [row for row in stopped if row["participant"] in exposed.cohort.members]
        rows.append({"category": "discontinued", **_count(exposed, left)})
    return rows


def _special(exposed: Exposed, aesi: SpecialInterest) -> Json:
    events = [event for event in exposed.events if _is_special(event, aesi)]
    return {"id": aesi.id, "term": aesi.label, **_count(exposed, events)}


def _is_special(event: Row, aesi: SpecialInterest) -> bool:
    """Whether an event is of special interest: marked so, or by its term whatever its case."""
    terms = {term.casefold() for term in aesi.terms}
    return event["aesi"] == aesi.id or str(event["term"]).casefold() in terms
