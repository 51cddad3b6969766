"""Intercurrent events: when each happened to whom, and what an estimand's strategy makes of a value.

Holds detection and the five strategies of ICH E9(R1). Refuses a strategy the data cannot support.

An event before treatment began (before randomization where nobody was treated) is history, not intercurrent.
An event counts against a value when it came on an earlier day; on the day of a visit it counts as later,
since the visit's ratings are then mostly done. An event without any date counts as earlier.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise import expressions
from equipoise.analysis.evidence import Evidence, Row
from equipoise.analysis.table_rows import table_rows
from equipoise.analysis.windows import ISO_DATE_LENGTH, Occasion, Reading
from equipoise.errors import FitError
from equipoise.expressions import Name
from equipoise.protocol.plan import Detection, Estimand, IntercurrentEvent

STOPPED_TREATMENT = frozenset({"not_received", "discontinued"})
STANDARD_TABLES = frozenset({"adverse_events", "medications"})
"""Standard forms that records keep in a table of their own."""

FLAGS = ("serious", "related")

Occurrences = dict[str, Occasion]


def occurrences(evidence: Evidence, event: IntercurrentEvent) -> Occurrences:
    """Return participant to the first time the event happened.

    Found by the protocol's rule, and in the records' own table of intercurrent events.
    Works without an allocation.
    """
    if event.id not in evidence.found_events:
        found: dict[str, list[Occasion]] = {}
        for who, occasion in (*_recorded(evidence, event.id), *_detected(evidence, event.detect)):
            if not _is_history(evidence, who, occasion):
                found.setdefault(who, []).append(occasion)
        evidence.found_events[event.id] = {who: min(found[who], key=_earliness) for who in sorted(found)}
    return evidence.found_events[event.id]


def happened_before(event: Occasion, visit: Occasion) -> bool:
    """Return whether an event came on an earlier day than a visit; an undated event counts as earlier.

    A date known only to the month or year counts from its first day.
    """
    if event.date is not None and visit.date is not None:
        return event.date[:ISO_DATE_LENGTH] < visit.date[:ISO_DATE_LENGTH]
    if event.day is not None and visit.day is not None:
        return event.day < visit.day
    return True


@dataclass(frozen=True)
class Handling:
    """What the strategies make of one estimand's values.

    readings   participant to the reading that counts; those made missing are absent
    failed     participants whom a composite strategy counts as failures
    notes      how many values were touched, and how
    """

    readings: dict[str, Reading]
    failed: frozenset[str]
    notes: tuple[str, ...]


def handle(evidence: Evidence, estimand: Estimand, readings: Mapping[str, Reading]) -> Handling:
    """Apply an estimand's strategies to its values, participant to reading at the estimand's visit.

    Raises  FitError for principal strata, which randomized groups alone do not show
    """
    kept, failed, notes = dict(readings), set[str](), list[str]()
    for handled in estimand.intercurrent_events:
        event = next(one for one in evidence.resolved.protocol.intercurrent_events if one.id == handled.event)
        if handled.strategy == "principal_stratum":
            raise FitError(
                f"a principal stratum by `{event.id}` cannot be estimated: who would have had the event "
                "in the other arm is not observed; choose another strategy"
            )
        touched = affected(evidence, estimand, event)
        if handled.strategy == "composite":
            failed |= touched
        elif handled.strategy == "hypothetical":
            kept = {who: reading for who, reading in kept.items() if who not in touched}
        elif handled.strategy == "while_on_treatment":
            kept = _last_before(evidence, estimand, event, touched=touched, readings=kept)
        if touched and handled.strategy != "treatment_policy":
            notes.append(f"{event.id} ({handled.strategy}): {len(touched)} affected")
    return Handling(kept, frozenset(failed), tuple(notes))


def affected(evidence: Evidence, estimand: Estimand, event: IntercurrentEvent) -> set[str]:
    """Return the participants to whom the event happened before the estimand's visit, held or due."""
    visit = estimand.variable.visit
    readings = evidence.readings(estimand.variable.score)

    def taken(who: str) -> Occasion:
        reading = readings.get((who, visit))
        return evidence.when(who, visit) if reading is None else Occasion(reading.date, reading.day)

    found = occurrences(evidence, event)
    return {who for who, when in found.items() if happened_before(when, taken(who))}


