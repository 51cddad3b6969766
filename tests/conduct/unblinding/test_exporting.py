"""The unblinded export: every arm written down first, hidden items with it, and analyzed to the same numbers."""

import json
import math
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import mean, variance

import pytest
from click.testing import CliRunner
from django.conf import settings
from tests.conduct.unblinding.conftest import AT, DATA_MANAGER, LABELS, TEAM, Trial, somebody
from tests.conduct.unblinding.test_breaking import broken

from equipoise import allocation
from equipoise.cli import analyze, export
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator import verification
from equipoise.conduct.allocator.models import ArmRead
from equipoise.conduct.capture import reads
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.models import AssignedKit
from equipoise.conduct.capture.results import Given
from equipoise.conduct.config.operations import allocating, exporting
from equipoise.conduct.enrollment import verification as stores
from equipoise.conduct.enrollment.models import AllocationCommitment
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.stores import clock, keys
from equipoise.errors import IntegrityError, PermissionRefused

FILLER = somebody("fill", "coordinator", "investigator", "facilitator", "session_monitor")
VISITS = {"PREP1": date(2026, 10, 18), "D28": date(2026, 11, 20)}


def score(trial: Trial, participant: str, visit: str, values: list[str]) -> None:
    """Fill a MADRS."""
    capture.record_visit(
        participant=participant, visit=visit, status="held", date=VISITS[visit], at=AT, by=TEAM
    )
    number = capture.open_form(participant=participant, visit=visit, form="madrs", at=AT, by=FILLER)
    items = [one.item for one in reads.form_page(number, viewer=FILLER).items]
    given = [Given(item, text=value) for item, value in zip(items, values, strict=True)]
    assert not capture.save(form=number, given=given, at=AT, by=FILLER).refused
    assert capture.complete(form=number, at=AT, by=FILLER).done


