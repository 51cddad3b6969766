"""What belief alone does: trials that are significant without any effect of the drug.

Holds the comparison of a scenario with itself, the drug's effect taken out.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Line, Prose, Section, Table, missing
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Cell, Design

ID, TITLE = "blinding", "If blinding does not hold"
NOTHING = (
    "In none of the scenarios rehearsed does belief move a score. A scenario with an expectancy bias shows"
    " what functional unblinding would do."
)


def section(design: Design) -> Section:
    """Return the section."""
    cells = [one for one in design.cells if one.believed]
    if not cells:
        return missing(ID, TITLE, NOTHING)
    told = (
        "Each trial is drawn again with the drug's effect taken out and belief left as it is. What is"
        " significant then is so by functional unblinding alone."
    )
    blocks: list[Block] = [Prose(told), *(_table(design, cell) for cell in cells)]
    return Section(ID, TITLE, tuple(blocks))


def _table(design: Design, cell: Cell) -> Table:
    lines = []
    for row in cell.rows:
        question = design.question(row.get("estimand"))
        lines.append(
            Line(
                f"{question.text('name') or row.get('estimand')} ({row.get('role')})",
                (
                    question.effect(row.get("true_value")),
                    question.effect(row.get("pharmacological")),
                    wording.with_error(row.get("power_alone"), row.get("power_alone_mcse")),
                    wording.with_error(row.get("unblinding_alone"), row.get("unblinding_alone_mcse")),
                ),
            )
        )
    scenario = design.scenario(cell)
    bias = [
        f"{name} {value:+g}".replace("-", numerals.MINUS)
        for name, value in (scenario.get("bias") or {}).items()
        if isinstance(value, int | float)
    ]
    moved = f" Points for whoever believes to be on the drug: {numerals.listing(bias)}." if bias else ""
    return Table(
        id=f"blinding-{cell.place}",
        caption=f"{cell.label}: significant in a test of its own, % (Monte Carlo standard error)",
        stub="Question",
        heads=("True value", "Drug's own effect", "Significant", "Significant by belief alone"),
        lines=tuple(lines),
        notes=((f"{wording.trials(cell)}, each question tested alone.{moved}"),),
    )
