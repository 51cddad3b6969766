"""Sealing what tells an arm: AES-256-GCM under the allocation store's key, bound to its place.

Holds closing and opening. Every text is padded to one length first, since the length of a sealed arm would
tell one from another. The key is read when needed and never kept: assigning from a list needs none.

What is sealed stands in rows that never change, so it is sealed with keys of its own, drawn by chance, which
lie in the store sealed with the key of the keys folder. Replacing that key seals them anew and adds one for
what is sealed from then on: an old key file opens nothing of a store that was copied later.
"""

import hmac
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from equipoise.conduct.allocator.models import AllocationList, SealingKey
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
KEYS_PURPOSE = b"equipoise allocation keys 1"


@dataclass(frozen=True, slots=True)
class Key:
    """The keys that arms are sealed with, the newest first. Its repr shows nothing."""

    _ciphers: tuple[AESGCM, ...] = field(repr=False)

    def close(self, text: str, *, place: str, length: int) -> str:
        """Return a text sealed for one place, as base64 of the same length for every text.

        place    what it belongs to: moved elsewhere it does not open
        length   bytes it is padded to; ValueError when it has more
        """
        plain = text.encode()
        if len(plain) > length:
            raise ValueError(f"what is sealed has more than {length} bytes")
        nonce = token(NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, plain.ljust(length, b"\0"), place.encode())
        return b64encode(nonce + sealed).decode("ascii")

    def open(self, sealed: str, *, place: str) -> str:
        """Return what was sealed for a place.

        Raises  IntegrityError when it was altered or moved, or sealed under another key
        """
        try:
            plain = self._opened(b64decode(sealed, validate=True), place.encode())
        except (InvalidTag, ValueError):
            hint = (
                "put the allocation key that belongs to this store into the keys folder; never make a new one"
            )
            problem = Problem("it was altered or moved, or sealed under another allocation key", hint, "keys")
            # What could not be opened stays out of the traceback.
            raise IntegrityError("a sealed assignment cannot be opened", [problem]) from None
        return plain.rstrip(b"\0").decode()

    def _opened(self, data: bytes, place: bytes) -> bytes:
        for cipher in self._ciphers[:-1]:
            with suppress(InvalidTag):
                return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place)
        return self._ciphers[-1].decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place)


def key(path: Path | None = None) -> Key:
    """Read the key, from the keys folder or from a file that somebody brought.

    Raises  IntegrityError when it is missing, damaged or readable by others
    """
    store = keys.read(Path(settings.KEYS_FOLDER), ALLOCATION) if path is None else keys.read_file(path)
    return Key(tuple(AESGCM(one) for one in _drawn(store)))


def is_here() -> bool:
    """Whether the key can be read, whichever store it belongs to."""
    try:
        keys.read(Path(settings.KEYS_FOLDER), ALLOCATION)
    except IntegrityError:
        return False
    return True


def begin(*, alias: str) -> None:
    """Draw the first key that arms are sealed with. Called inside the act that writes the first list."""
    store = keys.read(Path(settings.KEYS_FOLDER), ALLOCATION)
    _keep(1, token(keys.KEY_BYTES), store=store, alias=alias)


def opens(store: bytes) -> bool:
    """Whether a store's key is the one that arms' keys are sealed with; so it is where there is no list."""
    try:
        drawn = Key(tuple(AESGCM(one) for one in _drawn(store)))
        for row in AllocationList.objects.order_by("number")[:1]:
            drawn.open(row.sealed_salt, place=f"{row.canonical_sha256}|{row.number}|sealed_salt")
    except IntegrityError:
        return False
    return True


def reseal(*, old: bytes, new: bytes, alias: str) -> None:
    """Seal the keys of arms with another store key, and draw one for what is sealed from now on.

    Called inside an act.
    Raises  IntegrityError when they were not sealed with the old one; nothing is changed then
    """
    drawn = list(reversed(_drawn(old)))
    SealingKey.objects.using(alias).all().delete()
    for number, one in enumerate([*drawn, token(keys.KEY_BYTES)], 1):
        _keep(number, one, store=new, alias=alias)


def _drawn(store: bytes) -> list[bytes]:
    """Return the keys that arms are sealed with, the newest first."""
    rows = list(SealingKey.objects.order_by("-number"))
    if not rows:
        # A list drawn before arms had keys of their own.
        return [hmac.new(store, PURPOSE, "sha256").digest()]
    kek = Key((AESGCM(hmac.new(store, KEYS_PURPOSE, "sha256").digest()),))
    return [bytes.fromhex(kek.open(row.sealed_key, place=f"key|{row.number}")) for row in rows]


def _keep(number: int, one: bytes, *, store: bytes, alias: str) -> None:
    kek = Key((AESGCM(hmac.new(store, KEYS_PURPOSE, "sha256").digest()),))
    sealed = kek.close(one.hex(), place=f"key|{number}", length=SECRET_BYTES)
    SealingKey.objects.using(alias).create(number=number, sealed_key=sealed)


def place_of(canonical_sha256: str, stratum: str, position: int) -> str:
    """Return the associated data of a place's arm: list, stratum and position."""
    return f"{canonical_sha256}|{stratum}|{position}"
