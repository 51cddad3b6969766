"""Each store's database as Django describes it, from the settings.

Holds the options that keep an acknowledged commit safe. Refuses to connect.
"""

from typing import Any

from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores.addresses import SQLITE, parts
from equipoise.conduct.stores.names import ALIASES, STORES, Store

STORES_FOLDER = "stores"
KEEP_OPEN_SECONDS = 600
CONNECT_SECONDS = 5
"""A server that does not answer is away after so long: people and monitors are told, instead of waiting."""

# synchronous=FULL: NORMAL may lose acknowledged commits at power loss. recursive_triggers: without it
# INSERT OR REPLACE deletes a row and no trigger sees it.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
    ),
}


def databases(study: Settings) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES of an installation."""
    return {ALIASES[store]: _database(study, store) for store in STORES}


def _database(study: Settings, store: Store) -> dict[str, Any]:
    address = study.databases[store]
    if address == SQLITE:
        name = study.home / STORES_FOLDER / f"{store}.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(name), "OPTIONS": SQLITE_OPTIONS}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **parts(address),
        "CONN_MAX_AGE": KEEP_OPEN_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS},
    }
