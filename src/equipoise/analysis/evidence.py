"""`Evidence`: what an analysis looks at - the protocol, the records and, where it was given, the allocation.

Holds look-ups every table needs: who was randomized and treated, under which arm, and which value counts for
which visit. Refuses to compute results, and to know an arm that no allocation told it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from equipoise import records as recorded
from equipoise.allocation import Allocation, check_arms
from equipoise.analysis.blinded import visible
from equipoise.analysis.received import arm_of
from equipoise.analysis.table_rows import table_rows
from equipoise.analysis.windows import ISO_DATE_LENGTH, Occasion, Reading, assign
from equipoise.errors import Problem, RecordError
from equipoise.expressions import Name
from equipoise.protocol import Resolved
from equipoise.records import Records

EVERYBODY = "All participants"
Row = dict[str, Any]


@dataclass(frozen=True)
class Cohort:
    """Participants a table shows together.

    arm      arm id; None for everybody together, as in a blinded table
    label    as people read it
    members  participants, sorted
    """

    arm: str | None
    label: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """One trial's data as the analysis sees them.

    allocation    None makes every table a pooled one
    found_events  intercurrent events already looked for, by id, since every estimand asks again
    known         members of analysis sets and fitted models, by what they depend on, for the same reason
    """

    resolved: Resolved
    records: Records
    allocation: Allocation | None = None
    _read: dict[str, Mapping[tuple[str, str], Reading]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _forms: dict[str, list[Row]] = field(default_factory=dict, repr=False, compare=False)
    found_events: dict[str, dict[str, Occasion]] = field(default_factory=dict, repr=False, compare=False)
    known: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def blinded(self) -> bool:
        """Whether no allocation was given."""
        return self.allocation is None

    @cached_property
    def participants(self) -> dict[str, Row]:
        """Participant id to the row of `participants`, sorted by id."""
        return {row["participant"]: row for row in table_rows(self.records.participants)}

    @cached_property
    def assigned(self) -> dict[str, Row]:
        """Participant id to the row of the allocation; empty when blinded."""
        rows = table_rows(self.allocation.table) if self.allocation is not None else []
        return {row["participant"]: row for row in rows if row["participant"] is not None}

    @cached_property
    def randomized(self) -> tuple[str, ...]:
        """Participants randomized, sorted.

        Those the allocation names; without one, those the records mark; where nothing marks anybody, as in a
        CSV of outcomes alone, everybody who did not fail screening.
        """
        if not self.blinded:
            return tuple(sorted(self.assigned))
        stated = {
            row["participant"]
            for row in self.dispositions
            if (row["stage"], row["status"]) == ("randomization", "randomized")
        }
        entered = {who for who, row in self.participants.items() if row["randomized_date"] is not None}
        eligible = {who for who, row in self.participants.items() if row["status"] != "screen_failure"}
        return tuple(sorted((stated | entered) or eligible))

    @cached_property
    def treated(self) -> tuple[str, ...]:
        """Participants randomized who received a dose, sorted."""
        received = {
            row["participant"]
            for row in self.dispositions
            if (row["stage"], row["status"]) == ("treatment", "received")
        }
        took = {row["participant"] for row in table_rows(self.records.exposures)}
        return tuple(who for who in self.randomized if who in received | took)

    @cached_property
    def doses_recorded(self) -> bool:
        """Whether the records say of anybody that a dose was taken or not."""
        return len(self.records.exposures) > 0 or any(
            row["stage"] == "treatment" for row in self.dispositions
        )

    @cached_property
    def treatment_dates(self) -> dict[str, str]:
        """Participant to the ISO date treatment began, or of randomization where nobody was treated.

        The day of the visit that the primary visit counts from, else the first dose's day in UTC.
        """
        doses = [row for row in table_rows(self.records.exposures) if row["taken_at"] is not None]
        doses.sort(key=lambda row: row["taken_at"], reverse=True)
        protocol = self.resolved.protocol
        anchor = protocol.visit(protocol.primary.variable.visit).anchor
        randomized = {who: row["randomized_date"] for who, row in self.participants.items()}
        first = {row["participant"]: row["taken_at"][:ISO_DATE_LENGTH] for row in doses}
        anchored = {who: date for (who, name), date in self.anchor_dates.items() if name == anchor}
        found = {**randomized, **first, **anchored}
        return {who: date for who, date in found.items() if date is not None}

    @cached_property
    def arms(self) -> dict[str, str]:
        """Participant to the arm drawn for them; empty when blinded."""
        return {who: row["arm"] for who, row in self.assigned.items()}

    @cached_property
    def arms_treated(self) -> dict[str, str]:
        """Participant to the arm whose first treatment they received; the arm drawn where not known."""
        return {who: self._arm_received(row) for who, row in self.assigned.items()}

    def _arm_received(self, row: Row) -> str:
        return arm_of(self.resolved.protocol, row["actual_intervention"], drawn=str(row["arm"]))

    @cached_property
    def cohorts(self) -> tuple[Cohort, ...]:
        """The columns of a table: the arms in the protocol's order, or everybody when blinded."""
        if self.blinded:
            return (Cohort(None, EVERYBODY, self.randomized),)
        return tuple(
            Cohort(arm.id, arm.name, tuple(who for who in self.randomized if self.arms[who] == arm.id))
            for arm in self.resolved.protocol.arms
        )

    @cached_property
    def everybody(self) -> Cohort:
        """All randomized participants."""
        return Cohort(None, EVERYBODY, self.randomized)

    @cached_property
    def dispositions(self) -> list[Row]:
        """Rows of `dispositions`, in a fixed order."""
        return table_rows(self.records.dispositions)

    @cached_property
    def occasions(self) -> dict[tuple[str, str], Occasion]:
        """(participant, visit) to when it took place; the last occasion where it was repeated."""
        rows = table_rows(self.records.visits)
        rows.sort(key=lambda row: row["repeat"] or 0)
        return {(row["participant"], row["visit"]): Occasion(row["date"], row["day"]) for row in rows}

    @cached_property
    def anchor_dates(self) -> dict[tuple[str, str], str]:
        """(participant, anchor) to the ISO date of the anchor, where it has happened."""
        found: dict[tuple[str, str], str | None] = {}
        for anchor, definition in self.resolved.protocol.anchors.items():
            for who, row in self.participants.items():
                if definition.visit is not None:
                    occasion = self.occasions.get((who, definition.visit))
                    found[who, anchor] = occasion.date if occasion else None
                else:
                    found[who, anchor] = row[
                        "consent_date" if definition.event == "consent" else "randomized_date"
                    ]
        return {key: date for key, date in found.items() if date is not None}

    @cached_property
    def facts(self) -> Callable[[str], Callable[[Name], object]]:
        """Participant to the look-up that rules of the protocol are evaluated with."""
        return recorded.facts(self.records, self.resolved)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Every score and number: participant, visit, repeat, day, form, score, value."""
        return recorded.scores(self.records, self.resolved)

    @cached_property
    def _score_places(self) -> Mapping[Any, Any]:
        """(form, score) to the positions of its rows in `scores`."""
        return self.scores.groupby(["form", "score"]).indices

    def _rows_of(self, form: str, score: str) -> list[Row]:
        """Rows of a score, or of what no score list carries, such as one item of a rating scale."""
        places = self._score_places.get((form, score))
        if places is not None:
            return table_rows(self.scores.iloc[places])
        return table_rows(recorded.scores(self.records, self.resolved, names=[f"{form}.{score}"]))

    def full_name(self, name: str) -> str:
        """Return `form.score` for a name without its visit; KeyError when nobody collects it."""
        return ".".join(self.resolved.locate(name))

    def readings(self, name: str) -> Mapping[tuple[str, str], Reading]:
        """Return (participant, visit) to the value of a score or number that counts for the visit."""
        full = self.full_name(name)
        if full not in self._read:
            self._read[full] = assign(
                self._rows_of(*full.split(".")),
                protocol=self.resolved.protocol,
                occasions=self.occasions,
                anchors=self.anchor_dates,
            )
        return self._read[full]

    def item_values(self, form: str, item: str) -> list[Row]:
        """Return the rows of `values` for one item, in a fixed order."""
        return [row for row in self.form_values(form) if row["item"] == item]

    def form_values(self, form: str) -> list[Row]:
        """Return the rows of `values` for one form, in a fixed order."""
        if form not in self._forms:
            places = self._form_places.get(form)
            self._forms[form] = [] if places is None else table_rows(self.records.values.iloc[places])
        return self._forms[form]

    @cached_property
    def _form_places(self) -> Mapping[Any, Any]:
        """Form to the positions of its rows in `values`."""
        return self.records.values.groupby("form").indices

    def values_at(self, name: str, visit: str) -> dict[str, float]:
        """Return participant to the value of a score or number that counts for a visit."""
        return {who: reading.value for (who, at), reading in self.readings(name).items() if at == visit}

    def levels_at(self, name: str, visit: str) -> dict[str, str]:
        """Return participant to the code or text of an item at a visit."""
        form, item = self.resolved.locate(name)
        rows = sorted(
            (row for row in self.item_values(form, item) if row["visit"] == visit),
            key=lambda row: row["repeat"] or 0,
        )
        found = {row["participant"]: _level(row) for row in rows}
        return {who: level for who, level in found.items() if level is not None}

    def study_day(self, visit: str) -> int | None:
        """Return a visit's target day from the first anchor; None where the protocol does not say.

        The day of a visit counted from a later anchor, such as an open-label dose, includes that anchor's
        day.
        """
        plan = self.resolved.protocol.visit(visit)
        anchor = self.resolved.protocol.anchors.get(plan.anchor or "")
        start = anchor.visit if anchor is not None else None
        if (
            plan.day is None
            or start in (None, visit)
            or self.resolved.protocol.visit(start or "").anchor == plan.anchor
        ):
            return plan.day
        base = self.study_day(start or "")
        return None if base is None else base + plan.day

    def when(self, who: str, visit: str) -> Occasion:
        """Return when a visit took place, or was due where it did not take place."""
        occasion = self.occasions.get((who, visit))
        if occasion is not None:
            return occasion
        plan = self.resolved.protocol.visit(visit)
        anchor = self.anchor_dates.get((who, plan.anchor or ""))
        due = None
        if anchor is not None and plan.day is not None:
            due = str((pd.Timestamp(anchor) + pd.Timedelta(days=plan.day)).date())
        return Occasion(due, plan.day)


def gather(resolved: Resolved, records: Records, allocation: Allocation | None) -> Evidence:
    """Put records and allocation together; without an allocation, only what a blinded analysis may see.

    Raises  RecordError when they do not name the same participants, or the allocation an unknown arm
    """
    shown = records if allocation is not None else visible(records, resolved)
    evidence = Evidence(resolved, shown, allocation)
    problems = _problems(evidence)
    if problems:
        raise RecordError("the allocation does not belong to these records", problems)
    return evidence


def _problems(evidence: Evidence) -> list[Problem]:
    if evidence.allocation is None:
        return []
    stated = [who for who, row in evidence.participants.items() if row["randomized_date"] is not None]
    return [
        *check_arms(evidence.allocation, [arm.id for arm in evidence.resolved.protocol.arms]),
        *(
            Problem(f"participant {who} has an arm but no row among the participants", path="allocation")
            for who in evidence.assigned
            if who not in evidence.participants
        ),
        *(
            Problem(f"participant {who} was randomized but has no row in the allocation", path="allocation")
            for who in stated
            if who not in evidence.assigned
        ),
    ]


def _level(row: Row) -> str | None:
    if row["number"] is not None:
        return f"{row['number']:g}"
    found = row["code"] or row["text"]
    return None if found is None else str(found)
