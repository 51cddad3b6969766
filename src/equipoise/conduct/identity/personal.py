"""Personal data, sealed cell by cell under a key of each person's own.

Holds sealing, finding by exact word, and forgetting. Rows with sealed cells are append-only like all others;
a person is forgotten by deleting their key and the words they are found by, so that the chain stays whole and
nothing can bring the cells back (backups made before still hold the key). Refuses to know what a cell means.
"""

import hmac
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connections

from equipoise.conduct.identity.models.personal import Lookup, PersonalKey
from equipoise.conduct.stores import keys
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.names import ALIASES, IDENTITY
from equipoise.errors import IntegrityError, Problem

NONCE_BYTES = 12
ROWS_AT_ONCE = 400
ALIAS = ALIASES[IDENTITY]
Kind = Literal["name", "email", "phone"]


@dataclass(frozen=True, slots=True)
class Seal:
    """One person's key. Its repr shows the owner alone."""

    owner: str
    _key: bytes = field(repr=False)

    def close(self, text: str, *, cell: str) -> str:
        """Return a text sealed for one cell, as base64; the empty text stays empty.

        cell   "table.column": a sealed text moved to another cell or person does not open there
        """
        return _close(self._key, text.encode(), context=f"{self.owner}|{cell}") if text else ""

    def open(self, sealed: str, *, cell: str) -> str:
        """Return what a cell holds.

        Raises  IntegrityError when it was altered, moved or sealed under another key
        """
        return _open(self._key, sealed, context=f"{self.owner}|{cell}").decode() if sealed else ""


def begin(owner: str, *, alias: str) -> Seal:
    """Make a person's key. Called inside an act of the identity store, whose connection `alias` is."""
    key = token(keys.KEY_BYTES)
    sealed = _close(_derived("cells"), key, context=f"key|{owner}")
    PersonalKey.objects.using(alias).create(owner=owner, sealed_key=sealed)
    return Seal(owner, key)


def seals(owners: Collection[str], *, key: bytes | None = None) -> Mapping[str, Seal]:
    """Return the keys of these persons, in one read; whoever was forgotten is absent.

    key     of the store; the one in the keys folder when left out
    Raises  IntegrityError when the store's key is missing, or another one
    """
    rows = PersonalKey.objects.using(ALIAS).filter(owner__in=owners).values_list("owner", "sealed_key")
    under = _derived("cells", key)
    return {owner: Seal(owner, _open(under, sealed, context=f"key|{owner}")) for owner, sealed in rows}


def known(owners: Collection[str]) -> frozenset[str]:
    """Return those of these persons who were not forgotten."""
    return frozenset(
        PersonalKey.objects.using(ALIAS).filter(owner__in=owners).values_list("owner", flat=True)
    )


def index(owner: str, words: Iterable[tuple[Kind, str]], *, alias: str) -> None:
    """Make a person findable by these words, those known before included. Called inside an act."""
    digests = sorted({(kind, digest(kind, word)) for kind, word in words if _normal(kind, word)})
    Lookup.objects.using(alias).bulk_create(
        [Lookup(kind=kind, digest=found, owner=owner) for kind, found in digests], ignore_conflicts=True
    )


def find(kind: Kind, word: str) -> frozenset[str]:
    """Return the persons who have this name (any word of it), address or number."""
    if not _normal(kind, word):
        return frozenset()
    rows = Lookup.objects.using(ALIAS).filter(kind=kind, digest=digest(kind, word))
    return frozenset(rows.values_list("owner", flat=True))


def forget(owners: Collection[str], *, alias: str) -> None:
    """Delete the keys of these persons and the words they are found by. Called inside an act that says so."""
    connection = connections[alias]
    if connection.vendor == "sqlite":
        # Deleted bytes are overwritten in the file instead of merely marked free.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    Lookup.objects.using(alias).filter(owner__in=owners).delete()
    PersonalKey.objects.using(alias).filter(owner__in=owners).delete()


def scrub() -> None:
    """Take what was deleted out of SQLite's log, too; on PostgreSQL its own cleaning does that in time.

    Called after the act, since a transaction under way still needs its log.
    """
    connection = connections[ALIAS]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def digest(kind: Kind, word: str, *, key: bytes | None = None) -> str:
    """Return the HMAC of a word, the same for spellings that differ in case, accents' form or spaces.

    key   of the store; the one in the keys folder when left out
    """
    return hmac.new(_derived("lookup", key), f"{kind}|{_normal(kind, word)}".encode(), "sha256").hexdigest()


def drawn(purpose: str, secret: str, *, n_bytes: int) -> bytes:
    """Return bytes that follow from a secret and tell nothing of it: the same whenever it is shown again."""
    return hmac.new(_derived(purpose), secret.encode(), "sha256").digest()[:n_bytes]


def _normal(kind: Kind, word: str) -> str:
    plain = unicodedata.normalize("NFKC", word).casefold().strip()
    return "".join(one for one in plain if one.isdecimal()) if kind == "phone" else plain


def opens(key: bytes) -> bool:
    """Whether a store's key is the one that persons' keys are sealed with; so it is where there are none."""
    row = PersonalKey.objects.using(ALIAS).order_by("owner").first()
    if row is None:
        return True
    try:
        _open(_derived("cells", key), row.sealed_key, context=f"key|{row.owner}")
    except IntegrityError:
        return False
    return True


def reseal(words: Mapping[str, Iterable[tuple[Kind, str]]], *, old: bytes, new: bytes, alias: str) -> None:
    """Seal every person's key with another store key, and make the index anew. Called inside an act.

    words   owner to the words they are found by
    Raises  IntegrityError when the keys were not sealed with the old one; nothing is changed then
    """
    rows = list(PersonalKey.objects.using(alias).order_by("owner"))
    before, after = _derived("cells", old), _derived("cells", new)
    for row in rows:
        context = f"key|{row.owner}"
        row.sealed_key = _close(after, _open(before, row.sealed_key, context=context), context=context)
    PersonalKey.objects.using(alias).bulk_update(rows, ["sealed_key"], batch_size=ROWS_AT_ONCE)
    Lookup.objects.using(alias).all().delete()
    found = {
        (kind, digest(kind, word, key=new), owner)
        for owner, theirs in words.items()
        for kind, word in theirs
        if _normal(kind, word)
    }
    Lookup.objects.using(alias).bulk_create(
        [Lookup(kind=kind, digest=made, owner=owner) for kind, made, owner in sorted(found)],
        batch_size=ROWS_AT_ONCE,
    )


def _derived(purpose: str, key: bytes | None = None) -> bytes:
    store = key or keys.read(Path(settings.KEYS_FOLDER), IDENTITY)
    return hmac.new(store, f"equipoise identity {purpose} 1".encode(), "sha256").digest()


def _close(key: bytes, plain: bytes, *, context: str) -> str:
    nonce = token(NONCE_BYTES)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, plain, context.encode())).decode("ascii")


def _open(key: bytes, sealed: str, *, context: str) -> bytes:
    try:
        data = b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        hint = "put the identity key that belongs to this store into the keys folder"
        problem = Problem("a sealed cell was altered, moved, or sealed under another key", hint, "identity")
        raise IntegrityError("personal data cannot be opened", [problem]) from error
