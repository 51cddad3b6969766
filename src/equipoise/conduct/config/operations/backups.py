"""Backing an installation up, each store sealed with its own key, and finishing a restore.

Refuses to write over anything. A restore is an event of every store, so that the chain itself says which part
was lost, and whoever was signed in when the backup was taken is not any more.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.contrib.sessions.models import Session

from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.audit.verification import RESTORED
from equipoise.conduct.config import restoration, schema
from equipoise.conduct.config.operations import rotating
from equipoise.conduct.config.operations.setting_up import OPERATOR
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import keys, ownership, sealing, snapshots
from equipoise.conduct.stores.addresses import SQLITE
from equipoise.conduct.stores.names import STORES, Store
from equipoise.errors import Problem, RecordError

NOTHING = "nothing was backed up"
UNFINISHED = "unfinished-"
PLAIN = "being-backed-up-"
"""How the folder begins in which a store lies unsealed until it is sealed."""
LOCK = "backup.lock"
COUNT = "SELECT coalesce(max(id), 0) FROM event"


def back_up(study: Settings, folder: Path, *, at: datetime) -> tuple[Path, restoration.Manifest]:
    """Write a backup into a new folder inside `folder`, and return it with what it holds.

    Nobody waits longer than three snapshots take to open; everything else happens beside the work. It has its
    name once it is whole.
    Raises  RecordError when it exists, another is under way or a disk takes no more; IntegrityError when a
            key is missing; SnapshotError when pg_dump fails
    """
    target = folder / f"equipoise-{at:%Y%m%dT%H%M%SZ}"
    if target.exists():
        raise RecordError(NOTHING, [Problem(f"{target} exists", "wait a second", "out")])
    secrets = {store: keys.read(study.keys, store) for store in STORES}
    owners = ownership.addresses(study.keys)
    part = folder / f"{UNFINISHED}{target.name}"
    try:
        with _alone(study):
            part.mkdir(parents=True)
            counts = _write(study, part, secrets=secrets, owners=owners)
        engine = "sqlite" if study.trial_database == SQLITE else "postgresql"
        manifest = restoration.Manifest(instant(at), engine, study.mode, counts, restoration.carried(study))
        manifest.write(part)
        part.rename(target)
    except BaseException as error:
        # Half a backup must not look like one.
        shutil.rmtree(part, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        hint = f"`df {folder} {study.home}` shows the room there is; a store needs its size in both"
        raise RecordError(NOTHING, [Problem(f"{folder}: {error.strerror or error}", hint, "out")]) from error
    return target, manifest


@contextmanager
def _alone(study: Settings) -> Iterator[None]:
    """Keep other backups out, and clear away what one that was killed left unsealed."""
    with (study.home / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RecordError(
                NOTHING, [Problem("another backup is under way", "wait for it", "out")]
            ) from error
        for left in study.home.glob(f"{PLAIN}*"):
            shutil.rmtree(left)
        yield


def _write(
    study: Settings, target: Path, *, secrets: Mapping[Store, bytes], owners: Mapping[str, str]
) -> dict[str, int]:
    """Seal a snapshot of every store, and return how many events each holds."""
    counts: dict[str, int] = {}
    with (
        snapshots.opened(owners, programs=study.postgresql_programs) as found,
        tempfile.TemporaryDirectory(dir=study.home, prefix=PLAIN) as scratch,
    ):
        for store, snapshot in found.items():
            plain, sealed = Path(scratch) / store, target / restoration.file_of(store)
            snapshot.write(plain)
            sealing.seal(plain, sealed, key=secrets[store], purpose=f"backup {store}")
            plain.unlink()
            counts[store] = int((snapshot.row(COUNT) or (0,))[0])
    return counts


def finish(study: Settings, manifest: restoration.Manifest, *, at: datetime) -> None:
    """Make an unpacked backup a working installation, and write into every chain that it was restored."""
    schema.apply(study)
    Session.objects.all().delete()
    for store in STORES:
        reason = f"restored the backup of {manifest.at}, which held {manifest.counts[store]} events"
        with act(store, RESTORED, at=at, by=OPERATOR, reason=reason):
            pass
    rotating.catch_up(study, at=at)
