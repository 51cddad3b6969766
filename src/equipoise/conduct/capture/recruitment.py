"""How recruitment goes against the plan, month by month: counts, and the small figure of them.

Holds arithmetic and geometry. Refuses to know who entered: it is handed days.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MONTHS_A_YEAR = 12
MOST_MONTHS = 36
"""Months shown: a longer recruitment shows its last ones."""
WIDTH, HEIGHT, MARGIN, LABELS = 280, 96, 8, 52
LABEL_ROOM = 14
"""Height of a line of the figure's text."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of recruitment.

    first     its first day
    entered   how many entered in it; total   up to its end
    planned   how many were planned up to its end; None without a plan
    """

    first: date
    entered: int
    total: int
    planned: int | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The figure: points of a polyline for what happened and what was planned, and where each one ends.

    actual, plan   "x,y x,y ..."; plan empty without one
    """

    actual: str
    plan: str
    end_x: float
    actual_y: float
    plan_y: float
    low_y: float = HEIGHT - MARGIN
    width: int = WIDTH
    height: int = HEIGHT


def months(
    entered_on: Iterable[date], *, today: date, planned_n: int | None, per_month: float | None
) -> tuple[Month, ...]:
    """Return every month from the first entry to today; none while nobody has entered.

    per_month   how many the protocol plans a month; counted from the month of the first entry
    """
    counted = Counter(_number(day) for day in entered_on)
    if not counted:
        return ()
    begin, end = min(counted), max(_number(today), *counted)
    found, total = [], 0
    for number in range(begin, end + 1):
        total += counted[number]
        found.append(
            Month(_first(number), counted[number], total, _planned(number - begin + 1, planned_n, per_month))
        )
    return tuple(found[-MOST_MONTHS:])


def _planned(after: int, planned_n: int | None, per_month: float | None) -> int | None:
    if per_month is None:
        return None
    planned = round(after * per_month)
    return planned if planned_n is None else min(planned, planned_n)


def _number(day: date) -> int:
    return day.year * MONTHS_A_YEAR + day.month - 1


def _first(number: int) -> date:
    year, month = divmod(number, MONTHS_A_YEAR)
    return date(year, month + 1, 1)


def draw(course: tuple[Month, ...]) -> Curve | None:
    """Return the figure; None while nobody has entered. Its line begins before the first month, at nobody."""
    if not course:
        return None
    before = course[0].total - course[0].entered
    actual = [before, *(month.total for month in course)]
    plan = [month.planned for month in course if month.planned is not None]
    # The plan of the months before those shown is not needed: it begins where the first one shown begins.
    start = 0 if before == 0 else plan[0] if plan else 0
    planned = [start, *plan] if plan else []
    high = max(1, *actual, *planned)
    right = WIDTH - LABELS

    def points(values: list[int]) -> list[tuple[float, float]]:
        step = (right - MARGIN) / (len(values) - 1)
        room = HEIGHT - 2 * MARGIN
        return [
            (round(MARGIN + place * step, 1), round(HEIGHT - MARGIN - value / high * room, 1))
            for place, value in enumerate(values)
        ]

    drawn, dotted = points(actual), points(planned) if planned else []
    actual_y = drawn[-1][1]
    return Curve(
        actual=_line(drawn),
        plan=_line(dotted),
        end_x=right + MARGIN / 2,
        actual_y=actual_y,
        plan_y=_apart(dotted[-1][1], actual_y) if dotted else actual_y,
    )


def _line(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _apart(wanted: float, other: float) -> float:
    """Return the height of a label beside another one: at its place, or as far from it as a line needs."""
    if abs(wanted - other) >= LABEL_ROOM:
        return wanted
    above = other - LABEL_ROOM
    return above if wanted < other and above >= 0 else other + LABEL_ROOM
