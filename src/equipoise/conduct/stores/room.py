"""Which stores refused a write lately, known to every process that serves: a full disk can still be read.

Holds an instant for each store, in memory that the serving processes share. Refuses to judge who wrote what.
"""

import mmap
import struct
import time

from equipoise.conduct.stores.names import STORES, Store

REFUSING_SECONDS = 300
"""So long after a refusal a store counts as taking nothing, unless a write succeeds before."""
_INSTANT = struct.Struct("d")
# Made before the serving processes are, which inherit it.
_shared = mmap.mmap(-1, _INSTANT.size * len(STORES))


def refused(store: Store) -> None:
    """Note that a store took nothing just now."""
    _note(store, time.monotonic())


def taken(store: Store) -> None:
    """Note that a store took what was written."""
    if _noted(store):
        _note(store, 0.0)


def is_refusing(store: Store) -> bool:
    """Whether a store refused a write lately, and took none since."""
    instant = _noted(store)
    return bool(instant) and time.monotonic() - instant < REFUSING_SECONDS


def _note(store: Store, instant: float) -> None:
    _INSTANT.pack_into(_shared, STORES.index(store) * _INSTANT.size, instant)


def _noted(store: Store) -> float:
    (instant,) = _INSTANT.unpack_from(_shared, STORES.index(store) * _INSTANT.size)
    return float(instant)
