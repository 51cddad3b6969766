"""Sealed files that somebody opens without the system: with words that lie in an envelope of paper.

Holds making the words, closing and opening. Refuses keys of the installation: whoever opens one has none.
"""

import base64
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from equipoise.conduct.stores import sealing
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.keys import KEY_BYTES
from equipoise.errors import IntegrityError

WORD_BYTES = 15
GROUP = 4
SALT = b"equipoise envelope 1"
COST, BLOCK, LANES = 2**15, 8, 1
"""What scrypt spends on a try: a tenth of a second and 32 MB. The words hold 120 random bits besides."""


def new_words() -> str:
    """Return new words: groups of four letters and digits; no digit looks like a letter."""
    text = base64.b32encode(token(WORD_BYTES)).decode("ascii")
    return "-".join(text[place : place + GROUP] for place in range(0, len(text), GROUP))


def close(plain: Path, sealed: Path, *, words: str, purpose: str) -> None:
    """Seal a file so that the words open it."""
    sealing.seal(plain, sealed, key=_key(words), purpose=purpose)


def unclose(sealed: Path, plain: Path, *, words: str, purpose: str) -> None:
    """Open a sealed file; case and dashes of the words do not matter.

    Raises  IntegrityError when the words are others, or the file was changed
    """
    sealing.unseal(sealed, plain, key=_key(words), purpose=purpose)


def unclose_any(sealed: Path, plain: Path, *, words: str, purposes: Sequence[str]) -> None:
    """Open a sealed file that serves one of several purposes.

    Raises  IntegrityError as `unclose` does
    """
    for purpose in purposes[:-1]:
        with suppress(IntegrityError):
            return unclose(sealed, plain, words=words, purpose=purpose)
    return unclose(sealed, plain, words=words, purpose=purposes[-1])


def _key(words: str) -> bytes:
    typed = "".join(one for one in words.upper() if one.isalnum())
    # Every file has a random salt of its own in `sealing`; the words are random, so this one may be fixed.
    return Scrypt(salt=SALT, length=KEY_BYTES, n=COST, r=BLOCK, p=LANES).derive(typed.encode())
