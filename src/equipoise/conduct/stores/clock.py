"""The one door through which time enters the web system: a view takes the time once and passes it on as `at`.

Holds the clock. Tests and simulated studies may replace it; production never does.
"""

from collections.abc import Callable
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_clock: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the instant, aware, in UTC."""
    return _clock()


def replace_clock(clock: Callable[[], datetime] | None) -> None:
    """Read another clock, or with None the system's again; for tests and simulated studies only."""
    global _clock  # noqa: PLW0603 - the door itself is the one global
    _clock = clock or _system
