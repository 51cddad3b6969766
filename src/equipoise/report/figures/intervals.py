"""Estimates with their intervals, one below the other on one axis.

Holds comparisons, shares of participants and indices alike. Refuses an estimate without an interval.
"""

from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import svg
from equipoise.report.figures.scale import Linear, both_sides, label, ticks
from equipoise.report.figures.svg import Canvas

LABEL_SHARE, DETAIL_SHARE, TEXT_SHARE = 0.30, 0.40, 0.24
"""Largest share of a wide canvas for labels on the left, for labels with details, and for the numbers."""
GUTTER = 14.0
ROW_PAD = 12.0
CAP = 4.0
BESIDE = 10.0
"""How far upright lines reach above and below an interval where text stands between the rows."""
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
    detail what a reader must know of it, in small print below the label
    remark what follows from it, in words below the numbers
    """

    label: str
    value: float
    low: float
    high: float
    text: str
    place: int = 0
    hollow: bool = False
    group: str = ""
    detail: str = ""
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """The figure's content.

    axis            what the axis shows, with its unit
    low, high       ends of the axis; None to fit the data and `reference`
    reference       the value marked by a line; None for none
    left, right     what lies on either side of it
    guide           a value that a faint line carries down through all rows; None for none
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
    guide: float | None = None


@dataclass(frozen=True)
class _Placed:
    bar: Bar
    lines: list[str]
    detail: list[str]
    remark: list[str]
    heading: list[str]
    top: float
    middle: float


def draw(figure: Intervals, canvas: Canvas) -> Markup:
    """Return the figure."""
    room, numbers = _columns(figure, canvas)
    start = room + GUTTER if canvas.wide else GUTTER
    end = canvas.width - (numbers if canvas.wide else 0.0) - GUTTER
    marks = _ticks(figure)
    scale = Linear(marks[0], marks[-1], start, end)
    placed, bottom = _place(figure, canvas, room=room, numbers=numbers)
    content = _upright(figure, scale=scale, marks=marks, spans=_spans(placed, canvas, bottom))
    below, foot = _axis(figure, canvas, scale=scale, marks=marks, bottom=bottom)
    content += below
    content += [_row(one, canvas, scale) for one in placed]
    return svg.frame(canvas, foot, title=figure.title, description=figure.description, content=content)


def _columns(figure: Intervals, canvas: Canvas) -> tuple[float, float]:
    """Return the widths of the labels and of the numbers; on a phone both may use the whole width."""
    if not canvas.wide:
        return canvas.width, canvas.width
    detailed = any(bar.detail for bar in figure.bars)
    numbers = _room([text for bar in figure.bars for text in (bar.text, bar.remark)], canvas, TEXT_SHARE)
    if detailed:
        return canvas.width * DETAIL_SHARE, numbers
    return _room([bar.label for bar in figure.bars], canvas, LABEL_SHARE), numbers


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
    if figure.reference is None or figure.low is not None or figure.high is not None:
        return marks
    return both_sides(marks, figure.reference)


def _place(figure: Intervals, canvas: Canvas, *, room: float, numbers: float) -> tuple[list[_Placed], float]:
    placed, y, group = [], 4.0, ""
    for bar in figure.bars:
        heading = svg.wrap(bar.group, canvas.width, canvas.font) if bar.group and bar.group != group else []
        group = bar.group
        y += len(heading) * canvas.line + (4.0 if heading else 0.0)
        beside = 0.0 if canvas.wide else svg.measure(bar.text, canvas.font)
        lines = svg.wrap(bar.label, room - beside - GUTTER + ROUNDING, canvas.font)
        detail = svg.wrap(bar.detail, room - GUTTER, canvas.font) if bar.detail else []
        remark = svg.wrap(bar.remark, numbers - GUTTER + ROUNDING, canvas.font) if bar.remark else []
        text_height = max(len(lines) + len(detail), 1 + len(remark) if canvas.wide else 0) * canvas.line
        below = 20.0 + len(remark) * canvas.line
        height = text_height + ROW_PAD + (0.0 if canvas.wide else below)
        middle = y + height / 2 if canvas.wide else y + text_height + 14
        placed.append(_Placed(bar, lines, detail, remark, heading, y, middle))
        y += height
    return placed, y


def _spans(placed: list[_Placed], canvas: Canvas, bottom: float) -> list[tuple[float, float]]:
    """Return where upright lines run: all the way down, or past the intervals only where text is between."""
    if canvas.wide or not any(one.detail for one in placed):
        return [(0.0, bottom)]
    return [(one.middle - BESIDE, one.middle + BESIDE) for one in placed]


def _upright(
    figure: Intervals, *, scale: Linear, marks: list[float], spans: list[tuple[float, float]]
) -> list[Markup]:
    lines = [(mark, "grid") for mark in marks]
    lines += [(figure.guide, "guide")] if figure.guide is not None else []
    lines += [(figure.reference, "zero")] if figure.reference is not None else []
    return [
        svg.line(scale(value), top, scale(value), foot, class_=kind)
        for value, kind in lines
        for top, foot in spans
    ]


def _axis(
    figure: Intervals, canvas: Canvas, *, scale: Linear, marks: list[float], bottom: float
) -> tuple[list[Markup], float]:
    step = marks[1] - marks[0]
    middle = (scale.start + scale.end) / 2
    drawn = [svg.line(scale.start, bottom, scale.end, bottom, class_="axis")]
    drawn += [svg.line(scale(mark), bottom, scale(mark), bottom + 4, class_="axis") for mark in marks]
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
    rows = len(one.lines) + len(one.detail)
    first = y - (rows - 1) * canvas.line / 2 + canvas.font * 0.35
    top = first if canvas.wide else one.top + canvas.font
    head = one.top - 4 - (len(one.heading) - 1) * canvas.line
    named = "row strong" if bar.detail else "row"
    drawn = [
        svg.paragraph(one.heading, 0, head, canvas=canvas, class_="row strong"),
        svg.paragraph(one.lines, 0, top, canvas=canvas, class_=named),
        svg.paragraph(one.detail, 0, top + len(one.lines) * canvas.line, canvas=canvas, class_="row detail"),
        *_interval(bar, scale, y),
        *_numbers(one, canvas, top=top),
    ]
    return svg.group(*drawn, class_=svg.arm_class(bar.place))


def _interval(bar: Bar, scale: Linear, y: float) -> list[Markup]:
    ends = (bar.low, bar.high)
    kind = "diamond" if bar.hollow else svg.arm_marker(bar.place)
    style = "mark hollow" if bar.hollow else "mark"
    return [
        svg.line(scale(bar.low), y, scale(bar.high), y, class_="interval"),
        *(svg.line(scale(end), y - CAP, scale(end), y + CAP, class_="interval") for end in ends),
        svg.marker(kind, scale(bar.value), y, class_=style, radius=svg.MARKER_RADIUS + 1),
    ]


def _numbers(one: _Placed, canvas: Canvas, *, top: float) -> list[Markup]:
    """Print the numbers and, below them on a page or below the interval on a phone, the remark."""
    beside = one.middle - len(one.remark) * canvas.line / 2 + canvas.font * 0.35
    y = beside if canvas.wide else top
    below = y + canvas.line if canvas.wide else one.middle + 8 + canvas.font
    said = "number strong" if one.bar.hollow else "number side"
    return [
        svg.text(one.bar.text, canvas.width, y, anchor="end", class_="number"),
        svg.paragraph(one.remark, canvas.width, below, canvas=canvas, anchor="end", class_=said),
    ]
