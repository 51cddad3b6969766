"""A record as a document: whole, in words, with every version and signature, and only what its reader may see."""

from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conduct.pages.conftest import HERE, THERE, World, words_of

from equipoise.cli import copy
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import services
from equipoise.conduct.capture.models import LOG
from equipoise.conduct.config.operations import copying
from equipoise.errors import PermissionRefused, RecordError

MEANING = "I reviewed these answers and they are complete and correct."


def address(world: World, who: str) -> str:
    return str(world.people[who].account.email)


def copied(world: World, folder: Path, who: str = "auditor", participant: str = HERE) -> str:
    copying.write(folder, email=address(world, who), participant=participant, at=world.hand[0])
    return (folder / f"{participant}.html").read_text(encoding="utf-8")


@pytest.fixture
def madrs(world: World) -> str:
    """A form that was completed, verified and signed, then corrected."""
    form = world.fill(world.opened("madrs", "PREP1"), apparent_sadness="2")
    at = world.hand[0]
    services.verify(form=form, at=at, by=world.people.monitor.viewer())
    services.sign(form=form, meaning=MEANING, at=at, by=world.people.investigator.viewer())
    world.save(form, reason="Misread on paper", apparent_sadness="3")
    return form


def test_a_copy_holds_every_version_step_signature_and_query(
    world: World, madrs: str, tmp_path: Path
) -> None:
    monitor = world.people.monitor.viewer()
    services.open_query(
        form=madrs, item="apparent_sadness", text="Which is right?", at=world.hand[0], by=monitor
    )
    said = words_of(copied(world, tmp_path / "copies"))
    assert f"Record of {HERE}" in said
    assert "Seattle. Entered on 23 Nov 2026. Times are those of America/Los_Angeles." in said
    assert "A copy made on 23 Nov 2026 18:00 UTC for Auditor (Auditor)." in said
    assert "Form 1 (en), signed 23 Nov 2026 10:00" in said
    label, when = world.page(madrs).items[0].label, "Coordinator (staff) 23 Nov 2026 10:00"
    assert f"{label} 3: between 2 and 4 {when} Misread on paper version 1 2: slight {when}" in said
    assert "Verified Monitor (CRA), 23 Nov 2026 10:00" in said
    assert f"Void signature: Investigator, 23 Nov 2026 10:00: {MEANING}" in said
    assert "Monitor (CRA), 23 Nov 2026 10:00: Which is right?" in said


def test_a_copy_says_how_far_somebody_withdrew_in_words(world: World, tmp_path: Path) -> None:
    there = f"/participants/{HERE}/consent/withdraw/"
    assert world.post("coordinator", there, degree="contacts", on="2026-11-23").status_code == 302
    assert "Withdrawn (Fewer contacts) on 23 Nov 2026" in words_of(copied(world, tmp_path / "copies"))


def test_a_copy_of_a_form_signed_and_unchanged_shows_the_signature(world: World, tmp_path: Path) -> None:
    form = world.fill(world.opened("madrs", "PREP1"))
    services.verify(form=form, at=world.hand[0], by=world.people.monitor.viewer())
    services.sign(form=form, meaning=MEANING, at=world.hand[0], by=world.people.investigator.viewer())
    said = words_of(copied(world, tmp_path / "copies"))
    assert f"Signature: Investigator, 23 Nov 2026 10:00: {MEANING}" in said


def test_a_copy_holds_nothing_its_reader_may_not_see(world: World, madrs: str, tmp_path: Path) -> None:
    world.fill(world.opened("facilitator_guess", "D28", by="facilitator"), by="facilitator")
    said = words_of(copied(world, tmp_path / "own", "investigator"))
    sealed = said.partition("Which treatment the facilitator thinks it was")[2]
    assert "Given, and sealed" in sealed
    assert "Facilitator (staff)" not in sealed
    everybody = tmp_path / "everybody"
    copying.write(everybody, email=address(world, "auditor"), at=world.hand[0])
    assert {path.name for path in everybody.iterdir()} == {f"{HERE}.html", f"{THERE}.html", "SHA256SUMS"}


def test_what_people_type_is_never_markup_in_a_copy(world: World, tmp_path: Path) -> None:
    world.save(world.opened("adverse_events", LOG), term="<script>alert(1)</script>")
    page = copied(world, tmp_path / "copies")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


def test_each_copy_is_an_event_and_its_digest_lies_beside_it(world: World, tmp_path: Path) -> None:
    page = copied(world, tmp_path / "copies")
    event = Event.objects.using("default").latest("id")
    person = world.people.auditor.person
    assert (event.action, event.subjects, event.actor, event.reason) == ("data.copied", HERE, person, "")
    sums = (tmp_path / "copies" / "SHA256SUMS").read_text()
    assert sums == f"{sha256(page.encode()).hexdigest()}  {HERE}.html\n"
    assert (tmp_path / "copies" / f"{HERE}.html").stat().st_mode & 0o077 == 0


def test_who_may_not_read_the_trail_gets_no_copy_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    before = Event.objects.using("default").count()
    folder = tmp_path / "copies"
    with pytest.raises(PermissionRefused):
        copied(world, folder, "coordinator")
    with pytest.raises(PermissionRefused, match="nobody here"):
        copying.write(folder, email="nobody@example.org", at=world.hand[0])
    outsider = world.people.add("investigator", name="Elsewhere", site="NYC")
    for wanted in (HERE, "NOBODY-001"):
        with pytest.raises(RecordError, match="no participant they may know of"):
            copying.write(folder, email=outsider.account.email, participant=wanted, at=world.hand[0])
    assert not folder.exists()
    folder.mkdir()
    (folder / "kept.txt").write_text("x")
    with pytest.raises(RecordError, match="holds something already"):
        copied(world, folder)
    assert Event.objects.using("default").count() - before <= 3


def test_the_command_says_what_it_wrote(world: World, study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    given = ["--home", str(study), "--for", address(world, "auditor"), "--out", str(folder)]
    done = CliRunner().invoke(copy.command, given)
    assert (done.exit_code, done.output) == (0, f"Copied     {folder}: 2 records as Auditor may see them\n")
