"""Looks before the end: how often they stop the trial, when, and what they cost.

Holds the tables and the picture of where trials end. Refuses boundaries of its own: the plan's are printed.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Line, Prose, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Design
from equipoise.report.wording import opening, stop

ID, TITLE = "looks", "Looks before the end"
NOTHING = "No look before the end is planned."


def section(design: Design) -> Section:
    """Return the section."""
    planned = design.plan.get("looks") or []
    if not planned:
        return missing(ID, TITLE, NOTHING)
    blocks: list[Block] = [_planned(design, row, place) for place, row in enumerate(planned, start=1)]
    rows = list(design.written.sequential)
    if not rows:
        told = " ".join(
            stop(opening(str(note))) for note in design.tables.get("notes") or [] if "looks" in str(note)
        )
        return Section(ID, TITLE, (*blocks, Prose(told or "The looks were not rehearsed.", tone="missing")))
    blocks += [_summary(design, rows), _figure(design, rows), _by_look(design, rows)]
    return Section(ID, TITLE, tuple(blocks))


def _planned(design: Design, row: Row, place: int) -> Table:
    lines = tuple(
        Line(
            str(one.get("look")),
            (
                numerals.whole(one.get("participants")),
                numerals.decimal(one.get("fraction"), 2),
                numerals.ABSENT if one.get("nominal") is None else f"{one['nominal']:.4f}",
            ),
        )
        for one in row.get("looks") or []
    )
    name = design.question(row.get("estimand")).text("name") or str(row.get("estimand"))
    binding = " Futility binds, and alpha counts on it." if row.get("binding") else " Futility does not bind."
    spent = str(row.get("method") or "").replace("_", " ")
    return Table(
        id=f"looks-planned-{place}",
        caption=f"{name}: when the looks are, and the P value at or below which each shows an effect",
        stub="Look",
        heads=("Participants", "Information", "P value"),
        lines=lines,
        notes=(f"Two-sided {numerals.level(row.get('alpha'))} in all, spent by {spent}.{binding}",),
    )


def _label(design: Design, row: Row) -> str:
    cell = next((one for one in design.every_cell if one.id == row.get("scenario")), None)
    more = f" ({row['design']})" if len(design.designs) > 1 and row.get("design") else ""
    return f"{cell.label if cell else row.get('scenario')}{more}"


def _summary(design: Design, rows: list[Row]) -> Table:
    lines = tuple(
        Line(
            _label(design, row),
            (
                wording.with_error(row.get("power"), row.get("power_mcse")),
                _percent(row.get("power_by_formula")),
                _percent(row.get("power_without")),
                f"{numerals.decimal(row.get('expected_n'))} ({numerals.decimal(row.get('expected_n_mcse'))})",
                numerals.whole(row.get("n")),
                _months(row.get("expected_days")),
                _months(row.get("days_without")),
                numerals.decimal(row.get("bias_of_stopping"), 2),
                numerals.decimal(row.get("overrun")),
            ),
        )
        for row in rows
    )
    return Table(
        id="looks-summary",
        caption="What the looks do, by scenario (Monte Carlo standard error)",
        stub="Scenario",
        heads=(
            "Power, %", "By formula, %", "Power without looks, %", "Mean participants",
            "Without looks", "Mean months", "Without looks", "Bias of stopping",
            "Randomized beyond a look that stops",
        ),
        lines=lines,
        notes=(
            (f"{numerals.plural(rows[0].get('replicates'), 'simulated trial')} a scenario, looks on their"
            " calendar: everybody randomized by the day of a look is there, and only what was seen by then"
            " is analyzed. Power without looks is that of the same trials tested once at the whole level."),
        ),
    )  # fmt: skip


def _figure(design: Design, rows: list[Row]) -> Block:
    bars = []
    for row in rows:
        early = _before_end(row)
        low, high = wording.ends(early, _error(early, row.get("replicates")))
        bars.append(
            Bar(
                label=_label(design, row),
                value=100 * early,
                low=low,
                high=high,
                text=f"{numerals.decimal(100 * early)} ({numerals.interval(low, high)})",
                detail=_how(row),
            )
        )
    first, share = rows[0], _before_end(rows[0])
    sure = wording.sure(share, _error(share, first.get("replicates")))
    content = Intervals(
        title=f"{sure} of trials end at a look before the end under “{_label(design, first)}”",
        description=" ".join(f"{bar.label}: {bar.text}%, {bar.detail}." for bar in bars),
        bars=tuple(bars),
        axis="Trials that end at a look before the end, %",
        low=0.0,
        high=100.0,
        reference=None,
    )
    return figure(content, intervals.draw, name="figure-looks", caption=wording.WHAT_INTERVALS_ARE)


def _before_end(row: Row) -> float:
    early = (row.get("looks") or [])[:-1]
    return sum(one.get(kind) or 0.0 for one in early for kind in ("success", "harm", "futility"))


def _how(row: Row) -> str:
    early = (row.get("looks") or [])[:-1]
    words = {"success": "for an effect", "harm": "for one in the wrong direction", "futility": "for futility"}
    shares = {kind: sum(one.get(kind) or 0.0 for one in early) for kind in words}
    return ", ".join(
        f"{wording.percent(shares[kind])} {told}" for kind, told in words.items() if shares[kind]
    )


def _error(share: float, replicates: float | None) -> float:
    """Return the Monte Carlo standard error of a share, of one trial more where all agree."""
    count = int(replicates or 1)
    inner = min(max(share, 1 / (count + 1)), count / (count + 1))
    return float((inner * (1 - inner) / count) ** 0.5)


def _by_look(design: Design, rows: list[Row]) -> Table:
    lines: list[Line] = []
    for row in rows:
        lines.append(Line(_label(design, row), heading=True))
        lines += [_look(one) for one in row.get("looks") or []]
    return Table(
        id="looks-each",
        caption="Trials that end at each look, % (Monte Carlo standard error)",
        stub="Look",
        heads=(
            "Planned at", "Analyzed, mean", "Randomized by then", "Month", "Shows an effect",
            "By formula", "Futility", "By formula", "Wrong direction",
        ),
        lines=tuple(lines),
    )  # fmt: skip


def _look(one: Row) -> Line:
    return Line(
        str(one.get("look")),
        (
            numerals.whole(one.get("participants")),
            numerals.decimal(one.get("analyzed")),
            numerals.decimal(one.get("randomized")),
            _months(one.get("day")),
            wording.with_error(one.get("success"), one.get("success_mcse")),
            _percent(one.get("success_by_formula")),
            wording.with_error(one.get("futility"), one.get("futility_mcse")),
            _percent(one.get("futility_by_formula")),
            _percent(one.get("harm")),
        ),
        level=1,
    )


def _percent(value: float | None) -> str:
    return numerals.ABSENT if value is None else numerals.decimal(100 * value)


DAYS_PER_MONTH = 365.25 / 12


def _months(days: float | None) -> str:
    return numerals.ABSENT if days is None else numerals.decimal(days / DAYS_PER_MONTH)
