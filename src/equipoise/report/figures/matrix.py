"""Correlations between visits as a labeled triangle: numbers, and strength as depth of one hue.

Holds the drawing of one or several matrices side by side. Refuses to draw a value twice: the upper triangle
stays empty.
"""

from dataclasses import dataclass

from markupsafe import Markup

from equipoise.report import numerals
from equipoise.report.figures import svg
from equipoise.report.figures.svg import Canvas

STEPS = 8
"""Depths of the hue: .cell-0 to .cell-7 of the page's style."""
WIDE_COLUMNS = 2
GAP = 34.0
WIDEST_CELL, TALLEST_CELL = 76.0, 34.0
INSET = 1.0
"""Space around a cell; less where cells are small."""
LABEL_SHARE = 0.30
PAD = 8.0

Numbers = tuple[float | None, ...]


@dataclass(frozen=True)
class Panel:
    """One matrix.

    label        what is printed above it; empty for nothing
    correlation  rows of correlations, -1 to 1; None where unknown
    sd           standard deviation by visit, in the outcome's unit; None where unknown
    """

    label: str
    correlation: tuple[Numbers, ...]
    sd: Numbers


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The figure's content; `margin` heads the column of standard deviations."""

    title: str
    description: str
    visits: tuple[str, ...]
    panels: tuple[Panel, ...]
    margin: str = "SD"
    decimals: int = 1


@dataclass(frozen=True)
class _Grid:
    names: list[list[str]]
    columns: list[str]
    left: float
    cell: float
    height: float
    margin: float
    spelled: bool


def draw(figure: Matrix, canvas: Canvas) -> Markup:
    """Return the figure."""
    columns = min(len(figure.panels), WIDE_COLUMNS) if canvas.wide else 1
    width = (canvas.width - GAP * (columns - 1)) / max(1, columns)
    grid = _grid(figure, canvas, width)
    content: list[Markup] = []
    y = 0.0
    for start in range(0, len(figure.panels), max(1, columns)):
        bottoms = []
        for place, panel in enumerate(figure.panels[start : start + columns]):
            drawn, bottom = _panel(figure, panel, canvas, grid=grid, left=place * (width + GAP), top=y)
            content += drawn
            bottoms.append(bottom)
        y = max(bottoms) + canvas.line
    return svg.frame(canvas, y, title=figure.title, description=figure.description, content=content)


def _grid(figure: Matrix, canvas: Canvas, width: float) -> _Grid:
    """Return the grid's measures; along the foot visits are numbered where their names are too long."""
    count = max(1, len(figure.visits))
    sds = [numerals.decimal(one, figure.decimals) for panel in figure.panels for one in panel.sd]
    margin = PAD + max(svg.measure(text, canvas.font) for text in [figure.margin, *sds])
    numbered = [f"{at}.{numerals.FIXED}{name}" for at, name in enumerate(figure.visits, 1)]
    longest = max((svg.measure(name, canvas.font) for name in numbered), default=0.0)
    left = PAD + min(longest, width * LABEL_SHARE)
    cell = min(WIDEST_CELL, (width - left - margin) / count)
    words = [word for name in figure.visits for word in name.split()]
    named = all(svg.measure(word, canvas.font) <= cell - 2 for word in words)
    names = [svg.wrap(name, left - PAD + 1, canvas.font) for name in (figure.visits if named else numbered)]
    columns = list(figure.visits) if named else [str(at) for at in range(1, count + 1)]
    spelled = svg.measure("−.00", canvas.font) <= cell - 2
    tall = max((len(lines) for lines in names), default=1) * canvas.line
    height = max(tall, min(TALLEST_CELL, cell))
    return _Grid(names, columns, left, cell, height, margin, spelled)


