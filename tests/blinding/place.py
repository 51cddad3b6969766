"""Installations that are laid out, kept as they are at some moment, and brought back: in files or on a server.

Every world of a comparison lies at the same place when it is looked at, so that no path tells one from another.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.core.cache import cache
from django.db import connections
from tests.conduct.conftest import connect

from equipoise.conduct.config import settings
from equipoise.conduct.config.databases import STORES_FOLDER, databases
from equipoise.conduct.stores.names import STORES
from equipoise.conduct.studies import reads as studies


@dataclass
class Place:
    """A home on an engine; `address` is its server's administrator, "" for files."""

    home: Path
    kept_in: Path
    address: str = ""
    kept: set[str] = field(default_factory=set)

    def keep(self, name: str) -> None:
        """Keep the stores as they are under a name."""
        connections.close_all()
        if self.address:
            self._copy(lambda store: self._databases()[store], lambda store: self._named(name, store))
        else:
            shutil.rmtree(self.kept_in / name, ignore_errors=True)
            shutil.copytree(self.home / STORES_FOLDER, self.kept_in / name)
        self.kept.add(name)

    def bring(self, name: str) -> None:
        """Bring the stores back as they were kept."""
        connections.close_all()
        cache.clear()
        # One process looks at several installations at the same place: which version 1 this is must be asked anew.
        studies._act.cache_clear()
        if self.address:
            self._copy(lambda store: self._named(name, store), lambda store: self._databases()[store])
        else:
            shutil.rmtree(self.home / STORES_FOLDER)
            shutil.copytree(self.kept_in / name, self.home / STORES_FOLDER)
        connect(self.home)

    def forget(self) -> None:
        """Drop what was kept on a server."""
        connections.close_all()
        if self.address:
            with psycopg.connect(self.address, autocommit=True) as server:
                for name in self.kept:
                    for store in STORES:
                        server.execute(f"DROP DATABASE IF EXISTS {self._named(name, store)} WITH (FORCE)")  # type: ignore[arg-type]

    def _databases(self) -> dict[str, str]:
        found = databases(settings.read(self.home))
        return {store: str(found[alias]["NAME"]) for store, alias in zip(STORES, found, strict=True)}

    def _named(self, name: str, store: str) -> str:
        return f"{self._databases()[store]}_{name}"

    def _copy(self, source, target) -> None:
        with psycopg.connect(self.address, autocommit=True) as server:
            for store in STORES:
                old, new = source(store), target(store)
                server.execute(f"DROP DATABASE IF EXISTS {new} WITH (FORCE)")  # type: ignore[arg-type]
                server.execute(f"CREATE DATABASE {new} TEMPLATE {old} STRATEGY file_copy")  # type: ignore[arg-type]
                server.execute(f"REVOKE ALL ON DATABASE {new} FROM PUBLIC")  # type: ignore[arg-type]
                server.execute(f"GRANT CONNECT ON DATABASE {new} TO template_{store}_run")  # type: ignore[arg-type]
                server.execute(f"ALTER DATABASE {new} OWNER TO template_{store}_owner")  # type: ignore[arg-type]
