"""What a backup folder holds, and unpacking it into a fresh installation before Django is started.

Holds the manifest and `lay_out`; `operations.backups` finishes. Refuses to write over a study, and keys that
did not seal the backup.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from equipoise.conduct.config import installation
from equipoise.conduct.config.databases import STORES_FOLDER
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import keys as key_files
from equipoise.conduct.stores import ownership, sealing, snapshots
from equipoise.conduct.stores.names import STORES
from equipoise.errors import IntegrityError, Problem, RecordError

FORMAT = 1
MANIFEST = "manifest.json"
SCRATCH = "restoring"
NOT_CARRIED = {"home", "keys", "mode", "trial_database", "allocation_database", "identity_database"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a backup without a key.

    at        instant as fixed text;  engine  "sqlite" or "postgresql"
    mode      of the installation
    counts    store to the number of events it holds
    settings  those that go with the study, without secrets and addresses of databases
    """

    at: str
    engine: str
    mode: Any
    counts: Mapping[str, int]
    settings: Mapping[str, object]

    def write(self, folder: Path) -> None:
        """Write it into the backup's folder."""
        data = {name.name: getattr(self, name.name) for name in fields(self)}
        (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, **data}, indent=2), encoding="utf-8")


def read(folder: Path) -> Manifest:
    """Return what a backup's manifest says.

    Raises  RecordError when the folder holds no backup that this version reads
    """
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise ValueError("written by another version")
        return Manifest(**found)
    except (OSError, ValueError, TypeError, KeyError) as error:
        problem = Problem(
            f"{folder} holds no backup: {error}", "name the folder that `backup` made", "backup"
        )
        raise RecordError("nothing was restored", [problem]) from error


def carried(study: Settings) -> dict[str, object]:
    """Return the settings that a backup carries."""
    return {
        field.name: list(value) if isinstance(value, tuple) else value
        for field in fields(study)
        if field.name not in NOT_CARRIED and (value := getattr(study, field.name)) != field.default
    }


def file_of(store: str) -> str:
    """Return the name of a store's file in a backup."""
    return f"{store}.sealed"


def lay_out(
    backup: Path, *, home: Path, keys: Path, administrator: str = "", name: str = "equipoise"
) -> Manifest:
    """Unpack a backup into a fresh installation.

    administrator, name   as in `installation.lay_out`; a PostgreSQL backup needs them, a SQLite one refuses
    Raises                as there; IntegrityError when a key is missing or another one
    """
    found = read(backup)
    installation.refuse_existing(home)
    key_files.refuse_beside(keys, home=home)
    if (found.engine == "postgresql") != bool(administrator):
        hint = "leave `--database` out" if administrator else "name a server with `--database`"
        raise RecordError(
            "nothing was restored", [Problem(f"the backup is of {found.engine}", hint, "database")]
        )
    scratch = home / SCRATCH
    scratch.mkdir(parents=True, mode=key_files.FOLDER_ONLY)
    try:
        _unseal(backup, scratch, keys)
        installation.lay_out(
            home, keys=keys, mode=found.mode, administrator=administrator, name=name, others=found.settings
        )
        owners = ownership.addresses(keys)
        programs = str(found.settings.get("postgresql_programs", ""))
        for store in STORES:
            if administrator:
                snapshots.put_back(scratch / store, owners[store], programs=programs)
            else:
                (scratch / store).replace(home / STORES_FOLDER / f"{store}.sqlite3")
    except BaseException:
        installation.take_back(home)
        raise
    finally:
        shutil.rmtree(scratch)
    return found


def _open(sealed: Path, plain: Path, keys: Path, store: str) -> None:
    """Open a file with the store's key, or one that it replaced.

    Raises  IntegrityError when none opens it
    """
    present, *former = key_files.candidates(keys, store)
    for key in former:
        with suppress(IntegrityError):
            return sealing.unseal(sealed, plain, key=key, purpose=f"backup {store}")
    return sealing.unseal(sealed, plain, key=present, purpose=f"backup {store}")


def _unseal(backup: Path, scratch: Path, keys: Path) -> None:
    """Open every store's file; say everything that cannot be opened."""
    problems: list[Problem] = []
    for store in STORES:
        try:
            _open(backup / file_of(store), scratch / store, keys, store)
        except IntegrityError as error:
            problems += error.problems
    if problems:
        raise IntegrityError("the backup cannot be opened", problems)
