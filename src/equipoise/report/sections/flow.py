"""Participant flow: who was screened, randomized, treated, followed and analyzed.

Holds the boxes of the CONSORT 2025 diagram and the same numbers as a table. Counts nothing itself.
"""

from collections.abc import Iterable
from typing import Any

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Figure, Line, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.figures import flow
from equipoise.report.figures.flow import Box, Column, Flow
from equipoise.report.folder import Row
from equipoise.report.trial import EVERYBODY, Trial

ID, TITLE = "flow", "Participant flow"
STAGES = ("Allocation", "Follow-up", "Open label", "Analysis")


def section(trial: Trial) -> Section:
    """Return the section."""
    table = trial.mapping("flow")
    columns = [row for row in table.get("arms") or [] if isinstance(row, dict)]
    if not columns:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    blocks: list[Block] = [_figure(trial, table, columns), _numbers(trial, columns)]
    return Section(ID, TITLE, tuple(blocks))


def _figure(trial: Trial, table: Row, columns: list[Row]) -> Figure:
    drawn = tuple(_column(trial, row, _empty(columns)) for row in columns)
    kept = [place for place in range(len(STAGES)) if any(column.boxes[place] for column in drawn)]
    title = _title(table, columns)
    content = Flow(
        title=title,
        description=_description(table, drawn),
        screened=_n_box("Assessed for eligibility", table.get("screened")),
        excluded=_excluded(table),
        randomized=_n_box("Randomized", table.get("randomized")) or Box("Randomized"),
        stages=tuple(STAGES[place] for place in kept),
        columns=tuple(
            Column(column.label, column.place, tuple(column.boxes[place] for place in kept))
            for column in drawn
        ),
    )
    shown = (
        "All participants in one column, since arms are withheld." if trial.blinded else "One column an arm."
    )
    return figure(
        content, flow.draw, name="figure-flow", caption=f"Counted from the data after CONSORT 2025. {shown}"
    )


def _title(table: Row, columns: list[Row]) -> str:
    received = [row.get("received") for row in columns]
    treated = (
        f", {numerals.whole(sum(n or 0 for n in received))} received a dose" if None not in received else ""
    )
    screened = table.get("screened")
    of = f" of {numerals.whole(screened)} assessed" if screened is not None else ""
    return f"{numerals.whole(table.get('randomized'))}{of} were randomized{treated}"


def _column(trial: Trial, row: Row, empty: frozenset[str]) -> Column:
    """Return an arm's boxes; `empty` names visits that nobody of any arm had."""
    label = _label(trial, row)
    to = f"Allocated to {wording.inline(label)}" if not trial.blinded else "Allocated"
    allocation = Box(
        _with_n(to, row.get("allocated")),
        (
            *([f"Received it: {numerals.whole(row['received'])}"] if row.get("received") is not None else []),
            *_reasons("Did not receive it", row.get("not_received")),
        ),
    )
    followed = [one for one in row.get("followed") or [] if one.get("visit") not in empty]
    follow = Box(
        "Seen for the primary outcome" if followed else "Followed",
        (
            *(f"{_visit(trial, one)}: {numerals.whole(one.get('n'))}" for one in followed),
            *_reasons("Left or stopped", row.get("discontinued")),
        ),
    )
    analyzed = row.get("analyzed") or []
    analysis = Box(
        "Analyzed", tuple(f"{_estimand(trial, one)}: {numerals.whole(one.get('n'))}" for one in analyzed)
    )
    place = next((arm.place for arm in trial.columns if arm.id == row.get("arm")), 0)
    boxes = (
        allocation,
        follow if follow.lines else None,
        _open_label(row.get("open_label")),
        analysis if analyzed else None,
    )
    return Column(label, place, boxes)


def _empty(columns: list[Row]) -> frozenset[str]:
    seen = [one for row in columns for one in row.get("followed") or []]
    return frozenset(str(one.get("visit")) for one in seen) - {
        str(one.get("visit")) for one in seen if one.get("n")
    }


def _open_label(row: Any) -> Box | None:
    if not isinstance(row, dict):
        return None
    took, declined = row.get("took"), row.get("declined")
    return Box(
        "Offered the open-label dose",
        (f"Took it: {numerals.whole(took)}", f"Declined: {numerals.whole(declined)}"),
    )


