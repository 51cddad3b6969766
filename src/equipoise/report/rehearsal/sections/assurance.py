"""Assurance: the chance of success when the effect itself is uncertain.

Holds the figure and the priors. Refuses to choose a prior.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Line, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.folder import Row
from equipoise.report.rehearsal import wording
from equipoise.report.rehearsal.design import Design

ID, TITLE = "assurance", "Assurance"
NOTHING = (
    "No assurance was asked for. An entry under assurance in the protocol file's simulation averages power"
    " over a prior on the effect, such as one from published trials."
)


def section(design: Design) -> Section:
    """Return the section."""
    first = str(design.cells[0].first.get("estimand")) if design.cells else ""
    rows = [row for cell in design.cells for row in cell.row.get("assurance") or []]
    asked = [row for row in rows if str(row.get("estimand")) == first and row.get("assurance") is not None]
    if not asked:
        return missing(ID, TITLE, NOTHING)
    blocks: list[Block] = [_figure(design, asked), _table(design, rows)]
    return Section(ID, TITLE, tuple(blocks))


def _prior(design: Design, row: Row) -> Row:
    return next((one for one in design.rows("priors") if one.get("id") == row.get("prior")), {})


def _label(design: Design, row: Row) -> str:
    return str(_prior(design, row).get("label") or row.get("prior"))


def _figure(design: Design, rows: list[Row]) -> Block:
    bars = []
    for row in rows:
        prior = _prior(design, row)
        low, high = wording.ends(row["assurance"], row.get("assurance_mcse"))
        mean, sd = prior.get("mean"), prior.get("sd")
        effect = f"effect {numerals.decimal(mean)} (SD {numerals.decimal(sd)})" if mean is not None else ""
        bars.append(
            Bar(
                label=_label(design, row),
                value=100 * row["assurance"],
                low=low,
                high=high,
                text=f"{numerals.decimal(100 * row['assurance'])} ({numerals.interval(low, high)})",
                detail=effect,
            )
        )
    first = rows[0]
    content = Intervals(
        title=f"{_sure(first)} of trials succeed over the prior “{_label(design, first)}”",
        description=" ".join(f"{_label(design, row)}: {_sure(row)}." for row in rows),
        bars=tuple(bars),
        axis="Trials in which the hypothesis is rejected, %",
        low=0.0,
        high=100.0,
        reference=None,
        guide=100 * design.target,
    )
    each = numerals.plural(first.get("replicates"), "simulated trial")
    caption = (
        f"{each} for each prior, the effect of each drawn from it; everything else as in the scenario."
        f" {wording.WHAT_INTERVALS_ARE}"
    )
    return figure(content, intervals.draw, name="figure-assurance", caption=caption)


def _sure(row: Row) -> str:
    return wording.sure(row["assurance"], row.get("assurance_mcse"))


def _table(design: Design, rows: list[Row]) -> Table:
    lines: list[Line] = []
    for prior in dict.fromkeys(str(row.get("prior")) for row in rows):
        own = [row for row in rows if str(row.get("prior")) == prior]
        lines.append(Line(_label(design, own[0]), heading=True))
        lines += [
            Line(
                design.question(row.get("estimand")).text("name") or str(row.get("estimand")),
                (wording.with_error(row.get("assurance"), row.get("assurance_mcse")),),
                level=1,
            )
            for row in own
        ]
    sources = [
        f"{one.get('label') or one.get('id')}: {one['source']}"
        for one in design.rows("priors")
        if one.get("source")
    ]
    return Table(
        id="assurance-table",
        caption="Assurance of every question, % (Monte Carlo standard error)",
        stub="Question",
        heads=("Assurance",),
        lines=tuple(lines),
        notes=tuple(sources),
    )
