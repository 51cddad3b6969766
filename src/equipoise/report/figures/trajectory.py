"""Means over time with their intervals, by arm, and where the randomized comparison ends.

Holds the drawing of one score. A mean without an interval is drawn as a bare marker.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import svg
from equipoise.report.figures.scale import Linear, TimeAxis, label, spread, ticks, time_axis
from equipoise.report.figures.svg import Canvas

WIDE_HEIGHT, NARROW_HEIGHT = 270.0, 230.0
DODGE = 3.0
CAP = 3.0
LEAST_TICK_GAP = 4.0


@dataclass(frozen=True)
class Point:
    """The mean of an arm on a day; interval ends None where there is none; `n` participants."""

    day: float
    mean: float
    low: float | None
    high: float | None
    n: int | None


@dataclass(frozen=True)
class Course:
    """One arm over time, points in order of days."""

    label: str
    place: int
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """The figure's content.

    axis            what the vertical axis shows, with the scale's range
    time            what day 0 is, with the axis's name
    low, high       the scale's ends; None where unknown
    unblinding_day  after it no comparison is randomized; None for never
    after           the words at that line
    """

    title: str
    description: str
    courses: tuple[Course, ...]
    axis: str
    time: str = "Study day"
    low: float | None = None
    high: float | None = None
    unblinding_day: float | None = None
    after: str = "No randomized comparison after this"


@dataclass(frozen=True)
class _Plot:
    x: TimeAxis
    y: Linear
    left: float
    right: float
    top: float
    bottom: float


def draw(figure: Trajectory, canvas: Canvas) -> Markup:
    """Return the figure."""
    plot, marks = _plot(figure, canvas)
    days = sorted({point.day for course in figure.courses for point in course.points})
    content = [*_after(figure, canvas, plot), *_axes(canvas, plot, marks=marks, days=days, time=figure.time)]
    content.append(svg.paragraph(_head(figure, canvas), 0, canvas.font, canvas=canvas, class_="axis-title"))
    for place, course in enumerate(figure.courses):
        content.append(_course(course, plot, shift=DODGE * (2 * place - len(figure.courses) + 1)))
    content += _labels(figure, canvas, plot)
    foot = plot.bottom + 2.3 * canvas.line
    counts, foot = _counts(figure, canvas, plot, top=foot)
    return svg.frame(
        canvas, foot, title=figure.title, description=figure.description, content=[*content, *counts]
    )


def _head(figure: Trajectory, canvas: Canvas) -> list[str]:
    """Return what the vertical axis shows, in as many lines as it needs."""
    return svg.wrap(figure.axis, canvas.width, canvas.font)


def value_range(values: Sequence[float], low: float | None, high: float | None) -> tuple[float, float]:
    """Return the ends of the vertical axis: from the scale's low end, or zero, to above the values."""
    if not values:
        return low or 0.0, high if high is not None else 1.0
    if low is None or low < 0:
        # A scale with both signs, such as a change: zero is what readers compare with.
        return min(0.0, *values), max(0.0, *values)
    start, end = low, max(values)
    return start, end if high is None else min(high, max(end, start + (high - start) / 2))


def _plot(figure: Trajectory, canvas: Canvas) -> tuple[_Plot, list[float]]:
    points = [point for course in figure.courses for point in course.points]
    values = [value for one in points for value in (one.mean, one.low, one.high) if value is not None]
    marks = ticks(*value_range(values, figure.low, figure.high))
    widest = max((svg.measure(course.label, canvas.font) for course in figure.courses), default=0.0)
    right = canvas.width - min(widest + 22, canvas.width * (0.22 if canvas.wide else 0.26))
    left = 2 + max(svg.measure(label(mark, marks[1] - marks[0]), canvas.font) for mark in marks) + 6
    left = max(left, _count_width(figure, canvas))
    top = canvas.line * (0.6 + len(_head(figure, canvas)) + (0 if canvas.wide else 1.2))
    bottom = top + (WIDE_HEIGHT if canvas.wide else NARROW_HEIGHT)
    inset = 12.0
    x = time_axis(
        sorted({one.day for one in points}),
        break_day=figure.unblinding_day,
        start=left + inset,
        end=right - inset,
    )
    return _Plot(x, Linear(marks[0], marks[-1], bottom, top), left, right, top, bottom), marks


def _axes(canvas: Canvas, plot: _Plot, *, marks: list[float], days: list[float], time: str) -> list[Markup]:
    step = marks[1] - marks[0]
    drawn = []
    for mark in marks:
        drawn.append(svg.line(plot.left, plot.y(mark), plot.right, plot.y(mark), class_="grid"))
        text_y = plot.y(mark) + canvas.font * 0.35
        drawn.append(svg.text(label(mark, step), plot.left - 6, text_y, anchor="end", class_="tick"))
    drawn.append(svg.line(plot.left, plot.bottom, plot.right, plot.bottom, class_="axis"))
    last_end = -1.0
    for day in days:
        x = plot.x(day)
        drawn.append(svg.line(x, plot.bottom, x, plot.bottom + 4, class_="axis"))
        half = svg.measure(label(day, 1), canvas.font) / 2
        if x - half > last_end + LEAST_TICK_GAP:
            drawn.append(
                svg.text(label(day, 1), x, plot.bottom + canvas.line, anchor="middle", class_="tick")
            )
            last_end = x + half
    middle = (plot.left + plot.right) / 2
    drawn.append(svg.text(time, middle, plot.bottom + 2 * canvas.line, anchor="middle", class_="axis-title"))
    return drawn


