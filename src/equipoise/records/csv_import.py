"""Another system's CSV into records and an allocation, through the protocol's `import:` section.

Holds the reading of the file and everything that may be wrong with it, by row and column. Refuses to repair:
an import with one wrong cell gives no records, and nothing is left out without a word.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from equipoise.allocation import Allocation
from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.records import import_rows, import_tables, sheet
from equipoise.records.checks import check
from equipoise.records.dataset import Records
from equipoise.records.import_cells import Reading, has_decimal_commas, nearest, without_missing
from equipoise.records.import_targets import Plan, plan_of
from equipoise.records.sheet import Sheet


@dataclass(frozen=True)
class Imported:
    """What a CSV held.

    allocation   None when the mapping names no column of arms
    problems     warnings; with an error there is no `Imported`
    """

    records: Records
    allocation: Allocation | None
    problems: tuple[Problem, ...] = ()


def import_csv(data: str | bytes, resolved: Resolved, *, name: str) -> Imported:
    """Read one CSV file through the protocol's `import:` section.

    data      UTF-8, with or without byte order mark, or UTF-16 with one; cells parted by commas, semicolons
              or tabs; decimal commas where no number could mean anything else
    name      the file's name as problems print it
    Raises    RecordError with every problem by row (the header is row 1) and column; ProtocolError when the
              protocol has no `import:` section, or one that places a value at no visit
    """
    plan = plan_of(resolved)
    text, problems = sheet.decode(data, name=name)
    _refuse(problems, name)
    delimiter = sheet.sniff(text, wanted=plan.columns)
    table, problems = sheet.read(text, delimiter=delimiter, name=name)
    table = replace(table, header=[column.strip() for column in table.header])
    problems += _header_problems(table, plan, name=name)
    if any(column not in table.header for column in plan.columns):
        _refuse(problems, name)
    reading = _read(table, plan, name=name)
    rows, found = import_rows.rows_of(reading, plan, resolved)
    problems += found
    _refuse(problems, name)
    records = import_tables.records_of(rows, resolved)
    problems += check(records, resolved)
    _refuse(problems, name)
    return Imported(records, import_tables.allocation_of(rows), tuple(_in_order(problems)))


def _refuse(problems: Sequence[Problem], name: str) -> None:
    """Raise every problem, warnings too, as soon as one is an error."""
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        said = "1 error" if errors == 1 else f"{errors} errors"
        raise RecordError(f"{name} cannot be imported: {said}", _in_order(problems))


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def _header_problems(table: Sheet, plan: Plan, *, name: str) -> Iterator[Problem]:
    header = table.header
    for column in plan.columns:
        if column not in header:
            hint = nearest(column, header)
            yield Problem(f"there is no column `{column}`, which the protocol maps", hint, column, name, 1)
        elif header.count(column) > 1:
            place = header.index(column) + 1
            yield Problem("the column stands twice", "rename or remove one", column, name, 1, place)
    known = {*plan.columns, *plan.map.ignored}
    for place, column in enumerate(header, start=1):
        if column not in known and (column or any(row[place - 1].strip() for row in table.rows)):
            hint = "map it, or list it under `ignored`"
            message = "the protocol does not map this column; it was left out"
            yield Problem(message, hint, column or f"(column {place})", name, 1, place, severity="warning")


def _read(table: Sheet, plan: Plan, *, name: str) -> Reading:
    cells = table.columns()
    bare = {column: without_missing(cells[column], plan.map.missing) for column in plan.columns}
    numeric = [target.column for target in (*plan.values, *plan.baseline) if target.kind == "number"]
    commas = has_decimal_commas(cell for column in dict.fromkeys(numeric) for cell in bare[column])
    return Reading(table, name, bare, commas)
