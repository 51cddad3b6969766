"""Code breaks: written down before they are shown, limited, noted, and the end of rating."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.http import Http404
from tests.conduct.unblinding.conftest import (
    AT,
    COORDINATOR,
    INVESTIGATOR,
    LABELS,
    MEDICAL_MONITOR,
    OUTSIDER,
    PHYSICIAN,
    Killed,
    Trial,
    kill,
    older_copy,
    put_back,
    somebody,
)

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator.models import ArmRead, Unblinding
from equipoise.conduct.allocator.services import releasing
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.unblinding import verification
from equipoise.conduct.unblinding.models import CodeBreak
from equipoise.conduct.unblinding.services import breaking
from equipoise.conduct.unblinding.services.breaking import LimitError
from equipoise.conduct.unblinding.together import StoreAwayError
from equipoise.errors import IntegrityError, PermissionRefused, RecordError

WHY = "Blood pressure 230/140 and chest pain"


def broken(participant: str, by=PHYSICIAN, at=AT, **more):
    return breaking.break_code(participant=participant, reason=WHY, at=at, by=by, **more)


@pytest.mark.both_stores
def test_a_code_break_shows_one_arm_to_one_person(trial: Trial) -> None:
    participant = trial.people[0]
    shown = broken(participant)
    assert shown.arm.arm == trial.arm(participant)
    assert shown.arm.intervention_label == LABELS[shown.arm.arm]
    told = allocator.unblindings()
    assert [(one.participant, one.person, one.role, one.cause, one.reason) for one in told] == [
        (participant, "p-otis", "on_call_physician", "code_break", WHY)
    ]
    assert allocator.exposed("p-otis", participant)
    assert not allocator.exposed("p-otis", trial.people[1])
    noted = CodeBreak.objects.get()
    assert (noted.participant, noted.person, noted.allocation_event) == (
        participant,
        "p-otis",
        told[0].event_hash,
    )
    assert verification.check() == []
    assert chains.check("trial", anchors=[]).problems == chains.check("allocation", anchors=[]).problems == ()


def test_it_is_written_down_before_the_arm_is_opened(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "_open", kill)
    with pytest.raises(Killed):
        broken(trial.people[0])
    assert Unblinding.objects.count() == ArmRead.objects.filter(cause="code_break").count() == 1


def test_what_fails_to_be_written_down_is_not_shown(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(releasing, "_open", lambda *words: opened.append(words))
    monkeypatch.setattr(releasing, "Unblinding", kill)
    with pytest.raises(Killed):
        broken(trial.people[0])
    assert opened == []


def test_the_trial_store_never_learns_arm_or_reason(trial: Trial) -> None:
    shown = broken(trial.people[0])
    rows = [*CodeBreak.objects.values(), *Event.objects.using("default").values()]
    assert not any(
        word in str(row) for row in rows for word in (WHY, shown.arm.intervention_label, "psi25", "nia100")
    )


@pytest.mark.both_stores
def test_a_kill_between_showing_and_noting_is_noted_later(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(breaking, "_note", kill)
        with pytest.raises(Killed):
            broken(trial.people[0])
    assert [(one.message, one.severity) for one in verification.check()] == [
        ("a code break is not noted in the trial store yet", "warning")
    ]
    assert breaking.notify(at=AT) == (trial.people[0],)
    assert breaking.notify(at=AT) == ()
    assert verification.check() == []


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        (COORDINATOR, PermissionRefused),
        (somebody("fara", "facilitator"), PermissionRefused),
        (somebody("mona", "monitor", site=""), PermissionRefused),
        (OUTSIDER, Http404),
        (somebody("rita", "rater", site=""), Http404),
        (somebody("stan", "statistician", site=""), Http404),
    ],
)
def test_nobody_else_breaks_a_code(trial: Trial, by, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        broken(trial.people[0], by=by)
    assert ArmRead.objects.count() == 0


@pytest.mark.parametrize("by", [INVESTIGATOR, PHYSICIAN, MEDICAL_MONITOR])
def test_investigator_physician_and_medical_monitor_do(trial: Trial, by) -> None:
    assert broken(trial.people[0], by=by).arm.arm


def test_a_reason_and_a_place_are_needed(trial: Trial) -> None:
    with pytest.raises(RecordError, match="needs a reason"):
        breaking.break_code(participant=trial.people[0], reason="  ", at=AT, by=PHYSICIAN)
    with pytest.raises(RecordError, match="too long"):
        breaking.break_code(participant=trial.people[0], reason="x" * 4001, at=AT, by=PHYSICIAN)
    with pytest.raises(Http404):
        broken("nobody")
    assert ArmRead.objects.count() == 0


def test_twice_is_written_down_twice_and_limits_count_participants(trial: Trial) -> None:
    for _ in range(5):
        broken(trial.people[0])
    assert [row.seq for row in ArmRead.objects.order_by("id")] == [1, 2, 3, 4, 5]
    assert broken(trial.people[1]).arm.kit


@pytest.mark.both_stores
def test_a_fourth_code_within_a_day_needs_a_second_person(trial: Trial) -> None:
    for one in trial.people[:3]:
        broken(one)
    with pytest.raises(LimitError, match="a second person") as caught:
        broken(trial.people[3])
    assert "sealed file" in caught.value.problems[0].hint
    assert not allocator.exposed("p-otis", trial.people[3])
    assert broken(trial.people[0]).arm.kit, "looking again is no further code"
    assert broken(trial.people[3], second=INVESTIGATOR).arm.kit
    assert allocator.exposed("p-otis", trial.people[3])
    assert allocator.exposed("p-ines", trial.people[3])
    assert verification.check() == []


def test_the_limit_ends_after_a_day(trial: Trial) -> None:
    for one in trial.people[:3]:
        broken(one)
    assert broken(trial.people[3], at=AT + timedelta(hours=24, seconds=1)).arm.kit


def test_the_study_has_a_limit_too(trial: Trial) -> None:
    with patch.object(breaking, "MOST_A_STUDY", 2):
        broken(trial.people[0], by=PHYSICIAN)
        broken(trial.people[1], by=INVESTIGATOR)
        with pytest.raises(LimitError, match="in this study"):
            broken(trial.people[2], by=MEDICAL_MONITOR)
        assert broken(trial.people[1], by=MEDICAL_MONITOR).arm.kit
        assert broken(trial.people[2], by=MEDICAL_MONITOR, second=PHYSICIAN).arm.kit


@pytest.mark.parametrize(
    ("second", "words"),
    [(PHYSICIAN, "is yourself"), (COORDINATOR, "may not break codes"), (OUTSIDER, "may not")],
)
def test_the_second_person_is_another_who_may(trial: Trial, second, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        broken(trial.people[0], second=second)
    assert ArmRead.objects.count() == 0


def test_with_the_store_away_the_sealed_file_is_named(trial: Trial, away: Iterator) -> None:
    take, bring_back = away
    take()
    with pytest.raises(StoreAwayError, match="sealed file"):
        broken(trial.people[0])
    bring_back()
    assert broken(trial.people[0]).arm.kit


def test_without_its_key_nothing_is_written_or_shown(trial: Trial, keyless) -> None:
    keyless()
    with pytest.raises(IntegrityError, match=r"no allocation\.key"):
        broken(trial.people[0])
    assert Unblinding.objects.count() == 0


def test_an_older_backup_of_the_allocation_store_stops_it(trial: Trial) -> None:
    copy = older_copy(trial.home)
    broken(trial.people[0])
    put_back(copy)
    with pytest.raises(IntegrityError, match="it is older"):
        broken(trial.people[1])
    assert "knows nothing of it" in str(verification.check())


def test_a_place_that_the_allocation_store_lost_is_no_participant_without_kit(trial: Trial) -> None:
    with patch.object(allocator, "assigned", return_value=None), pytest.raises(IntegrityError, match="older"):
        broken(trial.people[0])
