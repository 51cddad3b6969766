"""Threads that wait for nobody for ever: who sends a request too slowly is hung up on.

Holds gunicorn's worker with that one difference. A thread that reads from a slow sender serves nobody else,
and there are few; a proxy in front that passes on whole requests only is still the better guard.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

SECONDS_TO_SEND = 30


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """A worker that looks each second which requests have been under way for too long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Serve a connection, and remember since when."""
        self._begun[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._begun.pop(conn, None)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what comes, and hang up on who is too slow."""
        super().wait_for_and_dispatch_events(timeout)
        too_old = time.monotonic() - SECONDS_TO_SEND
        for conn, begun in list(self._begun.items()):
            if begun < too_old:
                # Nothing more is read; an answer that is still being made can be sent.
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)