def _last_before(
    evidence: Evidence,
    estimand: Estimand,
    event: IntercurrentEvent,
    *,
    touched: set[str],
    readings: Mapping[str, Reading],
) -> dict[str, Reading]:
    """Replace each touched value by the last one taken until the event, after the baseline."""
    protocol, name = evidence.resolved.protocol, estimand.variable.score
    order = [visit.id for visit in protocol.visits]
    start = estimand.variable.baseline or protocol.baseline_visit
    first = order.index(start) + 1 if start in order else 0
    when = occurrences(evidence, event)
    kept = {who: reading for who, reading in readings.items() if who not in touched}
    for visit in order[first : order.index(estimand.variable.visit) + 1]:
        for (who, at), reading in evidence.readings(name).items():
            if at == visit and who in touched and not _after(reading, when[who]):
                kept[who] = reading
    return kept


def _after(reading: Reading, event: Occasion) -> bool:
    return happened_before(event, Occasion(reading.date, reading.day))


def _is_history(evidence: Evidence, who: str, event: Occasion) -> bool:
    """Whether an event came before treatment; known to the month only, in an earlier month."""
    start = evidence.treatment_dates.get(who)
    if event.date is not None and start is not None:
        return event.date[:ISO_DATE_LENGTH] < start[: len(event.date)]
    return event.date is None and event.day is not None and event.day < 0


def _recorded(evidence: Evidence, event: str) -> Iterator[tuple[str, Occasion]]:
    for row in table_rows(evidence.records.intercurrent_events):
        if row["event"] == event:
            yield row["participant"], Occasion(row["date"], row["day"])


def _detected(evidence: Evidence, detect: Detection) -> Iterator[tuple[str, Occasion]]:
    if detect.visit is not None:
        for (who, visit), occasion in evidence.occasions.items():
            if visit == detect.visit:
                yield who, occasion
    elif detect.disposition is not None:
        yield from _disposed(evidence, detect.disposition)
    elif detect.form is not None:
        yield from _logged(evidence, detect.form, detect)


def _disposed(evidence: Evidence, wanted: str) -> Iterator[tuple[str, Occasion]]:
    for row in evidence.dispositions:
        stopped = row["stage"] == "treatment" and row["status"] in STOPPED_TREATMENT
        if (row["stage"] == "study" and row["status"] == wanted) or (
            stopped and wanted == "discontinued_treatment"
        ):
            yield row["participant"], Occasion(row["date"], row["day"])


def _logged(evidence: Evidence, form: str, detect: Detection) -> Iterator[tuple[str, Occasion]]:
    rule = expressions.parse(detect.when) if detect.when else None
    for who, entries in logged(evidence, form):
        meant = rule is None or rule.evaluate(_lookup(form, entries, evidence.facts(who))) is True
        if meant:
            yield who, Occasion(entries.get(detect.date) if detect.date else entries.get("@date"), None)


def _lookup(form: str, entries: Row, facts: Callable[[Name], object]) -> Callable[[Name], object]:
    def look(name: Name) -> object:
        if name.form in (None, form) and name.visit is None:
            return entries.get(name.item)
        return facts(name)

    return look


def logged(evidence: Evidence, form: str) -> Iterator[tuple[str, Row]]:
    """Yield (participant, items) for each row of a log or form; `@date` holds the date of its visit."""
    standard = evidence.resolved.protocol.form(form).standard
    if standard in STANDARD_TABLES:
        for row in table_rows(getattr(evidence.records, standard)):
            yield row["participant"], _as_answers(row)
    entries: dict[tuple[Any, ...], Row] = {}
    for row in evidence.form_values(form):
        key = (row["participant"], row["visit"], row["repeat"], row["row"])
        occasion = evidence.occasions.get((row["participant"], row["visit"]))
        entry = entries.setdefault(key, {"@date": occasion.date if occasion else None})
        entry[row["item"]] = _answer(row)
    for key, entry in entries.items():
        yield key[0], entry


def _as_answers(row: Row) -> Row:
    """Return a table's row as the form's answers: flags are codes there."""
    flags = {name: str(int(row[name])) for name in FLAGS if row.get(name) is not None}
    return {**row, **flags}


def _answer(row: Row) -> Any:
    return next((row[kind] for kind in ("number", "code", "text", "date") if row[kind] is not None), None)


def _earliness(occasion: Occasion) -> tuple[bool, str, bool, float]:
    """Sort undated occasions first, since they count as earlier than anything."""
    return (
        occasion.date is not None,
        occasion.date or "",
        occasion.day is not None,
        occasion.day if occasion.day is not None else 0.0,
    )
