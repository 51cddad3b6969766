"""What is left of replacing keys: one that is not in its place yet, or one whose loss nobody would notice."""

from equipoise.conduct.audit.models import Event
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import keys
from equipoise.conduct.stores.names import ALIASES, TRIAL
from equipoise.errors import Problem

ROTATED = "keys.rotated"
"""The event of a key that was replaced; it is about NAME.key."""


def problems(study: Settings) -> list[Problem]:
    """Return what was cut off, and whether the key is gone that codes are made with."""
    found = [
        Problem(f"replacing {name}.key was cut off", "call `equipoise keys rotate` again", "keys")
        for name in keys.NAMES
        if keys.is_waiting(study.keys, name)
    ]
    codes = study.keys / f"{keys.CODES}.key"
    replaced = Event.objects.using(ALIASES[TRIAL]).filter(action=ROTATED, subjects=f"{keys.WEB}.key")
    if not codes.exists() and not found and replaced.exists():
        hint = "restore it from the copy of the keys folder"
        found.append(Problem("codes.key is missing: links and codes would be others", hint, "keys"))
    return found
