"""What must be true before an installation may serve.

Holds one list of every problem. Refuses to serve with one of them: a study that runs unprotected looks like
one that runs.
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings as django

from equipoise.conduct.config import schema
from equipoise.conduct.config.settings import FILE, LOOPBACK, Settings, SettingsError
from equipoise.conduct.stores import keys, ownership
from equipoise.conduct.stores.addresses import SQLITE
from equipoise.errors import IntegrityError, Problem

FEWEST_DIFFERENT_BYTES = 16
"""Of 32 random bytes fewer differ once in 10^15 keys; a key typed by hand has fewer."""
OTHERS = 0o077


def problems(study: Settings, *, bind: str = "") -> list[Problem]:
    """Return everything that forbids to serve this installation.

    bind   address it would listen on; empty when that is not known here
    """
    return [*_key_problems(study), *_settings_problems(study, bind), *schema.problems(study)]


def require(study: Settings, *, bind: str = "") -> None:
    """Raise SettingsError with everything that forbids to serve this installation."""
    found = problems(study, bind=bind)
    if found:
        raise SettingsError("this installation may not serve", found)


def _key_problems(study: Settings) -> Iterator[Problem]:
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


def _settings_problems(study: Settings, bind: str) -> Iterator[Problem]:
    if django.DEBUG:
        yield Problem("DEBUG is on: error pages would show data", "switch it off", "DEBUG")
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
