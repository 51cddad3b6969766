"""Sealing what tells an arm: AES-256-GCM under the allocation store's key, bound to its place.

Holds closing and opening. Every text is padded to one length first, since the length of a sealed arm would
tell one from another. The key is read when needed and never kept: assigning from a list needs none.
"""

import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from equipoise.conduct.stores import keys
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.names import ALLOCATION
from equipoise.errors import IntegrityError, Problem

NONCE_BYTES = 12
ARM_BYTES = 64
"""The longest id of an arm, and so the length of every sealed one."""
DRAW_BYTES = 1024
SECRET_BYTES = 64
PURPOSE = b"equipoise allocation seals 1"


@dataclass(frozen=True, slots=True)
class Key:
    """The allocation store's key for sealing. Its repr shows nothing."""

    _cipher: AESGCM = field(repr=False)

    def close(self, text: str, *, place: str, length: int) -> str:
        """Return a text sealed for one place, as base64 of the same length for every text.

        place    what it belongs to: moved elsewhere it does not open
        length   bytes it is padded to; ValueError when it has more
        """
        plain = text.encode()
        if len(plain) > length:
            raise ValueError(f"what is sealed has more than {length} bytes")
        nonce = token(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plain.ljust(length, b"\0"), place.encode())
        return b64encode(nonce + sealed).decode("ascii")

    def open(self, sealed: str, *, place: str) -> str:
        """Return what was sealed for a place.

        Raises  IntegrityError when it was altered or moved, or sealed under another key
        """
        try:
            data = b64decode(sealed, validate=True)
            plain = self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            hint = (
                "put the allocation key that belongs to this store into the keys folder; never make a new one"
            )
            problem = Problem("it was altered or moved, or sealed under another allocation key", hint, "keys")
            # What could not be opened stays out of the traceback.
            raise IntegrityError("a sealed assignment cannot be opened", [problem]) from None
        return plain.rstrip(b"\0").decode()


def key(path: Path | None = None) -> Key:
    """Read the key, from the keys folder or from a file that somebody brought.

    Raises  IntegrityError when it is missing, damaged or readable by others
    """
    store = keys.read(Path(settings.KEYS_FOLDER), ALLOCATION) if path is None else keys.read_file(path)
    return Key(AESGCM(hmac.new(store, PURPOSE, "sha256").digest()))


def place_of(canonical_sha256: str, stratum: str, position: int) -> str:
    """Return the associated data of a place's arm: list, stratum and position."""
    return f"{canonical_sha256}|{stratum}|{position}"
