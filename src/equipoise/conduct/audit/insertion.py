"""Many rows of one table in one statement: a form's answers are stored in a few milliseconds.

Holds the statements. Refuses rows that were stored before. The object-relational layer's own way prepares and
binds every cell by itself: 250 answers are 4,000 parameters.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connections, models

BYTES = "bytea"
FEW = 8
"""Up to so many rows the layer's own statement is as quick."""
KINDS = {
    "BigIntegerField": "bigint",
    "BinaryField": BYTES,
    "BooleanField": "boolean",
    "CharField": "text",
    "FloatField": "double precision",
    "ForeignKey": "bigint",
    "IntegerField": "bigint",
    "TextField": "text",
}
"""Kind of field to what PostgreSQL reads it as; bytes travel in hexadecimal."""

Cells = Sequence[Sequence[Any]]


def insert(rows: Sequence[models.Model], *, alias: str) -> None:
    """Insert rows of one table and give each its number, rising in their order."""
    model = type(rows[0])
    names = columns(model)
    if len(rows) <= FEW or not names:
        model._default_manager.using(alias).bulk_create(rows)
        return
    cells = [[getattr(row, name) for name in names] for row in rows]
    for row, number in zip(rows, insert_cells(model, cells, alias=alias), strict=True):
        row.pk = number
        row._state.adding = False
        row._state.db = alias


def insert_cells(model: type[models.Model], cells: Cells, *, alias: str) -> Sequence[int]:
    """Insert rows given as plain values in the order of `columns`, and return their numbers, rising."""
    write = _at_once if connections[alias].vendor == "postgresql" else _one_by_one
    return write(model, cells, alias=alias)


@cache
def columns(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of a table's columns but the number; none where one is of a kind not known here."""
    return tuple(field.attname for field in _columns(model))


@cache
def _columns(model: type[models.Model]) -> tuple[Any, ...]:
    """Return every column but the number; none at all where one of them is of a kind not known here."""
    columns = tuple(field for field in model._meta.concrete_fields if not field.primary_key)
    return columns if all(field.get_internal_type() in KINDS for field in columns) else ()


def _at_once(model: type[models.Model], cells: Cells, *, alias: str) -> Sequence[int]:
    """On PostgreSQL hand all rows over as one JSON text; numbers are given in the order that is sorted by."""
    table, columns = model._meta.db_table, _columns(model)
    names = ", ".join(f'"{field.column}"' for field in columns)
    casts = ", ".join(
        f"decode(given.value->>{place}, 'hex')"
        if KINDS[field.get_internal_type()] == BYTES
        else f"(given.value->>{place})::{KINDS[field.get_internal_type()]}"
        for place, field in enumerate(columns)
    )
    text = json.dumps(cells, default=bytes.hex, ensure_ascii=False, allow_nan=False)
    # Names are those of this program's own tables; every value travels in the one parameter.
    statement = (
        f'INSERT INTO "{table}" ({names}) SELECT {casts} '  # noqa: S608
        "FROM json_array_elements(%s::json) WITH ORDINALITY AS given(value, place) "
        "ORDER BY place RETURNING id"
    )
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, [text])
        return sorted(number for (number,) in cursor.fetchall())


def _one_by_one(model: type[models.Model], cells: Cells, *, alias: str) -> Sequence[int]:
    """On SQLite insert row after row, prepared once; the one writer may give the numbers itself."""
    table, columns = model._meta.db_table, _columns(model)
    names = ", ".join(f'"{name}"' for name in ("id", *(field.column for field in columns)))
    marks = ", ".join("%s" for _ in range(len(columns) + 1))
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
        first = (last[0] if last else 0) + 1
        numbers = range(first, first + len(cells))
        values = [[number, *row] for number, row in zip(numbers, cells, strict=True)]
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)  # noqa: S608
    return numbers
