"""One simulated trial to look at: every participant's course, and what the analysis makes of it.

Holds the first replicate, not a chosen one.
"""

from typing import Any

from equipoise.report import numerals
from equipoise.report.blocks import Prose, Section, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import individuals
from equipoise.report.figures.individuals import Individuals, Line, Panel
from equipoise.report.folder import Row
from equipoise.report.rehearsal.design import Design, Question

ID, TITLE = "picture", "One simulated trial"


def section(design: Design) -> Section:
    """Return the section."""
    told = design.mapping("picture")
    panels = tuple(_panel(row, place) for place, row in enumerate(told.get("arms") or [], start=1))
    shown = tuple(panel for panel in panels if panel.lines)
    if not shown:
        return missing(ID, TITLE, "No trial was drawn.")
    question = design.question(told.get("estimand"))
    days = sorted({day for panel in shown for one in panel.lines for day, _ in one})
    content = Individuals(
        title=_title(told, question),
        description="One line a simulated participant, by arm; the thick line is the mean of those seen. "
        + "; ".join(f"{panel.label}: {len(panel.lines)} drawn" for panel in shown),
        panels=shown,
        days=tuple(days),
        axis=f"{question.text('outcome')}{_range(question)}",
        time="Day (0 = first dose)",
        low=question.row.get("low"),
        high=question.row.get("high"),
        unblinding_day=_day(told),
    )
    caption = (
        f"The first simulated trial under “{told.get('label')}” (replicate"
        f" {numerals.whole(told.get('replicate') or 0)}, seed {told.get('seed')}): the first, not a chosen"
        " one. Lines end where somebody was last seen."
    )
    drawn = figure(
        content, individuals.draw, name="figure-picture", caption=caption + _shaded(told) + _some(told)
    )
    note = Prose(
        "One trial is one draw: the next differs, as the figures before show. The command simulate writes"
        " this one out as records.",
        tone="note",
    )
    return Section(ID, TITLE, (drawn, note))


def _title(told: Row, question: Question) -> str:
    estimate, low, high = (told.get(name) for name in ("estimate", "ci_low", "ci_high"))
    outcome = question.text("name") or question.text("id")
    if estimate is None or low is None or high is None:
        return f"{outcome}: one simulated trial, without an estimate"
    unit = f" {question.unit}" if question.unit else ""
    return (
        f"{outcome}: this simulated trial finds {question.effect(estimate)}{unit} ({question.effect(low)}"
        f" to {question.effect(high)})"
    )


def _range(question: Question) -> str:
    low, high, higher = (question.row.get(name) for name in ("low", "high", "higher_is"))
    if low is None or high is None:
        return ""
    return f" (scale {low:g} to {high:g}{f', higher is {higher}' if higher else ''})".replace(
        "-", numerals.MINUS
    )


def _panel(row: Row, place: int) -> Panel:
    lines = tuple(line for line in (_line(one) for one in row.get("courses") or []) if len(line) > 1)
    return Panel(str(row.get("label") or row.get("id")), place, lines, _line(row.get("mean") or []))


def _line(points: Any) -> Line:
    rows = points if isinstance(points, list) else []
    pairs = [pair for pair in rows if isinstance(pair, list) and len(pair) == 2]
    return tuple(
        (float(day), float(value))
        for day, value in pairs
        if isinstance(day, int | float) and isinstance(value, int | float)
    )


def _day(told: Row) -> float | None:
    day = told.get("unblinding_day")
    return None if day is None else float(day)


def _shaded(told: Row) -> str:
    day = told.get("unblinding_day")
    return "" if day is None else f" Shaded: arms known after day {day:g}; time runs faster there."


def _some(told: Row) -> str:
    arms = told.get("arms") or []
    short = [arm for arm in arms if (arm.get("n") or 0) > len(arm.get("courses") or [])]
    return f" Of each arm the first {len(short[0]['courses'])} are drawn; means are of all." if short else ""
