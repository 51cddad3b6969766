"""Streams of random numbers that stay the same whatever else a design changes.

A stream is named by a purpose, such as `outcome/madrs.total/D28`, and is drawn from a counter-based generator
keyed by seed, scenario, purpose and block of replicates. Each participant owns a fixed stretch of counters in
it, and each replicate of the block a fixed place in that stretch. So participant 7 of replicate 12 gets the
same number alone or in a batch, among 30 or among 60, and whether or not a visit, score or event was added.

Holds the layout and the two laws everything else is made of, uniform and normal, one number each. Refuses to
know what the numbers are for, and to draw with a method that takes a varying count of numbers.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Places: TypeAlias = slice | NDArray[np.int64]

FORMAT = "equipoise-streams-1"
"""Names the layout below; another layout gets another name, and other numbers."""
BLOCK = 32
"""Replicates that share one key; each participant owns this many numbers under it."""
_SEPARATOR = "\x1f"
_KEY_BYTES = 16
_UNUSED_BITS = np.uint64(12)
_SPACING = 2.0**-52
_ORIGIN = np.zeros(4, dtype=np.uint64)
_FRESH = np.random.Philox(0).state


@dataclass(frozen=True)
class Streams:
    """The streams of some replicates of one scenario.

    seed        the protocol's simulation seed, or another
    scenario    its id
    replicates  which replicates, in the order of the first axis of every draw
    """

    seed: int
    scenario: str
    replicates: tuple[int, ...]

    def uniform(self, purpose: str, participants: int) -> Floats:
        """Return (replicates, participants) numbers strictly between 0 and 1.

        Source  Salmon (2011), SC '11, doi 10.1145/2063384.2063405: Philox 4x64 with ten rounds
        """
        drawn = np.empty((len(self.replicates), participants), dtype=np.uint64)
        for block, rows, places in self._blocks:
            raw = self._raw(self._key(purpose, block), participants * BLOCK)
            drawn[rows] = raw.reshape(participants, BLOCK).T[places]
        return _open_unit(drawn)

    def normal(self, purpose: str, participants: int) -> Floats:
        """Return (replicates, participants) standard normal numbers, by inversion: one uniform each."""
        normal: Floats = ndtri(self.uniform(purpose, participants))
        return normal

    def table(self, purpose: str, participants: int, *, columns: int) -> Floats:
        """Return (participants, columns) numbers in (0, 1) for the first replicate, each participant one row.

        For what only a written-out trial needs, such as the items of a form.
        """
        key = self._key(f"{purpose}{_SEPARATOR}{self.replicates[0] % BLOCK}", self.replicates[0] // BLOCK)
        return _open_unit(self._raw(key, participants * columns)).reshape(participants, columns)

    def seed_of(self, purpose: str, replicate: int) -> bytes:
        """Return 32 bytes that seed something with a generator of its own, such as an allocation list."""
        return self._digest(f"{purpose}{_SEPARATOR}{replicate % BLOCK}", replicate // BLOCK)

    def _key(self, purpose: str, block: int) -> bytes:
        return self._digest(purpose, block)[:_KEY_BYTES]

    def _digest(self, purpose: str, block: int) -> bytes:
        named = _SEPARATOR.join((FORMAT, str(self.seed), self.scenario, purpose, str(block)))
        return hashlib.sha256(named.encode()).digest()

    def _raw(self, key: bytes, count: int) -> NDArray[np.uint64]:
        # Setting the state of one generator takes a fifth of the time of making another.
        self._generator.state = {
            **_FRESH,
            "state": {"counter": _ORIGIN, "key": np.frombuffer(key, dtype="<u8").astype(np.uint64)},
        }
        return self._generator.random_raw(count)

    @cached_property
    def _generator(self) -> np.random.Philox:
        return np.random.Philox(0)

    @cached_property
    def _blocks(self) -> tuple[tuple[int, Places, Places], ...]:
        """For each block touched: its number, the rows it fills, and the places taken from it."""
        numbers = np.asarray(self.replicates, dtype=np.int64)
        blocks = numbers // BLOCK
        found = []
        for block in np.unique(blocks):
            rows = np.flatnonzero(blocks == block)
            found.append((int(block), _stretch(rows), _stretch(numbers[rows] % BLOCK)))
        return tuple(found)


def _stretch(places: Whole) -> Places:
    """Return consecutive places as a slice, which numpy follows without copying."""
    first, count = int(places[0]), places.size
    consecutive = bool(np.all(places == np.arange(first, first + count)))
    return slice(first, first + count) if consecutive else places


def _open_unit(raw: NDArray[np.uint64]) -> Floats:
    """Turn 64 random bits into the middle of one of 2**52 equal steps of (0, 1): never 0, never 1, exact."""
    return ((raw >> _UNUSED_BITS).astype(np.float64) + 0.5) * _SPACING