def _excluded(table: Row) -> Box | None:
    rows = table.get("excluded") or []
    if not rows:
        return None
    total = sum(row.get("n") or 0 for row in rows)
    return Box(
        _with_n("Excluded", total),
        tuple(f" {row.get('reason')}: {numerals.whole(row.get('n'))}" for row in rows),
    )


def _reasons(head: str, rows: Iterable[Row] | None) -> tuple[str, ...]:
    found = [row for row in rows or [] if row.get("n")]
    if not found:
        return (f"{head}: 0",) if rows is not None else ()
    total = sum(row["n"] for row in found)
    return (
        f"{head}: {numerals.whole(total)}",
        *(f" {row.get('reason')}: {numerals.whole(row['n'])}" for row in found),
    )


def _n_box(text: str, n: Any) -> Box | None:
    return None if n is None else Box(_with_n(text, n))


def _with_n(text: str, n: Any) -> str:
    return f"{text} {numerals.size(n)}" if n is not None else text


def _label(trial: Trial, row: Row) -> str:
    return EVERYBODY if trial.blinded else str(row.get("label") or trial.arm_label(row.get("arm")))


def _visit(trial: Trial, row: Row) -> str:
    return str(row.get("label") or trial.visit_label(row.get("visit")))


def _estimand(trial: Trial, row: Row) -> str:
    return str(row.get("label") or trial.estimand_label(row.get("estimand")))


def _description(table: Row, columns: Iterable[Column]) -> str:
    parts = []
    if table.get("screened") is not None:
        parts.append(f"Assessed for eligibility: {numerals.whole(table['screened'])}.")
    excluded = _excluded(table)
    if excluded is not None:
        parts.append(f"{excluded.heading}: {'; '.join(line.strip() for line in excluded.lines)}.")
    parts.append(f"Randomized: {numerals.whole(table.get('randomized'))}.")
    for column in columns:
        told = "; ".join(
            f"{box.heading}: {', '.join(line.strip() for line in box.lines)}"
            for box in column.boxes
            if box is not None
        )
        parts.append(f"{column.label}: {told}.")
    return " ".join(parts)


def _numbers(trial: Trial, columns: list[Row]) -> Table:
    """Return the diagram's numbers by arm as a table, for whoever reads tables rather than pictures."""
    lines = [
        Line("Allocated", _across(columns, "allocated")),
        Line("Received the dose", _across(columns, "received")),
        *(
            Line(text, _summed(columns, key))
            for key, text in (("not_received", "Did not receive it"), ("discontinued", "Left or stopped"))
        ),
        *_listed(columns, "followed", "Seen for the primary outcome", lambda row: _visit(trial, row)),
    ]
    if any(isinstance(row.get("open_label"), dict) for row in columns):
        lines.append(
            Line(
                "Took the open-label dose",
                tuple(
                    numerals.whole(row["open_label"].get("took"))
                    if isinstance(row.get("open_label"), dict)
                    else numerals.ABSENT
                    for row in columns
                ),
            )
        )
    lines += _listed(columns, "analyzed", "Analyzed", lambda row: _estimand(trial, row))
    return Table(
        id="table-flow",
        caption="The diagram's numbers by arm" if not trial.blinded else "The diagram's numbers",
        stub="Participants",
        heads=tuple(f"{_label(trial, row)}, n" for row in columns),
        lines=tuple(lines),
        folded=True,
    )


def _across(columns: list[Row], key: str) -> tuple[str, ...]:
    return tuple(numerals.whole(row.get(key)) for row in columns)


def _summed(columns: list[Row], key: str) -> tuple[str, ...]:
    sums = [
        sum(one.get("n") or 0 for one in row[key]) if row.get(key) is not None else None for row in columns
    ]
    return tuple(numerals.whole(one) for one in sums)


def _listed(columns: list[Row], key: str, heading: str, name: Any) -> list[Line]:
    names = list(dict.fromkeys(name(one) for row in columns for one in row.get(key) or []))
    if not names:
        return []
    counts = [{name(one): one.get("n") for one in row.get(key) or []} for row in columns]
    return [
        Line(heading, heading=True),
        *(Line(one, tuple(numerals.whole(count.get(one)) for count in counts), level=1) for one in names),
    ]
