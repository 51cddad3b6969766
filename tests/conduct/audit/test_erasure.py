"""An erased value is gone from the store's very files; that it was there, and who took it away, stays provable."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connections

from equipoise.conduct.audit import chains, erasure
from equipoise.conduct.audit.models import Erasure, Event
from equipoise.conduct.audit.services import act
from equipoise.conduct.audit.tables import append_only, audited
from equipoise.conduct.capture.models import Entry, Form
from equipoise.conduct.config import schema, settings
from equipoise.conduct.config.operations import erasing
from equipoise.conduct.stores import ownership, triggers
from equipoise.errors import RecordError

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
NAME = "Konstantin-who-should-not-be-here"


@pytest.fixture
def answered(study: Path) -> settings.Settings:
    with act("trial", "capture.save", at=AT, by="p-1") as one:
        form = one.add(Form(participant="P", visit="V", form="madrs", version=1, code="c"))
        for seq, text in ((1, NAME), (2, "corrected")):
            one.add(Entry(form=form, item="note", seq=seq, text=text, origin="staff", collected_at="x"))
    return settings.read(study)


def erase(
    study: settings.Settings, *rows: int, table: str = "entry", reason: str = "a name; decided by p-2"
) -> None:
    erasing.erase(study, "trial", table=table, rows=rows, at=AT, reason=reason)


@pytest.mark.every_store
def test_erasing_leaves_the_chain_whole_and_the_store_protected(answered: settings.Settings) -> None:
    erase(answered, 1)
    assert Entry.objects.get(id=1).text is None
    assert Entry.objects.get(id=2).text == "corrected"
    checked = chains.check("trial", anchors=[])
    assert (checked.problems, checked.erased) == ((), 1)
    assert schema.problems(answered) == []
    event = Event.objects.using("default").order_by("-id")[0]
    assert (event.action, event.subjects, event.reason) == (
        "audit.erased",
        "entry",
        "a name; decided by p-2",
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_value_is_gone_from_the_files(answered: settings.Settings, engine: str) -> None:
    def files_with_it() -> list[str]:
        files = (answered.home / "stores").iterdir()
        return [path.name for path in files if NAME.encode() in path.read_bytes()]

    assert files_with_it()
    erase(answered, 1)
    connections["default"].close()
    assert files_with_it() == []


def test_an_export_of_an_erased_row_passes_the_offline_verifier(
    answered: settings.Settings, tmp_path: Path
) -> None:
    erase(answered, 1)
    chains.export("trial", tmp_path, at=AT)
    done = subprocess.run(
        [sys.executable, "-I", tmp_path / "verify.py"], capture_output=True, text=True, check=False
    )
    assert (
        done.stdout
        == "trial: 0 problems; 2 events, 4 rows compared (1 of them erased), 0 withheld, 0 anchors\n"
    )
    assert NAME not in (tmp_path / "rows.jsonl").read_text()


@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE entry SET item = 'other' WHERE id = 1", "entry 1: is not what its erasure left"),
        ("UPDATE entry SET text = 'x' WHERE id = 1", "entry 1: is not what its erasure left"),
        ("DELETE FROM erasure", "entry 1: has lost its salt, and no event erased it"),
        ("DELETE FROM entry WHERE id = 1", "entry 1: was written by event 1 and is gone"),
    ],
)
def test_what_is_left_of_an_erased_row_is_still_proved(
    answered: settings.Settings, statement: str, expected: str
) -> None:
    erase(answered, 1)
    with ownership.as_owner(answered.keys), connections["default"].cursor() as cursor:
        for table in append_only("default"):
            triggers.remove("default", table)
        cursor.execute(statement)
    problems = [
        f"{problem.path}: {problem.message}" for problem in chains.check("trial", anchors=[]).problems
    ]
    assert any(expected in one for one in problems), problems


@pytest.mark.parametrize("engine", ["postgresql18", "postgresql15"], indirect=True)
def test_the_running_role_cannot_erase(answered: settings.Settings, engine: str) -> None:
    with pytest.raises(DatabaseError):
        erasure.erase("trial", table="entry", rows=[1], at=AT, by="p-1", reason="because")
    assert Entry.objects.get(id=1).text == NAME
    assert not Erasure.objects.using("default").exists()


def test_everything_that_forbids_an_erasure_is_said(answered: settings.Settings) -> None:
    erase(answered, 1)
    with pytest.raises(RecordError) as caught:
        erase(answered, 1, 9, reason=" ")
    assert [problem.message for problem in caught.value.problems] == [
        "entry has no row 9",
        "row 1 was erased already",
        "an erasure needs a reason",
    ]
    with pytest.raises(RecordError, match="nothing can be erased from `form`"):
        erase(answered, 1, table="form")


def test_no_key_of_a_row_can_be_erased() -> None:
    for model in audited("default"):
        for name in model.erasable:
            field = model._meta.get_field(name)
            assert not field.is_relation
            assert name not in {
                one for rule in model._meta.constraints for one in getattr(rule, "fields", ())
            }