def _after(figure: Trajectory, canvas: Canvas, plot: _Plot) -> list[Markup]:
    """Shade the days after unblinding and say what they are not."""
    if figure.unblinding_day is None or plot.x.after is None:
        return []
    x = plot.x(figure.unblinding_day)
    drawn = [
        svg.rect(x, plot.top, plot.right - x, plot.bottom - plot.top, class_="shade"),
        svg.line(x, plot.top - (0 if canvas.wide else 4), x, plot.bottom, class_="unblinding"),
    ]
    if canvas.wide:
        lines = svg.wrap(figure.after, plot.right - x - 14, canvas.font)
        return [*drawn, svg.paragraph(lines, x + 8, plot.top + canvas.line, canvas=canvas, class_="note")]
    return [*drawn, svg.text(figure.after, plot.right, plot.top - 8, anchor="end", class_="note")]


def _course(course: Course, plot: _Plot, *, shift: float) -> Markup:
    places = [(plot.x(point.day) + shift, plot.y(point.mean), point) for point in course.points]
    drawn = [svg.path([(x, y) for x, y, _ in places], class_="mean")] if len(places) > 1 else []
    for x, y, point in places:
        if point.low is not None and point.high is not None:
            low, high = plot.y(point.low), plot.y(point.high)
            drawn.append(svg.line(x, low, x, high, class_="interval"))
            drawn += [svg.line(x - CAP, end, x + CAP, end, class_="interval") for end in (low, high)]
        drawn.append(
            svg.marker(svg.arm_marker(course.place), x, y, class_="mark", radius=svg.MARKER_RADIUS - 0.5)
        )
    return svg.group(*drawn, class_=svg.arm_class(course.place))


def _labels(figure: Trajectory, canvas: Canvas, plot: _Plot) -> list[Markup]:
    """Name each line at its end, moved apart where they would touch."""
    ended = [course for course in figure.courses if course.points]
    room = canvas.width - plot.right - 4
    texts = [svg.wrap(course.label, room, canvas.font) for course in ended]
    tallest = max((len(lines) for lines in texts), default=1) * canvas.line
    wanted = [plot.y(course.points[-1].mean) for course in ended]
    half = tallest / 2
    places = spread(wanted, gap=tallest + 3, low=plot.top + half, high=plot.bottom - half)
    drawn = []
    for course, lines, y in zip(ended, texts, places, strict=True):
        first = y - (len(lines) - 1) * canvas.line / 2 + canvas.font * 0.35
        drawn.append(svg.paragraph(lines, plot.right + 4, first, canvas=canvas, class_="direct"))
        last = course.points[-1]
        start = plot.x(last.day) + 7
        drawn.append(
            svg.group(
                svg.line(start, plot.y(last.mean), plot.right + 1, y, class_="leader"),
                class_=svg.arm_class(course.place),
            )
        )
    return drawn


def _counts(figure: Trajectory, canvas: Canvas, plot: _Plot, *, top: float) -> tuple[list[Markup], float]:
    """Print how many participants stand behind each mean, below the axis."""
    if not any(point.n is not None for course in figure.courses for point in course.points):
        return [], top
    y = top + canvas.line * 0.8
    drawn = [svg.text("Participants", 0, y, class_="strong")]
    for course in figure.courses:
        lines = svg.wrap(course.label, canvas.width, canvas.font) if not canvas.wide else []
        if lines:
            y += canvas.line * len(lines)
            drawn.append(svg.paragraph(lines, 0, y - canvas.line * (len(lines) - 1), canvas=canvas))
        y += canvas.line
        if canvas.wide:
            drawn.append(svg.text(_short(course.label, plot.left - 14, canvas.font), 0, y))
        last_end = -1.0
        for point in course.points:
            text = "" if point.n is None else str(point.n)
            half = svg.measure(text, canvas.font) / 2
            if text and plot.x(point.day) - half > last_end + 2:
                drawn.append(svg.text(text, plot.x(point.day), y, anchor="middle", class_="tick"))
                last_end = plot.x(point.day) + half
    return drawn, y + canvas.line * 0.6


def _count_width(figure: Trajectory, canvas: Canvas) -> float:
    """Return the room the counts' labels ask for left of a wide plot."""
    if not canvas.wide:
        return 0.0
    widest = max((svg.measure(course.label, canvas.font) for course in figure.courses), default=0.0)
    return min(widest + 18, canvas.width * 0.18)


def _short(text: str, width: float, font: float) -> str:
    return svg.wrap(text, max(width, font * 4), font)[0]
