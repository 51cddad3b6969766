"""Doing something again and again while the system serves, in one process of a machine.

Holds the thread, the lock that lets one process do it, and outliving failures. Refuses to know what is done.
"""

import fcntl
import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections

from equipoise.conduct.config.logs import whereabouts
from equipoise.conduct.config.settings import Settings

AGAIN_SECONDS = 60
"""After so long a lock file that could not be opened is tried again."""

log = logging.getLogger(__name__)


def keep_doing(
    study: Settings, name: str, *, every_seconds: float, work: Callable[[], object]
) -> threading.Event:
    """Do some work now and again after each pause, and return what ends it when set.

    name   of the work: of its thread and of the lock file in the data folder
    """
    ended = threading.Event()

    def until_ended() -> None:
        while not ended.is_set():
            try:
                with (study.home / f"{name}.lock").open("a") as file:
                    # Waits until the process that does it ends; then this one takes over.
                    fcntl.flock(file, fcntl.LOCK_EX)
                    while not ended.is_set():
                        outlive(name, work)
                        ended.wait(every_seconds)
            except OSError as error:
                # A full disk, or a file of another account: whoever mends it need not start anything anew.
                log.error("%s waits: %s.lock cannot be opened: %s", name, name, type(error).__name__)
                ended.wait(min(every_seconds, AGAIN_SECONDS))

    threading.Thread(target=until_ended, daemon=True, name=name).start()
    return ended


def outlive(name: str, work: Callable[[], object]) -> None:
    """Do some work once; whatever fails now, the next round is tried: alerts must go out all the same."""
    close_old_connections()
    try:
        work()
    except Exception as error:
        # A thread that ended would be missed by nobody. Only kind and place: a message might name a person.
        log.error("%s failed: %s in %s", name, type(error).__name__, whereabouts(error))
    close_old_connections()
