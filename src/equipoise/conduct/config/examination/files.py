"""Keys and settings as files: whether others can read them, and whether they lie where copies do not meet.

Holds what can be looked at before Django has started, since without the web key it cannot.
"""

from collections.abc import Iterator
from pathlib import Path

from equipoise.conduct.config.settings import FILE, LOOPBACK, MAIL_PASSWORD_FILE, OTHERS, Settings
from equipoise.conduct.stores import keys, ownership
from equipoise.conduct.stores.addresses import SQLITE
from equipoise.errors import IntegrityError, Problem

FEWEST_DIFFERENT_BYTES = 16
"""Of 32 random bytes fewer differ once in 10^15 keys; a key typed by hand has fewer."""


def key_problems(study: Settings) -> Iterator[Problem]:
    """Yield a problem for each key that is missing, damaged, not secret or beside the data."""
    try:
        keys.refuse_beside(study.keys, home=study.home)
        ownership.addresses(study.keys)
    except IntegrityError as error:
        yield from error.problems
    for name in keys.NAMES:
        try:
            key = keys.read(study.keys, name)
        except IntegrityError as error:
            yield from error.problems
            continue
        if len(set(key)) < FEWEST_DIFFERENT_BYTES:
            yield Problem(f"{name}.key was not drawn by chance", "take the key that `init` made", "keys")
    others = [study.keys / f"{keys.CODES}.key", study.keys / MAIL_PASSWORD_FILE]
    for path in (*others, *sorted((study.keys / keys.FORMER).glob("*"))):
        if path.is_file() and _open_to_others(path):
            yield Problem(f"others can read {path}", f"chmod 600 {path}", "keys")


def settings_problems(study: Settings, bind: str = "") -> Iterator[Problem]:
    """Yield what the settings file tells others, and where an invented study would be seen."""
    passwords = any(address != SQLITE for address in study.databases.values())
    if passwords and _open_to_others(study.home / FILE):
        yield Problem(
            f"others can read {FILE}, which holds passwords", f"chmod 600 {study.home / FILE}", FILE
        )
    if study.simulated:
        away = [host for host in (*study.hosts, *([bind] if bind else [])) if host not in LOOPBACK]
        if away:
            hint = "a simulated study never leaves this machine: use 127.0.0.1"
            yield Problem(f"a simulated study would be reached at {', '.join(away)}", hint, "hosts")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS)
