"""How the estimate moves when missing values are made worse, and where the interval reaches no difference.

Holds the drawing. Refuses to look for the tipping point: it comes in.
"""

from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import axes, svg
from equipoise.report.figures.axes import Box
from equipoise.report.figures.scale import Linear, ticks
from equipoise.report.figures.svg import Canvas

WIDE_HEIGHT, NARROW_HEIGHT = 250.0, 220.0
ROUNDING = 1e-9
"""A tick this close to the range examined still counts as inside it."""
GAP = 8.0


@dataclass(frozen=True)
class Step:
    """The estimate with its interval where missing values are `delta` worse."""

    delta: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Tipping:
    """The figure's content.

    axis      what the vertical axis shows
    across    what is added to missing values, with its unit
    tips_at   where the conclusion changes; None where it does not within the steps
    told      the words at that line
    sides     the words left and right of it
    """

    title: str
    description: str
    steps: tuple[Step, ...]
    axis: str
    across: str
    tips_at: float | None = None
    told: str = ""
    sides: tuple[str, str] = ("", "")


def draw(figure: Tipping, canvas: Canvas) -> Markup:
    """Return the figure."""
    head = svg.wrap(figure.axis, canvas.width, canvas.font)
    values = [value for one in figure.steps for value in (one.low, one.high)]
    marks = ticks(min(0.0, *values), max(0.0, *values))
    top = canvas.line * (0.6 + len(head) + (1.4 if figure.told else 0.0))
    box = Box(
        axes.margin(canvas, marks),
        canvas.width - 12.0,
        top,
        top + (WIDE_HEIGHT if canvas.wide else NARROW_HEIGHT),
    )
    first, last = figure.steps[0].delta, figure.steps[-1].delta
    x = Linear(first, last, box.left + 6, box.right - 6)
    y = Linear(marks[0], marks[-1], box.bottom, box.top)
    across = [mark for mark in ticks(first, last) if first - ROUNDING <= mark <= last + ROUNDING]
    step = across[1] - across[0] if len(across) > 1 else 1.0
    content = [svg.paragraph(head, 0, canvas.font, canvas=canvas, class_="axis-title")]
    content += _beyond(figure, box, x)
    content += axes.upward(canvas, box, y, marks=marks)
    content += axes.along(canvas, box, x, marks=across, step=step)
    content += _course(figure, x, y)
    content.append(svg.line(box.left, y(0), box.right, y(0), class_="zero"))
    content += _point(figure, canvas, box, x)
    named, foot = axes.name_along(canvas, box, figure.across)
    content += named
    foot += canvas.line * 0.6
    return svg.frame(canvas, foot, title=figure.title, description=figure.description, content=content)


def _course(figure: Tipping, x: Linear, y: Linear) -> list[Markup]:
    lower = [(x(one.delta), y(one.low)) for one in figure.steps]
    upper = [(x(one.delta), y(one.high)) for one in figure.steps]
    middle = [(x(one.delta), y(one.value)) for one in figure.steps]
    return [
        svg.path([*lower, *reversed(upper), lower[0]], class_="band-area"),
        svg.path(lower, class_="band-edge"),
        svg.path(upper, class_="band-edge"),
        svg.group(svg.path(middle, class_="mean"), class_=svg.arm_class(0)),
    ]


def _beyond(figure: Tipping, box: Box, x: Linear) -> list[Markup]:
    """Shade what lies beyond the tipping point, away from no change."""
    if figure.tips_at is None:
        return []
    ends = sorted((x(figure.tips_at), box.right if figure.tips_at >= 0 else box.left))
    return [svg.rect(ends[0], box.top, ends[1] - ends[0], box.bottom - box.top, class_="shade")]


def _point(figure: Tipping, canvas: Canvas, box: Box, x: Linear) -> list[Markup]:
    """Mark the tipping point and say what lies on either side, as far as there is room."""
    if figure.tips_at is None:
        return []
    at = x(figure.tips_at)
    half = svg.measure(figure.told, canvas.font) / 2
    center = max(half, min(at, canvas.width - half))
    drawn = [
        svg.line(at, box.top - GAP / 2, at, box.bottom, class_="tipping"),
        svg.text(figure.told, center, box.top - GAP, anchor="middle", class_="direct"),
    ]
    foot = box.bottom - GAP
    for text, room, edge, anchor in (
        (figure.sides[0], at - box.left, at - GAP, "end"),
        (figure.sides[1], box.right - at, at + GAP, "start"),
    ):
        if text and svg.measure(text, canvas.font) + 2 * GAP < room:
            side = svg.text(text, edge, foot, anchor="end" if anchor == "end" else "start", class_="side")
            drawn.append(side)
    return drawn
