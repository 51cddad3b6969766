"""Bytes that are the same on every machine, and their digests.

Holds the canonical form of events and rows. Refuses databases' own text: a time zone or a driver must not
decide what is hashed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

SALT_BYTES = 16
ZERO = "0" * 64
"""What the first event of a chain names as the hash before it."""
_NUMBER, _BEFORE = "id", "prev_hash"


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(data: Any) -> bytes:
    """Return data as JSON: sorted keys, no white space, UTF-8. TypeError for anything but plain data."""
    return _ENCODER.encode(data).encode()


def row_digest(salt: bytes, row: bytes) -> str:
    """Return SHA-256(salt || canonical row) in hexadecimal; without salt a rating of 0 to 6 is guessed."""
    return hashlib.sha256(salt + row).hexdigest()


def payload_text(rows: Iterable[tuple[str, int, str]]) -> str:
    """Return what an event says it wrote: [[table, id, digest in hexadecimal], ...], in the order written."""
    return canonical([list(row) for row in rows]).decode()


def payload_digest(text: str) -> str:
    """Return SHA-256 over a payload's text, as hexadecimal text."""
    return hashlib.sha256(text.encode()).hexdigest()


def event_hash(event: Mapping[str, Any]) -> str:
    """Return the hash of an event without its own `hash`, as hexadecimal text."""
    return hashlib.sha256(canonical(event)).hexdigest()


def unlinked(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return an event's canonical text in three pieces: its number and the hash before it stand between.

    So a server that gives the number under the chain's lock hashes what `event_hash` hashes.
    """
    before = {name: value for name, value in event.items() if name < _NUMBER}
    between = {name: value for name, value in event.items() if _NUMBER < name < _BEFORE}
    after = {name: value for name, value in event.items() if name > _BEFORE}
    return (
        f'{{{_inner(before)},"{_NUMBER}":',
        f',{_inner(between)},"{_BEFORE}":"',
        f'",{_inner(after)}}}',
    )


def _inner(part: Mapping[str, Any]) -> str:
    """Return an object's canonical text without its braces."""
    return canonical(part).decode()[1:-1]
