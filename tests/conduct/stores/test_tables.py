"""Every table has its place: append-only, mutable with a reason, or fixed."""

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connections, models

from equipoise.conduct.audit.models import AuditedRow, layout
from equipoise.conduct.audit.tables import CHAIN, append_only
from equipoise.conduct.stores.names import ALIASES
from equipoise.conduct.stores.tables import FIXED, MUTABLE

PLAIN = (
    models.AutoField,
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.CharField,
    models.TextField,
    models.BinaryField,
    models.ForeignKey,
)


@pytest.mark.parametrize("alias", ALIASES.values())
def test_every_table_is_append_only_or_listed_with_a_reason(study: Path, alias: str) -> None:
    tables = {one for one in connections[alias].introspection.table_names() if not one.startswith("sqlite_")}
    unplaced = tables - append_only(alias) - set(MUTABLE) - set(FIXED)
    assert not unplaced, f"make them AuditedRows, or list them with a reason in stores/tables.py: {unplaced}"


def test_no_table_is_listed_twice(study: Path) -> None:
    everything = frozenset().union(*(append_only(alias) for alias in ALIASES.values()))
    assert not everything & set(MUTABLE)
    assert not everything & set(FIXED)
    assert not set(MUTABLE) & set(FIXED)


def test_audited_rows_have_only_columns_whose_bytes_are_the_same_everywhere() -> None:
    audited = [model for model in apps.get_models() if issubclass(model, AuditedRow)]
    assert audited
    strange = [
        f"{model.__name__}.{field.name}"
        for model in audited
        for field in model._meta.concrete_fields
        if not isinstance(field, PLAIN)
    ]
    assert not strange, f"times and dates are stored as text: {strange}"


def test_a_column_that_no_engine_gives_back_alike_is_refused() -> None:
    with pytest.raises(TypeError, match="a column holds"):
        layout(Session)


def test_the_chain_is_in_every_store(study: Path) -> None:
    for alias in ALIASES.values():
        assert {model._meta.db_table for model in CHAIN} <= append_only(alias)
