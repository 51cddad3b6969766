"""`Allocation`, who was assigned what: the table that is kept apart from the records.

Holds assignments, kits, what was actually given and when somebody was told. Its repr, its errors and its
problems never show an arm. Draws nothing: the list does.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from equipoise.allocation.list import Slot
from equipoise.errors import Problem, RecordError

COLUMNS = ("participant", "arm", "stratum", "position", "kit", "actual_intervention", "unblinded_at")
REQUIRED = ("participant", "arm")
FIRST_DATA_LINE = 2
WHOLE_ABOVE_ZERO = re.compile("[1-9][0-9]{0,8}")

Row = Mapping[str, str]
"""One assignment as text, column to cell; empty = missing."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Allocation:
    """All assignments of a trial, one row a participant.

    table  a pandas DataFrame with the columns of `COLUMNS`: participant and arm are texts and always there;
           stratum, kit, actual_intervention (an intervention's id) and unblinded_at (ISO 8601, UTC) are
           texts or None; position is Int64 or missing
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        if tuple(self.table.columns) != COLUMNS:
            raise ValueError(f"an allocation has the columns {', '.join(COLUMNS)}, in this order")

    def __repr__(self) -> str:
        return f"<Allocation of {len(self)} participants>"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def participants(self) -> tuple[str, ...]:
        """Everybody assigned, in the table's order."""
        return tuple(self.table["participant"])

    def arm_of(self, participant: str) -> str:
        """Return one participant's arm; RecordError when they were not assigned any."""
        found = self.table.loc[self.table["participant"] == participant, "arm"]
        if found.empty:
            raise RecordError(f"Participant {participant} has no assignment")
        return str(found.iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()


def from_rows(rows: Iterable[Mapping[str, object]]) -> Allocation:
    """Make an allocation from rows; columns left out are missing, cells may be numbers, None or text.

    Raises  RecordError with every problem; ValueError when a row has a column of another name
    """
    texts = [{name: _text(value) for name, value in row.items()} for row in rows]
    strange = sorted({name for row in texts for name in row} - set(COLUMNS))
    if strange:
        raise ValueError(f"an allocation has no column {', '.join(strange)}")
    problems = check(texts)
    if problems:
        raise RecordError("The allocation cannot be used", problems)
    return _build(texts)


def from_slots(
    slots: Mapping[str, Slot],
    *,
    interventions: Mapping[str, str | None] | None = None,
    unblinded: Mapping[str, str | None] | None = None,
) -> Allocation:
    """Make an allocation from the slot each participant got.

    slots          participant to slot
    interventions  participant to the id of the intervention actually given, where known
    unblinded      participant to the instant the arm was told, ISO 8601 in UTC, where it was
    Raises         RecordError when one slot or kit went to two participants
    """
    given, told = interventions or {}, unblinded or {}
    return from_rows(
        {
            "participant": participant,
            "arm": slot.arm,
            "stratum": slot.stratum,
            "position": slot.position,
            "kit": slot.kit,
            "actual_intervention": given.get(participant),
            "unblinded_at": told.get(participant),
        }
        for participant, slot in slots.items()
    )


def read(path: Path) -> Allocation:
    """Read a UTF-8 CSV with the columns of `COLUMNS`; all but participant and arm may be left out.

    Raises  RecordError with every problem by row and column; OSError when the file cannot be opened
    """
    rows, problems = _parse(path)
    problems += check(rows, source=path.name)
    if problems:
        raise RecordError(f"The allocation in {path.name} cannot be read", problems)
    return _build(rows)


def write(allocation: Allocation, path: Path) -> None:
    """Write a UTF-8 CSV that `read` gives back unchanged."""
    allocation.table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def check(rows: Collection[Row], *, source: str = "") -> list[Problem]:
    """Return every problem of assignments as text, the first one being on line 2.

    A participant, a slot (stratum and position) and a kit may stand in one row only.
    """
    problems = [
        Problem(message, path=column, source=source, line=line)
        for line, row in enumerate(rows, FIRST_DATA_LINE)
        for column, message in _row_problems(row)
    ]
    for columns in (("participant",), ("stratum", "position"), ("kit",)):
        problems += _repeated(rows, columns, source=source)
    return sorted(problems, key=lambda problem: problem.line)


def check_arms(allocation: Allocation, arms: Collection[str]) -> list[Problem]:
    """Return a problem for each participant whose arm is not one of `arms`; the arm itself is not shown."""
    table = allocation.table
    strange = table.loc[~table["arm"].isin(list(arms)), "participant"]
    return [
        Problem(
            f"participant {participant} is in an arm that the protocol does not have",
            hint="compare the arm ids of both files",
            path="arm",
        )
        for participant in strange
    ]


def _text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _build(rows: Collection[Row]) -> Allocation:
    columns: dict[str, Any] = {
        name: pd.Series([row.get(name) or None for row in rows], dtype=object) for name in COLUMNS
    }
    positions = [int(row["position"]) if row.get("position") else None for row in rows]
    columns["position"] = pd.Series(positions, dtype="Int64")
    return Allocation(pd.DataFrame(columns))


def _row_problems(row: Row) -> Iterator[tuple[str, str]]:
    for column in REQUIRED:
        if not row.get(column, "").strip():
            yield column, "is missing"
    for column, value in row.items():
        if value != value.strip():
            yield column, "starts or ends with a space"
    if row.get("position") and not WHOLE_ABOVE_ZERO.fullmatch(row["position"]):
        yield "position", "is not a whole number above 0"
    if row.get("unblinded_at") and not _is_instant(row["unblinded_at"]):
        yield "unblinded_at", "is not an instant in UTC such as 2026-11-23T09:30:00Z"


def _is_instant(text: str) -> bool:
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text and parsed.utcoffset() == dt.timedelta(0)


def _repeated(rows: Collection[Row], columns: tuple[str, ...], *, source: str) -> Iterator[Problem]:
    first: dict[tuple[str, ...], int] = {}
    for line, row in enumerate(rows, FIRST_DATA_LINE):
        key = tuple(row.get(column, "") for column in columns)
        if not all(key):
            continue
        if key in first:
            yield Problem(
                f"the same {' and '.join(columns)} as in line {first[key]}",
                path=columns[-1],
                source=source,
                line=line,
            )
        first.setdefault(key, line)


def _parse(path: Path) -> tuple[list[dict[str, str]], list[Problem]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Problem(f"is not UTF-8 text (byte {error.start})", source=path.name)]
    try:
        lines = list(csv.reader(io.StringIO(text.rstrip("\r\n"), newline="")))
    except csv.Error as error:
        return [], [Problem(f"is not a CSV: {error}", source=path.name)]
    header = lines[0] if lines else []
    problems = list(_header_problems(header, source=path.name))
    if problems:
        return [], problems
    rows = []
    for line, cells in enumerate(lines[1:], FIRST_DATA_LINE):
        if len(cells) != len(header):
            problems.append(
                Problem(f"{len(cells)} cells for {len(header)} columns", source=path.name, line=line)
            )
        rows.append(dict(zip(header, cells, strict=False)))
    return rows, problems


def _header_problems(header: list[str], *, source: str) -> Iterator[Problem]:
    if len(header) == 1 and ";" in header[0]:
        yield Problem(
            "columns are separated by semicolons", hint="separate them by commas", source=source, line=1
        )
        return
    for column in REQUIRED:
        if column not in header:
            yield Problem("the column is missing", path=column, source=source, line=1)
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            hint = f"allowed are {', '.join(COLUMNS)}"
            yield Problem("unknown column", hint=hint, path=column, source=source, line=1)
        if header.count(column) > 1:
            yield Problem("the column stands twice", path=column, source=source, line=1)
