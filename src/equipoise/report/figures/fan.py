"""A fan: how a count grows over time in many trials, the middle one and bands around it.

Holds the drawing. Refuses to compute quantiles.
"""

from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import axes, svg
from equipoise.report.figures.axes import LABEL_GAP, Box
from equipoise.report.figures.scale import Linear, ticks
from equipoise.report.figures.svg import Canvas

WIDE_HEIGHT, NARROW_HEIGHT = 240.0, 220.0
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Fan:
    """The figure's content.

    middle   (time, count) in the middle trial
    bands    (earlier edge, later edge) of each band, the widest first
    names    what each band holds
    total    the count at the end, drawn as a line
    along    what the horizontal axis shows
    upward   what the vertical axis shows
    """

    title: str
    description: str
    middle: Line
    bands: tuple[tuple[Line, Line], ...]
    names: tuple[str, ...]
    total: float
    along: str
    upward: str


def draw(figure: Fan, canvas: Canvas) -> Markup:
    """Return the figure."""
    head = svg.wrap(figure.upward, canvas.width, canvas.font)
    marks = ticks(0.0, figure.total)
    top = canvas.line * (0.8 + len(head))
    box = Box(
        axes.margin(canvas, marks),
        canvas.width - 8,
        top,
        top + (WIDE_HEIGHT if canvas.wide else NARROW_HEIGHT),
    )
    latest = max((at for _, later in figure.bands for at, _ in later), default=1.0)
    times = ticks(0.0, max(latest, *(at for at, _ in figure.middle), 1.0))
    x = Linear(times[0], times[-1], box.left, box.right - 10)
    y = Linear(marks[0], marks[-1], box.bottom, box.top)
    content = [svg.paragraph(head, 0, canvas.font, canvas=canvas, class_="axis-title")]
    content += axes.upward(canvas, box, y, marks=marks)
    content += axes.along(canvas, box, x, marks=times, step=times[1] - times[0])
    for earlier, later in figure.bands:
        corners = [*earlier, *reversed(later)]
        content.append(svg.path([(x(at), y(count)) for at, count in corners], class_="band-area"))
    content.append(svg.line(box.left, y(figure.total), box.right, y(figure.total), class_="zero"))
    middle = svg.path([(x(at), y(count)) for at, count in figure.middle], class_="mean strong-mean")
    content.append(svg.group(middle, class_=svg.arm_class(1)))
    named, foot = axes.name_along(canvas, box, figure.along)
    drawn, foot = _key(figure, canvas, top=foot + canvas.line * 0.6)
    return svg.frame(
        canvas,
        foot,
        title=figure.title,
        description=figure.description,
        content=[*content, *named, *drawn],
    )


def _key(figure: Fan, canvas: Canvas, *, top: float) -> tuple[list[Markup], float]:
    """Say below the plot what the line and the bands are, darker bands lying on lighter ones."""
    line = svg.path([(2, top + canvas.line - 4), (30, top + canvas.line - 4)], class_="mean strong-mean")
    drawn = [svg.group(line, class_=svg.arm_class(1))]
    drawn.append(svg.text("Middle trial", 40, top + canvas.line))
    at = top + canvas.line
    for depth, name in enumerate(figure.names, start=1):
        at += canvas.line + 3
        drawn += [svg.rect(2, at - canvas.font, 28, canvas.font + 2, class_="band-area")] * depth
        drawn.append(svg.text(name, 40, at))
    return drawn, at + LABEL_GAP + 2
