"""Reading a store from outside Django: what lets several processes recompute one chain.

Holds `Source`, plain data that a process can be handed, and reading in order. Refuses to write: connections
are read-only.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROWS_AT_ONCE = 1_000


class Reader:
    """A connection that only reads, always the same state of the store."""

    def __init__(self, connection: Any, *, mark: str) -> None:
        self._connection = connection
        self._mark = mark
        self._named = 0

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows, read a few thousand at a time; `?` stands for a value."""
        for part in self.parts(statement, values):
            yield from part

    def parts(self, statement: str, values: Sequence[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """Yield rows as lists of a few thousand."""
        cursor = self._cursor()
        cursor.execute(statement.replace("?", self._mark), values)
        while found := cursor.fetchmany(ROWS_AT_ONCE):
            yield found
        cursor.close()

    def one(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Return the only row."""
        (row,) = self.rows(statement, values)
        return row

    def _cursor(self) -> Any:
        if self._mark == "?":
            return self._connection.cursor()
        self._named += 1
        # A cursor with a name stays on the server: a million rows never lie in memory at once.
        return psycopg.ServerCursor(self._connection, f"read{self._named}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a store lies.

    engine    "sqlite" or "postgresql"
    place     the file's path, or PostgreSQL's connection text
    snapshot  name of an exported snapshot to read from; PostgreSQL only
    """

    engine: str
    place: str
    snapshot: str = ""

    @contextmanager
    def open(self) -> Iterator[Reader]:
        """Open the store for reading."""
        if self.engine == "sqlite":
            address = f"{Path(self.place).resolve().as_uri()}?mode=ro"
            with closing(sqlite3.connect(address, uri=True)) as file:
                file.execute("BEGIN")
                yield Reader(file, mark="?")
        else:
            with psycopg.connect(self.place) as server:
                server.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                if self.snapshot:
                    server.execute(
                        psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(
                            psycopg.sql.Literal(self.snapshot)
                        )
                    )
                yield Reader(server, mark="%s")

    def shared(self, reader: Reader) -> "Source":
        """Return this source as another process must open it to see what this reader sees."""
        if self.engine == "sqlite":
            return self
        (name,) = reader.one("SELECT pg_export_snapshot()")
        return Source(self.engine, self.place, name)
