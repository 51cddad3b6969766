"""Estimates with their intervals, one below the other on one axis.

Holds comparisons, shares of participants and indices alike. Refuses an estimate without an interval.
"""

from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import svg
from equipoise.report.figures.scale import Linear, label, ticks
from equipoise.report.figures.svg import Canvas

LABEL_SHARE, TEXT_SHARE = 0.30, 0.24
"""Largest share of a wide canvas for the labels on the left and the numbers on the right."""
GUTTER = 14.0
ROW_PAD = 12.0
CAP = 4.0
ROUNDING = 1e-6
"""A label measured twice may differ by this much from itself."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One estimate.

    label  what is estimated
    text   the numbers in print
    place  the arm's place, which chooses color and marker; 0 for none
    hollow a result from elsewhere, drawn as an outline
    group  heading above it, printed where it changes
    """

    label: str
    value: float
    low: float
    high: float
    text: str
    place: int = 0
    hollow: bool = False
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """The figure's content.

    axis            what the axis shows, with its unit
    low, high       ends of the axis; None to fit the data and `reference`
    reference       the value marked by a line; None for none
    left, right     what lies on either side of it
    """

    title: str
    description: str
    bars: tuple[Bar, ...]
    axis: str
    low: float | None = None
    high: float | None = None
    reference: float | None = 0.0
    left: str = ""
    right: str = ""


@dataclass(frozen=True)
class _Placed:
    bar: Bar
    lines: list[str]
    heading: list[str]
    top: float
    middle: float


def draw(figure: Intervals, canvas: Canvas) -> Markup:
    """Return the figure."""
    label_width = (
        _room([bar.label for bar in figure.bars], canvas, LABEL_SHARE) if canvas.wide else canvas.width
    )
    start = label_width + GUTTER if canvas.wide else GUTTER
    numbers = _room([bar.text for bar in figure.bars], canvas, TEXT_SHARE) if canvas.wide else 0.0
    end = canvas.width - numbers - GUTTER
    marks = _ticks(figure)
    scale = Linear(marks[0], marks[-1], start, end)
    placed, bottom = _place(figure, canvas, label_width)
    content, foot = _axis(figure, canvas, scale=scale, marks=marks, bottom=bottom)
    content += [_row(one, canvas, scale) for one in placed]
    return svg.frame(canvas, foot, title=figure.title, description=figure.description, content=content)


def _room(texts: list[str], canvas: Canvas, share: float) -> float:
    """Return the width texts need beside the plot, at most their share of the canvas."""
    return min(
        canvas.width * share, GUTTER + max((svg.measure(text, canvas.font) for text in texts), default=0.0)
    )


def _ticks(figure: Intervals) -> list[float]:
    ends = [value for bar in figure.bars for value in (bar.low, bar.high)]
    ends += [figure.reference] if figure.reference is not None else []
    low = figure.low if figure.low is not None else min(ends, default=0.0)
    high = figure.high if figure.high is not None else max(ends, default=1.0)
    marks = ticks(low, high)
    step = marks[1] - marks[0]
    # Both sides of the reference are shown, so that a reader sees that the other side was possible.
    if figure.reference is not None and figure.low is None and marks[-1] <= figure.reference:
        marks = [*marks, marks[-1] + step]
    if figure.reference is not None and figure.high is None and marks[0] >= figure.reference:
        marks = [marks[0] - step, *marks]
    return marks


def _place(figure: Intervals, canvas: Canvas, label_width: float) -> tuple[list[_Placed], float]:
    placed, y, group = [], 4.0, ""
    for bar in figure.bars:
        heading = svg.wrap(bar.group, canvas.width, canvas.font) if bar.group and bar.group != group else []
        group = bar.group
        y += len(heading) * canvas.line + (4.0 if heading else 0.0)
        beside = 0.0 if canvas.wide else svg.measure(bar.text, canvas.font)
        room = label_width - beside - GUTTER + ROUNDING
        lines = svg.wrap(bar.label, room, canvas.font)
        text_height = len(lines) * canvas.line
        height = max(text_height, canvas.line) + ROW_PAD if canvas.wide else text_height + 20 + ROW_PAD
        middle = y + height / 2 if canvas.wide else y + text_height + 14
        placed.append(_Placed(bar, lines, heading, y, middle))
        y += height
    return placed, y


def _axis(
    figure: Intervals, canvas: Canvas, *, scale: Linear, marks: list[float], bottom: float
) -> tuple[list[Markup], float]:
    step = marks[1] - marks[0]
    middle = (scale.start + scale.end) / 2
    drawn = [svg.line(scale(mark), 0, scale(mark), bottom, class_="grid") for mark in marks]
    drawn.append(svg.line(scale.start, bottom, scale.end, bottom, class_="axis"))
    if figure.reference is not None:
        drawn.append(svg.line(scale(figure.reference), 0, scale(figure.reference), bottom + 4, class_="zero"))
    drawn += [
        svg.text(label(mark, step), scale(mark), bottom + canvas.line, anchor="middle", class_="tick")
        for mark in marks
    ]
    sides, y = _sides(figure, canvas, scale=scale, y=bottom + 2 * canvas.line)
    title = svg.wrap(figure.axis, canvas.width - GUTTER, canvas.font) if not canvas.wide else [figure.axis]
    center = middle if canvas.wide else canvas.width / 2
    drawn += [*sides, svg.paragraph(title, center, y, canvas=canvas, anchor="middle", class_="axis-title")]
    return drawn, y + len(title) * canvas.line


def _sides(figure: Intervals, canvas: Canvas, *, scale: Linear, y: float) -> tuple[list[Markup], float]:
    """Say what lies on either side of the reference, on two lines if one is too short; return the next y."""
    texts = [f"← {figure.left}" if figure.left else "", f"{figure.right} →" if figure.right else ""]
    if not any(texts):
        return [], y
    fits = sum(svg.measure(text, canvas.font) for text in texts) + GUTTER < scale.end - scale.start
    second = y if fits else y + canvas.line
    drawn = [
        svg.text(texts[0], scale.start, y, class_="side"),
        svg.text(texts[1], scale.end, second, anchor="end", class_="side"),
    ]
    return drawn, second + canvas.line


def _row(one: _Placed, canvas: Canvas, scale: Linear) -> Markup:
    bar, y = one.bar, one.middle
    arm = svg.arm_class(bar.place)
    first = y - (len(one.lines) - 1) * canvas.line / 2 + canvas.font * 0.35
    top = first if canvas.wide else one.top + canvas.font
    drawn = [
        svg.paragraph(
            one.heading,
            0,
            one.top - 4 - (len(one.heading) - 1) * canvas.line,
            canvas=canvas,
            class_="row strong",
        ),
        svg.paragraph(one.lines, 0, top, canvas=canvas, class_="row"),
        svg.line(scale(bar.low), y, scale(bar.high), y, class_="interval"),
        *(
            svg.line(scale(end), y - CAP, scale(end), y + CAP, class_="interval")
            for end in (bar.low, bar.high)
        ),
        svg.marker(
            "diamond" if bar.hollow else svg.arm_marker(bar.place),
            scale(bar.value),
            y,
            class_="mark hollow" if bar.hollow else "mark",
            radius=svg.MARKER_RADIUS + 1,
        ),
    ]
    number_y = y + canvas.font * 0.35 if canvas.wide else top
    drawn.append(svg.text(bar.text, canvas.width, number_y, anchor="end", class_="number"))
    return svg.group(*drawn, class_=arm)
