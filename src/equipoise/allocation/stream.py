"""`Stream`, random whole numbers that anybody with the seed can draw again.

Holds the one source of chance of an allocation list: HMAC-SHA256 in counter mode with rejection sampling.
Holds no arm. Each stratum and the kit numbers have a stream of their own, so that none tells of another.
"""

import hashlib
from collections.abc import Callable

LABEL = b"equipoise-allocation-1"
COUNTER_BYTES = 8
SMALLEST_SEED_BYTES = 16
BLOCK_BYTES = hashlib.sha256().block_size
INNER, OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
"""What HMAC does to each byte of its key."""
RANGE = 2 ** (8 * hashlib.sha256().digest_size)
MODEST = 2**64
SURE = RANGE - MODEST
"""Digests below this are never rejected for ranges up to `MODEST`, which saves a long division."""

Below = Callable[[int], int]
"""Draws a whole number from 0 to n - 1, each equally likely."""


class Stream:
    """Independent draws that depend on seed, list and name only.

    seed       secret bytes, at least 16
    canonical  canonical bytes of the protocol's arms and allocation sections: they identify the list
    name       which stream: "stratum:..." or "kits"
    """

    def __init__(self, seed: bytes, *, canonical: bytes, name: str) -> None:
        if len(seed) < SMALLEST_SEED_BYTES:
            raise ValueError(
                f"a seed of {len(seed)} bytes can be guessed; give at least {SMALLEST_SEED_BYTES}"
            )
        # Hashing both gives fixed lengths, so that no two pairs of texts make the same message.
        prefix = LABEL + hashlib.sha256(canonical).digest() + hashlib.sha256(name.encode()).digest()
        # HMAC by its definition (RFC 2104): copying two hashes that have read the key takes two thirds of the
        # time of copying an HMAC.
        key = (hashlib.sha256(seed).digest() if len(seed) > BLOCK_BYTES else seed).ljust(BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(key.translate(INNER) + prefix)
        self._outer = hashlib.sha256(key.translate(OUTER))
        self._counter = 0

    def __repr__(self) -> str:
        return "<Stream>"

    def below(self, n: int) -> int:
        """Draw a whole number from 0 to n - 1, each equally likely; ValueError when n < 1.

        The counter moves by one for every digest, also for those rejected because they lie beyond the largest
        multiple of n.
        """
        if n < 1:
            raise ValueError(f"nothing to draw from: n = {n}")
        if n == 1:
            # Whatever the digest is.
            self._counter += 1
            return 0
        while True:
            inner, outer = self._inner.copy(), self._outer.copy()
            inner.update(self._counter.to_bytes(COUNTER_BYTES, "big"))
            outer.update(inner.digest())
            self._counter += 1
            value = int.from_bytes(outer.digest(), "big")
            if (value < SURE and n <= MODEST) or value < RANGE - RANGE % n:
                return value % n
