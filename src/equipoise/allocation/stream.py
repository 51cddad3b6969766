"""`Stream`, random whole numbers that anybody with the seed can draw again.

Holds the one source of chance of an allocation list: HMAC-SHA256 in counter mode with rejection sampling.
Holds no arm. Each stratum and the kit numbers have a stream of their own, so that none tells of another.
"""

import hashlib
import hmac
from collections.abc import Callable

LABEL = b"equipoise-allocation-1"
COUNTER_BYTES = 8
SMALLEST_SEED_BYTES = 16
RANGE = 2 ** (8 * hashlib.sha256().digest_size)

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
        self._keyed = hmac.new(seed, prefix, hashlib.sha256)
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
        while True:
            keyed = self._keyed.copy()
            keyed.update(self._counter.to_bytes(COUNTER_BYTES, "big"))
            self._counter += 1
            value = int.from_bytes(keyed.digest(), "big")
            if value < RANGE - RANGE % n:
                return value % n
