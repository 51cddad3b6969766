"""Snapshots of all three stores at one moment between two writes, and files made from them meanwhile.

Holds opening them behind the gate and writing them out. Refuses to copy a file that is in use.
"""

import os
import sqlite3
import subprocess  # nosec B404 - runs two programs of PostgreSQL, with words of ours
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db import connections

from equipoise.conduct.stores import gate
from equipoise.conduct.stores.addresses import parts
from equipoise.conduct.stores.names import ALIASES, STORES, Store
from equipoise.errors import Problem, TrialError


class SnapshotError(TrialError):
    """A store cannot be copied or put back. Next: mend what the message names; nothing was changed."""


class Snapshot(Protocol):
    """One store as it was at the moment."""

    def row(self, statement: str) -> tuple[Any, ...] | None:
        """Return one row of it."""

    def write(self, path: Path) -> None:
        """Write it to a file."""


@dataclass(frozen=True, slots=True)
class _FileSnapshot:
    connection: sqlite3.Connection

    def row(self, statement: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.connection.execute(statement).fetchone()
        return row

    def write(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as target:
            self.connection.backup(target)


@dataclass(frozen=True, slots=True)
class _ServerSnapshot:
    connection: psycopg.Connection[Any]
    address: str
    name: str
    programs: str

    def row(self, statement: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.connection.execute(statement.encode()).fetchone()
        return row

    def write(self, path: Path) -> None:
        words = [
            f"--snapshot={self.name}",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={path}",
        ]
        _run("pg_dump", words, address=self.address, programs=self.programs)


@contextmanager
def opened(owners: Mapping[str, str], *, programs: str = "") -> Iterator[dict[Store, Snapshot]]:
    """Open a snapshot of every store at one moment at which nobody writes to any of them.

    owners     store to the owner's address, for stores on PostgreSQL
    programs   folder of pg_dump; empty to find it where programs are looked for
    """
    with ExitStack() as open_until_done:
        with ExitStack() as gates:
            found = {
                store: _file(store, gates, open_until_done)
                if connections[ALIASES[store]].vendor == "sqlite"
                else _server(owners[store], gates, open_until_done, programs=programs)
                for store in STORES
            }
        yield found


def _file(store: Store, gates: ExitStack, until_done: ExitStack) -> Snapshot:
    gates.enter_context(gate.exclusive(ALIASES[store]))
    path = Path(str(connections[ALIASES[store]].settings_dict["NAME"]))
    connection = until_done.enter_context(closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)))
    connection.execute("BEGIN")
    # The snapshot begins with the first read.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return _FileSnapshot(connection)


def _server(address: str, gates: ExitStack, until_done: ExitStack, *, programs: str) -> Snapshot:
    lock: psycopg.Connection[Any] = gates.enter_context(psycopg.connect(address, autocommit=True))
    lock.execute("SELECT pg_advisory_lock(%s)", [gate.ADVISORY_KEY])
    reading: psycopg.Connection[Any] = until_done.enter_context(psycopg.connect(address))
    reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    row = reading.execute("SELECT pg_export_snapshot()").fetchone()
    return _ServerSnapshot(reading, address, str(row[0]) if row else "", programs)


def put_back(path: Path, address: str, *, programs: str = "") -> None:
    """Fill an empty PostgreSQL database from a file that a snapshot wrote.

    Raises  SnapshotError when pg_restore fails
    """
    words = [
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        f"--dbname={parts(address)['NAME']}",
        str(path),
    ]
    _run("pg_restore", words, address=address, programs=programs)


def _run(program: str, words: list[str], *, address: str, programs: str) -> None:
    """Run one of PostgreSQL's programs; the password is in the environment, where others cannot see it."""
    found = parts(address)
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGDATABASE": "NAME"}
    environment = {name: found[key] for name, key in names.items() if found[key]}
    environment |= {"PGPASS" + "WORD": found["PASSWORD"], "PATH": os.environ.get("PATH", os.defpath)}
    command = str(Path(programs) / program) if programs else program
    try:
        subprocess.run([command, *words], env=environment, check=True, capture_output=True, text=True)  # noqa: S603 # nosec B603
    except FileNotFoundError as error:
        hint = "install PostgreSQL's client programs, or set `postgresql_programs`"
        raise SnapshotError(f"{program} was not found", [Problem(command, hint)]) from error
    except subprocess.CalledProcessError as error:
        hint = "use the program of the server's own version: set `postgresql_programs`"
        raise SnapshotError(f"{program} failed", [Problem(str(error.stderr).strip(), hint)]) from error
