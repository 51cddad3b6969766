"""Who took part: characteristics at baseline by arm.

Holds the table. Refuses P values: a test would ask whether randomization was random.
"""

from collections.abc import Iterable
from itertools import groupby

from equipoise.report import numerals, wording
from equipoise.report.blocks import Line, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Arm, Trial

ID, TITLE = "baseline", "Who took part"
NUMERIC = {"mean_sd": "mean (SD)", "median_range": "median (range)"}


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("baseline")
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    columns = _columns(trial, rows)
    lines = [
        line
        for _, group in groupby(rows, key=lambda row: row.get("variable"))
        for line in _lines(list(group), columns)
    ]
    table = Table(
        id="table-baseline",
        caption="Participants at baseline" + (", all arms together" if trial.blinded else " by arm"),
        stub="Characteristic",
        heads=tuple(f"{column.label}{_n(rows, column)}" for column in columns),
        lines=tuple(lines),
        notes=("No tests between arms: any difference at baseline is due to chance by design.",),
    )
    return Section(ID, TITLE, (table,))


def _columns(trial: Trial, rows: list[Row]) -> list[Arm]:
    """Return the arms that have numbers and, where there are totals, everybody."""
    arms = [arm for arm in trial.arms if any(arm.id in (row.get("by_arm") or {}) for row in rows)]
    total = [Arm(None, "All participants", 0)] if any(row.get("total") for row in rows) else []
    return [*arms, *total]


def _cell(row: Row, column: Arm) -> Row:
    found = row.get("total") if column.id is None else (row.get("by_arm") or {}).get(column.id)
    return found if isinstance(found, dict) else {}


def _n(rows: Iterable[Row], column: Arm) -> str:
    counts = [n for row in rows if (n := _cell(row, column).get("n")) is not None]
    return f" {numerals.size(max(counts))}" if counts else ""


def _lines(rows: list[Row], columns: list[Arm]) -> list[Line]:
    first = rows[0]
    label = str(first.get("label") or first.get("variable"))
    if first.get("statistic") in NUMERIC:
        unit = f", {first['unit']}" if first.get("unit") else ""
        header = f"{label}{unit}, {NUMERIC[first['statistic']]}"
        return [
            Line(header, tuple(_number(first, _cell(first, column)) for column in columns)),
            *_range(first, columns),
        ]
    return [
        Line(f"{label}, n (%)", heading=True),
        *(
            Line(
                str(row.get("level_label") or row.get("level")),
                tuple(_share(_cell(row, column)) for column in columns),
                level=1,
            )
            for row in rows
        ),
    ]


def _number(row: Row, cell: Row) -> str:
    if row["statistic"] == "median_range":
        return (
            f"{numerals.decimal(cell.get('median'))} ({numerals.interval(cell.get('min'), cell.get('max'))})"
        )
    return numerals.mean_sd(cell.get("mean"), cell.get("sd"))


def _range(row: Row, columns: list[Arm]) -> list[Line]:
    """Return the line below a mean that gives the range, where the analysis has it."""
    found = [_cell(row, column) for column in columns]
    if row["statistic"] != "mean_sd" or any(
        cell.get("min") is None or cell.get("max") is None for cell in found
    ):
        return []
    return [Line("Range", tuple(numerals.interval(cell["min"], cell["max"], 0) for cell in found), level=1)]


def _share(cell: Row) -> str:
    return numerals.count_percent(cell.get("count"), cell.get("percent"), n=cell.get("n"))
