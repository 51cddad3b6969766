"""Designs side by side on the same simulated participants, and the size that a power needs.

Holds what was asked for with `--n`, `--against` and `--find-n`.
"""

from collections.abc import Iterator

from equipoise.report import numerals
from equipoise.report.blocks import Block, Line, Prose, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Design
from equipoise.report.wording import opening, stop

ID, TITLE = "designs", "Other sizes and designs"
NOTHING = (
    "No other design was asked for. The option --n compares sizes, --against another protocol file, and"
    " --find-n 0.8 finds the smallest number of participants with that power."
)


def section(design: Design) -> Section:
    """Return the section."""
    blocks = [*_comparisons(design), *_searched(design)]
    return Section(ID, TITLE, tuple(blocks)) if blocks else missing(ID, TITLE, NOTHING)


def _label(design: Design, scenario: object) -> str:
    cell = next((one for one in design.every_cell if one.id == scenario), None)
    return cell.label if cell else str(scenario)


def _comparisons(design: Design) -> Iterator[Block]:
    rows = design.rows("comparisons")
    if not rows:
        return
    yield _difference(design, rows)
    lines: list[Line] = []
    for scenario in dict.fromkeys(row.get("scenario") for row in rows):
        lines.append(Line(_label(design, scenario), heading=True))
        lines += [_line(row) for row in rows if row.get("scenario") == scenario]
    yield Table(
        id="designs-table",
        caption="Power of each design and what it gains over the first, % (Monte Carlo standard error)",
        stub="Design",
        heads=(
            "Power",
            "Gain",
            "Error without sharing",
            "Times sharper",
            "Width of its interval, share of the first's",
        ),
        lines=tuple(lines),
        notes=(
            (
                "Designs share the random numbers of participants, so gains are sharper than powers; the"
                " error without sharing is what it would be otherwise."
            ),
        ),
    )


def _line(row: Row) -> Line:
    return Line(
        str(row.get("design")),
        (
            wording.with_error(row.get("power"), row.get("power_mcse")),
            wording.with_error(row.get("difference"), row.get("difference_mcse")),
            numerals.ABSENT
            if row.get("independent_mcse") is None
            else numerals.decimal(100 * row["independent_mcse"]),
            numerals.decimal(row.get("sharper")),
            numerals.decimal(row.get("width_ratio"), 2),
        ),
        level=1,
    )


def _difference(design: Design, rows: list[Row]) -> Block:
    base = {row.get("scenario"): row.get("design") for row in reversed(rows)}
    others = [row for row in rows if row.get("design") != base[row.get("scenario")]] or rows
    bars = []
    for row in others:
        value, error = row.get("difference") or 0.0, wording.SURE * (row.get("difference_mcse") or 0.0)
        low, high = 100 * (value - error), 100 * (value + error)
        bars.append(
            Bar(
                label=str(row.get("design")),
                value=100 * value,
                low=low,
                high=high,
                text=numerals.estimate(100 * value, low, high, 1),
                group=_label(design, row.get("scenario")),
            )
        )
    first, bar = others[0], bars[0]
    content = Intervals(
        title=f"{first.get('design')} gains {bar.text} percentage points of power over"
        f" {base[first.get('scenario')]} under “{bar.group}”",
        description=" ".join(f"{one.group}, {one.label}: {one.text}." for one in bars),
        bars=tuple(bars),
        axis=f"Power minus that of {base[first.get('scenario')]}, percentage points",
    )
    return figure(content, intervals.draw, name="figure-designs", caption=wording.WHAT_INTERVALS_ARE)


def _searched(design: Design) -> Iterator[Block]:
    rows = design.rows("search")
    if not rows:
        return
    lines = tuple(
        Line(
            _label(design, row.get("scenario")),
            (
                wording.percent(row.get("target")),
                numerals.whole(row.get("n")),
                numerals.interval(row.get("low"), row.get("high"), 0),
                numerals.whole(sum(one.get("trials") or 0 for one in row.get("points") or [])),
            ),
        )
        for row in rows
    )
    yield Table(
        id="search-table",
        caption="The smallest number of participants with a power",
        stub="Scenario",
        heads=("Power wanted", "Participants", "95% interval", "Trials spent"),
        lines=lines,
    )
    for row in rows:
        if row.get("reason"):
            yield Prose(f"{_label(design, row.get('scenario'))}: {stop(str(row['reason']))}", tone="note")
        elif row.get("summary"):
            yield Prose(stop(opening(str(row["summary"]))), tone="note")
