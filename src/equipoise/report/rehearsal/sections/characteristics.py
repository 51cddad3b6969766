"""Operating characteristics: for every scenario and question, each number with its Monte Carlo error.

Holds the tables. Refuses to leave an error out.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Line, Prose, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Cell, Design, Question

ID, TITLE = "characteristics", "Operating characteristics"
HEADS = (
    "True value", "Drug's own effect", "Rejected, %", "Type I error, %", "Bias", "RMSE", "Coverage, %",
    "Width", "Wrong sign, %",
)  # fmt: skip


def section(design: Design) -> Section:
    """Return the section."""
    if not design.cells:
        return missing(ID, TITLE, "No scenario was rehearsed.")
    note = (
        "Numbers in brackets are Monte Carlo standard errors. Bias, RMSE, coverage and width refer to the"
        " true value, which comes from a million simulated participants in each arm under the question's"
        " own strategies; the drug's own effect is what is left of it when nobody's belief moves the"
        " score."
    )
    blocks: list[Block] = [Prose(note, tone="note"), *(_table(design, cell) for cell in design.cells)]
    return Section(ID, TITLE, tuple(blocks))


def _table(design: Design, cell: Cell) -> Table:
    lines = tuple(_line(design.question(row.get("estimand")), row) for row in cell.rows)
    reasons = [
        f"{row.get('label')}: no true value, since {row['true_value_reason']}."
        for row in cell.rows
        if row.get("true_value_reason")
    ]
    stated = any(row.get("true_value_stated") for row in cell.rows)
    return Table(
        id=f"characteristics-{cell.place}",
        caption=f"{cell.label}: {numerals.plural(cell.row.get('n'), 'participant')}, {wording.trials(cell)}",
        stub="Question",
        heads=HEADS,
        lines=lines,
        notes=(
            *(["True values are stated in the protocol file."] if stated else []),
            *_scales(design, cell),
            *_failed(cell),
            *reasons,
        ),
    )


def _scales(design: Design, cell: Cell) -> list[str]:
    kinds = {design.question(row.get("estimand")).summary for row in cell.rows}
    told = ["Differences of proportions are in percentage points."] if "risk_difference" in kinds else []
    ratio = "Bias, RMSE and width of odds ratios are on the logarithm."
    return [*told, *([ratio] if "odds_ratio" in kinds else [])]


def _failed(cell: Cell) -> list[str]:
    """Say in how many trials there was no estimate."""
    short = [
        f"{row.get('label')}: {numerals.decimal(100 * (1 - row['converged']))}%"
        for row in cell.rows
        if row.get("converged") is not None and row["converged"] < 1
    ]
    if not short:
        return ["Every trial gave every estimate."]
    return [f"Trials without an estimate, which count as not rejected: {'; '.join(short)}."]


def _line(question: Question, row: Row) -> Line:
    return Line(
        f"{question.text('name') or row.get('label') or row.get('estimand')} ({row.get('role')})",
        (
            question.effect(row.get("true_value")),
            question.effect(row.get("pharmacological")),
            wording.with_error(row.get("power"), row.get("power_mcse")),
            wording.with_error(row.get("type_1_error"), row.get("type_1_error_mcse")),
            _error(question, row, "bias"),
            _error(question, row, "rmse"),
            wording.with_error(row.get("coverage"), row.get("coverage_mcse")),
            question.spread(row.get("mean_width")),
            wording.with_error(row.get("wrong_sign"), row.get("wrong_sign_mcse")),
        ),
    )


def _error(question: Question, row: Row, name: str) -> str:
    if row.get(name) is None:
        return numerals.ABSENT
    return f"{question.spread(row[name])} ({question.spread(row.get(f'{name}_mcse'))})"
