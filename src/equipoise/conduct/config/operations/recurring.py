"""Doing something again and again while the system serves, in one process of a machine.

Holds the thread, the lock that lets one process do it, and outliving failures. Refuses to know what is done.
"""

import fcntl
import logging
import threading
from collections.abc import Callable

from django.db import Error, close_old_connections

from equipoise.conduct.config.settings import Settings
from equipoise.errors import TrialError

log = logging.getLogger(__name__)


def keep_doing(
    study: Settings, name: str, *, every_seconds: float, work: Callable[[], object]
) -> threading.Event:
    """Do some work now and again after each pause, and return what ends it when set.

    name   of the work: of its thread and of the lock file in the data folder
    """
    ended = threading.Event()

    def until_ended() -> None:
        with (study.home / f"{name}.lock").open("a") as file:
            # Waits until the process that does it ends; then this one takes over.
            fcntl.flock(file, fcntl.LOCK_EX)
            while not ended.is_set():
                outlive(name, work)
                ended.wait(every_seconds)

    threading.Thread(target=until_ended, daemon=True, name=name).start()
    return ended


def outlive(name: str, work: Callable[[], object]) -> None:
    """Do some work once; a store that is away, or a key that is missing, is there again later."""
    close_old_connections()
    try:
        work()
    except (Error, OSError, TrialError) as error:
        # Only the kind: a message might name a person.
        log.error("%s failed: %s", name, type(error).__name__)
    close_old_connections()
