"""The stores: whether each answers, has the tables, triggers and rights it should, and the right time."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from django.conf import settings as django
from django.db import Error, connections

from equipoise.conduct.config import schema
from equipoise.conduct.config.examination import rotation
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock
from equipoise.conduct.stores.names import ALIASES, STORES, Store
from equipoise.errors import Problem

MOST_SECONDS_APART = 5
"""Beyond this the order of what two machines write down differs from the order in which it happened."""


def stores(study: Settings) -> Iterator[Problem]:
    """Yield everything wrong with the stores; one that is away keeps the others from nothing."""
    if django.DEBUG:
        yield Problem("DEBUG is on: error pages would show data", "switch it off", "DEBUG")
    with suppress(Error):
        yield from rotation.problems(study)
    for store in STORES:
        try:
            yield from schema.problems_of(study, store)
            yield from _clock(store)
        except Error as error:
            hint = "start it, or correct its address in settings.toml"
            yield Problem(f"the store does not answer: {_first_line(error)}", hint, store)


def _first_line(error: Error) -> str:
    """Return what the server, or the way to it, says: a name of a role or a database, never a password."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def answering() -> bool:
    """Whether what is in the stores can be looked at."""
    try:
        for store in STORES:
            with connections[ALIASES[store]].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM event")
    except Error:
        return False
    return True


def _clock(store: Store) -> Iterator[Problem]:
    """Yield a problem where the database's server tells another time."""
    connection = connections[ALIASES[store]]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    there: datetime = row[0]
    apart = abs((clock.now() - there).total_seconds())
    if apart > MOST_SECONDS_APART:
        hint = "let both machines set their clocks by the same time server"
        yield Problem(f"its server's clock is {apart:,.0f} seconds off this machine's", hint, store)
