"""Codes: how pages, addresses and mails name what is stored, without counting it.

A row's own number counts every row made before it, hidden ones too. A code depends only on what the thing is:
which form of whom, the how-maniest query about which answer. Holds making them. Refuses row numbers.
"""

import hmac
import re
from base64 import b32encode

from django.conf import settings

LENGTH = 13
"""Characters, of five bits each: among a million things two share a code once in seventy million studies."""
MARK = "\x1f"
"""Stands between the parts of an identity; no id holds it."""
_SHAPE = re.compile(f"[a-z2-7]{{{LENGTH}}}")


def code(kind: str, *identity: str | int) -> str:
    """Return the code of something, the same in every history in which it is the same thing.

    identity   what it is: ids and counts that depend on nothing hidden from who may see it
    """
    named = MARK.join(str(part) for part in (kind, *identity))
    digest = hmac.digest(settings.CODE_KEY.encode(), named.encode(), "sha256")
    return b32encode(digest).decode()[:LENGTH].lower()


def is_code(text: str) -> bool:
    """Whether a text may be a code: anything else names nothing and is not looked for."""
    return _SHAPE.fullmatch(text) is not None
