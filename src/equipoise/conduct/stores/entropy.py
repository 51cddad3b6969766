"""The one door through which chance enters the web system.

Holds the token source. Tests that compare two worlds replace it, so nothing else may draw random bytes.
"""

import secrets
from collections.abc import Callable

_source: Callable[[int], bytes] = secrets.token_bytes


def token(n_bytes: int) -> bytes:
    """Return unpredictable bytes."""
    return _source(n_bytes)


def replace_source(source: Callable[[int], bytes] | None) -> None:
    """Draw from another source, or with None from the system's again;

    for tests and simulated studies only.
    """
    global _source  # noqa: PLW0603 - the door itself is the one global
    _source = source or secrets.token_bytes
