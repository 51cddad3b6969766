"""From understood rows to the tables of a dataset and an allocation.

Holds the building. Refuses to judge: whatever comes here was checked row by row.
"""

import pandas as pd

from equipoise import allocation
from equipoise.allocation import Allocation
from equipoise.protocol import Resolved
from equipoise.records.cells import is_number
from equipoise.records.dataset import Records
from equipoise.records.days import with_days
from equipoise.records.import_cells import Answer
from equipoise.records.import_rows import Rows, Visited
from equipoise.records.import_targets import Target
from equipoise.records.manifest import manifest_of
from equipoise.records.tables import table


def records_of(rows: Rows, resolved: Resolved) -> Records:
    """Return the rows as records: without arms, every value marked as imported.

    A participant counts as randomized when the file gives them an arm, or holds no arms at all.
    """
    who = rows.participants
    randomized = [one for one in who if rows.arms is None or rows.arms[one] is not None]
    status = dict.fromkeys(randomized, "randomized")
    participants = table(
        "participants",
        {
            "participant": who,
            "site": [rows.sites.get(one) for one in who],
            "status": [status.get(one, "screening") for one in who],
        },
    )
    return Records(
        manifest=manifest_of(resolved, simulated=False),
        participants=participants,
        visits=with_days(_visits(rows), participants=participants, resolved=resolved),
        values=_values(rows, resolved),
        dispositions=table(
            "dispositions", {"participant": randomized, "stage": "randomization", "status": "randomized"}
        ),
    )


def allocation_of(rows: Rows) -> Allocation | None:
    """Return who has which arm; None when the file holds no arms."""
    if rows.arms is None:
        return None
    return allocation.from_rows(
        {"participant": one, "arm": arm} for one, arm in rows.arms.items() if arm is not None
    )


def _visits(rows: Rows) -> pd.DataFrame:
    """Return every visit that has a row or a value; the latter without a date."""
    held = {(one.participant, one.visit): one for one in rows.visits}
    for participant, visit, _, _ in rows.values:
        held.setdefault((participant, visit), Visited(participant, visit, None, None))
    return table(
        "visits",
        {
            "participant": [one.participant for one in held.values()],
            "visit": [one.visit for one in held.values()],
            "repeat": [1] * len(held),
            "date": [one.date for one in held.values()],
            "day": [one.day for one in held.values()],
        },
    )


def _values(rows: Rows, resolved: Resolved) -> pd.DataFrame:
    version = resolved.protocol.trial.version
    cells = [_cell(target, answer, resolved) for _, _, target, answer in rows.values]
    units = [target.item.unit if target.item is not None else None for _, _, target, _ in rows.values]
    return table(
        "values",
        {
            "participant": [participant for participant, _, _, _ in rows.values],
            "visit": [visit for _, visit, _, _ in rows.values],
            "repeat": [1] * len(cells),
            "form": [target.form for _, _, target, _ in rows.values],
            "item": [target.id for _, _, target, _ in rows.values],
            "row": [1] * len(cells),
            **{kind: [cell.get(kind) for cell in cells] for kind in ("number", "text", "code", "date")},
            "unit": units,
            "origin": ["import"] * len(cells),
            "protocol_version": [version] * len(cells),
        },
    )


def _cell(target: Target, answer: Answer, resolved: Resolved) -> dict[str, Answer]:
    """Return an answer under the columns of `values` that hold it."""
    if target.kind not in {"number", "text", "code"}:
        return {"date": answer}
    if (
        target.kind == "code"
        and resolved.forms[target.form].instrument is not None
        and is_number(str(answer))
    ):
        return {"code": answer, "number": float(answer)}
    return {target.kind: answer}
