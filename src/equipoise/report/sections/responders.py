"""Response and remission: how many, by arm and visit.

Holds proportions with their intervals. Refuses comparisons, which stand with the estimands.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Figure, Line, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.folder import Row
from equipoise.report.trial import Trial

ID, TITLE = "responders", "Response and remission"


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("responders")
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    drawn = _figure(trial, rows)
    blocks: list[Block] = [drawn] if drawn is not None else []
    return Section(ID, TITLE, (*blocks, _table(trial, rows)))


def _figure(trial: Trial, rows: list[Row]) -> Figure | None:
    """Return the shares at the visit of the primary outcome."""
    here = [
        row for row in rows if not trial.primary_visit or str(row.get("visit")) == trial.primary_visit
    ] or rows
    bars = []
    for row in here:
        if None in (row.get("percent"), row.get("ci_low"), row.get("ci_high")):
            continue
        column = next((one for one in trial.columns if one.id == row.get("arm")), trial.columns[0])
        bars.append(
            Bar(
                label=column.label,
                value=row["percent"],
                low=row["ci_low"],
                high=row["ci_high"],
                text=_share(row),
                place=column.place,
                group=_definition(row),
            )
        )
    if not bars:
        return None
    at = f" at {wording.inline(trial.visit_label(trial.primary_visit))}" if trial.primary_visit else ""
    content = Intervals(
        title=f"Participants who responded or remitted{at}",
        description="; ".join(f"{bar.group}, {bar.label}: {bar.text}" for bar in bars) + ".",
        bars=tuple(bars),
        axis="Participants, %",
        low=0.0,
        high=100.0,
        reference=None,
    )
    method = f" {rows[0]['ci_method']}" if rows[0].get("ci_method") else ""
    caption = (
        f"Points are percentages of participants observed, bars 95%{method} intervals. "
        "A comparison of the arms stands with the outcomes."
    )
    return figure(content, intervals.draw, name="figure-responders", caption=caption)


def _table(trial: Trial, rows: list[Row]) -> Table:
    lines: list[Line] = []
    for definition in dict.fromkeys(_definition(row) for row in rows):
        lines.append(Line(definition, heading=True))
        here = [row for row in rows if _definition(row) == definition]
        for visit in dict.fromkeys(str(row.get("visit")) for row in here):
            at = [row for row in here if str(row.get("visit")) == visit]
            if not any(row.get("n") for row in at):
                continue
            cells: list[str] = []
            for column in trial.columns:
                row = next(iter(trial.of_arm(at, column)), {})
                cells += [numerals.count_of(row.get("count"), row.get("n")), _percent(row)]
            open_ = (
                " (no randomized comparison)"
                if any(row.get("randomized_comparison") is False for row in at)
                else ""
            )
            lines.append(Line(f"{trial.visit_label(visit)}{open_}", tuple(cells), level=1))
    return Table(
        id="table-responders",
        caption="Response and remission among participants observed",
        stub="Definition and visit",
        groups=tuple((column.label, 2) for column in trial.columns),
        heads=("n", "% (95% CI)") * len(trial.columns),
        lines=tuple(lines),
    )


def _definition(row: Row) -> str:
    kind = wording.opening(str(row.get("kind") or ""))
    return f"{kind}: {row.get('definition')}" if row.get("definition") else kind


def _percent(row: Row) -> str:
    if row.get("percent") is None:
        return numerals.ABSENT
    return numerals.estimate(row["percent"], row.get("ci_low"), row.get("ci_high"), 0)


def _share(row: Row) -> str:
    n = row.get("n")
    return f"{numerals.count_of(row.get('count'), n)} ({numerals.percent(row['percent'], n=n)})"
