"""Committing to a list before the first enrollment, and verifying it when the salt is revealed.

Holds no secret: the salt comes from the caller's token source. A plain hash would not do, since somebody who
knows strata, kits and block sizes can try every list; 32 random bytes in front make that hopeless.
"""

import hashlib
import hmac

from equipoise.allocation.list import AllocationList
from equipoise.errors import IntegrityError

SALT_BYTES = 32


def commit(allocation_list: AllocationList, *, salt: bytes) -> str:
    """Return SHA-256(salt || canonical list) as 64 hexadecimal digits.

    salt    32 random bytes, secret until unblinding
    Raises  ValueError when the salt has another length
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} random bytes, not {len(salt)}")
    return hashlib.sha256(salt + allocation_list.canonical()).hexdigest()


def verify(commitment: str, allocation_list: AllocationList, *, salt: bytes) -> None:
    """Compare a list and the revealed salt with the commitment published before enrollment.

    Raises  IntegrityError when they do not belong together; ValueError when the salt is not 32 bytes
    """
    found = commit(allocation_list, salt=salt)
    if not hmac.compare_digest(found, commitment.strip().lower()):
        raise IntegrityError(
            "The allocation list is not the one committed to: stop and find out which of list, salt and "
            "commitment was changed"
        )
