"""Participant flow after CONSORT 2025: from screening through the arms to what was analyzed.

Holds layout. Refuses to count: every number comes in as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import svg
from equipoise.report.figures.svg import Canvas

STAGE_WIDTH = 92.0
GAP = 14.0
DROP = 26.0
PAD = 9.0
INDENT = 12.0
NARROWEST_COLUMN = 160.0
HEAD = 5.0


@dataclass(frozen=True)
class Box:
    """A heading and lines below it; a line that opens with a space is indented."""

    heading: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One arm, or everybody: its boxes by stage; None where a stage has nothing for it."""

    label: str
    place: int
    boxes: tuple[Box | None, ...]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The figure's content; `stages` names the rows of the columns."""

    title: str
    description: str
    screened: Box | None
    excluded: Box | None
    randomized: Box
    stages: tuple[str, ...]
    columns: tuple[Column, ...]


def draw(figure: Flow, canvas: Canvas) -> Markup:
    """Return the figure."""
    left = STAGE_WIDTH + GAP if canvas.wide else 0.0
    drawn, y, trunk = _enrollment(figure, canvas, left)
    count = len(figure.columns)
    room = (canvas.width - left - GAP * (count - 1)) / max(1, count)
    if room >= NARROWEST_COLUMN or canvas.wide:
        more, y = _side_by_side(figure, canvas, left=left, width=room, top=y, trunk=trunk)
    else:
        more, y = _stacked(figure, canvas, top=y)
    return svg.frame(
        canvas, y + 2, title=figure.title, description=figure.description, content=[*drawn, *more]
    )


def _enrollment(figure: Flow, canvas: Canvas, left: float) -> tuple[list[Markup], float, float]:
    """Draw the boxes before the arms; return them, the next free y and the x of the trunk."""
    full = canvas.width - left
    width = full * 0.46 if canvas.wide else full
    x = left + (full - width) / 2
    trunk = left + full / 2 if canvas.wide else left + 24
    drawn = [_stage("Enrollment", canvas, 0)] if canvas.wide else []
    y = 0.0
    if figure.screened is not None:
        box, y = _box(figure.screened, canvas, x=x, y=0, width=width)
        drawn.append(box)
        excluded_top = y + GAP
        if figure.excluded is not None:
            start = trunk + 28
            box, bottom = _box(figure.excluded, canvas, x=start, y=excluded_top, width=canvas.width - start)
            middle = (excluded_top + bottom) / 2
            drawn += [
                box,
                svg.line(trunk, middle, start - HEAD, middle, class_="edge"),
                _head(start, middle, down=False),
            ]
            excluded_top = bottom
        next_y = excluded_top + GAP
        drawn += [svg.line(trunk, y, trunk, next_y - HEAD, class_="edge"), _head(trunk, next_y)]
        y = next_y
    box, bottom = _box(figure.randomized, canvas, x=x, y=y, width=width)
    return [*drawn, box], bottom, trunk


def _side_by_side(
    figure: Flow, canvas: Canvas, *, left: float, width: float, top: float, trunk: float
) -> tuple[list[Markup], float]:
    xs = [left + place * (width + GAP) for place in range(len(figure.columns))]
    middles = [x + width / 2 for x in xs]
    fork = top + DROP / 2
    drawn = [svg.line(trunk, top, trunk, fork, class_="edge")]
    drawn.append(svg.line(min([*middles, trunk]), fork, max([*middles, trunk]), fork, class_="edge"))
    starts, y = [fork] * len(xs), top + DROP
    for place, stage in enumerate(figure.stages):
        boxes = [column.boxes[place] for column in figure.columns]
        if not any(boxes):
            continue
        label_height = 0.0 if canvas.wide else canvas.line
        drawn.append(_stage(stage, canvas, y if canvas.wide else y + canvas.font * 0.9))
        top_of_boxes = y + label_height
        height = max(_height(box, canvas, width) for box in boxes if box is not None)
        for column, box in enumerate(boxes):
            if box is None:
                continue
            middle = middles[column]
            drawn += [
                svg.line(middle, starts[column], middle, top_of_boxes - HEAD, class_="edge"),
                _head(middle, top_of_boxes),
            ]
            arm = svg.arm_class(figure.columns[column].place)
            shape, _ = _box(box, canvas, x=xs[column], y=top_of_boxes, width=width, height=height, arm=arm)
            drawn.append(shape)
            starts[column] = top_of_boxes + height
        y = top_of_boxes + height + DROP
    return drawn, y - DROP


def _stacked(figure: Flow, canvas: Canvas, *, top: float) -> tuple[list[Markup], float]:
    drawn: list[Markup] = []
    y = top + DROP
    for column in figure.columns:
        drawn.append(svg.paragraph([column.label], 0, y + canvas.font, canvas=canvas, class_="strong"))
        y += canvas.line + 4
        first = True
        for stage, box in zip(figure.stages, column.boxes, strict=True):
            if box is None:
                continue
            if not first:
                drawn += [svg.line(24, y, 24, y + GAP - HEAD, class_="edge"), _head(24, y + GAP)]
                y += GAP
            first = False
            titled = Box(f"{stage}: {box.heading[:1].lower()}{box.heading[1:]}", box.lines)
            shape, y = _box(titled, canvas, x=0, y=y, width=canvas.width, arm=svg.arm_class(column.place))
            drawn.append(shape)
        y += DROP
    return drawn, y - DROP


def _stage(label: str, canvas: Canvas, y: float) -> Markup:
    if canvas.wide:
        lines = svg.wrap(label, STAGE_WIDTH, canvas.font)
        return svg.paragraph(lines, 0, y + PAD + canvas.font, canvas=canvas, class_="stage")
    return svg.text(label, 0, y, class_="stage")


def _box(
    box: Box,
    canvas: Canvas,
    *,
    x: float,
    y: float,
    width: float,
    height: float | None = None,
    arm: str = "arm-0",
) -> tuple[Markup, float]:
    heading, lines = _wrapped(box, canvas, width)
    tall = height if height is not None else _height(box, canvas, width)
    baseline = y + PAD + canvas.font * 0.9
    drawn = [svg.rect(x + 1, y + 1, width - 2, tall - 2, class_="box")]
    drawn.append(svg.paragraph(heading, x + PAD, baseline, canvas=canvas, class_="strong"))
    baseline += len(heading) * canvas.line
    for indent, line in lines:
        drawn.append(svg.text(line, x + PAD + indent, baseline))
        baseline += canvas.line
    return svg.group(*drawn, class_=arm), y + tall


def _wrapped(box: Box, canvas: Canvas, width: float) -> tuple[list[str], list[tuple[float, str]]]:
    inner = width - 2 * PAD
    heading = svg.wrap(box.heading, inner * 0.94, canvas.font)
    lines = []
    for line in box.lines:
        indent = INDENT if line.startswith(" ") else 0.0
        lines += [(indent, one) for one in svg.wrap(line, inner - indent, canvas.font)]
    return heading, lines


def _height(box: Box, canvas: Canvas, width: float) -> float:
    heading, lines = _wrapped(box, canvas, width)
    return (len(heading) + len(lines)) * canvas.line + 2 * PAD - canvas.line + canvas.font


def _head(x: float, y: float, *, down: bool = True) -> Markup:
    corners: Sequence[tuple[float, float]]
    corners = [(x, y), (x - HEAD, y - HEAD - 2), (x + HEAD, y - HEAD - 2)]
    if not down:
        corners = [(x, y), (x - HEAD - 2, y - HEAD), (x - HEAD - 2, y + HEAD)]
    return svg.path([*corners, corners[0]], class_="head")
