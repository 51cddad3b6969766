"""Study days: how many days a visit lies from the anchor its target day counts from.

Holds the counting in calendar dates. Refuses to count from a planned date: an anchor that has not happened
has no day.
"""

import datetime as dt

import pandas as pd

from equipoise.protocol import Resolved
from equipoise.records.tables import table

_EVENT_COLUMNS = {"consent": "consent_date", "randomization": "randomized_date"}


def with_days(visits: pd.DataFrame, *, participants: pd.DataFrame, resolved: Resolved) -> pd.DataFrame:
    """Return the visits with every missing day counted, where the dates of visit and anchor are known.

    The first occurrence of a visit that is itself the anchor is day 0, dated or not.
    """
    starts = anchor_dates(visits, participants=participants, resolved=resolved)
    anchors = {visit.id: visit.anchor for visit in resolved.protocol.visits}
    columns = {name: visits[name].tolist() for name in visits.columns}
    own = {
        anchor.visit
        for name, anchor in resolved.protocol.anchors.items()
        if anchors.get(anchor.visit or "") == name
    }
    rows = zip(*(columns[name] for name in ("participant", "visit", "repeat", "date", "day")), strict=True)
    columns["day"] = [
        (0 if visit in own and repeat == 1 else days_from(starts.get((one, anchors.get(visit) or "")), date))
        if day != day
        else day
        for one, visit, repeat, date, day in rows
    ]
    return table("visits", columns)


def anchor_dates(
    visits: pd.DataFrame, *, participants: pd.DataFrame, resolved: Resolved
) -> dict[tuple[str, str], str]:
    """Return (participant, anchor) to the anchor's ISO date, where it has happened."""
    found: dict[tuple[str, str], str] = {}
    for name, anchor in resolved.protocol.anchors.items():
        if anchor.visit is not None:
            held = visits[(visits["visit"] == anchor.visit) & visits["date"].notna()].sort_values("repeat")
            pairs = zip(held["participant"], held["date"], strict=True)
        else:
            column = _EVENT_COLUMNS[anchor.event or "consent"]
            known = participants[participants[column].notna()]
            pairs = zip(known["participant"], known[column], strict=True)
        for one, date in pairs:
            found.setdefault((one, name), date)
    return found


def days_from(start: str | None, date: str | None) -> int | None:
    """Return the days from one ISO date to another; None when either is missing."""
    if start is None or date is None:
        return None
    return (dt.date.fromisoformat(date) - dt.date.fromisoformat(start)).days
