"""The files of a study copied while it is in use, as a careless backup does: what a copy holds is whole or found short."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections
from tests.conduct.conftest import connect

from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.config import settings
from equipoise.conduct.config.databases import STORES_FOLDER
from equipoise.conduct.config.operations import anchoring, verifying
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def write(count: int) -> None:
    """Add sites, one an event, through a connection that stays open."""
    for _ in range(count):
        number = Event.objects.using("default").count()
        with act("trial", "study.site_added", at=AT, by="system", subjects=[f"S{number}"]) as one:
            one.add(Site(site=f"S{number}", seq=1, name="x" * 1_000, time_zone="UTC"))


def copied(study: Path, to: Path, *, without: str = "") -> Path:
    """Copy a data folder file by file while its connections are open."""
    shutil.copytree(study, to)
    for path in (to / STORES_FOLDER).iterdir():
        if without and path.name.endswith(without):
            path.unlink()
    return to


@pytest.fixture
def in_use(study: Path, tmp_path: Path) -> Path:
    """A study whose last events lie in the journal only, as between two checkpoints, with an anchor elsewhere."""
    write(3)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert (study / STORES_FOLDER / "trial.sqlite3-wal").stat().st_size > 0
    (study / settings.FILE).write_text(
        f'{(study / settings.FILE).read_text()}anchor_folder = "{elsewhere}"\n', encoding="utf-8"
    )
    anchoring.send(settings.read(study), at=AT)
    return study


def verified(home: Path, tmp_path: Path) -> tuple[int, list[str]]:
    """Return how many events a copy has, and everything that is wrong with it."""
    connect(home)
    found = verifying.verify(settings.read(home), anchor_files=[tmp_path / "elsewhere" / anchoring.FILE])
    count = Event.objects.using("default").count()
    connections["default"].close()
    return count, [problem.message for problem in found.problems]


def test_a_copy_with_its_journal_is_whole_and_the_study_goes_on(in_use: Path, tmp_path: Path) -> None:
    before = Event.objects.using("default").count()
    copy = copied(in_use, tmp_path / "copy")
    write(2)
    assert Event.objects.using("default").count() == before + 2
    assert verified(copy, tmp_path) == (before, [])
    assert verified(in_use, tmp_path) == (before + 2, [])


def test_a_copy_without_its_journal_is_short_and_an_anchor_says_so(in_use: Path, tmp_path: Path) -> None:
    copy = copied(in_use, tmp_path / "copy", without="-wal")
    count, problems = verified(copy, tmp_path)
    assert count < Event.objects.using("default").count() or problems
    assert any("it was cut" in one for one in problems)


def test_a_copy_in_the_middle_of_a_write_holds_all_of_it_or_nothing(in_use: Path, tmp_path: Path) -> None:
    before = Event.objects.using("default").count()
    with act("trial", "study.site_added", at=AT, by="system", subjects=["HALF"]) as one:
        one.add(Site(site="HALF", seq=1, name="Half", time_zone="UTC"))
        copy = copied(in_use, tmp_path / "copy")
    assert verified(copy, tmp_path) == (before, [])
    connect(in_use)
    assert Site.objects.filter(site="HALF").exists()


def test_a_file_put_under_the_running_system_is_found(in_use: Path, tmp_path: Path) -> None:
    """An older copy is put in the place of the file while people work: nothing is mixed without a trace."""
    older = copied(in_use, tmp_path / "older", without="-wal")
    write(2)
    store = in_use / STORES_FOLDER / "trial.sqlite3"
    with sqlite3.connect(store) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connections["default"].close()
    anchoring.send(settings.read(in_use), at=AT)
    connections["default"].close()
    shutil.copy(older / STORES_FOLDER / "trial.sqlite3", store)
    write(1)
    _, problems = verified(in_use, tmp_path)
    assert any("it was cut" in one or "hash" in one for one in problems)
