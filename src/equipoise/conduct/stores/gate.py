"""The gate between writers and a backup: writers hold it shared, a backup takes it for itself.

Holds the lock. On SQLite it is a lock on a file beside the stores; on PostgreSQL an advisory lock of the
trial's database, held until the transaction ends.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

ADVISORY_KEY = 0x65717569
"""Number of the advisory lock: the letters "equi"."""


def _file(alias: str) -> Path:
    name = Path(str(connections[alias].settings_dict["NAME"]))
    return name.with_name(f"{name.name}.gate")


@contextmanager
def shared(alias: str) -> Iterator[None]:
    """Hold SQLite's gate shared."""
    with _locked(alias, fcntl.LOCK_SH):
        yield


@contextmanager
def exclusive(alias: str) -> Iterator[None]:
    """Hold SQLite's gate alone: wait for every writer, let none begin."""
    with _locked(alias, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(alias: str, kind: int) -> Iterator[None]:
    with _file(alias).open("a") as file:
        fcntl.flock(file, kind)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def hold_shared(alias: str) -> None:
    """Hold PostgreSQL's gate shared until the transaction ends."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [ADVISORY_KEY])
