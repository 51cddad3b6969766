"""Power by scenario, by formula beside it, and along sizes, effects and what a grid varied.

Holds tables and curves. Refuses to join what was rehearsed and what a formula says into one number.
"""

from collections.abc import Iterator
from typing import Any

from equipoise.report import numerals
from equipoise.report.blocks import Block, Heading, Line, Prose, Section, Table, missing
from equipoise.report.conventions import LETTERS
from equipoise.report.folder import Row
from equipoise.report.rehearsal import curves, wording
from equipoise.report.rehearsal.design import SIZE, Cell, Design
from equipoise.report.wording import opening, stop

ID, TITLE = "power", "Power"
MOST_CELLS = 60
"""Cells of a grid that are printed."""


def section(design: Design) -> Section:
    """Return the section."""
    if not design.cells:
        return missing(ID, TITLE, "No scenario was rehearsed.")
    blocks: list[Block] = [*_curves(design), _beside_formulas(design), *_ignored(design), *_grids(design)]
    return Section(ID, TITLE, tuple(blocks))


def _beside_formulas(design: Design) -> Table:
    lines: list[Line] = []
    letters: dict[str, str] = {}
    for cell in design.cells:
        lines.append(Line(cell.label, heading=True))
        lines += [_line(design, cell, row, letters) for row in cell.rows]
    return Table(
        id="power-table",
        caption="Power of every question, rehearsed and by formula, % (Monte Carlo standard error)",
        stub="Question",
        heads=("True value", "Power as tested", "Power alone", "By formula"),
        lines=tuple(lines),
        notes=(
            (
                "Power as tested counts the planned testing procedure: a question behind a gate is rejected"
                " only where the gate is passed. Power alone is the question's own test; the formula's power"
                " stands beside that."
            ),
            *(f"{letter} {stop(opening(text))}" for text, letter in letters.items()),
        ),
    )


def _line(design: Design, cell: Cell, row: Row, letters: dict[str, str]) -> Line:
    """Return a question's line; a note says by letter what its formula is, or why there is none."""
    question = design.question(row.get("estimand"))
    formula = design.formula(cell, row.get("estimand"))
    power, said = formula.get("power"), str(formula.get("method") or formula.get("reason") or "")
    letter = letters.setdefault(said, f"({LETTERS[len(letters) % len(LETTERS)]})") if said else ""
    return Line(
        f"{question.text('name') or row.get('label') or row.get('estimand')} ({row.get('role')})",
        (
            question.effect(row.get("true_value")),
            wording.with_error(row.get("power"), row.get("power_mcse")),
            wording.with_error(row.get("power_alone"), row.get("power_alone_mcse")),
            f"{numerals.ABSENT if power is None else numerals.decimal(100 * power)} {letter}".strip(),
        ),
        level=1,
    )


def _ignored(design: Design) -> Iterator[Block]:
    """Yield what the formula of the first question takes for granted and leaves out."""
    formula = design.formula(design.cells[0], design.cells[0].first.get("estimand"))
    assumes, ignores = _words(formula.get("assumes")), _words(formula.get("ignores"))
    if assumes:
        yield Prose(f"For the first question the formula assumes {numerals.listing(assumes)}.", tone="note")
    if ignores:
        yield Prose(f"It leaves out {numerals.listing(ignores)}; the rehearsal does not.", tone="note")


def _words(texts: Any) -> list[str]:
    return [str(text) for text in texts or []]


def _curves(design: Design) -> Iterator[Block]:
    drawn = list(curves.of_design(design))
    yield from drawn
    if not drawn:
        yield Prose("Power was not rehearsed at other sizes or effects.", tone="note")


def _grids(design: Design) -> Iterator[Block]:
    """Yield a table of each grid: what was varied, and the first question's numbers."""
    for grid in dict.fromkeys(one.grid for one in design.gridded):
        cells = [one for one in design.gridded if one.grid == grid]
        yield Heading(f"Grid {grid}", f"grid-{curves.slug(grid)}")
        yield from curves.of_grid(design, grid, cells)
        yield _grid_table(design, grid, cells)


def _grid_table(design: Design, grid: str, cells: list[Cell]) -> Table:
    paths = [path for path in cells[0].coordinates if path != SIZE]
    lines = tuple(
        Line(
            one.id,
            (
                *(str(one.coordinates.get(path)) for path in paths),
                numerals.whole(one.row.get("n")),
                design.first.effect(one.first.get("true_value")),
                wording.with_error(one.first.get("power"), one.first.get("power_mcse")),
                wording.with_error(one.first.get("coverage"), one.first.get("coverage_mcse")),
            ),
        )
        for one in cells[:MOST_CELLS]
    )
    left_out = len(cells) - len(lines)
    notes = (f"{numerals.plural(left_out, 'further cell')} in rehearsal.json.",) if left_out > 0 else ()
    return Table(
        id=f"grid-table-{curves.slug(grid)}",
        caption=f"Grid {grid}: power and coverage for the first question, % (Monte Carlo standard error)",
        stub="Cell",
        heads=(*paths, "n", "True value", "Power", "Coverage"),
        lines=lines,
        notes=notes,
    )
