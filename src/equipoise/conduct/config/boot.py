"""Starting Django for one installation: what every command of the web system does first.

Holds `start` and `run`. Nothing else may call `django.setup`.
"""

import os
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from equipoise.conduct.config import settings

DJANGO = "DJANGO_SETTINGS_MODULE"
MODULE = "equipoise.conduct.config.django_settings"


def start(home: Path) -> settings.Settings:
    """Set Django up for the installation in a folder, and return its settings.

    Raises  SettingsError when there is none, or its settings are wrong
    """
    os.environ[settings.HOME] = str(home.resolve())
    os.environ[DJANGO] = MODULE
    found = settings.current()
    django.setup()
    return found


def run(command: str, *, home: Path, **options: Any) -> None:
    """Carry out one management command in an installation."""
    start(home)
    call_command(command, **options)
