"""Everybody's own course, by arm.

Holds lines without names. Refuses to show anybody singly in a blinded report.
"""

from equipoise.report import wording
from equipoise.report.blocks import Block, Prose, Section, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import individuals
from equipoise.report.figures.individuals import Individuals, Line, Panel
from equipoise.report.folder import Row
from equipoise.report.sections.outcomes import slug
from equipoise.report.trial import Arm, Scale, Trial

ID, TITLE = "individuals", "Individual courses"
BLINDED = "Withheld: no participant is shown singly while arms are withheld."


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("individuals")
    if trial.blinded:
        return missing(ID, TITLE, BLINDED)
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    drawn: list[Block] = []
    for score in trial.outcomes:
        here = [row for row in rows if str(row.get("score")) == score and len(_points(row)) > 1]
        if here:
            drawn.append(_figure(trial, trial.scale(score), here))
    if not drawn:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    note = (
        "Each thin line is one participant, without a name or number; lines end where somebody was last seen."
    )
    return Section(ID, TITLE, (Prose(note), *drawn))


def _figure(trial: Trial, scale: Scale, rows: list[Row]) -> Block:
    panels = tuple(_panel(trial, arm, scale, rows) for arm in trial.arms)
    shown = tuple(panel for panel in panels if panel.lines)
    counts = "; ".join(f"{panel.label}: {len(panel.lines)} participants" for panel in shown)
    content = Individuals(
        title=f"{scale.label}: every participant's course",
        description=f"One line a participant, by arm. {counts}. The means are in the table of this outcome.",
        panels=shown,
        days=_days(trial, scale),
        axis=scale.label + (f" (scale {scale.range})" if scale.range else ""),
        time=trial.time_label,
        low=scale.low,
        high=scale.high,
        unblinding_day=trial.unblinding_day,
    )
    caption = "Thin lines are participants, the thick line is the arm's mean."
    if trial.unblinding_day is not None:
        known = f"Shaded: arms known after day {trial.unblinding_day:g}, no randomized comparison"
        caption = f"{caption} {known}; time runs faster there."
    return figure(content, individuals.draw, name=f"figure-individuals-{slug(scale.score)}", caption=caption)


def _panel(trial: Trial, arm: Arm, scale: Scale, rows: list[Row]) -> Panel:
    means = [
        (float(row["day"]), float(row["mean"]))
        for row in trial.of_arm(trial.course(scale.score), arm)
        if row.get("day") is not None and row.get("mean") is not None
    ]
    lines = tuple(_points(row) for row in trial.of_arm(rows, arm))
    return Panel(arm.label, arm.place, lines, tuple(sorted(means)))


def _points(row: Row) -> Line:
    pairs = [pair for pair in row.get("points") or [] if isinstance(pair, list) and len(pair) == 2]
    numbers = [
        (day, value)
        for day, value in pairs
        if isinstance(day, int | float) and isinstance(value, int | float)
    ]
    return tuple(sorted((float(day), float(value)) for day, value in numbers))


def _days(trial: Trial, scale: Scale) -> tuple[float, ...]:
    rows = trial.course(scale.score)
    return tuple(sorted({float(row["day"]) for row in rows if row.get("day") is not None}))
