"""What is done with lists on the command line: drawn on, revealed, sealed for an outage, verified."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conduct.randomization.conftest import (
    ARMS,
    AT,
    HERE,
    MINIMIZED,
    SHORT,
    THERE,
    Trial,
    protocol_text,
    somebody,
)

from equipoise.allocation import verify as verify_commitment
from equipoise.cli.envelope import command as envelope
from equipoise.conduct.allocator import reads
from equipoise.conduct.capture import services as capture
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import allocating, reconciling, verifying
from equipoise.conduct.enrollment.models import AllocationCommitment
from equipoise.conduct.stores import envelopes
from equipoise.errors import IntegrityError, RecordError

DATA_MANAGER = somebody("dana", "data_manager", site="")


def test_an_emergency_list_is_opened_without_the_system_by_its_words_only(
    trial: Trial, tmp_path: Path
) -> None:
    sealed = tmp_path / "list.sealed"
    code, words = allocating.issue(site=HERE, count=3, out=sealed, at=AT)
    assert code.encode() not in sealed.read_bytes()
    said = (
        CliRunner()
        .invoke(envelope, ["open", str(sealed), "--words-stdin"], input=f"{words.lower()}\n")
        .output
    )
    assert f"EMERGENCY LIST {code}" in said
    assert "Earlier use of psychedelics: Never · Site: site_01" in said
    assert THERE not in said
    kits = [kit for one in reads.downtime_lists()[0].kits.values() for kit in one]
    assert len(kits) == 6
    assert all(f"kit {kit}" in said for kit in kits)
    assert not any(arm in said for arm in (*ARMS, "Psilocybin"))
    for other in (words[:-1] + "A", envelopes.new_words(), ""):
        if other != words:
            with pytest.raises(IntegrityError, match="sealed with another key"):
                envelopes.unclose(sealed, tmp_path / "plain", words=other, purpose=allocating.PURPOSE)
    assert not (tmp_path / "plain").exists()


def test_an_emergency_list_of_no_site_is_refused(trial: Trial, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="there is no site `LON`"):
        allocating.issue(site="LON", count=3, out=tmp_path / "x", at=AT)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("text", [protocol_text(**SHORT, **MINIMIZED)])
def test_minimization_has_no_emergency_list(trial: Trial, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="needs the system"):
        allocating.issue(site="", count=3, out=tmp_path / "x", at=AT)


def test_a_list_is_drawn_on_and_committed_to(trial: Trial) -> None:
    trial.randomized("001")
    made = allocating.extend(length=8, at=AT)
    assert AllocationCommitment.objects.get(number=2).sha256 == made.sha256
    assert verifying.verify(settings.read(trial.home)).problems == ()
    with pytest.raises(RecordError, match="participants are assigned already"):
        allocating.draw(at=AT)


def test_a_list_is_revealed_once_the_study_is_locked_and_proves_itself(trial: Trial, tmp_path: Path) -> None:
    trial.randomized("001")
    with pytest.raises(RecordError, match="the study is not locked"):
        allocating.reveal(number=1, folder=tmp_path / "proof", at=AT)
    assert not (tmp_path / "proof").exists()
    capture.lock_study(locked=True, reason="all in", at=AT, by=DATA_MANAGER)
    allocating.reveal(number=1, folder=tmp_path / "proof", at=AT)
    salt = bytes.fromhex((tmp_path / "proof" / "salt.hex").read_text())
    listed = (tmp_path / "proof" / "list.json").read_bytes()
    verify_commitment(AllocationCommitment.objects.get().sha256, listed, salt=salt)
    with pytest.raises(IntegrityError):
        verify_commitment(
            AllocationCommitment.objects.get().sha256, listed.replace(b"low", b"high", 1), salt=salt
        )
    assert verifying.verify(settings.read(trial.home)).problems == ()


def test_what_waits_is_a_warning_and_no_finding(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    participant = trial.enter("001")
    randomizing = sys.modules["equipoise.conduct.enrollment.services.randomizing"]
    with monkeypatch.context() as planted:
        planted.setattr(randomizing, "finish", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            trial.randomize(participant)
    whole = verifying.verify(settings.read(trial.home))
    assert whole.problems == ()
    assert f"{participant}: the randomization is not finished" in whole.summary()
    assert reconciling.reconcile(at=AT).finished == (participant,)
    assert verifying.verify(settings.read(trial.home)).warnings == ()
