"""What is missing: values expected and observed, by score, visit and arm.

Holds counts. What was assumed about missing values stands with the estimands.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Line, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Trial

ID, TITLE = "missing-data", "Missing data"


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("missing")
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    asked = [row for row in rows if str(row.get("score")) in trial.outcomes]
    others = [row for row in rows if str(row.get("score")) not in trial.outcomes]
    blocks: list[Block] = []
    if asked:
        blocks.append(_table(trial, asked, name="table-missing", caption="Values missing of those expected"))
    if others:
        caption = "Values missing of other measures"
        blocks.append(_table(trial, others, name="table-missing-others", caption=caption, folded=bool(asked)))
    return Section(ID, TITLE, tuple(blocks))


def _table(trial: Trial, rows: list[Row], *, name: str, caption: str, folded: bool = False) -> Table:
    lines: list[Line] = []
    for score in dict.fromkeys(str(row.get("score")) for row in rows):
        here = [row for row in rows if str(row.get("score")) == score]
        lines.append(Line(str(here[0].get("label") or trial.scale(score).label), heading=True))
        for visit in dict.fromkeys(str(row.get("visit")) for row in here):
            at = [row for row in here if str(row.get("visit")) == visit]
            cells = tuple(_cell(next(iter(trial.of_arm(at, column)), {})) for column in trial.columns)
            lines.append(Line(trial.visit_label(visit), cells, level=1))
    return Table(
        id=name,
        caption=caption,
        stub="Measure and visit",
        heads=tuple(f"{column.label}, missing (%)" for column in trial.columns),
        lines=tuple(lines),
        notes=("Expected of everybody randomized, whether or not they had left the trial.",),
        folded=folded,
    )


def of_primary(trial: Trial) -> tuple[tuple[tuple[str, int, int], ...], str]:
    """Return (arm, missing, expected) of the primary outcome and its name; arm "" for everybody together."""
    score = trial.outcomes[0] if trial.outcomes else ""
    rows = [
        row
        for row in trial.rows("missing")
        if str(row.get("score")) == score and str(row.get("visit")) == trial.primary_visit
    ]
    found = []
    for column in trial.columns:
        for row in trial.of_arm(rows, column):
            expected, observed = row.get("expected"), row.get("observed")
            if expected is not None and observed is not None:
                found.append((column.label if column.id else "", expected - observed, expected))
    return tuple(found), trial.scale(score).label


def _cell(row: Row) -> str:
    expected, observed = row.get("expected"), row.get("observed")
    if expected is None or observed is None:
        return numerals.ABSENT
    share = row.get("percent")
    return f"{numerals.count_of(expected - observed, expected)} ({numerals.percent(share, n=expected)})"
