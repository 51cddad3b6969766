"""Many rows of one table at once: a form's answers are stored in a few milliseconds.

Holds the statements. Refuses rows that were stored before. The object-relational layer's own way prepares and
binds every cell by itself: 250 answers are 4,000 parameters.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any

from django.db import connections, models

from equipoise.conduct.stores import statements

FEW = 8
"""Up to so many rows one statement with all of them is quicker than copying, or than one statement a row."""


def insert(rows: Sequence[models.Model], *, alias: str) -> None:
    """Insert rows of one table and give each its number, rising in their order."""
    model = type(rows[0])
    if len(rows) <= FEW:
        numbers = _few(model, rows, alias=alias)
    else:
        own = {name: [getattr(row, name) for row in rows] for name, _ in _columns(model)}
        numbers = insert_columns(model, own, {}, alias=alias)
    for row, number in zip(rows, numbers, strict=True):
        row.pk = number
        row._state.adding = False
        row._state.db = alias


def insert_columns(
    model: type[models.Model], own: Mapping[str, Sequence[Any]], shared: Mapping[str, Any], *, alias: str
) -> Sequence[int]:
    """Insert rows given by column, and return their numbers, rising.

    own      column to its values, one a row; at least one column
    shared   column to the one value that all rows have; columns in neither hold nothing
    """
    count = len(next(iter(own.values())))
    cells = [own[name] if name in own else repeat(shared.get(name), count) for name, _ in _columns(model)]
    write = _copied if connections[alias].vendor == "postgresql" else _one_by_one
    return write(model, cells, count, alias=alias)


@cache
def _columns(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """Return attribute and column of each of a table's fields but the number."""
    return tuple((one.attname, str(one.column)) for one in model._meta.concrete_fields if not one.primary_key)


def _few(model: type[models.Model], rows: Sequence[models.Model], *, alias: str) -> Sequence[int]:
    """Insert a few rows in one statement; its text is made once for each number of rows."""
    fields = [one for one in model._meta.concrete_fields if not one.primary_key]
    values = [one.get_prep_value(getattr(row, one.attname)) for row in rows for one in fields]
    found = statements.rows(alias, _text_for(model, len(rows)), values)
    return sorted(number for (number,) in found)


@cache
def _text_for(model: type[models.Model], count: int) -> str:
    names = ", ".join(f'"{column}"' for _, column in _columns(model))
    marks = ", ".join(["%s"] * len(_columns(model)))
    # Names are those of this program's own tables; every value is a parameter.
    return (
        f'INSERT INTO "{model._meta.db_table}" ({names}) '  # noqa: S608
        f'VALUES {", ".join([f"({marks})"] * count)} RETURNING "id"'
    )


def _copied(model: type[models.Model], cells: Sequence[Any], count: int, *, alias: str) -> Sequence[int]:
    """On PostgreSQL draw the numbers, then copy: an INSERT of 250 rows costs the server twice as much."""
    table, connection = model._meta.db_table, connections[alias]
    names = ", ".join(f'"{name}"' for name in ("id", *(column for _, column in _columns(model))))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(nextval((SELECT pg_get_serial_sequence(%s, 'id'))::regclass)) "
            "FROM generate_series(1, %s)",
            [table, count],
        )
        numbers: list[int] = cursor.fetchone()[0]
        # Names are those of this program's own tables.
        with connection.wrap_database_errors, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in zip(numbers, *cells, strict=True):
                copy.write_row(row)
    return numbers


def _one_by_one(model: type[models.Model], cells: Sequence[Any], count: int, *, alias: str) -> Sequence[int]:
    """On SQLite insert row after row, prepared once; the one writer may give the numbers itself."""
    table = model._meta.db_table
    names = ", ".join(f'"{name}"' for name in ("id", *(column for _, column in _columns(model))))
    marks = ", ".join(["%s"] * (len(cells) + 1))
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
        first = (last[0] if last else 0) + 1
        numbers = range(first, first + count)
        values = list(zip(numbers, *cells, strict=True))
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)  # noqa: S608
    return numbers
