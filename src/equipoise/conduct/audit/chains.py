"""The chains of the installation Django is connected to, as `verification` and `chain export` need them.

Holds finding a store's source, layouts and remembered anchors.
"""

import sqlite3
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import psycopg
from django.db import DatabaseError, connections
from psycopg.conninfo import make_conninfo

from equipoise.conduct.audit import extract
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.layouts import Layout
from equipoise.conduct.audit.models import Anchor, layout
from equipoise.conduct.audit.sources import Source
from equipoise.conduct.audit.tables import audited
from equipoise.conduct.audit.verification import Anchored, Verified, verify
from equipoise.conduct.stores.names import ALIASES, Store
from equipoise.errors import Problem


def source(store: Store) -> Source:
    """Return where a store lies."""
    connection = connections[ALIASES[store]]
    described = connection.settings_dict
    if connection.vendor == "sqlite":
        return Source("sqlite", str(described["NAME"]))
    given = {name: str(described[name.upper()]) for name in ("user", "password", "host", "port")}
    given["dbname"] = str(described["NAME"])
    return Source("postgresql", make_conninfo("", **{name: text for name, text in given.items() if text}))


def layouts(store: Store) -> dict[str, Layout]:
    """Return table to layout of a store's audited rows."""
    return {one.table: one for one in map(layout, audited(ALIASES[store]))}


def remembered(store: Store) -> list[Anchored]:
    """Return the anchors a store itself keeps: they notice mistakes, not somebody who owns the store."""
    rows = Anchor.objects.using(ALIASES[store]).order_by("id").values_list("at", "count", "hash")
    return [Anchored(at, count, digest, "the store itself") for at, count, digest in rows]


def check(store: Store, *, anchors: list[Anchored], processes: int | None = None) -> Verified:
    """Recompute a store's chain, and hold it against anchors and those it remembers itself."""
    try:
        return verify(
            source(store),
            store=store,
            layouts=layouts(store),
            anchors=[*remembered(store), *anchors],
            processes=processes,
        )
    except (sqlite3.Error, psycopg.Error, DatabaseError) as error:
        problem = Problem(
            f"the store cannot be read: {error}", "restore a backup elsewhere and compare", store
        )
        return Verified(store, problems=(problem,))


def export(store: Store, folder: Path, *, at: datetime, withhold: Collection[str] = ()) -> int:
    """Write a store's chain as files anybody can check, and return how many events it has.

    withhold   tables whose rows are left out; their digests stay
    """
    return extract.write(
        source(store),
        folder,
        store=store,
        at=instant(at),
        layouts=layouts(store),
        withheld=lambda table, _: table in withhold,
    )
