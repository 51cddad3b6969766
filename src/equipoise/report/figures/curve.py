"""Probabilities along a quantity, such as power by participants: points with their intervals, and formulas.

Holds the drawing. Refuses a point without an interval, except on a formula's line, which has no error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import axes, svg
from equipoise.report.figures.axes import LABEL_GAP, Box
from equipoise.report.figures.scale import Linear, spread, ticks
from equipoise.report.figures.svg import Canvas

WIDE_HEIGHT, NARROW_HEIGHT = 280.0, 240.0
CAP = 3.0
INSET = 14.0
DODGE = 2.5
PERCENT_MARKS = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
LABELS_SHARE = 0.30
"""Largest share of a wide canvas for the names at the lines' ends."""


@dataclass(frozen=True)
class Point:
    """A percentage at a place along the axis, with the ends of its interval."""

    x: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """One line of points; `formula` is the same by formula, (x, percentage), drawn thin."""

    label: str
    place: int
    points: tuple[Point, ...]
    formula: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The figure's content.

    along    what the horizontal axis shows
    upward   what the vertical axis shows, in percent from 0 to 100
    target   a percentage wanted, drawn as a line; None for none
    marked   a place along the axis that a faint line marks, such as the size planned; None for none
    words    what stands at that line
    """

    title: str
    description: str
    curves: tuple[Curve, ...]
    along: str
    upward: str
    target: float | None = None
    marked: float | None = None
    words: str = ""


def draw(figure: Curves, canvas: Canvas) -> Markup:
    """Return the figure."""
    head = svg.wrap(figure.upward, canvas.width, canvas.font)
    names, below = _names(figure, canvas)
    top = canvas.line * (0.8 + len(head) + (1.1 if figure.words else 0.3))
    left = axes.margin(canvas, PERCENT_MARKS)
    right = canvas.width - (4.0 if below else names + LABEL_GAP)
    box = Box(left, right, top, top + (WIDE_HEIGHT if canvas.wide else NARROW_HEIGHT))
    marks = ticks(*_reach(figure))
    x = Linear(marks[0], marks[-1], left + INSET, right - INSET)
    y = Linear(0.0, 100.0, box.bottom, box.top)
    content = [svg.paragraph(head, 0, canvas.font, canvas=canvas, class_="axis-title")]
    content += axes.upward(canvas, box, y, marks=PERCENT_MARKS)
    content += axes.along(canvas, box, x, marks=marks, step=marks[1] - marks[0])
    content += _lines(figure, canvas, box=box, x=x, y=y)
    count = len(figure.curves)
    content += [
        _curve(one, x=x, y=y, shift=DODGE * (2 * place - count + 1))
        for place, one in enumerate(figure.curves)
    ]
    if not below:
        content += _labels(figure, canvas, box=box, x=x, y=y)
    named, foot = axes.name_along(canvas, box, figure.along)
    content += named
    if below:
        drawn, foot = _key(figure, canvas, top=foot + 0.5 * canvas.line)
        content += drawn
    return svg.frame(canvas, foot + 6, title=figure.title, description=figure.description, content=content)


def _reach(figure: Curves) -> tuple[float, float]:
    places = [point.x for one in figure.curves for point in one.points]
    places += [figure.marked] if figure.marked is not None else []
    return min([0.0, *places]), max([0.0, *places])


def _names(figure: Curves, canvas: Canvas) -> tuple[float, bool]:
    """Return the room for names beside the plot, and whether they stand below it instead."""
    if not canvas.wide or _crowded(figure):
        return 0.0, True
    widest = max((svg.measure(one.label, canvas.font) for one in figure.curves), default=0.0)
    return min(widest + 8, canvas.width * LABELS_SHARE), False


def _crowded(figure: Curves) -> bool:
    """Return whether lines do not end at the right, where their names could stand."""
    low, high = _reach(figure)
    return any(one.points[-1].x < (low + high) / 2 for one in figure.curves if one.points)


def _lines(figure: Curves, canvas: Canvas, *, box: Box, x: Linear, y: Linear) -> list[Markup]:
    """Draw the percentage wanted and the place that is marked."""
    drawn = []
    if figure.target is not None:
        drawn.append(svg.line(box.left, y(figure.target), box.right, y(figure.target), class_="zero"))
    if figure.marked is not None:
        at = x(figure.marked)
        drawn.append(svg.line(at, box.top, at, box.bottom, class_="guide"))
        half = svg.measure(figure.words, canvas.font) / 2
        middle = min(max(at, half), canvas.width - half)
        drawn.append(svg.text(figure.words, middle, box.top - 6, anchor="middle", class_="side"))
    return drawn


def _curve(one: Curve, *, x: Linear, y: Linear, shift: float) -> Markup:
    places = [(x(point.x) + shift, y(point.value), point) for point in one.points]
    drawn = []
    if len(one.formula) > 1:
        drawn.append(svg.path([(x(at), y(value)) for at, value in one.formula], class_="formula"))
    if len(places) > 1:
        drawn.append(svg.path([(left, up) for left, up, _ in places], class_="mean"))
    for left, up, point in places:
        low, high = y(point.low), y(point.high)
        drawn.append(svg.line(left, low, left, high, class_="interval"))
        drawn += [svg.line(left - CAP, end, left + CAP, end, class_="interval") for end in (low, high)]
        drawn.append(
            svg.marker(svg.arm_marker(one.place), left, up, class_="mark", radius=svg.MARKER_RADIUS - 0.5)
        )
    return svg.group(*drawn, class_=svg.arm_class(one.place))


def _labels(figure: Curves, canvas: Canvas, *, box: Box, x: Linear, y: Linear) -> list[Markup]:
    """Name each line at its end, moved apart where names would touch."""
    ended = [one for one in figure.curves if one.points]
    texts = [svg.wrap(one.label, canvas.width - box.right - LABEL_GAP, canvas.font) for one in ended]
    heights = [len(lines) * canvas.line for lines in texts]
    gap = max(heights, default=0.0) + 4
    wanted = [y(one.points[-1].value) for one in ended]
    places = spread(wanted, gap=gap, low=box.top, high=box.bottom - gap / 2)
    drawn = []
    for one, lines, middle in zip(ended, texts, places, strict=True):
        first = middle - (len(lines) - 1) * canvas.line / 2 + canvas.font * 0.35
        last = one.points[-1]
        leader = svg.line(x(last.x) + 7, y(last.value), box.right + 3, middle, class_="leader")
        drawn.append(svg.group(leader, class_=svg.arm_class(one.place)))
        drawn.append(svg.paragraph(lines, box.right + LABEL_GAP, first, canvas=canvas, class_="direct"))
    return drawn


def _key(figure: Curves, canvas: Canvas, *, top: float) -> tuple[list[Markup], float]:
    """Name the lines below the plot, each beside its marker, where there is no room at their ends."""
    drawn, at = list[Markup](), top + canvas.line
    for one in figure.curves:
        lines = svg.wrap(one.label, canvas.width - 44, canvas.font)
        sample: Sequence[Markup] = (
            svg.path([(2, at - 4), (34, at - 4)], class_="mean"),
            svg.marker(svg.arm_marker(one.place), 18, at - 4, class_="mark", radius=svg.MARKER_RADIUS - 0.5),
        )
        drawn.append(svg.group(*sample, class_=svg.arm_class(one.place)))
        drawn.append(svg.paragraph(lines, 44, at, canvas=canvas))
        at += len(lines) * canvas.line + 4
    return drawn, at - canvas.line
