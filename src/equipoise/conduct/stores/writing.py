"""The bracket round every write: the backup gate, SQLite's one writer, one transaction.

Holds `writing`, and how it ends. Refuses to nest: a service that writes is called once a request, and two
stores are written one after the other, never in one bracket.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connections, transaction

from equipoise.conduct.stores import gate, room
from equipoise.conduct.stores.names import ALIASES, Store
from equipoise.conduct.stores.statements import Statement, together

log = logging.getLogger(__name__)

# SQLite has one writer. Waiting in line here is fair; busy polling in SQLite is not: at 40 saves a second it
# takes the 95th percentile from 74 ms to 1.6 s.
_one_writer: dict[str, threading.RLock] = {alias: threading.RLock() for alias in ALIASES.values()}


@contextmanager
def writing(store: Store) -> Iterator[str]:
    """Open a write to a store and yield its connection's name; commit at the end, roll back on any error.

    Takes the backup gate shared, so that a backup sees no half of it. A store that takes nothing is said in
    the log, whoever answers for it: readers notice nothing of a full disk.
    """
    try:
        with _opened(store) as alias:
            yield alias
    except (OperationalError, InterfaceError, OSError) as error:
        room.refused(store)
        log.error("the %s store took nothing: %s", store, type(error.__cause__ or error).__name__)
        raise
    room.taken(store)


@contextmanager
def _opened(store: Store) -> Iterator[str]:
    alias = ALIASES[store]
    if connections[alias].vendor == "sqlite":
        with _one_writer[alias], gate.shared(alias), transaction.atomic(using=alias, durable=True):
            yield alias
    else:
        with transaction.atomic(using=alias, durable=True):
            gate.hold_shared(alias)
            yield alias


def finish(alias: str, *last: Statement) -> list[tuple[Any, ...]]:
    """Send the last statements of a write with its commit; return the rows of the last that gives any.

    On PostgreSQL all travel together, so a lock that they take is held while the server works and never while
    it waits for this program: with every processor busy, five saves at a time stood in line for the chain.
    """
    commit = [("COMMIT", ())] if connections[alias].vendor == "postgresql" else []
    return together(alias, *last, *commit)
