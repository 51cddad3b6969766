"""Chance and time under a test's hand: what is drawn in one world is drawn in the other.

Holds the seeding of the two doors of our own, and of what Django and allauth draw by themselves.
"""

import random
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from equipoise.conduct.api import datasets
from equipoise.conduct.capture import dataset
from equipoise.conduct.stores import clock, entropy

BEGAN = datetime(2026, 11, 2, 17, tzinfo=UTC)


def _exported(folder: Path, person: str, at: datetime) -> None:
    """Export in this process: another one would read another clock."""
    dataset.export(folder, at=at, by=person)


class Chance:
    """Where every random byte comes from, begun anew wherever both worlds go on in step; and the time."""

    def __init__(self) -> None:
        self.at = BEGAN
        self.stream = random.Random(0)  # noqa: S311 - a test's

    def begin(self, *named: object) -> None:
        """Begin a stream that depends on its name only."""
        self.stream = random.Random(repr(named))  # noqa: S311 - a test's

    def token(self, n_bytes: int | None = None) -> bytes:
        """Return bytes of the stream."""
        return self.stream.randbytes(32 if n_bytes is None else n_bytes)

    def choice(self, chosen: Sequence[Any]) -> Any:
        """Return one of these."""
        return self.stream.choice(chosen)

    def _below(self, most: int) -> int:
        return self.stream.randrange(most)

    def _seconds(self) -> float:
        return self.at.timestamp()

    @contextmanager
    def held(self) -> Iterator["Chance"]:
        """Let everybody draw from here, and read the time here."""
        entropy.replace_source(self.token)
        clock.replace_clock(lambda: self.at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(secrets, "token_bytes", self.token)
            patch.setattr(secrets, "token_hex", lambda n=None: self.token(n).hex())
            patch.setattr(secrets, "choice", self.choice)
            patch.setattr(secrets, "randbelow", self._below)
            patch.setattr(time, "time", self._seconds)
            patch.setattr(datasets.Exporter, "export", staticmethod(_exported))
            yield self
        entropy.replace_source(None)
        clock.replace_clock(None)
