"""Sealed files: alike from outside, opened without the system, every opening an exposure once it is reported."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conduct.unblinding.conftest import AT, COORDINATOR, LABELS, OUTSIDER, Trial

from equipoise.cli import envelope
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.models import Envelope
from equipoise.conduct.stores import envelopes
from equipoise.conduct.unblinding import verification
from equipoise.conduct.unblinding.models import CodeBreak
from equipoise.conduct.unblinding.services import reporting
from equipoise.conduct.unblinding.services.reporting import OUTSIDE, Report
from equipoise.errors import IntegrityError, RecordError

FILES, WORDS = "files", "words.txt"


@pytest.fixture
def made(trial: Trial, tmp_path: Path) -> tuple[places.Sealed, ...]:
    return places.make_envelopes(folder=tmp_path / FILES, at=AT, by="operator")


def run(*words: object, home: Path | None = None, **more: object):
    given = [str(one) for one in words] + (["--home", str(home)] if home else [])
    return CliRunner().invoke(envelope.command, given, **more)


def test_files_differ_in_their_participant_only(trial: Trial, made, tmp_path: Path) -> None:
    paths = sorted((tmp_path / FILES).iterdir())
    assert len(paths) == len(trial.people)
    assert len({path.stat().st_size for path in paths}) == 1
    assert len({path.stat().st_mtime for path in paths}) == 1
    assert [path.name for path in paths] == [f"{one.participant}-{one.code}.sealed" for one in made]
    assert [one.participant for one in made] == sorted(trial.people)
    every = b"".join(path.read_bytes() for path in paths)
    assert not any(word.encode() in every for word in ("psilocybin", "niacin", *LABELS.values()))
    assert not any(one.words in repr(made) for one in made)


def test_each_opens_with_its_own_words_and_without_the_system(trial: Trial, made, tmp_path: Path) -> None:
    one, other = made[:2]
    opened = run("open", tmp_path / FILES / one.name, "--words-stdin", input=one.words.lower())
    assert opened.exit_code == 0
    assert f"Treatment: {LABELS[trial.arm(one.participant)]}" in opened.output
    assert one.participant in opened.output
    assert other.participant not in opened.output
    refused = run("open", tmp_path / FILES / one.name, "--words-stdin", input=other.words)
    assert isinstance(refused.exception, IntegrityError)


def test_a_changed_file_does_not_open(made, tmp_path: Path) -> None:
    path = tmp_path / FILES / made[0].name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        envelopes.unclose(path, tmp_path / "plain", words=made[0].words, purpose="code break")


@pytest.mark.both_stores
def test_an_opening_reported_later_is_an_exposure_of_then(trial: Trial, made) -> None:
    one = made[0]
    then = AT + timedelta(hours=3)
    said = Report(one.code.lower(), "opened", "p-otis", then, "collapsed, system away")
    with pytest.raises(RecordError, match="nobody here is called so"):
        reporting.report(said, at=AT + timedelta(hours=9), by=COORDINATOR)
    said = Report(one.code, "opened", OUTSIDE, then, "Dr Ho, Harborview: collapsed, system away")
    assert reporting.report(said, at=AT + timedelta(hours=9), by=COORDINATOR) == one.participant
    told = allocator.unblindings()
    assert [(each.participant, each.person, each.cause, each.at) for each in told] == [
        (one.participant, OUTSIDE, "envelope", then)
    ]
    assert allocator.exposed(OUTSIDE, one.participant)
    assert CodeBreak.objects.get().cause == "envelope"
    assert verification.check() == []


def test_what_is_reported_wrongly_is_refused_with_every_reason(trial: Trial, made) -> None:
    code = made[0].code
    late = AT + timedelta(hours=1)

    def refused(code: str, status: str, person: str, when, reason: str, by=COORDINATOR) -> str:
        with pytest.raises(RecordError) as caught:
            reporting.report(Report(code, status, person, when, reason), at=late, by=by)
        return " ".join(one.message for one in caught.value.problems)

    assert "no sealed file" in refused("ZZZ", "opened", OUTSIDE, late, "x")
    assert "no sealed file" in refused(code, "opened", OUTSIDE, late, "x", by=OUTSIDER)
    assert "does not say when" in refused(code, "opened", OUTSIDE, None, "x")
    said = refused(code, "opened", "", AT + timedelta(hours=2), "  ")
    assert "who opened it" in said
    assert "why" in said
    assert "lies ahead" in said
    assert "not made yet" in refused(code, "opened", OUTSIDE, AT - timedelta(days=1), "x")
    assert "noted as sealed" in refused(code, "eaten", OUTSIDE, late, "x")
    reporting.report(Report(code, "destroyed", "", late, "replaced"), at=late, by=COORDINATOR)
    assert "noted as destroyed" in refused(code, "opened", OUTSIDE, late, "x")
    assert allocator.unblindings() == ()


def test_files_that_are_missing_changed_or_strange_are_named(trial: Trial, made, tmp_path: Path) -> None:
    folder = tmp_path / FILES
    lost, opened, changed, _ = made
    (folder / lost.name).unlink()
    (folder / opened.name).unlink()
    (folder / changed.name).write_bytes(b"something else")
    (folder / "FRONTLINE-SEA-001-ABCDEF.sealed").write_bytes(b"")
    reporting.report(Report(opened.code, "opened", OUTSIDE, AT, "why"), at=AT, by=COORDINATOR)
    found = places.account_for([folder])
    assert found.missing == ((lost.participant, lost.code),)
    assert found.changed == (changed.name,)
    assert found.strange == ("FRONTLINE-SEA-001-ABCDEF.sealed",)
    said = run("account", folder, home=trial.home)
    assert said.exit_code == 1
    assert f"Missing    {lost.participant}" in said.output


def test_no_file_is_made_over_others_or_without_the_key(trial: Trial, made, tmp_path: Path, keyless) -> None:
    with pytest.raises(RecordError, match="is not empty"):
        places.make_envelopes(folder=tmp_path / FILES, at=AT, by="operator")
    keyless()
    with pytest.raises(IntegrityError, match=r"no allocation\.key"):
        places.make_envelopes(folder=tmp_path / "new", at=AT, by="operator")
    assert Envelope.objects.count() == len(trial.people)


def test_the_command_keeps_words_apart_from_files(trial: Trial, tmp_path: Path) -> None:
    out, words = tmp_path / "safe" / FILES, tmp_path / "desk" / WORDS
    for beside in (out / WORDS, out / "deep" / WORDS):
        refused = run("make", "--out", out, "--words", beside, home=trial.home)
        assert "beside the files" in str(refused.exception)
        assert not beside.exists()
    done = run("make", "--out", out, "--words", words, home=trial.home)
    assert done.exit_code == 0, done.exception
    assert words.stat().st_mode & 0o077 == 0
    line = next(one for one in words.read_text().splitlines() if one.startswith("  "))
    assert line.strip() not in done.output
    code = allocator.envelopes_made()[0].code
    args = ("report", code, "--when", "2027-01-01T02:10-08:00", "--reason", "night")
    assert "lies ahead" in str(run(*args, home=trial.home).exception)
    args = ("report", code, "--by", "x@y", "--when", "yesterday", "--reason", "night")
    said = str(run(*args, home=trial.home).exception)
    assert "nobody signs in as `x@y`" in said
    assert "is no instant" in said
