"""Setting an installation up: its folders, settings, keys, stores and first protocol version.

Holds what `equipoise init` does, in two steps: `lay_out` before Django is started, `fill` after. Refuses to
overwrite a study that exists.
"""

from pathlib import Path

from django.core.management import call_command

from equipoise.conduct.config import settings
from equipoise.conduct.stores import keys as key_files
from equipoise.conduct.stores.names import ALIASES
from equipoise.errors import Problem

STORES_FOLDER = "stores"


def lay_out(home: Path, *, keys: Path, mode: settings.Mode = "production") -> None:
    """Make the data folder, the settings file and the keys.

    Raises  SettingsError when a study is set up there; IntegrityError when the keys would lie beside the data
    """
    if (home / settings.FILE).exists():
        problem = Problem(f"{home} holds a study", "name another folder with `--home`", "home")
        raise settings.SettingsError("a study is set up there already", [problem])
    key_files.make(keys, home=home)
    (home / STORES_FOLDER).mkdir(parents=True, exist_ok=True, mode=key_files.FOLDER_ONLY)
    (home / settings.FILE).write_text(f'keys = "{keys.resolve()}"\nmode = "{mode}"\n', encoding="utf-8")


def fill() -> None:
    """Make the tables of every store of the installation that Django was started for."""
    for alias in ALIASES.values():
        call_command("migrate", database=alias, verbosity=0, interactive=False)
