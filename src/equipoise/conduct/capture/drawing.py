"""The line of a participant's visits as coordinates: days on a scale that gives the first days room.

Holds geometry only. The scale is the signed square root of the days from the anchor: the days round a dose,
when most happens, lie apart, and half a year still fits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from equipoise.conduct.capture.lines import Timeline, VisitLine

WIDTH, MARGIN = 1100, 40
LINE_Y, TICK_Y, HEIGHT = 66, 92, 128
LABEL_ROWS = (32, 16, 108, 122)
"""Heights at which labels may stand: two above the line, two below."""
LABEL_WIDTH = 46
"""Room a label needs: ids are short."""
TICKS = (-42, -28, -21, -14, -7, 0, 7, 14, 28, 56, 84, 168, 365)
TICK_ROOM = 34
HALF_SQUARE = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit on the line: its dot at x, its window from x_open to x_close, its label at label_y."""

    visit: VisitLine
    x: float
    x_open: float
    x_close: float
    label_y: int
    half: bool
    chosen: bool

    @property
    def x_lock(self) -> float:
        """Where the square of a locked visit begins."""
        return self.x - HALF_SQUARE


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on the scale."""

    x: float
    day: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """The line: marks, ticks, where the anchor and today stand."""

    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    anchor_x: float
    today_x: float | None
    anchor: str
    width: int = WIDTH
    height: int = HEIGHT
    line_y: int = LINE_Y
    tick_y: int = TICK_Y


def draw(line: Timeline, chosen: VisitLine | None) -> Drawing | None:
    """Return the drawing; None while no visit has a day."""
    dated = [one for one in line.visits if (one.held_on or one.target) is not None]
    if not dated:
        return None
    zero, anchor = _zero(line)
    days = [_day(one, zero) for one in dated]
    edges = [((edge or zero) - zero).days for one in dated for edge in (one.opens, one.closes) if edge]
    low, high = _root(min([*days, *edges, 0])), _root(max([*days, *edges, 1]))

    def x(day: float) -> float:
        return round(MARGIN + (_root(day) - low) / (high - low) * (WIDTH - 2 * MARGIN), 1)

    placed: list[Mark] = []
    last = dict.fromkeys(LABEL_ROWS, -math.inf)
    for day, one in sorted(zip(days, dated, strict=True), key=lambda pair: pair[0]):
        at = x(day)
        row = next(
            (row for row in LABEL_ROWS if at - last[row] >= LABEL_WIDTH), min(last, key=lambda r: last[r])
        )
        last[row] = at
        opens = x((one.opens - zero).days) if one.opens else at
        closes = x((one.closes - zero).days) if one.closes else at
        half = one.state == "in_progress"
        placed.append(Mark(one, at, opens, closes, row, half, one is chosen))
    today = (line.today - zero).days
    shown = x(today) if low <= _root(today) <= high else None
    return Drawing(tuple(placed), _ticks(x, low, high), x(0), shown, anchor)


def _zero(line: Timeline) -> tuple[date, str]:
    for one in line.anchors:
        if one.actual_on or one.planned_on:
            return one.actual_on or one.planned_on or line.entered_on, one.label
    return line.entered_on, ""


def _day(one: VisitLine, zero: date) -> int:
    return ((one.held_on or one.target or zero) - zero).days


def _root(day: float) -> float:
    return math.copysign(math.sqrt(abs(day)), day)


def _ticks(x: Callable[[float], float], low: float, high: float) -> tuple[Tick, ...]:
    found: list[Tick] = []
    for day in TICKS:
        if low <= _root(day) <= high:
            at = x(day)
            if not found or at - found[-1].x >= TICK_ROOM:
                found.append(Tick(at, day))
    return tuple(found)
