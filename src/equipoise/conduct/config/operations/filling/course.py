"""A simulated trial as what people do one after the other: who enters, comes, answers, is randomized.

Holds the order of things. Refuses to do any of them: `study` does, through services.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import pandas as pd

from equipoise.conduct.capture.models import LOG
from equipoise.conduct.config.operations.filling.calendar import Calendar
from equipoise.protocol.answer import plain_number
from equipoise.records import Records

SITE = "SEA"
Kind = Literal["enter", "hold", "fill", "randomize", "tell", "fail", "miss", "withdraw"]
ORDER: Mapping[str, int] = {kind: place for place, kind in enumerate(get_args(Kind))}
CONSENT_BEFORE = timedelta(hours=1)
RANDOMIZED_AFTER = timedelta(hours=3)
TOLD_AFTER = timedelta(hours=5)
NOTED_AFTER = timedelta(hours=8)
"""Visits are over when what follows from them is noted."""
KEY = ["participant", "visit", "repeat", "form", "row"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is typed for one item."""

    item: str
    text: str = ""
    missing_reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens.

    participant     by the simulation's name
    visit, repeat   where; visit "log" for entries of a log
    form, row       which page; the reading of a session, or the entry of a log
    on              the day it concerns, where a service asks for it
    """

    at: datetime
    kind: Kind
    participant: str
    visit: str = ""
    repeat: int = 1
    form: str = ""
    row: int = 1
    answers: tuple[Answer, ...] = ()
    on: str = ""
    reason: str = ""


def course(records: Records, when: Calendar, *, common: tuple[str, ...], told_at: str) -> list[Step]:
    """Return everything that happened before today, in order.

    common    visits that everybody is planned to come to
    told_at   visit after which participants are told their arm; "" for none
    """
    steps = [
        *_entering(records, when),
        *_visits(records, when, told_at),
        *_pages(records, when),
        *_adverse_events(records, when),
        *_medications(records, when),
        *_deviations(records, when),
        *_endings(records, when, common),
    ]
    happened = [step for step in steps if step.at.date() < when.today]
    return sorted(happened, key=lambda step: (step.at, ORDER[step.kind]))


def order_of(records: Records) -> list[str]:
    """Return participants in the order of their randomization."""
    rows = records.participants
    given = rows[rows["randomized_date"].notna()]
    return [str(name) for name in given.sort_values("randomized_date", kind="stable")["participant"]]


def _entering(records: Records, when: Calendar) -> Iterator[Step]:
    for row in _rows(records.participants):
        name = row["participant"]
        yield Step(when.instant(row["consent_date"]) - CONSENT_BEFORE, "enter", name)
        if row["randomized_date"]:
            yield Step(when.instant(row["randomized_date"]) + RANDOMIZED_AFTER, "randomize", name)


def _visits(records: Records, when: Calendar, told_at: str) -> Iterator[Step]:
    for row in _rows(records.visits):
        at, on = when.instant(row["date"]), when.text(row["date"])
        yield Step(at, "hold", row["participant"], row["visit"], int(row["repeat"]), on=on)
        if row["visit"] == told_at:
            yield Step(at + TOLD_AFTER, "tell", row["participant"])


def _pages(records: Records, when: Calendar) -> Iterator[Step]:
    pages: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for cells in _rows(records.values):
        pages.setdefault(tuple(cells[name] for name in KEY), []).append(cells)
    for (name, visit, repeat, form, row), page in pages.items():
        answers = tuple(_answer(cells, when) for cells in page)
        at = when.instant(max(cells["collected_at"] for cells in page))
        yield Step(at, "fill", name, visit, int(repeat), form, int(row), answers)


def _answer(cells: dict[str, Any], when: Calendar) -> Answer:
    if cells["missing_reason"]:
        return Answer(cells["item"], missing_reason=cells["missing_reason"])
    if cells["number"] is not None:
        return Answer(cells["item"], plain_number(float(cells["number"])))
    if cells["date"] is not None:
        return Answer(cells["item"], when.text(cells["date"]))
    return Answer(cells["item"], str(cells["code"] if cells["code"] is not None else cells["text"]))


def _adverse_events(records: Records, when: Calendar) -> Iterator[Step]:
    for row in _rows(records.adverse_events):
        ended = row["resolved_at"] is not None and when.over(row["resolved_at"])
        cells = {
            "term": row["term"],
            "onset_at": when.text(row["onset_at"]),
            "ongoing": "0" if ended else "1",
            "resolved_at": when.text(row["resolved_at"]) if ended else None,
            "severity": row["severity"],
            "serious": _flag(row["serious"]),
            "related": _flag(row["related"]),
            "valence": row["valence"],
            "aesi": row["aesi"],
            "outcome": row["outcome"] if ended else "ongoing",
        }
        at = when.instant(row["resolved_at"] if ended else row["onset_at"])
        yield _entry(row, "adverse_events", cells, at=at)


def _medications(records: Records, when: Calendar) -> Iterator[Step]:
    for row in _rows(records.medications):
        cells = {
            "name": row["name"],
            "medication_class": row["medication_class"],
            "start_date": when.text(row["start_date"]),
            "ongoing": "1" if row["end_date"] is None else "0",
            "end_date": when.text(row["end_date"]) if row["end_date"] else None,
            "indication": row["indication"],
        }
        yield _entry(row, "medications", cells, at=when.instant(row["start_date"]) + NOTED_AFTER)


def _deviations(records: Records, when: Calendar) -> Iterator[Step]:
    for row in _rows(records.deviations):
        cells = {name: row[name] for name in ("deviation", "importance", "text")}
        cells["date"] = when.text(row["date"])
        yield _entry(row, "deviations", cells, at=when.instant(row["date"]) + NOTED_AFTER)


def _endings(records: Records, when: Calendar, common: tuple[str, ...]) -> Iterator[Step]:
    """Yield who failed screening, and what the form of leaving says: no dose, and how the study ended.

    Visits that somebody who left, or has completed, never came to were missed.
    """
    came = {(row["participant"], row["visit"]) for row in _rows(records.visits)}
    for row in _rows(records.dispositions):
        name, stage, status = row["participant"], row["stage"], row["status"]
        at, on = when.instant(row["date"]) + NOTED_AFTER, when.text(row["date"])
        if (stage, status) == ("screening", "failed"):
            yield Step(at, "fail", name)
        if (stage, status) == ("treatment", "not_received"):
            status = "discontinued"
        elif stage != "study":
            continue
        cells = {"stage": stage, "status": status, "reason": row["reason"], "date": on}
        yield _entry(row, "disposition", cells, at=at)
        if stage == "study":
            for visit in common:
                if (name, visit) not in came:
                    yield Step(at, "miss", name, visit)
        if status == "withdrew":
            yield Step(at, "withdraw", name, on=on, reason=row["reason"] or "")


def _entry(row: dict[str, Any], form: str, cells: Mapping[str, str | None], *, at: datetime) -> Step:
    answers = tuple(Answer(item, text) for item, text in cells.items() if text)
    return Step(at, "fill", row["participant"], LOG, form=form, answers=answers)


def _flag(value: float | None) -> str | None:
    return None if value is None else str(int(value))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows, None for every cell that holds nothing."""
    clean = table.astype(object).where(table.notna(), None)
    return [{str(name): cell for name, cell in row.items()} for row in clean.to_dict("records")]
