"""Every participant's own course, one panel an arm.

Holds lines without names: nobody is to be recognized. A blinded report has none; sections see to that.
"""

from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report import numerals
from equipoise.report.figures import svg
from equipoise.report.figures.axes import LEAST_TICK_GAP
from equipoise.report.figures.scale import Linear, TimeAxis, label, ticks, time_axis
from equipoise.report.figures.svg import Canvas
from equipoise.report.figures.trajectory import value_range

PANEL_HEIGHT = 210.0
GAP = 22.0
WIDE_COLUMNS = 3
MANY = 60
"""More lines than this in a panel are drawn fainter, or the mean would drown."""

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Panel:
    """One arm: a line of (day, value) per participant and the line of their means."""

    label: str
    place: int
    lines: tuple[Line, ...]
    mean: Line


@dataclass(frozen=True, kw_only=True)
class Individuals:
    """The figure's content; the fields are those of a trajectory, `days` the planned days to mark."""

    title: str
    description: str
    panels: tuple[Panel, ...]
    days: tuple[float, ...]
    axis: str
    time: str = "Study day"
    low: float | None = None
    high: float | None = None
    unblinding_day: float | None = None


def draw(figure: Individuals, canvas: Canvas) -> Markup:
    """Return the figure."""
    values = [value for panel in figure.panels for one in panel.lines for _, value in one]
    days = [day for panel in figure.panels for one in panel.lines for day, _ in one]
    marks = ticks(*value_range(values, figure.low, figure.high if figure.high is not None else None))
    columns = min(len(figure.panels), WIDE_COLUMNS) if canvas.wide else 1
    margin = 8 + max(svg.measure(label(mark, marks[1] - marks[0]), canvas.font) for mark in marks)
    width = (canvas.width - GAP * (columns - 1)) / max(1, columns)
    tall = PANEL_HEIGHT + canvas.line * 3.8
    head = svg.wrap(figure.axis, canvas.width, canvas.font)
    content = [svg.paragraph(head, 0, canvas.font, canvas=canvas, class_="axis-title")]
    above = canvas.line * (0.2 + len(head))
    for place, panel in enumerate(figure.panels):
        row, column = divmod(place, columns)
        left, top = column * (width + GAP), above + row * tall
        content.append(
            _panel(
                panel,
                figure,
                canvas,
                marks=marks,
                days=days,
                box=(left + margin, left + width, top + canvas.line * 1.5),
            )
        )
    rows = -(-len(figure.panels) // max(1, columns))
    height = above + rows * tall
    return svg.frame(canvas, height, title=figure.title, description=figure.description, content=content)


def _panel(
    panel: Panel,
    figure: Individuals,
    canvas: Canvas,
    *,
    marks: list[float],
    days: list[float],
    box: tuple[float, float, float],
) -> Markup:
    left, right, top = box
    bottom = top + PANEL_HEIGHT
    x = time_axis([*days, *figure.days], break_day=figure.unblinding_day, start=left + 8, end=right - 14)
    y = Linear(marks[0], marks[-1], bottom, top)
    drawn = [
        svg.text(
            f"{panel.label} {numerals.size(len(panel.lines))}", left, top - canvas.line * 0.6, class_="strong"
        )
    ]
    if figure.unblinding_day is not None and x.after is not None:
        known = x(figure.unblinding_day)
        drawn.append(svg.rect(known, top, right - known, bottom - top, class_="shade"))
        drawn.append(svg.line(known, top, known, bottom, class_="unblinding"))
    for mark in marks:
        drawn.append(svg.line(left, y(mark), right, y(mark), class_="grid"))
        text_y = y(mark) + canvas.font * 0.35
        drawn.append(
            svg.text(label(mark, marks[1] - marks[0]), left - 6, text_y, anchor="end", class_="tick")
        )
    drawn.append(svg.line(left, bottom, right, bottom, class_="axis"))
    last_end = -1.0
    for day in figure.days:
        half = svg.measure(label(day, 1), canvas.font) / 2
        if x(day) - half > last_end + LEAST_TICK_GAP:
            drawn.append(
                svg.text(label(day, 1), x(day), bottom + canvas.line, anchor="middle", class_="tick")
            )
            last_end = x(day) + half
    drawn.append(
        svg.text(
            figure.time, (left + right) / 2, bottom + 2 * canvas.line, anchor="middle", class_="axis-title"
        )
    )
    thin = "one many" if len(panel.lines) > MANY else "one"
    drawn += [_line(one, x=x, y=y, class_=thin) for one in panel.lines]
    if panel.mean:
        drawn.append(_line(panel.mean, x=x, y=y, class_="halo"))
        drawn.append(_line(panel.mean, x=x, y=y, class_="mean strong-mean"))
    return svg.group(*drawn, class_=svg.arm_class(panel.place))


def _line(points: Line, *, x: TimeAxis, y: Linear, class_: str) -> Markup:
    return svg.path([(x(day), y(value)) for day, value in points], class_=class_)
