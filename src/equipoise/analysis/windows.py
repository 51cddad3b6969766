"""Which value counts for which visit: analysis windows and repeated visits.

Holds the assignment of values to visits. A value counts for one visit at most. Refuses to fill in anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from equipoise.protocol import Protocol
from equipoise.protocol.plan import AnalysisWindow
from equipoise.protocol.schedule import Visit

ISO_DATE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a visit took place: ISO date, and day from the visit's anchor; None where not known."""

    date: str | None
    day: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One value and when it was taken.

    value   in the score's unit
    visit   the visit it was entered under, which an analysis window may have changed
    """

    value: float
    visit: str
    date: str | None
    day: float | None


Anchors = Mapping[tuple[str, str], str]
Occasions = Mapping[tuple[str, str], Occasion]
Plan = Mapping[str, Visit]


def days_between(first: str, last: str) -> int:
    """Return the days from one ISO date to another."""
    return (date.fromisoformat(last[:ISO_DATE_LENGTH]) - date.fromisoformat(first[:ISO_DATE_LENGTH])).days


def assign(
    rows: Iterable[Mapping[str, Any]], *, protocol: Protocol, occasions: Occasions, anchors: Anchors
) -> dict[tuple[str, str], Reading]:
    """Return (participant, visit) to the reading that counts, for the values of one score.

    rows    participant, visit, repeat, day, value; no value missing
    A visit without a window keeps its own value, the last repeat where there are several. A visit with a
    window takes the closest, first or last value whose day from the visit's anchor lies in it, whatever visit
    it was entered under; of equally close values the one entered under the visit itself, then the earlier
    one.
    """
    windows = {window.visit: window for window in protocol.analysis_windows}
    plan = {visit.id: visit for visit in protocol.visits}
    own: dict[tuple[str, str], tuple[float, Reading]] = {}
    found: dict[tuple[str, str], list[Reading]] = {}
    for row in rows:
        who, visit = row["participant"], row["visit"]
        occasion = occasions.get((who, visit), Occasion(None, None))
        day = row["day"] if row["day"] is not None else occasion.day
        reading = Reading(float(row["value"]), visit, occasion.date, day)
        window = _window_of(who, reading, windows=windows, plan=plan, anchors=anchors)
        if window is not None:
            found.setdefault((who, window.visit), []).append(reading)
        elif visit not in windows and (row["repeat"] or 0) >= own.get((who, visit), (-1, reading))[0]:
            own[who, visit] = (row["repeat"] or 0, reading)
    chosen = {
        (who, visit): _choose(readings, who=who, window=windows[visit], plan=plan, anchors=anchors)
        for (who, visit), readings in found.items()
    }
    return {**{key: reading for key, (_, reading) in own.items()}, **chosen}


def _window_of(
    who: str,
    reading: Reading,
    *,
    windows: Mapping[str, AnalysisWindow],
    plan: Plan,
    anchors: Anchors,
) -> AnalysisWindow | None:
    """Return the window a reading falls in, that of its own visit first."""
    for window in sorted(windows.values(), key=lambda one: one.visit != reading.visit):
        day = _day_for(who, reading, visit=window.visit, plan=plan, anchors=anchors)
        if day is not None and window.from_day <= day <= window.to_day:
            return window
    return None


def _day_for(who: str, reading: Reading, *, visit: str, plan: Plan, anchors: Anchors) -> float | None:
    """Return a reading's day counted from another visit's anchor; None when that cannot be known."""
    anchor = plan[visit].anchor
    if plan[reading.visit].anchor == anchor:
        return reading.day
    start = anchors.get((who, anchor or ""))
    return days_between(start, reading.date) if start and reading.date else None


def _choose(
    readings: list[Reading], *, who: str, window: AnalysisWindow, plan: Plan, anchors: Anchors
) -> Reading:
    target = plan[window.visit].day
    middle = (window.from_day + window.to_day) / 2 if target is None else target

    def day(reading: Reading) -> float:
        return _day_for(who, reading, visit=window.visit, plan=plan, anchors=anchors) or 0.0

    def rank(reading: Reading) -> tuple[float, bool, float, float]:
        away = {"closest": abs(day(reading) - middle), "first": day(reading), "last": -day(reading)}
        return away[window.choose], reading.visit != window.visit, day(reading), reading.value

    return min(readings, key=rank)
