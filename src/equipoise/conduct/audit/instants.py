"""Instants as fixed text in UTC, the only form in which the chain knows them.

Holds two conversions. Refuses naive times.
"""

from datetime import UTC, datetime

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def instant(at: datetime) -> str:
    """Return an aware instant as "2026-11-23T10:00:00.000000Z"; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a naive time names no instant; give it a time zone")
    return at.astimezone(UTC).strftime(FORMAT)


def moment(text: str) -> datetime:
    """Return the aware instant that a text in this form names."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
