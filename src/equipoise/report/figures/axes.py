"""The axes of a plot: values upward, days or other quantities along.

Holds lines, ticks and their labels. Refuses to choose a range: marks come in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report.figures import svg
from equipoise.report.figures.scale import Linear, label
from equipoise.report.figures.svg import Canvas

LEAST_TICK_GAP = 4.0
"""Labels nearer to each other than this are left out, the later one."""
TICK_LENGTH = 4.0
LABEL_GAP = 6.0


@dataclass(frozen=True)
class Box:
    """Where a plot lies, in pixels of its canvas."""

    left: float
    right: float
    top: float
    bottom: float


def margin(canvas: Canvas, marks: Sequence[float]) -> float:
    """Return the room the labels of upward marks need left of a plot."""
    return 2 + max(svg.measure(label(mark, marks[1] - marks[0]), canvas.font) for mark in marks) + LABEL_GAP


def upward(canvas: Canvas, box: Box, y: Linear, *, marks: Sequence[float]) -> list[Markup]:
    """Return the grid and its labels."""
    step = marks[1] - marks[0]
    drawn = []
    for mark in marks:
        drawn.append(svg.line(box.left, y(mark), box.right, y(mark), class_="grid"))
        text_y = y(mark) + canvas.font * 0.35
        drawn.append(svg.text(label(mark, step), box.left - LABEL_GAP, text_y, anchor="end", class_="tick"))
    return drawn


def along(
    canvas: Canvas, box: Box, x: Callable[[float], float], *, marks: Sequence[float], step: float = 1.0
) -> list[Markup]:
    """Return the line at the foot with its ticks, labeled as far as labels have room."""
    drawn = [svg.line(box.left, box.bottom, box.right, box.bottom, class_="axis")]
    last_end = -1.0
    for mark in marks:
        drawn.append(svg.line(x(mark), box.bottom, x(mark), box.bottom + TICK_LENGTH, class_="axis"))
        half = svg.measure(label(mark, step), canvas.font) / 2
        if x(mark) - half > last_end + LEAST_TICK_GAP:
            foot = box.bottom + canvas.line
            drawn.append(svg.text(label(mark, step), x(mark), foot, anchor="middle", class_="tick"))
            last_end = x(mark) + half
    return drawn


def name_along(canvas: Canvas, box: Box, text: str) -> tuple[list[Markup], float]:
    """Return the name of the quantity along the foot, below its labels, and the next free y."""
    y = box.bottom + 2 * canvas.line
    lines = svg.wrap(text, box.right - box.left, canvas.font)
    middle = (box.left + box.right) / 2
    drawn = svg.paragraph(lines, middle, y, canvas=canvas, anchor="middle", class_="axis-title")
    return [drawn], y + (len(lines) - 1) * canvas.line
