"""Sessions that whoever reads the store cannot enter: it keeps a digest of each session's key, and no key.

Holds Django's sessions in the database with that one difference. A key is random and long, so its digest
needs neither salt nor work.
"""

from hashlib import sha256
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as InDatabase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

KEPT = 40
"""Characters of the column: 160 bits of the digest."""


def kept(key: str) -> str:
    """Return what is kept of a session's key."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()[:KEPT]


class SessionStore(InDatabase):
    """One session. Its class keeps Django's name, which is part of what a session's data are signed with."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        key = self._session_key
        found: AbstractBaseSession | None = None
        if key is not None:
            found = self.model.objects.filter(session_key=kept(key), expire_date__gt=timezone.now()).first()
        self._session_key = None if found is None else key
        return found

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with a key."""
        return bool(super().exists(kept(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row of this session."""
        row = super().create_model_instance(data)
        row.session_key = kept(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session with a key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(kept(key))
