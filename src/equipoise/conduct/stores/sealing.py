"""Sealing files so that only the holder of a key can read them, and nobody can change, cut or reorder them.

AES-256-GCM over pieces of 1 MiB under a key derived for each file; the nonce counts the pieces and marks the
last one, so that a piece moved, left out or cut off is noticed. Holds sealing and opening. Refuses to leave
anything of a file that cannot be opened to its end.
"""

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.keys import KEY_BYTES, OWNER_ONLY
from equipoise.errors import IntegrityError, Problem

MAGIC = b"EQUIPOISE-SEALED-1\n"
SALT_BYTES = 32
TAG_BYTES = 16
PIECE_BYTES = 2**20


def seal(plain: Path, sealed: Path, *, key: bytes, purpose: str) -> str:
    """Seal a file, and return the SHA-256 of what was written, in hexadecimal.

    purpose   what the file is; opening it for another purpose fails
    """
    salt = token(SALT_BYTES)
    cipher, header = _cipher(key, salt, purpose), MAGIC + salt
    digest = hashlib.sha256(header)
    sealed.touch(mode=OWNER_ONLY)
    with plain.open("rb") as source, sealed.open("wb") as target:
        target.write(header)
        for number, piece, last in _pieces(source, PIECE_BYTES):
            data = cipher.encrypt(_nonce(number, last=last), piece, header)
            digest.update(data)
            target.write(data)
    return digest.hexdigest()


def unseal(sealed: Path, plain: Path, *, key: bytes, purpose: str) -> None:
    """Open a sealed file.

    Raises  IntegrityError when the key is another one, or the file was changed or cut; nothing is left then
    """
    plain.touch(mode=OWNER_ONLY)
    try:
        with sealed.open("rb") as source, plain.open("wb") as target:
            header = source.read(len(MAGIC) + SALT_BYTES)
            if not header.startswith(MAGIC):
                raise InvalidTag
            cipher = _cipher(key, header[len(MAGIC) :], purpose)
            for number, piece, last in _pieces(source, PIECE_BYTES + TAG_BYTES):
                target.write(cipher.decrypt(_nonce(number, last=last), piece, header))
    except InvalidTag as error:
        plain.unlink()
        hint = "take the keys folder that belongs to this backup, or another copy of the backup"
        problem = Problem(f"{sealed.name} was sealed with another key, changed or cut", hint, str(sealed))
        raise IntegrityError("a sealed file cannot be opened", [problem]) from error


def _cipher(key: bytes, salt: bytes, purpose: str) -> AESGCM:
    derived = HKDF(SHA256(), KEY_BYTES, salt, f"equipoise-sealed-1 {purpose}".encode()).derive(key)
    return AESGCM(derived)


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">QI", number, int(last))


def _pieces(source: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number, bytes and whether it is the last one, of each piece; an empty file has one."""
    number, piece = 0, source.read(size)
    while True:
        following = source.read(size)
        yield number, piece, not following
        if not following:
            return
        number, piece = number + 1, following
