"""An event takes its place in the chain: its number, the hash before it and its own, under the chain's lock.

Holds the lock and the link. Refuses to leave the lock to whoever is slow: on PostgreSQL the server takes it,
links and commits by itself, in one trip. An act that waits for its program meanwhile would let nobody write.
"""

from django.db import connections

from equipoise.conduct.audit.canonical import ZERO, event_hash, unlinked
from equipoise.conduct.audit.models import Event
from equipoise.conduct.stores import statements
from equipoise.conduct.stores.writing import finish

CHAIN_LOCK = 0x636861696E
"""Number of PostgreSQL's advisory lock on the chain: the letters "chain"."""

_LOCK = "SELECT pg_advisory_xact_lock(%s)"
_HEAD = "SELECT id, hash FROM event ORDER BY id DESC LIMIT 1"
_PAYLOAD = "INSERT INTO event_payload (id, rows) VALUES (%s, %s)"
_LINK = """
WITH head AS (SELECT id, hash FROM event ORDER BY id DESC LIMIT 1),
place AS (
    SELECT coalesce((SELECT id FROM head), 0) + 1 AS id, coalesce((SELECT hash FROM head), %s) AS before
),
link AS (
    INSERT INTO event
        (id, prev_hash, hash, at, actor, on_behalf, action, subjects, reason, act, payload_sha256)
    SELECT id, before, encode(sha256(convert_to(%s || id || %s || before || %s, 'UTF8')), 'hex'),
           %s, %s, %s, %s, %s, %s, %s, %s
    FROM place RETURNING id, prev_hash, hash
)
INSERT INTO event_payload (id, rows) SELECT id, %s FROM link
RETURNING id, (SELECT prev_hash FROM link), (SELECT hash FROM link)
"""
"""It sees what was committed before the lock was got, because it is a statement of its own."""


def link(event: Event, rows: str, *, alias: str) -> None:
    """Give an event its place, store it with its payload, and commit; nothing may be written after it."""
    write = _by_server if connections[alias].vendor == "postgresql" else _here
    write(event, rows, alias=alias)


def _by_server(event: Event, rows: str, *, alias: str) -> None:
    said = [event.at, event.actor, event.on_behalf, event.action, event.subjects, event.reason]
    values = [ZERO, *unlinked(event.link()), *said, event.act, event.payload_sha256, rows]
    linked = finish(alias, (_LOCK, [CHAIN_LOCK]), (_LINK, values))
    event.id, event.prev_hash, event.hash = linked[0]


def _here(event: Event, rows: str, *, alias: str) -> None:
    """On SQLite the one writer holds the chain already."""
    last = statements.rows(alias, _HEAD, ())
    number, event.prev_hash = last[0] if last else (0, ZERO)
    event.id = number + 1
    event.hash = event_hash(event.link())
    linked = {**event.link(), "hash": event.hash}
    names, marks = ", ".join(linked), ", ".join(["%s"] * len(linked))
    insert = f"INSERT INTO event ({names}) VALUES ({marks})"  # noqa: S608 - the columns of the event
    finish(alias, (insert, [*linked.values()]), (_PAYLOAD, [event.id, rows]))
