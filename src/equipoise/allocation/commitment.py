"""Committing to a list before the first enrollment, and verifying it when the salt is revealed.

Holds no secret: the salt comes from the caller's token source. A plain hash would not do, since somebody who
knows strata, kits and block sizes can try every list; 32 random bytes in front make that hopeless.
"""

import hashlib
import hmac
import json

from equipoise.allocation.list import AllocationList, identify
from equipoise.errors import IntegrityError

SALT_BYTES = 32


def commit(content: AllocationList | bytes, *, salt: bytes) -> str:
    """Return SHA-256(salt || canonical list) as 64 hexadecimal digits.

    content  the list; for minimization, which has none, the bytes of `parameters`
    salt     32 random bytes, secret until unblinding
    Raises   ValueError when the salt has another length
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} random bytes, not {len(salt)}")
    plain = content.canonical() if isinstance(content, AllocationList) else content
    return hashlib.sha256(salt + plain).hexdigest()


def parameters(*, seed: bytes, canonical: bytes) -> bytes:
    """Return what minimization commits to: the seed and the allocation it belongs to, as canonical JSON.

    canonical  canonical bytes of the protocol's arms and allocation sections: method, factors, weights, bias
    """
    data = {"allocation": identify(canonical), "seed": seed.hex()}
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def verify(commitment: str, content: AllocationList | bytes, *, salt: bytes) -> None:
    """Compare a list, or minimization's parameters, and the revealed salt with the commitment.

    Raises  IntegrityError when they do not belong together; ValueError when the salt is not 32 bytes
    """
    found = commit(content, salt=salt)
    if not hmac.compare_digest(found, commitment.strip().lower()):
        raise IntegrityError(
            "The allocation list is not the one committed to: stop and find out which of list, salt and "
            "commitment was changed"
        )
