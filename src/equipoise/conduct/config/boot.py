"""Starting Django for one installation: what every command of the web system does first.

Holds `start` and `operation`. Nothing else may call `django.setup`.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from equipoise.conduct.config import settings
from equipoise.conduct.stores import keys
from equipoise.errors import Problem

DJANGO = "DJANGO_SETTINGS_MODULE"
MODULE = "equipoise.conduct.config.django_settings"


def start(home: Path) -> settings.Settings:
    """Set Django up for the installation in a folder, and return its settings.

    Raises  SettingsError when there is none, its settings are wrong, or root works on another account's study
    """
    refuse_root(home)
    os.environ[settings.HOME] = str(home.resolve())
    os.environ[DJANGO] = MODULE
    found = settings.current()
    django.setup()
    return found


def refuse_root(home: Path) -> None:
    """Raise SettingsError where root works on another's study: it would own keys, locks and backups."""
    path = home / settings.FILE
    if os.geteuid() == 0 and path.exists() and (owner := path.stat().st_uid):
        name = keys.account(owner)
        hint = f"`sudo -u {name} equipoise ... --home {home}`"
        problem = Problem(
            f"{home} belongs to `{name}`, who could not use what root leaves there", hint, "home"
        )
        raise settings.SettingsError("this is another account's study", [problem])


def current() -> settings.Settings:
    """Return the settings of the installation that was started."""
    return settings.current()


def operation(name: str, *, home: Path) -> Any:
    """Start Django for an installation, and return the module of one of its `operations`.

    Loaded by name, since its models can be imported only once Django has started.
    """
    start(home)
    return import_module(f"equipoise.conduct.config.operations.{name}")
