"""Django's configuration, made from the installation's settings. Nobody edits this to set a site up."""

from typing import Any
from urllib.parse import unquote, urlsplit

from equipoise.conduct.config.django_base import *  # noqa: F403 - settings are names in a module
from equipoise.conduct.config.settings import current
from equipoise.conduct.stores import keys
from equipoise.conduct.stores.names import ALIASES, STORES, Store

ONE_YEAR = 31_536_000
STUDY = current()

SECRET_KEY = keys.read(STUDY.keys, "web").hex()
ALLOWED_HOSTS = list(STUDY.hosts)
LANGUAGE_CODE = STUDY.language
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = STUDY.public
SECURE_SSL_REDIRECT = STUDY.public
SECURE_HSTS_SECONDS = ONE_YEAR if STUDY.public else 0

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
KEEP_OPEN_SECONDS = 600


def _database(store: Store) -> dict[str, Any]:
    """Return Django's description of one store's database."""
    address = STUDY.databases[store]
    if address == "sqlite":
        name = STUDY.home / "stores" / f"{store}.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(name), "OPTIONS": SQLITE_OPTIONS}
    parts = urlsplit(address)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": KEEP_OPEN_SECONDS,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {ALIASES[store]: _database(store) for store in STORES}
