"""Screening and time: how many are seen for those who take part, and how long the trial takes.

Holds the fan of enrollment and the table of all scenarios.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Figure, Line, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import fan
from equipoise.report.figures.fan import Fan
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Cell, Design

ID, TITLE = "enrollment", "Screening and time"
EDGES = 5
"""Quantiles of the fan: two ends of a wide band, two of a narrow one, the middle."""


def section(design: Design) -> Section:
    """Return the section."""
    known = [one for one in design.every_cell if one.enrollment and not one.grid]
    if not known:
        return missing(ID, TITLE, "Enrollment was not rehearsed.")
    drawn = _figure(known[0])
    blocks: list[Block] = [*([drawn] if drawn is not None else []), _table(design, known)]
    return Section(ID, TITLE, tuple(blocks))


def _figure(cell: Cell) -> Figure | None:
    told = dict(cell.enrollment.get("fan") or {})
    counts, months = told.get("participants") or [], told.get("months") or []
    whole = [_numbers(line) for line in (counts, *months)]
    if len(months) != EDGES or not counts or any(len(line) != len(counts) for line in whole):
        return None
    lines = [
        tuple((float(at), float(count)) for at, count in zip(line, counts, strict=True)) for line in months
    ]
    takes, low, high = (wording.months(cell.enrollment), *_last(lines))
    n = float(cell.row.get("n") or counts[-1])
    content = Fan(
        title=f"The last of {numerals.whole(n)} participants is in after"
        f" {numerals.decimal(lines[2][-1][0])} months ({numerals.interval(low, high)});"
        f" the trial takes {takes}",
        description=f"Participants in over months under {cell.label}, the middle of many trials with bands.",
        middle=lines[2],
        bands=((lines[0], lines[4]), (lines[1], lines[3])),
        names=("Nine trials in ten", "Half of the trials"),
        total=n,
        along="Months since the first participant",
        upward="Participants in",
    )
    caption = (
        f"{numerals.plural(cell.enrollment.get('replicates'), 'simulated enrollment')} under"
        f" {wording.quoted(cell)}. Brackets hold nine trials in ten. The broken line is the number planned"
        " for this design."
    )
    return figure(content, fan.draw, name="figure-enrollment", caption=caption)


def _numbers(values: object) -> list[float]:
    """Return a list's numbers; fewer than it has entries where some are none."""
    rows = values if isinstance(values, list) else []
    return [float(value) for value in rows if isinstance(value, int | float)]


def _last(lines: list[tuple[tuple[float, float], ...]]) -> tuple[float, float]:
    return lines[0][-1][0], lines[4][-1][0]


def _table(design: Design, cells: list[Cell]) -> Table:
    several = len(design.designs) > 1
    return Table(
        id="enrollment-table",
        caption="How many are screened, and how long it takes (nine trials in ten)",
        stub="Scenario",
        heads=(
            "Randomized",
            "Screened",
            "Enrollment, months",
            "Whole trial, months",
            "Randomized a month",
            "Fail screening",
        ),
        lines=tuple(
            Line(f"{one.label}{f' ({one.design})' if several else ''}", _cells(one, design.scenario(one)))
            for one in cells
        ),
    )


def _cells(cell: Cell, scenario: Row) -> tuple[str, ...]:
    enrollment = cell.enrollment
    failure = scenario.get("screening_failure")
    return (
        numerals.whole(cell.row.get("n")),
        wording.screened(enrollment) or numerals.ABSENT,
        numerals.decimal(enrollment.get("enrollment_months")),
        wording.months(enrollment).replace(" months", "") or numerals.ABSENT,
        f"{scenario.get('per_month') or 0:g}",
        "none assumed" if failure is None else wording.percent(failure),
    )
