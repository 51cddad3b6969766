"""Erasing the value of one row for good, so that nothing can bring it back and the chain stays whole.

Holds one service. Refuses tables that name nothing erasable, and everybody who is not the tables' owner: the
running system has no right to change what was written.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from equipoise.conduct.audit.layouts import SALT
from equipoise.conduct.audit.models import AuditedRow, Erasure
from equipoise.conduct.audit.services import act
from equipoise.conduct.audit.tables import audited
from equipoise.conduct.stores import triggers
from equipoise.conduct.stores.names import ALIASES, Store
from equipoise.errors import Problem, RecordError

ACTION = "audit.erased"


def erase(store: Store, *, table: str, rows: Collection[int], at: datetime, by: str, reason: str) -> None:
    """Empty the values of rows and forget their salts; the events that wrote them keep their digests.

    Needs the owner of the tables.
    Raises  RecordError with everything that forbids it, before anything is changed
    """
    model = next((one for one in audited(ALIASES[store]) if one._meta.db_table == table), None)
    found = list(model._default_manager.using(ALIASES[store]).filter(id__in=rows)) if model else []
    _refuse(store, table, model, missing=set(rows) - {row.id for row in found}, found=found, reason=reason)
    with act(store, ACTION, at=at, by=by, subjects=[table], reason=reason) as one:
        with triggers.lifted(one.alias, table):
            for row in found:
                _empty(row, alias=one.alias)
        one.add_all([Erasure(of_table=table, of_row=row.id, emptied_sha256=_digest(row)) for row in found])


def _refuse(
    store: Store,
    table: str,
    model: type[AuditedRow] | None,
    *,
    missing: Collection[int],
    found: Collection[AuditedRow],
    reason: str,
) -> None:
    problems = []
    erasable = sorted(one._meta.db_table for one in audited(ALIASES[store]) if one.erasable)
    if model is None or not model.erasable:
        hint = f"one of {', '.join(erasable) or 'none'}"
        problems.append(Problem(f"nothing can be erased from `{table}`", hint, "table"))
    else:
        problems += [Problem(f"{table} has no row {number}", "", "row") for number in sorted(missing)]
        problems += [
            Problem(f"row {row.id} was erased already", "", "row") for row in found if row.salt is None
        ]
    if not reason.strip():
        problems.append(Problem("an erasure needs a reason", "say who decided it, and why", "reason"))
    if problems:
        raise RecordError("nothing was erased", problems)


def _empty(row: AuditedRow, *, alias: str) -> None:
    """Take away the salt and every erasable value, in the row and in the store."""
    fields: list[Any] = [row._meta.get_field(name) for name in row.erasable]
    emptied = {field.attname: None if field.null else "" for field in fields} | {SALT: None}
    for name, value in emptied.items():
        setattr(row, name, value)
    type(row)._default_manager.using(alias).filter(id=row.id).update(**emptied)


def _digest(row: AuditedRow) -> str:
    return hashlib.sha256(row.canonical()).hexdigest()
