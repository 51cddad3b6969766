"""The tables of a dataset: every file, column and type, declared once.

Holds the declarations and the building of a table from columns. Refuses to hold an arm: no column says, hints
or counts what anybody was assigned to.

Types are decided here, not inferred: texts, codes and dates are `object` columns of `str` with None where
missing (empty text is missing, as in the files), numbers and flags are `float64` with NaN where missing, and
whole numbers that are never missing are `int64`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Kind = Literal["text", "code", "date", "partial_date", "moment", "instant", "number", "whole", "flag"]

NUMERIC: frozenset[str] = frozenset({"number", "whole", "flag"})
LOG = "log"
"""Stands in the place of the visit for forms tied to no visit."""

STATUSES = ("screening", "screen_failure", "randomized", "completed", "lost_to_follow_up", "withdrew", "died")
DISPOSITIONS: Mapping[str, tuple[str, ...]] = {
    "screening": ("passed", "failed"),
    "randomization": ("randomized",),
    "treatment": ("received", "not_received", "discontinued"),
    "study": ("completed", "lost_to_follow_up", "withdrew", "died"),
    "open_label": ("took", "declined"),
}
"""Stage to what may be said about it."""
ORIGINS = ("staff", "epro", "device", "derived", "import", "simulated")
SEVERITIES = ("mild", "moderate", "severe")
VALENCES = ("welcome", "neutral", "unwelcome")
OUTCOMES = ("resolved", "resolving", "ongoing", "sequelae", "fatal", "unknown")
IMPORTANCES = ("important", "minor")

ARM_WORDS = re.compile(
    r"(^|_)(actual_?|planned_?)?(arms?(cd)?|actarm(cd)?|trt\w*|treatments?|interventions?|allocations?|allocated|assignments?|"
    r"assigned|randomi[sz]ed_to|unblinded\w*)(_|\d|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table.

    kind      what its cells are; decides type and checks
    about     what it says, one line for the documentation
    required  never missing
    codes     what may stand in it; empty for anything
    """

    name: str
    kind: Kind
    about: str
    required: bool = False
    codes: tuple[str, ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the column in memory."""
        if self.kind not in NUMERIC:
            return np.dtype(object)
        return np.dtype(np.int64 if self.kind == "whole" and self.required else np.float64)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a file of the dataset and a frame of `Records`.

    key   columns that together name a row once; empty where rows may repeat
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order of the file."""
        return tuple(column.name for column in self.columns)


PARTICIPANT = Column("participant", "text", "Pseudonymous id of the participant", required=True)
REPEAT = Column("repeat", "whole", "Which occurrence of the visit, from 1", required=True)
ROW = Column("row", "whole", "Which row, from 1", required=True)

DECLARED = (
    Table(
        "participants",
        "Everybody who signed a consent form, one row each",
        (
            PARTICIPANT,
            Column("site", "text", "Site"),
            Column("consent_date", "date", "Day of consent"),
            Column("randomized_date", "date", "Day of randomization; empty for who was not randomized"),
            Column("status", "code", "Where the participant stands", required=True, codes=STATUSES),
        ),
        key=("participant",),
    ),
    Table(
        "visits",
        "Visits that took place",
        (
            PARTICIPANT,
            Column("visit", "text", "Visit id of the protocol", required=True),
            REPEAT,
            Column("date", "date", "Day of the visit"),
            Column("day", "whole", "Days from the visit's anchor, the anchor's day being 0"),
        ),
        key=("participant", "visit", "repeat"),
    ),
    Table(
        "values",
        "Every answer, one row each",
        (
            PARTICIPANT,
            Column(
                "visit",
                "text",
                "Visit id of the protocol, or `log` for forms tied to no visit",
                required=True,
            ),
            REPEAT,
            Column("form", "text", "Form id of the protocol", required=True),
            Column(
                "item",
                "text",
                "Item id; for a score recorded without its items, the score's id",
                required=True,
            ),
            Column("row", "whole", "Row within a repeating group or log, from 1; 1 elsewhere", required=True),
            Column(
                "number",
                "number",
                "The answer to a number item, a rating scale's code as a number, or a score",
            ),
            Column("text", "text", "The answer to a text item"),
            Column("code", "text", "The answer to a code item"),
            Column("date", "moment", "The answer to a date, partial date, time or instant item"),
            Column("unit", "text", "Unit of the number, in UCUM"),
            Column("missing_reason", "text", "Why there is no answer"),
            Column("origin", "code", "How the answer came here", codes=ORIGINS),
            Column("evaluator", "text", "Pseudonymous id of who rated or entered it"),
            Column("collected_at", "instant", "When it was collected"),
            Column("protocol_version", "text", "Version of the protocol in force"),
        ),
        key=("participant", "visit", "repeat", "form", "item", "row"),
    ),
    Table(
        "adverse_events",
        "Adverse events and effects, welcome or not",
        (
            PARTICIPANT,
            ROW,
            Column("term", "text", "What happened", required=True),
            Column("onset_at", "instant", "When it began"),
            Column("resolved_at", "instant", "When it ended; empty while it goes on"),
            Column("onset_day", "whole", "Day it began, the day of the first dose being 0"),
            Column("duration_hours", "number", "How long it lasted, in hours"),
            Column("severity", "code", "Severity", codes=SEVERITIES),
            Column("serious", "flag", "Whether it was serious"),
            Column("related", "flag", "Whether it was judged related to the treatment"),
            Column("valence", "code", "How the participant felt about it", codes=VALENCES),
            Column("aesi", "text", "Id of the event of special interest it is, in the protocol"),
            Column("outcome", "code", "Outcome", codes=OUTCOMES),
        ),
        key=("participant", "row"),
    ),
    Table(
        "medications",
        "Medication taken before and during the trial",
        (
            PARTICIPANT,
            ROW,
            Column("name", "text", "Medication", required=True),
            Column("medication_class", "text", "Code of its class"),
            Column("start_date", "partial_date", "When it began"),
            Column("end_date", "partial_date", "When it ended; empty while it goes on"),
            Column("indication", "text", "What it was taken for"),
        ),
        key=("participant", "row"),
    ),
    Table(
        "exposures",
        "Doses taken; what a kit contained stands in the allocation",
        (
            PARTICIPANT,
            Column("dose_number", "whole", "Which dose, from 1", required=True),
            Column("taken_at", "instant", "When it was taken"),
            Column(
                "amount_mg_taken", "number", "Amount taken in milligrams; empty while it would tell the arm"
            ),
            Column("kit", "text", "Kit number"),
        ),
        key=("participant", "dose_number"),
    ),
    Table(
        "sessions",
        "Preparation, dosing and integration sessions planned and held",
        (
            PARTICIPANT,
            Column("session", "text", "Kind of session, an id of the protocol", required=True),
            Column("visit", "text", "Visit id of the protocol"),
            Column("date", "date", "Day of the session"),
            Column("attended", "flag", "Whether the participant attended"),
            Column("duration_hours", "number", "Length in hours"),
        ),
    ),
    Table(
        "deviations",
        "Departures from the protocol",
        (
            PARTICIPANT,
            Column("deviation", "text", "Kind of deviation, an id of the protocol", required=True),
            Column("date", "date", "Day it happened"),
            Column(
                "importance", "code", "Whether it can affect rights, safety or results", codes=IMPORTANCES
            ),
            Column("text", "text", "What happened"),
        ),
    ),
    Table(
        "intercurrent_events",
        "Events after randomization that change what later values mean",
        (
            PARTICIPANT,
            Column("event", "text", "Event id of the protocol", required=True),
            Column("date", "date", "Day it happened"),
            Column("day", "whole", "Day it happened, the day of the first dose being 0"),
        ),
    ),
    Table(
        "dispositions",
        "How participants went through the trial, one row a stage",
        (
            PARTICIPANT,
            Column("stage", "code", "Stage of the trial", required=True, codes=tuple(DISPOSITIONS)),
            Column(
                "status",
                "code",
                "What happened at that stage",
                required=True,
                codes=tuple(dict.fromkeys(status for found in DISPOSITIONS.values() for status in found)),
            ),
            Column(
                "reason", "text", "Why; for a failed screening an eligibility criterion's id or `declined`"
            ),
            Column("date", "date", "Day it happened"),
            Column("day", "whole", "Day it happened, the day of the first dose being 0"),
        ),
        key=("participant", "stage", "status"),
    ),
)
TABLES: Mapping[str, Table] = {table.name: table for table in DECLARED}


def table(name: str, columns: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Build a table of a dataset from its columns.

    name      one of TABLES
    columns   column name to a sequence of cells, or to one cell for every row; columns left out are missing
    Raises    ValueError for an unknown column, a required one left out, or unequal lengths; TypeError for
              cells of the wrong type
    """
    declared = TABLES[name]
    columns = columns or {}
    unknown = [column for column in columns if column not in declared.names]
    if unknown:
        raise ValueError(f"{name} has no column {', '.join(unknown)}; it has {', '.join(declared.names)}")
    sizes = {len(cells) for cells in columns.values() if _is_many(cells)}
    if len(sizes) > 1:
        raise ValueError(f"the columns of {name} have different lengths: {sorted(sizes)}")
    rows = sizes.pop() if sizes else int(bool(columns))
    # A frame of no rows costs as much to build as one of thousands, and many tables are empty.
    return _built(declared, columns, rows) if rows else _without_rows(name).copy()


@cache
def _without_rows(name: str) -> pd.DataFrame:
    return _built(TABLES[name], {}, 0)


def _built(declared: Table, columns: Mapping[str, Any], rows: int) -> pd.DataFrame:
    built = {
        column.name: _cells(column, columns.get(column.name), rows, declared.name)
        for column in declared.columns
    }
    return pd.DataFrame(
        {key: pd.Series(cells, dtype=cells.dtype, copy=False) for key, cells in built.items()}, copy=False
    )


def misfits(name: str, frame: pd.DataFrame) -> list[str]:
    """Return what keeps a frame from being this table: columns and their types, not what stands in them."""
    declared = TABLES[name]
    found = [str(column) for column in frame.columns]
    if found != list(declared.names):
        return [f"{name} has the columns {', '.join(found)} instead of {', '.join(declared.names)}"]
    return [
        f"{name}.{column.name} is of type {dtype} instead of {column.dtype}"
        for column, dtype in zip(declared.columns, frame.dtypes, strict=True)
        if dtype != column.dtype
    ]


def tells_arm(column: str) -> bool:
    """Return whether a column's name says that it holds what somebody was assigned to."""
    return ARM_WORDS.search(column.strip().replace(" ", "_").replace("-", "_")) is not None


def _is_many(cells: Any) -> bool:
    return isinstance(cells, Sequence | np.ndarray | pd.Series) and not isinstance(cells, str)


def _cells(column: Column, cells: Any, rows: int, table_name: str) -> npt.NDArray[Any]:
    where = f"{table_name}.{column.name}"
    build = _numbers if column.kind in NUMERIC else _texts
    if _is_many(cells):
        return build(column, cells, where)
    if rows == 0:
        return np.empty(0, dtype=column.dtype)
    return np.full(rows, build(column, [cells], where)[0], dtype=column.dtype)


def _numbers(column: Column, cells: Any, where: str) -> npt.NDArray[Any]:
    found = np.asarray(cells)
    if found.dtype.kind not in "biuf":
        listed = found.tolist()
        odd = [cell for cell in listed if isinstance(cell, str)]
        if odd:
            raise TypeError(f"{where} holds {odd[0]!r}; give it numbers")
        found = np.array([np.nan if _is_missing(cell) else cell for cell in listed])
    numbers = found.astype(np.float64)
    if column.kind != "number" and not np.array_equal(numbers, np.rint(numbers), equal_nan=True):
        raise TypeError(f"{where} holds a number that is not whole")
    if column.required and np.isnan(numbers).any():
        raise ValueError(f"{where} is missing in some rows and may never be")
    return numbers.astype(column.dtype)


def _texts(column: Column, cells: Any, where: str) -> npt.NDArray[Any]:
    listed = cells if isinstance(cells, list | tuple) else cells.tolist()
    unusual = {cell: _plain(cell, where) for cell in set(listed) if type(cell) is not str or not cell}
    if column.required and None in unusual.values():
        raise ValueError(f"{where} is missing in some rows and may never be")
    if any(cell is not plain for cell, plain in unusual.items()):
        listed = [unusual.get(cell, cell) for cell in listed]
    elif isinstance(cells, np.ndarray) and cells.dtype == object:
        return cells.copy()
    return np.fromiter(listed, dtype=object, count=len(listed))


def _plain(cell: Any, where: str) -> str | None:
    if _is_missing(cell):
        return None
    if not isinstance(cell, str):
        raise TypeError(f"{where} holds {cell!r}; give it text")
    return str(cell)


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell == "" or cell != cell
