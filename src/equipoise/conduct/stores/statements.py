"""Statements of our own, for the few paths on which the object-relational layer costs more than the store.

Holds sending and reading. Refuses to build statements: names in them are those of this program's own tables,
every value is a parameter.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections

Statement = tuple[str, Sequence[Any]]
"""A text and its values."""


def rows(alias: str, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one statement."""
    with connections[alias].cursor() as cursor:
        cursor.execute(text, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def together(alias: str, *statements: Statement) -> list[tuple[Any, ...]]:
    """Send statements in one trip to the server, and return the rows of the last that gives any.

    Each is executed as if it were sent alone: it sees whatever was committed before it began.
    """
    connection = connections[alias]
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("; ".join(text for text, _ in statements), [v for _, vs in statements for v in vs])
            found = cursor.fetchall() if cursor.description else found
            while cursor.nextset():
                found = cursor.fetchall() if cursor.description else found
        else:
            for text, values in statements:
                cursor.execute(text, values)
                found = cursor.fetchall() if cursor.description else found
    return found