def spread(total: int) -> list[str]:
    """Return ten answers with a total."""
    return [str(total // 10 + (place < total % 10)) for place in range(10)]


@pytest.fixture
def filled(trial: Trial) -> dict[str, int]:
    """Participant to the change of a MADRS, for everybody; one guess and one dose besides."""
    changes = {}
    for number, participant in enumerate(trial.people):
        before, after = 30 + number, 30 + number - (12 - 5 * (number % 2) + number // 2)
        score(trial, participant, "PREP1", spread(before))
        score(trial, participant, "D28", spread(after))
        changes[participant] = after - before
    first = trial.people[0]
    guess = capture.open_form(participant=first, visit="D28", form="guess", at=AT, by=FILLER)
    items = [one for one in reads.form_page(guess, viewer=FILLER).items if one.codes]
    capture.save(form=guess, given=[Given(items[0].item, text=items[0].codes[0].code)], at=AT, by=FILLER)
    kit = AssignedKit.objects.get(participant=first).kit
    capture.record_visit(
        participant=first, visit="DOSE", status="held", date=date(2026, 10, 26), at=AT, by=TEAM
    )
    dose = capture.open_form(participant=first, visit="DOSE", form="dose_given", at=AT, by=FILLER)
    given = [
        Given("kit", text=kit),
        Given("taken_at", text="2026-10-26T10:00"),
        Given("fully_taken", text="1"),
    ]
    capture.save(form=dose, given=given, at=AT, by=FILLER)
    return changes


@pytest.fixture
def statistician(people) -> str:
    return people.unblinded_statistician.email


@pytest.fixture
def key() -> Path:
    return Path(settings.KEYS_FOLDER) / "allocation.key"


def test_the_result_is_analyzed_end_to_end_and_agrees(
    trial: Trial, filled: dict[str, int], statistician: str, key: Path, text: str, tmp_path: Path
) -> None:
    broken(trial.people[1], at=AT)
    out = tmp_path / "unblinded"
    clock.replace_clock(lambda: AT + timedelta(hours=1))
    words = ["--home", str(trial.home), "--unblinded", "--allocation-key", str(key)]
    done = CliRunner().invoke(export.command, [*words, "--for", statistician, "--out", str(out)])
    assert done.exit_code == 0, done.exception
    assert "Unblinded" in done.output
    table = allocation.read(out / "allocation.csv").to_frame().set_index("participant")
    arms = {one: trial.arm(one) for one in trial.people}
    assert table["arm"].to_dict() == arms
    assert table["unblinded_at"].dropna().to_dict() == {trial.people[1]: "2026-11-23T18:00:00Z"}
    intervention = {"psilocybin": "psi25", "niacin": "nia100"}
    assert table["actual_intervention"].dropna().to_dict() == {
        trial.people[0]: intervention[arms[trial.people[0]]]
    }
    assert sorted(path.name for path in out.iterdir()) == ["allocation.csv", "records"]
    assert (out / "allocation.csv").stat().st_mode & 0o077 == 0
    values = (out / "records" / "values.csv").read_text()
    assert ",guess," in values

    result = tmp_path / "result"
    protocol = tmp_path / "frontline.yaml"
    protocol.write_text(text)
    args = [str(protocol), "--data", str(out / "records"), "--allocation", str(out / "allocation.csv")]
    done = CliRunner().invoke(analyze.command, [*args, "--out", str(result)], catch_exceptions=False)
    rows = json.loads((result / "results.json").read_text())
    primary = next(one for one in rows if one["estimand"] == "primary")
    groups = {arm: [filled[one] for one in trial.people if arms[one] == arm] for arm in LABELS}
    one, two = groups["psilocybin"], groups["niacin"]
    assert primary["estimate"] == pytest.approx(mean(one) - mean(two))
    assert (primary["n_arm"], primary["n_reference"]) == (2, 2)
    pooled = (variance(one) + variance(two)) / 2
    assert primary["std_error"] == pytest.approx(math.sqrt(pooled))


@pytest.mark.both_stores
def test_every_arm_is_written_down_before_any_is_opened(
    trial: Trial, people, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = people.unblinded_statistician.email
    seen: list[int] = []
    real = places.exporting.open_slot

    def counted(slot, sealing):
        seen.append(ArmRead.objects.filter(cause="unblinded_export").count())
        return real(slot, sealing)

    monkeypatch.setattr(places.exporting, "open_slot", counted)
    clock.replace_clock(lambda: AT)
    for folder in ("one", "two"):
        exporting.export_unblinded(tmp_path / folder, key=key, email=email, at=AT)
    assert seen == [0] + [4] * 4 + [4] + [4] * 4, "the first look only tries the key"
    read = ArmRead.objects.filter(cause="unblinded_export")
    assert {row.person for row in read} == {people.unblinded_statistician.person}
    assert read.count() == 4, "each arm once"


def test_only_the_independent_statistician_gets_it(trial: Trial, people, key: Path, tmp_path: Path) -> None:
    for who in ("statistician", "data_manager", "pharmacist"):
        with pytest.raises(PermissionRefused, match="no independent statistician"):
            exporting.export_unblinded(tmp_path / "x", key=key, email=people[who].email, at=AT)
    with pytest.raises(PermissionRefused):
        exporting.export_unblinded(tmp_path / "x", key=key, email="nobody@example.org", at=AT)
    assert not (tmp_path / "x").exists()


def test_a_missing_or_wrong_key_writes_nothing(trial: Trial, statistician: str, tmp_path: Path) -> None:
    wrong = tmp_path / "allocation.key"
    with pytest.raises(IntegrityError, match=r"no allocation\.key"):
        exporting.export_unblinded(tmp_path / "x", key=wrong, email=statistician, at=AT)
    wrong.touch(mode=0o600)
    wrong.write_text("0" * (2 * keys.KEY_BYTES))
    with pytest.raises(IntegrityError, match="another allocation key"):
        exporting.export_unblinded(tmp_path / "x", key=wrong, email=statistician, at=AT)
    assert ArmRead.objects.count() == 0
    assert not (tmp_path / "x").exists()


def test_options_go_together(trial: Trial, tmp_path: Path) -> None:
    for words in (["--unblinded"], ["--for", "x@example.org"], ["--unblinded", "--for", "x@example.org"]):
        done = CliRunner().invoke(
            export.command, ["--home", str(trial.home), "--out", str(tmp_path / "x"), *words]
        )
        assert done.exit_code == 2


def test_after_the_lock_the_salt_is_revealed_and_everything_verifies(trial: Trial, tmp_path: Path) -> None:
    capture.lock_study(locked=True, reason="end", at=AT, by=DATA_MANAGER)
    allocating.reveal(number=1, folder=tmp_path, at=AT)
    salt = bytes.fromhex((tmp_path / "salt.hex").read_text())
    found = sha256(salt + (tmp_path / "list.json").read_bytes()).hexdigest()
    assert found == AllocationCommitment.objects.get().sha256
    assert verification.check() == stores.check() == []
    assert randomizing.open_requests() == ()
