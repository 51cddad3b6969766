"""Erasing values as the owner of the tables, and from the space they filled in the database's files.

Holds one task of the operator. Backups made before keep what they hold: that is said, not mended.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import connections

from equipoise.conduct.audit import erasure
from equipoise.conduct.config.operations.setting_up import OPERATOR
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import ownership
from equipoise.conduct.stores.names import ALIASES, Store


def erase(
    study: Settings, store: Store, *, table: str, rows: Collection[int], at: datetime, reason: str
) -> None:
    """Erase the values of rows.

    Raises  RecordError with everything that forbids it; IntegrityError without the owner's address
    """
    connection = connections[ALIASES[store]]
    with ownership.as_owner(study.keys):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA secure_delete = ON")
        erasure.erase(store, table=table, rows=rows, at=at, by=OPERATOR, reason=reason)
        with connection.cursor() as cursor:
            # Until then the old row still lies in the file, or in the log beside it.
            vacuum = (
                f'VACUUM "{table}"'
                if connection.vendor == "postgresql"
                else "PRAGMA wal_checkpoint(TRUNCATE)"
            )
            cursor.execute(vacuum)
