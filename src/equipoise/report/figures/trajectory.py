"""Means over time with their intervals, by arm, and where the randomized comparison ends.

Holds the drawing of one score. A mean without an interval is drawn as a bare marker.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import axes, svg
from equipoise.report.figures.axes import LABEL_GAP, Box
from equipoise.report.figures.scale import Linear, TimeAxis, both_sides, spread, ticks, time_axis
from equipoise.report.figures.svg import Canvas

WIDE_HEIGHT, NARROW_HEIGHT = 270.0, 230.0
DODGE = 3.0
CAP = 3.0
DIFFERENCE_HEIGHT = 132.0
"""Height of the panel of differences."""


@dataclass(frozen=True)
class Point:
    """The mean of an arm on a day; interval ends None where there is none; `n` participants.

    hollow  drawn as an outline: a difference that was described and not tested
    """

    day: float
    mean: float
    low: float | None
    high: float | None
    n: int | None
    hollow: bool = False


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
    differences     differences between arms, drawn in a panel of their own below; none without them
    difference_axis what that panel's axis shows
    none            the words at its zero, where there is one course of differences
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
    differences: tuple[Course, ...] = ()
    difference_axis: str = ""
    none: str = "No difference"


@dataclass(frozen=True)
class _Plot:
    x: TimeAxis
    y: Linear
    box: Box


def draw(figure: Trajectory, canvas: Canvas) -> Markup:
    """Return the figure."""
    plot, marks = _plot(figure, canvas)
    days = sorted({point.day for course in figure.courses for point in course.points})
    content = [*_after(figure, canvas, plot), *axes.upward(canvas, plot.box, plot.y, marks=marks)]
    content += axes.along(canvas, plot.box, plot.x, marks=days)
    content.append(svg.paragraph(_head(figure, canvas), 0, canvas.font, canvas=canvas, class_="axis-title"))
    for place, course in enumerate(figure.courses):
        content.append(_course(course, plot, shift=DODGE * (2 * place - len(figure.courses) + 1)))
    content += _labels(figure.courses, canvas, plot)
    below, box = _differences(figure, canvas, plot, days=days)
    named, foot = axes.name_along(canvas, box, figure.time)
    content += [*below, *named]
    counts, foot = _counts(figure, canvas, plot, top=foot + 0.3 * canvas.line)
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
    named = [course.label for course in figure.courses] + (figure.none.split() if figure.differences else [])
    widest = max((svg.measure(one, canvas.font) for one in named), default=0.0)
    right = canvas.width - min(widest + 22, canvas.width * (0.22 if canvas.wide else 0.26))
    left = max(axes.margin(canvas, marks), _count_width(figure, canvas))
    top = canvas.line * (0.6 + len(_head(figure, canvas)) + (0 if canvas.wide else 1.2))
    bottom = top + (WIDE_HEIGHT if canvas.wide else NARROW_HEIGHT)
    inset = 12.0
    x = time_axis(
        sorted({one.day for one in points}),
        break_day=figure.unblinding_day,
        start=left + inset,
        end=right - inset,
    )
    return _Plot(x, Linear(marks[0], marks[-1], bottom, top), Box(left, right, top, bottom)), marks


def _differences(
    figure: Trajectory, canvas: Canvas, plot: _Plot, *, days: Sequence[float]
) -> tuple[list[Markup], Box]:
    """Draw the differences below the means, on the same days; return them and the lowest box."""
    points = [point for course in figure.differences for point in course.points]
    if not points:
        return [], plot.box
    values = [value for one in points for value in (one.mean, one.low, one.high) if value is not None]
    marks = both_sides(ticks(min(0.0, *values), max(0.0, *values), wanted=4), 0.0)
    head = svg.wrap(figure.difference_axis, canvas.width, canvas.font)
    above = plot.box.bottom + canvas.line * 2.6
    top = above + canvas.line * (len(head) - 0.4)
    box = Box(plot.box.left, plot.box.right, top, top + DIFFERENCE_HEIGHT)
    lower = _Plot(plot.x, Linear(marks[0], marks[-1], box.bottom, box.top), box)
    drawn = [svg.paragraph(head, 0, above, canvas=canvas, class_="axis-title")]
    drawn += axes.upward(canvas, box, lower.y, marks=marks)
    drawn += axes.along(canvas, box, plot.x, marks=days)
    drawn.append(svg.line(box.left, lower.y(0), box.right, lower.y(0), class_="zero"))
    for place, course in enumerate(figure.differences):
        shift = 2 * DODGE * (2 * place - len(figure.differences) + 1)
        drawn.append(_course(course, lower, shift=shift, joined=False))
    if len(figure.differences) > 1:
        return [*drawn, *_labels(figure.differences, canvas, lower)], box
    none = svg.wrap(figure.none, canvas.width - box.right - LABEL_GAP, canvas.font)
    return [*drawn, _beside(none, canvas, box, y=lower.y(0))], box


def _beside(lines: Sequence[str], canvas: Canvas, box: Box, *, y: float) -> Markup:
    """Print words at the right end of a line."""
    first = y - (len(lines) - 1) * canvas.line / 2 + canvas.font * 0.35
    return svg.paragraph(lines, box.right + LABEL_GAP, first, canvas=canvas, class_="side")


def _after(figure: Trajectory, canvas: Canvas, plot: _Plot) -> list[Markup]:
    """Shade the days after unblinding and say what they are not."""
    if figure.unblinding_day is None or plot.x.after is None:
        return []
    x, box = plot.x(figure.unblinding_day), plot.box
    drawn = [
        svg.rect(x, box.top, box.right - x, box.bottom - box.top, class_="shade"),
        svg.line(x, box.top - (0 if canvas.wide else 4), x, box.bottom, class_="unblinding"),
    ]
    if canvas.wide:
        lines = svg.wrap(figure.after, box.right - x - 14, canvas.font)
        return [*drawn, svg.paragraph(lines, x + 8, box.top + canvas.line, canvas=canvas, class_="note")]
    return [*drawn, svg.text(figure.after, box.right, box.top - 8, anchor="end", class_="note")]


def _course(course: Course, plot: _Plot, *, shift: float, joined: bool = True) -> Markup:
    places = [(plot.x(point.day) + shift, plot.y(point.mean), point) for point in course.points]
    drawn = [svg.path([(x, y) for x, y, _ in places], class_="mean")] if joined and len(places) > 1 else []
    for x, y, point in places:
        if point.low is not None and point.high is not None:
            low, high = plot.y(point.low), plot.y(point.high)
            drawn.append(svg.line(x, low, x, high, class_="interval"))
            drawn += [svg.line(x - CAP, end, x + CAP, end, class_="interval") for end in (low, high)]
        kind, style = svg.arm_marker(course.place), "mark hollow" if point.hollow else "mark"
        drawn.append(svg.marker(kind, x, y, class_=style, radius=svg.MARKER_RADIUS - 0.5))
    return svg.group(*drawn, class_=svg.arm_class(course.place))


def _labels(courses: Sequence[Course], canvas: Canvas, plot: _Plot) -> list[Markup]:
    """Name each line at its end, moved apart where they would touch."""
    ended, box = [course for course in courses if course.points], plot.box
    room = canvas.width - box.right - 4
    texts = [svg.wrap(course.label, room, canvas.font) for course in ended]
    tallest = max((len(lines) for lines in texts), default=1) * canvas.line
    wanted = [plot.y(course.points[-1].mean) for course in ended]
    half = tallest / 2
    places = spread(wanted, gap=tallest + 3, low=box.top + half, high=box.bottom - half)
    drawn = []
    for course, lines, y in zip(ended, texts, places, strict=True):
        first = y - (len(lines) - 1) * canvas.line / 2 + canvas.font * 0.35
        drawn.append(svg.paragraph(lines, box.right + 4, first, canvas=canvas, class_="direct"))
        last = course.points[-1]
        start = plot.x(last.day) + 7
        drawn.append(
            svg.group(
                svg.line(start, plot.y(last.mean), box.right + 1, y, class_="leader"),
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
            drawn.append(svg.text(_short(course.label, plot.box.left - 14, canvas.font), 0, y))
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
