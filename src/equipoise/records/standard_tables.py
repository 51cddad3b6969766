"""The tables that standard forms feed: adverse events, medications, doses, sessions and more.

Holds the way from answers to rows of those tables. Refuses to invent: what nobody answered stays missing.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from equipoise.protocol import Resolved
from equipoise.records.dataset import Records
from equipoise.records.days import days_from
from equipoise.records.entries import Entry, entries

Row = dict[str, Any]
SECONDS_AN_HOUR = 3600
DATE_LENGTH = len("2022-03-05")
AE_ITEMS = ("term", "onset_at", "resolved_at", "severity", "valence", "aesi", "outcome")
MEDICATION_ITEMS = ("name", "medication_class", "start_date", "end_date", "indication")
DEVIATION_ITEMS = ("deviation", "date", "importance", "text")


def derive(records: Records, resolved: Resolved) -> dict[str, list[Row]]:
    """Return the rows of every table that a standard form of the protocol feeds.

    records   whose values, visits and participants fit the protocol; other tables are not looked at
    Days count from the calendar date, in UTC, of the participant's first dose.
    """
    filled: dict[str, list[tuple[Entry, Row]]] = {}
    for form in resolved.protocol.forms:
        if form.standard is not None:
            found = sorted(entries(records.values, resolved, form.id).items())
            filled.setdefault(form.standard, []).extend(found)
    exposures = _exposures(filled.get("dose_given", []))
    first_dose = {
        row["participant"]: _date_of(row["taken_at"]) for row in exposures if row["dose_number"] == 1
    }
    return {
        "exposures": exposures,
        "adverse_events": [_event(row, first_dose) for row in _numbered(filled.get("adverse_events", []))],
        "medications": [_chosen(row, MEDICATION_ITEMS) for row in _numbered(filled.get("medications", []))],
        "deviations": [
            {"participant": entry.participant, **_named(items, DEVIATION_ITEMS)}
            for entry, items in filled.get("deviations", [])
        ],
        "sessions": list(_sessions(filled.get("session_attendance", []), records.visits, resolved)),
        "dispositions": list(_dispositions(filled.get("disposition", []), records.participants, first_dose)),
    }


def _exposures(filled: list[tuple[Entry, Row]]) -> list[Row]:
    rows = []
    numbers: dict[str, int] = {}
    for entry, items in sorted(filled, key=lambda one: (one[0].participant, one[1].get("taken_at") or "~")):
        numbers[entry.participant] = numbers.get(entry.participant, 0) + 1
        rows.append(
            {
                "participant": entry.participant,
                "dose_number": numbers[entry.participant],
                "taken_at": items.get("taken_at"),
                "kit": items.get("kit"),
            }
        )
    return rows


def _numbered(filled: list[tuple[Entry, Row]]) -> Iterator[Row]:
    """Yield the rows of a log, numbered from 1 for each participant."""
    numbers: dict[str, int] = {}
    for entry, items in filled:
        numbers[entry.participant] = numbers.get(entry.participant, 0) + 1
        yield {"participant": entry.participant, "row": numbers[entry.participant], **items}


def _named(items: Row, names: tuple[str, ...]) -> Row:
    return {name: items.get(name) for name in names}


def _chosen(row: Row, names: tuple[str, ...]) -> Row:
    return {"participant": row["participant"], "row": row["row"], **_named(row, names)}


def _event(row: Row, first_dose: Mapping[str, str | None]) -> Row:
    onset, end = row.get("onset_at"), row.get("resolved_at")
    return {
        **_chosen(row, AE_ITEMS),
        "onset_day": days_from(first_dose.get(row["participant"]), _date_of(onset)),
        "duration_hours": None if onset is None or end is None else _hours_between(onset, end),
        "serious": _flag(row.get("serious")),
        "related": _flag(row.get("related")),
    }


def _date_of(instant: str | None) -> str | None:
    return None if instant is None else instant[:DATE_LENGTH]


def _hours_between(start: str, end: str) -> float:
    seconds = (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds()
    return seconds / SECONDS_AN_HOUR


def _flag(code: str | None) -> int | None:
    return None if code is None else int(code == "1")


def _sessions(filled: list[tuple[Entry, Row]], visits: pd.DataFrame, resolved: Resolved) -> Iterator[Row]:
    held = {visit.id: visit.session for visit in resolved.protocol.visits}
    keys = zip(visits["participant"], visits["visit"], visits["repeat"], strict=True)
    dates = dict(zip(keys, visits["date"], strict=True))
    for entry, items in filled:
        if held.get(entry.visit) is not None:
            yield {
                "participant": entry.participant,
                "session": held[entry.visit],
                "visit": entry.visit,
                "date": dates.get((entry.participant, entry.visit, entry.repeat)),
                "attended": _flag(items.get("attended")),
                "duration_hours": items.get("duration_hours"),
            }


def _dispositions(
    filled: list[tuple[Entry, Row]], participants: pd.DataFrame, first_dose: Mapping[str, str | None]
) -> Iterator[Row]:
    """Yield randomization and first dose, which have no form of their own, and what the form says."""
    found = [
        (who, {"stage": "randomization", "status": "randomized", "date": date})
        for who, date in zip(participants["participant"], participants["randomized_date"], strict=True)
        if date is not None
    ]
    found += [
        (who, {"stage": "treatment", "status": "received", "date": date}) for who, date in first_dose.items()
    ]
    found += [
        (entry.participant, _named(items, ("stage", "status", "reason", "date"))) for entry, items in filled
    ]
    for who, row in found:
        yield {"participant": who, **row, "day": days_from(first_dose.get(who), row["date"])}
