"""The restore drill: what was backed up comes back on another machine, whole, and says what it lost."""

import errno
import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from tests.conduct.conftest import connect

from equipoise.conduct.audit import chains
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.audit.verification import Anchored
from equipoise.conduct.config import checks, restoration, settings
from equipoise.conduct.config.operations import backups, verifying
from equipoise.conduct.stores import sealing, snapshots
from equipoise.conduct.stores.names import ALIASES, STORES
from equipoise.conduct.stores.snapshots import SnapshotError
from equipoise.conduct.studies.models import Site
from equipoise.errors import IntegrityError, RecordError

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
MARK = "Seattle-in-clear"
SECONDS_TO_WAIT = 0.3
Restore = Callable[..., settings.Settings]
Serve = Callable[[str], tuple[Path, str]]


@pytest.fixture
def eventful(study: Path) -> settings.Settings:
    for store in STORES:
        with act(store, "study.begun", at=AT, by="p-1"):
            pass
    with act("trial", "study.site_added", at=AT, by="p-1") as one:
        one.add(Site(site="SEA", seq=1, name=MARK, time_zone="UTC"))
    Session.objects.create(session_key="k", session_data="", expire_date=AT)
    return settings.read(study)


@pytest.fixture
def restore(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Restore]:
    """Restore a backup as on another machine, and connect to it."""

    def carry_out(folder: Path, *, keys: Path, name: str = "restored") -> settings.Settings:
        home = tmp_path / "another" / name
        administrator = ""
        if engine != "sqlite":
            postgresql: Serve = request.getfixturevalue("postgresql")
            administrator = postgresql(engine)[1]
        manifest = restoration.lay_out(folder, home=home, keys=keys, administrator=administrator, name=name)
        monkeypatch.setenv(settings.HOME, str(home))
        connect(home)
        found = settings.read(home)
        backups.finish(found, manifest, at=AT + timedelta(days=2))
        return found

    yield carry_out
    for alias in ALIASES.values():
        connections[alias].close()


def copied(keys: Path, folder: Path) -> Path:
    return Path(shutil.copytree(keys, folder))


@pytest.mark.every_store
def test_a_restored_study_is_whole_and_says_what_it_lost(
    eventful: settings.Settings, restore: Restore, tmp_path: Path
) -> None:
    folder, manifest = backups.back_up(eventful, tmp_path / "backups", at=AT)
    assert manifest.counts == {"trial": 2, "allocation": 1, "identity": 1}
    with act("trial", "study.site_added", at=AT, by="p-1") as one:
        one.add(Site(site="NYC", seq=1, name="too late", time_zone="UTC"))
    last = Event.objects.using("default").order_by("-id")[0]
    late = Anchored(instant(AT + timedelta(days=1)), last.id, last.hash, "anchors.jsonl")
    found = restore(folder, keys=copied(eventful.keys, tmp_path / "device" / "keys"))
    assert list(Site.objects.values_list("name", flat=True)) == [MARK]
    assert not Session.objects.exists()
    done = verifying.verify(found)
    assert done.problems == ()
    assert [chain.events for chain in done.chains] == [3, 2, 2]
    checked = chains.check("trial", anchors=[late])
    assert checked.problems == ()
    assert "took back 1 events after event 2" in checked.notes[0]
    assert checks.problems(found) == []
    with act("trial", "study.site_added", at=AT, by="p-1") as one:
        one.add(Site(site="LAX", seq=1, name="goes on", time_zone="UTC"))
    assert verifying.verify(found).problems == ()


@pytest.mark.both_stores
def test_a_backup_shows_nothing_without_its_key(eventful: settings.Settings, tmp_path: Path) -> None:
    folder, _ = backups.back_up(eventful, tmp_path / "backups", at=AT)
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["allocation.sealed", "identity.sealed", "manifest.json", "trial.sealed"]
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in (MARK.encode(), b"SQLite format", b"PGDMP", b"postgresql://"):
        assert secret not in everything
    assert not list(eventful.home.glob(f"{backups.PLAIN}*"))


@pytest.mark.parametrize("engine", ["postgresql18"], indirect=True)
def test_a_backup_that_fails_leaves_nothing(eventful: settings.Settings, engine: str, tmp_path: Path) -> None:
    broken = replace(eventful, postgresql_programs=str(tmp_path))
    with pytest.raises(SnapshotError, match="pg_dump was not found"):
        backups.back_up(broken, tmp_path / "backups", at=AT)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_has_its_name_once_it_is_whole_and_a_killed_one_leaves_no_store_unsealed(
    eventful: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = eventful.home / f"{backups.PLAIN}by-a-kill"
    left.mkdir()
    (left / "trial").write_text(MARK)
    seal, seen = sealing.seal, []

    def watched(plain: Path, sealed: Path, *, key: bytes, purpose: str) -> None:
        seen.append([path.name for path in (tmp_path / "backups").iterdir()])
        seal(plain, sealed, key=key, purpose=purpose)

    monkeypatch.setattr(sealing, "seal", watched)
    folder, _ = backups.back_up(eventful, tmp_path / "backups", at=AT)
    assert seen == [[f"unfinished-{folder.name}"]] * len(STORES)
    assert list((tmp_path / "backups").iterdir()) == [folder]
    assert not left.exists()


def test_a_full_disk_is_named_and_leaves_nothing(
    eventful: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sealing, "seal", full)
    with pytest.raises(RecordError, match="nothing was backed up") as refused:
        backups.back_up(eventful, tmp_path / "backups", at=AT)
    (problem,) = refused.value.problems
    assert (problem.message, problem.path) == (f"{tmp_path / 'backups'}: No space left on device", "out")
    assert list((tmp_path / "backups").iterdir()) == []
    assert not list(eventful.home.glob(f"{backups.PLAIN}*"))


def test_a_second_backup_waits_for_the_first(eventful: settings.Settings, tmp_path: Path) -> None:
    with (eventful.home / backups.LOCK).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RecordError, match="another backup is under way"):
            backups.back_up(eventful, tmp_path / "backups", at=AT)
    backups.back_up(eventful, tmp_path / "backups", at=AT)


