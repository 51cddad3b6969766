"""The tables of every store, their triggers and grants: made by `init`, brought up to date by an upgrade.

Holds `apply` and what is missing from it. Needs the owner's address, which the running system never has.
"""

from dataclasses import replace

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from equipoise.conduct.audit.tables import append_only
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import ownership, postgres, triggers
from equipoise.conduct.stores.addresses import SQLITE, parts
from equipoise.conduct.stores.names import ALIASES, STORES, Store
from equipoise.conduct.stores.tables import MUTABLE
from equipoise.errors import Problem


def apply(study: Settings) -> None:
    """Make or upgrade the tables of every store, then put triggers and grants on them."""
    with ownership.as_owner(study.keys):
        for store in STORES:
            alias = ALIASES[store]
            call_command("migrate", database=alias, verbosity=0, interactive=False)
            triggers.install(alias, append_only(alias))
            if study.databases[store] != SQLITE:
                runtime = parts(study.databases[store])["USER"]
                postgres.grant(alias, runtime=runtime, append_only=append_only(alias), mutable=mutable(alias))


def mutable(alias: str) -> frozenset[str]:
    """Return the tables of a store that may change."""
    return frozenset(connections[alias].introspection.table_names()) & frozenset(MUTABLE)


def problems(study: Settings) -> list[Problem]:
    """Return every unapplied migration, wrong trigger and needless right, in every store."""
    return [problem for store in STORES for problem in problems_of(study, store)]


def problems_of(study: Settings, store: Store) -> list[Problem]:
    """Return what `problems` does, of one store; triggers are looked at once every migration is applied."""
    alias = ALIASES[store]
    executor = MigrationExecutor(connections[alias])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = [f"{migration.app_label}.{migration.name}" for migration, _ in waiting]
    if names:
        hint = f"stop `serve`, take a backup, then `equipoise upgrade --home {study.home}`"
        return [Problem(f"not applied: {', '.join(names)}", hint, store)]
    wrong = triggers.check(alias, append_only(alias))
    if study.databases[store] != SQLITE:
        wrong += postgres.check(alias, mutable=mutable(alias))
    # People know stores, not the names of connections.
    return [replace(one, path=f"{store}{one.path.removeprefix(alias)}") for one in wrong]
