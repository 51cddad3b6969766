"""When visits are planned: targets and windows counted from anchors, in the site's own days.

Holds the arithmetic of the schedule. Refuses to read the database: it is handed dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from equipoise.conduct.capture.models import LOG
from equipoise.protocol import Resolved
from equipoise.protocol.schedule import Visit


@dataclass(frozen=True, slots=True)
class Window:
    """When a visit is to take place, as dates at the site.

    provisional   True when it counts from an anchor that is only planned, though it needs the actual one
    """

    target: date
    opens: date
    closes: date
    provisional: bool

    def holds(self, day: date) -> bool:
        """Whether a day lies within the window, both ends included."""
        return self.opens <= day <= self.closes


def window(visit: Visit, *, planned: Mapping[str, date], actual: Mapping[str, date]) -> Window | None:
    """Return a visit's window; None while its anchor has no date, or the visit is not planned for a day.

    planned, actual   anchor to the day it is planned for, and took place
    A visit with `planned_anchor` counts from the plan, others from the day the anchor took place.
    """
    if visit.anchor is None or visit.day is None:
        return None
    happened, intended = actual.get(visit.anchor), planned.get(visit.anchor)
    start = (intended or happened) if visit.planned_anchor else (happened or intended)
    if start is None:
        return None
    before, after = visit.window_days or (0, 0)
    try:
        target = start + timedelta(days=visit.day)
        opens, closes = target + timedelta(days=before), target + timedelta(days=after)
    except OverflowError:
        return None
    return Window(target, opens, closes, provisional=happened is None and not visit.planned_anchor)


def minutes(resolved: Resolved, visit: str, form: str) -> tuple[int, ...]:
    """Return the minutes from the dose at which a form is filled at a visit; empty where no clock runs."""
    if visit == LOG:
        return ()
    session = resolved.protocol.visit(visit).session
    held = next((one for one in resolved.protocol.sessions if one.id == session), None)
    clocks = [one for one in (held.vitals, *held.ratings) if one is not None] if held else []
    return next((one.minutes for one in clocks if one.form == form), ())