def test_settings_travel_with_the_backup(
    eventful: settings.Settings, restore: Restore, tmp_path: Path
) -> None:
    with (eventful.home / settings.FILE).open("a") as file:
        file.write('anchor_mail = "safe@example.org"\nhosts = ["trial.example.org"]\nsession_minutes = 20\n')
    folder, _ = backups.back_up(settings.read(eventful.home), tmp_path / "backups", at=AT)
    found = restore(folder, keys=eventful.keys)
    assert (found.anchor_mail, found.hosts, found.session_minutes) == (
        "safe@example.org",
        ("trial.example.org",),
        20,
    )


def test_a_restore_writes_over_nothing(eventful: settings.Settings, restore: Restore, tmp_path: Path) -> None:
    folder, _ = backups.back_up(eventful, tmp_path / "backups", at=AT)
    restore(folder, keys=eventful.keys)
    with pytest.raises(settings.SettingsError, match="set up there already"):
        restore(folder, keys=eventful.keys)
    with pytest.raises(RecordError, match="exists"):
        backups.back_up(eventful, tmp_path / "backups", at=AT)


def test_every_file_that_cannot_be_opened_is_named(
    eventful: settings.Settings, restore: Restore, tmp_path: Path
) -> None:
    folder, _ = backups.back_up(eventful, tmp_path / "backups", at=AT)
    (folder / "trial.sealed").write_bytes((folder / "trial.sealed").read_bytes()[:-1])
    keys = copied(eventful.keys, tmp_path / "device" / "keys")
    (keys / "identity.key").unlink()
    (keys / "allocation.key").write_text("12" * 32)
    with pytest.raises(IntegrityError) as caught:
        restore(folder, keys=keys)
    assert len(caught.value.problems) == 3
    assert not (tmp_path / "another" / "restored" / settings.FILE).exists()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', "[]", '{"format": 1, "at": 3}'])
def test_a_folder_without_a_backup_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / restoration.MANIFEST).write_text(text)
    with pytest.raises(RecordError, match="holds no backup"):
        restoration.lay_out(tmp_path, home=tmp_path / "a" / "home", keys=tmp_path / "b" / "keys")


@pytest.mark.both_stores
def test_a_backup_taken_while_people_write_is_of_one_moment(
    eventful: settings.Settings, restore: Restore, tmp_path: Path
) -> None:
    """Each writer writes to one store after the other: no backup may hold the second write without the first."""
    stop, written = threading.Event(), threading.Event()

    def write(worker: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            for store in ("trial", "allocation"):
                with act(store, "test.step", at=AT, by="p-1", subjects=[f"{worker}-{number}"]):
                    pass
            written.set()
        for alias in ALIASES.values():
            connections[alias].close()

    writers = [threading.Thread(target=write, args=[number]) for number in range(3)]
    for writer in writers:
        writer.start()
    written.wait(10)
    folder, manifest = backups.back_up(eventful, tmp_path / "backups", at=AT)
    stop.set()
    for writer in writers:
        writer.join()
    found = restore(folder, keys=eventful.keys, name="busy")
    done = verifying.verify(found)
    assert done.problems == ()
    steps = {
        store: set(
            Event.objects.using(ALIASES[store]).filter(action="test.step").values_list("subjects", flat=True)
        )
        for store in ("trial", "allocation")
    }
    assert manifest.counts["trial"] > 2
    assert steps["allocation"] <= steps["trial"]


@pytest.mark.both_stores
def test_who_comes_while_snapshots_open_waits_until_all_are(
    eventful: settings.Settings, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []

    def write() -> None:
        for store in ("trial", "allocation"):
            with act(store, "test.step", at=AT, by="p-1"):
                pass
        for alias in ALIASES.values():
            connections[alias].close()

    writer = threading.Thread(target=write)
    name = "_file" if engine == "sqlite" else "_server"
    opening = getattr(snapshots, name)

    def slowly(*args: object, **options: object) -> object:
        found = opening(*args, **options)
        if not waited:
            writer.start()
            writer.join(SECONDS_TO_WAIT)
            waited.append(writer.is_alive())
        return found

    monkeypatch.setattr(snapshots, name, slowly)
    _, manifest = backups.back_up(eventful, tmp_path / "backups", at=AT)
    writer.join()
    assert waited == [True]
    assert manifest.counts == {"trial": 2, "allocation": 1, "identity": 1}
    assert Event.objects.using("allocation").count() == 2
