"""Which tables of a store are append-only, found from the models themselves.

Holds finding them. Refuses a list kept by hand: a table that somebody forgot would stay open.
"""

from django.apps import apps
from django.db import models, router

from equipoise.conduct.audit.models import Anchor, AuditedRow, Event, EventPayload

CHAIN = (Event, EventPayload, Anchor)
"""Append-only tables that are no audited rows: the chain does not list itself."""


def audited(alias: str) -> tuple[type[AuditedRow], ...]:
    """Return the models of a store's audited rows, ordered by table."""
    found: list[type[AuditedRow]] = [model for model in _of_store(alias) if issubclass(model, AuditedRow)]
    found.sort(key=_table)
    return tuple(found)


def append_only(alias: str) -> frozenset[str]:
    """Return the names of a store's append-only tables."""
    models_found: list[type[models.Model]] = [*CHAIN, *audited(alias)]
    return frozenset(_table(model) for model in models_found)


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def _of_store(alias: str) -> list[type[models.Model]]:
    return [model for model in apps.get_models() if router.allow_migrate_model(alias, model)]