def _panel(
    figure: Matrix, panel: Panel, canvas: Canvas, *, grid: _Grid, left: float, top: float
) -> tuple[list[Markup], float]:
    """Draw one matrix; return it and its lowest y."""
    drawn: list[Markup] = []
    start, count = left + grid.left, len(figure.visits)
    if panel.label:
        drawn.append(svg.text(panel.label, left, top + canvas.font, class_="strong"))
        top += canvas.line * 1.4
    edge = start + count * grid.cell
    drawn.append(
        svg.text(figure.margin, edge + grid.margin, top + canvas.font, anchor="end", class_="axis-title")
    )
    top += canvas.line * 1.25
    for row, lines in enumerate(grid.names):
        middle = top + (row + 0.5) * grid.height
        drawn.append(_name(lines, canvas, grid, left=left, middle=middle))
        for column in range(row + 1):
            value = _at(panel.correlation, row, column) if row != column else 1.0
            x, y = start + column * grid.cell, top + row * grid.height
            drawn += _cell(value, canvas, grid, x=x, y=y, diagonal=row == column)
        sd = numerals.decimal(panel.sd[row] if row < len(panel.sd) else None, figure.decimals)
        baseline = middle + canvas.font * 0.35
        drawn.append(svg.text(sd, edge + grid.margin, baseline, anchor="end"))
    foot = top + count * grid.height
    below, bottom = _columns(canvas, grid, start=start, foot=foot)
    return [*drawn, *below], bottom


def _columns(canvas: Canvas, grid: _Grid, *, start: float, foot: float) -> tuple[list[Markup], float]:
    """Name the columns along the foot, as many as there is room for; return the names and the lowest y."""
    drawn, deepest, last_end = [], 1, 0.0
    for column, name in enumerate(grid.columns):
        center = start + (column + 0.5) * grid.cell
        lines = svg.wrap(
            name, max(grid.cell, svg.measure((name.split() or [""])[0], canvas.font)), canvas.font
        )
        half = max(svg.measure(line, canvas.font) for line in lines) / 2
        if center - half < last_end:
            continue
        last_end = center + half
        deepest = max(deepest, len(lines))
        at = foot + canvas.line
        drawn.append(svg.paragraph(lines, center, at, canvas=canvas, anchor="middle", class_="tick"))
    return drawn, foot + canvas.line * deepest


def _name(lines: list[str], canvas: Canvas, grid: _Grid, *, left: float, middle: float) -> Markup:
    first = middle - (len(lines) - 1) * canvas.line / 2 + canvas.font * 0.35
    end = left + grid.left - PAD
    return svg.paragraph(lines, end, first, canvas=canvas, anchor="end", class_="tick")


def _cell(
    value: float | None, canvas: Canvas, grid: _Grid, *, x: float, y: float, diagonal: bool
) -> list[Markup]:
    depth = "own" if diagonal else "none" if value is None else str(step(value))
    inset = min(INSET, grid.cell / 8)
    drawn = [
        svg.rect(
            x + inset, y + inset, grid.cell - 2 * inset, grid.height - 2 * inset, class_=f"cell cell-{depth}"
        )
    ]
    text = "1" if diagonal else coefficient(value)
    # Where a number has no room its sign must have: the hue tells the strength alone.
    text = text if grid.spelled else numerals.MINUS if text.startswith(numerals.MINUS) else ""
    if text:
        baseline = y + grid.height / 2 + canvas.font * 0.35
        drawn.append(
            svg.text(text, x + grid.cell / 2, baseline, anchor="middle", class_=f"on-cell on-cell-{depth}")
        )
    return drawn


def step(value: float) -> int:
    """Return the depth of hue for a correlation, by its size whatever its sign."""
    return min(STEPS - 1, int(abs(value) * STEPS))


def coefficient(value: float | None) -> str:
    """Return a correlation as journals print it: ".62", "−.05"; "1.00" where it rounds up to it."""
    text = numerals.decimal(value, 2)
    return text.replace("0.", ".", 1) if text.lstrip(numerals.MINUS).startswith("0.") else text


def _at(rows: tuple[Numbers, ...], row: int, column: int) -> float | None:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None
