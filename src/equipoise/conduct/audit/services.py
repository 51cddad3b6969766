"""`act`: the bracket in which rows are written and their event is added to the chain.

Holds the only code that writes events. The chain's lock is taken last: an act that computes and inserts under
the lock would let nobody else write meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from equipoise.conduct.audit import insertion, linking
from equipoise.conduct.audit.canonical import SALT_BYTES, payload_digest, payload_text, row_digest
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.layouts import SALT
from equipoise.conduct.audit.models import SUBJECTS_LENGTH, AuditedRow, Event, layout
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.names import Store
from equipoise.conduct.stores.writing import writing

R = TypeVar("R", bound=AuditedRow)

ACT_BYTES = 16


@dataclass
class Act:
    """An act under way: rows are added to it, and on leaving the bracket its event is written.

    alias   the connection rows are written through
    token   what the written rows carry in `act`
    """

    alias: str
    token: str
    at: datetime
    written: list[tuple[str, int, str]] = field(default_factory=list)
    event: Event | None = None

    def add(self, row: R) -> R:
        """Write one row."""
        return self.add_all([row])[0]

    def add_all(self, rows: Sequence[R]) -> Sequence[R]:
        """Write rows of one table, in order."""
        if not rows:
            return rows
        salts = token(SALT_BYTES * len(rows))
        for place, row in enumerate(rows):
            row.act = self.token
            row.salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
        insertion.insert(rows, alias=self.alias)
        self.written += [
            (row._meta.db_table, row.id, row_digest(bytes(row.salt or b""), row.canonical())) for row in rows
        ]
        return rows

    def add_columns(
        self, model: type[AuditedRow], own: Mapping[str, Sequence[Any]], shared: Mapping[str, Any]
    ) -> Sequence[int]:
        """Write many rows of one table given by column, and return their numbers, rising.

        own      column to its values, one a row
        shared   column to the one value that all rows have; columns in neither hold nothing
        No objects are made of the rows: 250 answers take a third of the time.
        """
        count = len(next(iter(own.values())))
        drawn = token(SALT_BYTES * count)
        salts = [drawn[place : place + SALT_BYTES] for place in range(0, len(drawn), SALT_BYTES)]
        shared = {**shared, "act": self.token}
        numbers = insertion.insert_columns(model, {**own, SALT: salts}, shared, alias=self.alias)
        of = layout(model)
        texts = of.texts({**own, "id": numbers}, shared)
        self.written += [
            (of.table, number, row_digest(salt, text))
            for number, salt, text in zip(numbers, salts, texts, strict=True)
        ]
        return numbers


@contextmanager
def act(
    store: Store,
    action: str,
    *,
    at: datetime,
    by: str,
    on_behalf: str = "",
    subjects: Iterable[str] = (),
    reason: str = "",
) -> Iterator[Act]:
    """Open an act in one store, and add its event to that store's chain when it succeeds.

    at         the instant, aware
    by         id of the acting person, or "system"
    subjects   what it is done to, the participant first
    """
    with writing(store) as alias:
        under_way = Act(alias, token(ACT_BYTES).hex(), at)
        yield under_way
        about = " ".join(subjects)
        if len(about) > SUBJECTS_LENGTH:
            # SQLite would keep it and PostgreSQL refuse it.
            raise ValueError(f"{action}: an event is about at most {SUBJECTS_LENGTH} characters of ids")
        rows = payload_text(under_way.written)
        event = Event(
            at=instant(at),
            actor=by,
            on_behalf=on_behalf,
            action=action,
            subjects=about,
            reason=reason,
            act=under_way.token,
            payload_sha256=payload_digest(rows),
        )
        linking.link(event, rows, alias=alias)
        under_way.event = event
