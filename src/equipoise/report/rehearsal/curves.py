"""Power along sizes, effects and what a grid varied, as figures.

Holds the step from curves in files to curves in a drawing. Refuses to draw a point that was not rehearsed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from equipoise.report import numerals
from equipoise.report.blocks import Figure
from equipoise.report.drawing import figure
from equipoise.report.figures import curve
from equipoise.report.figures.curve import Curve, Curves, Point
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import SHARE, Cell, Design, Question, spoken

BY_SIZE, BY_EFFECT = "participants", "effect"
MOST_CURVES = 5
MOST_TOLD = 60
NEAR_NOTHING = 0.02
"""A true value this near 0, as a share of the largest, is drawn at 0: simulation knows it no better."""

Placed = list[tuple[float, Row]]


def of_design(design: Design) -> Iterator[Figure]:
    """Yield the figures of power by size and by effect that were asked for."""
    for axis in (BY_SIZE, BY_EFFECT):
        rows = [row for row in design.rows("curves") if row.get("axis") == axis]
        question = design.question(rows[0].get("estimand")) if rows else design.first
        placed = [(row, _placed(row, question, axis)) for row in rows]
        known = [(row, points) for row, points in placed if len(points) > 1][:MOST_CURVES]
        if known:
            yield _figure(design, question, axis, known)


def _placed(row: Row, question: Question, axis: str) -> Placed:
    """Return the points that have a place and a power, with the place."""
    name, factor = ("n", 1) if axis == BY_SIZE else ("true_value", 100 if question.summary == SHARE else 1)
    known = [
        (factor * float(point[name]), point)
        for point in row.get("points") or []
        if point.get(name) is not None and point.get("power") is not None
    ]
    largest = max((abs(at) for at, _ in known), default=0.0)
    return [(0.0 if abs(at) < NEAR_NOTHING * largest else at, point) for at, point in known]


def _figure(design: Design, question: Question, axis: str, known: list[tuple[Row, Placed]]) -> Figure:
    by_size = axis == BY_SIZE
    unit = f", {question.unit}" if question.unit else ""
    content = Curves(
        title=_title(question, axis, known[0][1], label=_label(known[0][0])),
        description=_told((_label(row), points) for row, points in known),
        curves=tuple(_curve(row, points, place) for place, (row, points) in enumerate(known, start=1)),
        along="Participants randomized" if by_size else f"True {question.measure}{unit}",
        upward=f"Power for {wording.asked(question)}, %",
        target=100 * design.target,
        marked=float(design.n) if by_size else None,
        words=f"{design.n} rehearsed" if by_size else "",
    )
    each = max(point.get("replicates") or 0 for _, points in known for _, point in points)
    caption = (
        f"{numerals.plural(each, 'simulated trial')} at each point; a thin line is the formula's power where"
        f" there is one. The broken line is at {design.target:.0%}, {design.target_source} aim. "
    )
    if not by_size:
        caption += "Effects are multiples of the one stated; without any, what is left is chance or belief. "
    name = f"figure-power-by-{axis}"
    return figure(content, curve.draw, name=name, caption=caption + wording.WHAT_INTERVALS_ARE)


def _label(row: Row) -> str:
    return str(row.get("label") or row.get("scenario"))


def _curve(row: Row, points: Placed, place: int) -> Curve:
    formula = tuple((at, 100 * point["formula"]) for at, point in points if point.get("formula") is not None)
    drawn = tuple(_point(at, point["power"], point.get("power_mcse")) for at, point in points)
    return Curve(_label(row), place, drawn, formula)


def _point(at: float, power: float, mcse: float | None) -> Point:
    low, high = wording.ends(power, mcse)
    return Point(at, 100 * power, low, high)


def _title(question: Question, axis: str, points: Placed, *, label: str) -> str:
    """Say where the first line starts and ends, each with its interval."""
    (_, start), (_, end) = points[0], points[-1]
    first, last = (wording.sure(one["power"], one.get("power_mcse")) for one in (start, end))
    if axis == BY_SIZE:
        few, many = (numerals.whole(one.get("n")) for one in (start, end))
        return f"Power is {first} with {few} participants and {last} with {many} under “{label}”"
    unit = f" {question.unit}" if question.unit else ""
    none, much = (question.effect(one.get("true_value")) for one in (start, end))
    return (
        f"Power is {first} at a true {question.measure} of {none}{unit} and {last} at {much}, otherwise as in"
        f" “{label}”"
    )


def _told(curves: Iterable[tuple[str, Placed]]) -> str:
    parts = []
    for label, points in curves:
        said = [f"{at:g}: {wording.sure(one['power'], one.get('power_mcse'))}" for at, one in points]
        parts.append(f"{label}: {', '.join(said)}.")
    return " ".join(parts)


def of_grid(design: Design, grid: str, cells: list[Cell]) -> Iterator[Figure]:
    """Yield power over the path with most numbers, a line for each combination of the others."""
    along = _along(cells)
    if not along:
        return
    lines = _lines(cells, along)
    label, own = next(iter(lines.items()))
    start, end = own[0], own[-1]
    among = f" with {label}" if len(lines) > 1 else ""
    content = Curves(
        title=f"Power is {wording.power_of(start)} at {spoken(along)} {start.coordinates[along]} and"
        f" {wording.power_of(end)} at {end.coordinates[along]}{among}",
        description="; ".join(f"{one.id}: {wording.power_of(one)}" for one in cells[:MOST_TOLD]),
        curves=tuple(
            Curve(name, place, tuple(_grid_point(one, along) for one in row))
            for place, (name, row) in enumerate(list(lines.items())[:MOST_CURVES], start=1)
        ),
        along=along,
        upward=f"Power for {wording.asked(design.first)}, %",
        target=100 * design.target,
    )
    more = f" Of {len(lines)} lines the first {MOST_CURVES} are drawn." if len(lines) > MOST_CURVES else ""
    caption = f"{wording.trials(cells[0])} at each point.{more} {wording.WHAT_INTERVALS_ARE}"
    yield figure(content, curve.draw, name=f"figure-grid-{slug(grid)}", caption=caption)


def _along(cells: list[Cell]) -> str:
    """Return the path with most numbers; empty where none has several."""
    spread = {
        path: {one.coordinates.get(path) for one in cells}
        for path in cells[0].coordinates
        if _numeric(cells, path)
    }
    several = [path for path, values in spread.items() if len(values) > 1]
    return max(several, key=lambda path: len(spread[path]), default="")


def _numeric(cells: list[Cell], path: str) -> bool:
    values: list[Any] = [one.coordinates.get(path) for one in cells]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _lines(cells: list[Cell], along: str) -> dict[str, list[Cell]]:
    """Return the cells of each combination of what else was varied, in order of the path drawn along."""
    lines: dict[str, list[Cell]] = {}
    for one in sorted(cells, key=lambda cell: float(cell.coordinates[along])):
        rest = ", ".join(
            f"{spoken(path)} {value}" for path, value in one.coordinates.items() if path != along
        )
        lines.setdefault(rest or one.label, []).append(one)
    return lines


def _grid_point(cell: Cell, path: str) -> Point:
    return _point(float(cell.coordinates[path]), cell.first.get("power") or 0.0, cell.first.get("power_mcse"))


def slug(text: str) -> str:
    """Return a text as it may stand in an id."""
    return "".join(letter if letter.isalnum() else "-" for letter in text)
