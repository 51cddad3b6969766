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


def canonical(data: Any) -> bytes:
    """Return data as JSON: sorted keys, no white space, UTF-8. TypeError for anything but plain data."""
    return json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def row_digest(salt: bytes, row: bytes) -> bytes:
    """Return SHA-256(salt || canonical row). The salt keeps a rating of 0 to 6 from being guessed."""
    return hashlib.sha256(salt + row).digest()


def payload_digest(digests: Iterable[bytes]) -> str:
    """Return SHA-256 over row digests, in the order written, as hexadecimal text."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def event_hash(event: Mapping[str, Any]) -> str:
    """Return the hash of an event without its own `hash`, as hexadecimal text."""
    return hashlib.sha256(canonical(event)).hexdigest()
