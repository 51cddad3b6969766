"""The three stores and what each may hold, so that a leak of one is survivable.

Holds names only. Refuses to open anything.
"""

from typing import Literal

Store = Literal["trial", "allocation", "identity"]

TRIAL: Store = "trial"
ALLOCATION: Store = "allocation"
IDENTITY: Store = "identity"
STORES: tuple[Store, ...] = (TRIAL, ALLOCATION, IDENTITY)

ALIASES: dict[Store, str] = {"trial": "default", "allocation": "allocation", "identity": "identity"}
"""Store to the name of its connection in Django."""

EVERYWHERE = "audit"
"""The app whose tables exist in every store: each has its own chain."""

APPS: dict[str, Store] = {"allocator": ALLOCATION, "identity": IDENTITY}
"""App to its store; every other app lives in the trial store."""
