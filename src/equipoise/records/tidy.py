"""Records from plain rows, the door for whoever collects data.

Holds the way from mappings to tables, with every problem at once. Refuses rows that do not fit the protocol.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from equipoise.errors import IntegrityError, Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.records import cells, standard_tables
from equipoise.records.checks import check
from equipoise.records.dataset import Records
from equipoise.records.days import with_days
from equipoise.records.manifest import Manifest, manifest_of
from equipoise.records.tables import NUMERIC, TABLES, Column, table, tells_arm

Rows = Iterable[Mapping[str, Any]]


def tidy(rows: Mapping[str, Rows], resolved: Resolved, *, manifest: Manifest | None = None) -> Records:
    """Return records made of rows, one mapping of column to cell each.

    rows        table to its rows; columns left out are missing. Adverse events, medications, exposures,
                sessions, deviations and dispositions that are not given are made from the answers to the
                protocol's standard forms, and missing days of visits from their dates
    manifest    of collected data under this protocol when left out
    Raises      RecordError with everything that is wrong or does not fit the protocol (warnings are not
                raised; `check` returns them); IntegrityError when a column would tell an arm
    """
    given = {name: list(found) for name, found in rows.items()}
    problems = [
        Problem(f"there is no table `{name}`", f"one of {', '.join(TABLES)}", name)
        for name in given
        if name not in TABLES
    ]
    problems += [problem for name in TABLES for problem in _malformed(name, given.get(name, []))]
    _refuse(problems)
    frames = {name: _table(name, given.get(name, [])) for name in TABLES}
    people = frames["participants"]
    frames["visits"] = with_days(frames["visits"], participants=people, resolved=resolved)
    stated = Records(manifest=manifest or manifest_of(resolved, simulated=False), **frames)
    _refuse(_errors(stated, resolved))
    made = standard_tables.derive(stated, resolved)
    made = {name: found for name, found in made.items() if name not in given}
    _refuse([problem for name, found in made.items() for problem in _malformed(name, found)])
    records = replace(stated, **{name: _table(name, found) for name, found in made.items()})
    _refuse(_errors(records, resolved))
    return records


def _errors(records: Records, resolved: Resolved) -> list[Problem]:
    return [problem for problem in check(records, resolved) if problem.severity == "error"]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise RecordError("these rows are no records of this protocol", problems)


def _malformed(name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield every cell that is of the wrong type or missing, by table and row from 1."""
    columns = {column.name: column for column in TABLES[name].columns}
    for number, row in enumerate(rows, start=1):
        for unknown in [key for key in row if key not in columns]:
            if tells_arm(unknown):
                hint = "keep it in the allocation"
                problem = Problem(f"the column `{unknown}` would tell an arm", hint, unknown, name, number)
                raise IntegrityError("records never hold an arm", [problem])
            yield Problem("the table has no such column", "", unknown, name, number)
        for column in columns.values():
            said = _complaint(column, row.get(column.name))
            if said:
                yield Problem(said, "", column.name, name, number)


def _complaint(column: Column, cell: Any) -> str:
    if cell is None or cell == "" or cell != cell:
        return "is missing and may never be" if column.required else ""
    if column.kind not in NUMERIC:
        return cells.complaint(column, cell) if isinstance(cell, str) else f"{cell!r} is not text"
    if not isinstance(cell, Real):
        return f"{cell!r} is not a number"
    return "" if column.kind == "number" or float(cell).is_integer() else f"{cell!r} is not a whole number"


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    return table(name, {column: [row.get(column) for row in rows] for column in TABLES[name].names})
