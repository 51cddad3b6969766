"""Laying an installation out before Django is started: its folders, settings, keys and databases.

Holds `lay_out`; `schema.apply` makes the tables afterwards. Refuses to overwrite a study that exists.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from equipoise.conduct.config import settings
from equipoise.conduct.config.databases import STORES_FOLDER
from equipoise.conduct.stores import keys as key_files
from equipoise.conduct.stores import ownership, postgres
from equipoise.errors import Problem


def lay_out(
    home: Path,
    *,
    keys: Path,
    mode: settings.Mode = "production",
    administrator: str = "",
    name: str = "equipoise",
    others: Mapping[str, object] | None = None,
) -> None:
    """Make the data folder, the keys, the databases and, last, the settings file.

    administrator  address of a PostgreSQL account that may create databases and roles; empty for files
    name           what the databases' names begin with
    others         further settings, e.g. those of the installation that a backup was taken of
    Raises         SettingsError when a study is set up there; IntegrityError when the keys would lie beside
                   the data; RecordError when the databases cannot be made
    """
    refuse_existing(home)
    key_files.make(keys, home=home)
    (home / STORES_FOLDER).mkdir(parents=True, exist_ok=True, mode=key_files.FOLDER_ONLY)
    lines: dict[str, object] = {"keys": str(keys.resolve()), "mode": mode, **(others or {})}
    if administrator:
        made = postgres.create(administrator, name=name)
        ownership.keep(keys, {store: accounts.owner for store, accounts in made.items()})
        lines |= {f"{store}_database": accounts.runtime for store, accounts in made.items()}
    path = home / settings.FILE
    path.touch(mode=key_files.OWNER_ONLY)
    # A JSON string is a TOML string: both escape backslashes and quotes alike.
    path.write_text(
        "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in lines.items()),
        encoding="utf-8",
    )


def refuse_existing(home: Path) -> None:
    """Raise SettingsError when a folder holds a study."""
    if (home / settings.FILE).exists():
        problem = Problem(f"{home} holds a study", "name another folder with `--home`", "home")
        raise settings.SettingsError("a study is set up there already", [problem])


def take_back(home: Path) -> None:
    """Remove what `lay_out` made in a data folder, after setting up failed; keys and databases stay."""
    (home / settings.FILE).unlink(missing_ok=True)
    shutil.rmtree(home / STORES_FOLDER, ignore_errors=True)
