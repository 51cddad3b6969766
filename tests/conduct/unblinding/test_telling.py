"""Planned unblinding: exactly once in two stores, then open to those it tells and to nobody else."""

import os
import signal
from unittest.mock import patch

import pytest
from django.db import OperationalError, connections
from django.http import Http404
from tests.conduct.unblinding import conftest
from tests.conduct.unblinding.conftest import (
    AT,
    COORDINATOR,
    D28,
    DATA_MANAGER,
    EVENT,
    INVESTIGATOR,
    OUTSIDER,
    PHYSICIAN,
    TEAM,
    Killed,
    Trial,
    kill,
    older_copy,
    put_back,
    somebody,
)

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.models import ArmRead, Unblinding
from equipoise.conduct.audit import chains
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.models import EventReached
from equipoise.conduct.unblinding import verification
from equipoise.conduct.unblinding.models import UnblindingRequest
from equipoise.conduct.unblinding.services import telling
from equipoise.conduct.unblinding.together import StoreAwayError
from equipoise.errors import IntegrityError, PermissionRefused, RecordError

OPEN_LABEL = {"niacin": {"OL_DOSE", "OL_INT"}, "psilocybin": set()}


def tell(participant: str, by=COORDINATOR, at=AT, event: str = EVENT):
    return telling.tell(participant=participant, event=event, at=at, by=by)


@pytest.mark.both_stores
@pytest.mark.parametrize("arm", OPEN_LABEL)
def test_a_participant_is_told_once(trial: Trial, arm: str) -> None:
    participant = trial.of(arm)
    trial.finish_forms(participant)
    assert tell(participant).arm == arm
    assert tell(participant).arm == arm
    reached = EventReached.objects.get()
    assert (reached.participant, reached.event, set(reached.opened.split())) == (
        participant,
        EVENT,
        OPEN_LABEL[arm],
    )
    told = allocator.unblindings()
    assert [(one.participant, one.person, one.role, one.cause) for one in told] == [
        (participant, "p-cora", "coordinator", "planned")
    ]
    assert reached.allocation_event == told[0].event_hash
    assert verification.check() == []
    assert chains.check("trial", anchors=[]).problems == chains.check("allocation", anchors=[]).problems == ()


@pytest.mark.both_stores
@pytest.mark.parametrize("gap", ["finish", "complete"])
def test_whoever_is_killed_between_two_steps_is_finished_later(
    trial: Trial, gap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = trial.of("niacin")
    trial.finish_forms(participant)
    with monkeypatch.context() as planted:
        planted.setattr(telling, gap, kill)
        with pytest.raises(Killed):
            tell(participant)
    assert (UnblindingRequest.objects.count(), EventReached.objects.count()) == (1, 0)
    assert Unblinding.objects.count() == (1 if gap == "complete" else 0)
    assert [one.severity for one in verification.check()] == ["warning"]
    assert telling.reconcile(at=AT) == telling.Reconciled((participant,), ())
    assert telling.reconcile(at=AT).finished == ()
    assert Unblinding.objects.count() == 1
    assert EventReached.objects.get().opened == "OL_DOSE OL_INT"
    assert verification.check() == []


GAPS = ("before the request", "request", "between the stores", "written down", "before the event", "event")


def _killed_at(trial: Trial, participant: str, gap: str) -> int:
    """Tell in a process of its own that is killed with SIGKILL in a gap; return the signal it died of."""
    connections.close_all()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:  # pragma: no cover - in the child

        def dies(*_: object, **__: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        planted = {
            "request": lambda: patch.object(telling, "UnblindingRequest", _dying(telling.UnblindingRequest)),
            "between the stores": lambda: patch.object(telling, "finish", dies),
            "written down": lambda: patch.object(places.releasing, "_open", dies),
            "before the event": lambda: patch.object(telling, "complete", dies),
            "before the request": lambda: patch.object(telling, "missing", dies),
            "event": lambda: patch.object(telling, "read", dies),
        }
        with planted[gap]():
            tell(participant)
    finally:
        os._exit(1)


def _dying(model: type) -> type:
    class Dying:
        objects = model.objects

        def __new__(cls, **_: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

    return Dying


@pytest.mark.both_stores
def test_sigkill_in_every_gap_tells_everybody_once(trial: Trial) -> None:
    for participant in trial.people:
        trial.finish_forms(participant)
    for number, gap in enumerate(GAPS):
        participant = trial.people[number % len(trial.people)]
        assert _killed_at(trial, participant, gap) == -signal.SIGKILL, gap
        found = verification.check()
        assert [one for one in found if one.severity != "warning"] == [], gap
        telling.reconcile(at=AT)
        assert verification.check() == [], gap
    for participant in trial.people:
        assert tell(participant).arm == trial.arm(participant)
    assert Unblinding.objects.count() == EventReached.objects.count() == len(trial.people)
    assert verification.check() == []
    assert chains.check("trial", anchors=[]).problems == chains.check("allocation", anchors=[]).problems == ()


def test_forms_of_the_visit_come_first(trial: Trial) -> None:
    participant = trial.people[0]
    with pytest.raises(RecordError) as caught:
        tell(participant)
    assert len(caught.value.problems) == len(D28)
    trial.finish_forms(participant, *D28[:-1])
    with pytest.raises(RecordError, match="Day 28") as caught:
        tell(participant)
    assert len(caught.value.problems) == 1
    assert UnblindingRequest.objects.count() == Unblinding.objects.count() == 0


def test_a_form_hidden_from_who_asks_is_not_named(trial: Trial) -> None:
    participant = trial.people[0]
    trial.finish_forms(participant, *D28[1:])
    both = somebody("both", "coordinator", "rater")
    with pytest.raises(PermissionRefused, match="stays masked"):
        tell(participant, by=both)
    ground = telling.access.participant(participant, viewer=both, action="arm.tell")
    found = telling.missing(ground, telling.studies.resolved(1), EVENT, at=AT)
    assert ["guess" in str(one).lower() for one in found] == [False]
    assert "a form of Day 28 that you do not see" in found[0].message


def test_a_missed_visit_needs_no_forms(trial: Trial) -> None:
    participant = trial.people[0]
    capture.record_visit(
        participant=participant, visit="D28", status="missed", reason="moved away", at=AT, by=TEAM
    )
    assert tell(participant).kit


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        (OUTSIDER, Http404),
        (PHYSICIAN, PermissionRefused),
        (somebody("fara", "facilitator"), PermissionRefused),
        (DATA_MANAGER, PermissionRefused),
        (somebody("rita", "rater", site=""), Http404),
    ],
)
def test_nobody_else_tells(trial: Trial, by, refusal: type[Exception]) -> None:
    trial.finish_forms(trial.people[0])
    with pytest.raises(refusal):
        tell(trial.people[0], by=by)
    assert ArmRead.objects.count() == 0


@pytest.mark.parametrize("event", ["lock", "nothing", ""])
def test_what_is_no_event_tells_nothing(trial: Trial, event: str) -> None:
    trial.finish_forms(trial.people[0])
    with pytest.raises(Http404):
        tell(trial.people[0], event=event)


def test_those_it_tells_may_read_afterwards_and_each_is_written_down_once(trial: Trial) -> None:
    told, untold = trial.people[:2]
    facilitator = somebody("fara", "facilitator")
    with pytest.raises(PermissionRefused, match="may not learn"):
        telling.read(participant=told, at=AT, by=facilitator)
    trial.finish_forms(told)
    tell(told)
    for _ in range(2):
        assert telling.read(participant=told, at=AT, by=facilitator).arm == trial.arm(told)
    assert ArmRead.objects.filter(person="p-fara").count() == 1
    with pytest.raises(PermissionRefused):
        telling.read(participant=untold, at=AT, by=facilitator)
    for masked in (somebody("both", "facilitator", "rater"), PHYSICIAN):
        with pytest.raises(PermissionRefused):
            telling.read(participant=told, at=AT, by=masked)
    with pytest.raises(PermissionRefused):
        telling.read(participant=told, at=AT, by=DATA_MANAGER)
    assert not ArmRead.objects.exclude(person__in=["p-cora", "p-fara"]).exists()
    assert verification.check() == []


def test_a_retry_finishes_what_was_begun(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    participant = trial.people[0]
    trial.finish_forms(participant)

    def away(**_: object) -> None:
        raise OperationalError("no route")

    with monkeypatch.context() as planted:
        planted.setattr(places, "release", away)
        with pytest.raises(StoreAwayError, match="does not answer"):
            tell(participant)
        assert telling.reconcile(at=AT).problems == (telling.AWAY,)
    assert tell(participant, by=INVESTIGATOR).kit
    assert {row.person for row in ArmRead.objects.all()} == {"p-cora", "p-ines"}
    assert verification.check() == []


def test_without_the_key_a_request_waits(trial: Trial, keyless) -> None:
    participant = trial.people[0]
    trial.finish_forms(participant)
    keyless()
    with pytest.raises(IntegrityError, match=r"no allocation\.key"):
        tell(participant)
    assert (UnblindingRequest.objects.count(), Unblinding.objects.count()) == (1, 0)


def test_with_the_store_away_nothing_is_begun(trial: Trial, away) -> None:
    take, bring_back = away
    trial.finish_forms(trial.people[0])
    take()
    with pytest.raises(StoreAwayError):
        tell(trial.people[0])
    assert UnblindingRequest.objects.count() == 0
    bring_back()
    assert tell(trial.people[0]).kit


def test_an_older_backup_of_the_allocation_store_stops_everything(trial: Trial) -> None:
    one, two = trial.people[:2]
    for each in (one, two):
        trial.finish_forms(each)
    copy = older_copy(trial.home)
    tell(one)
    put_back(copy)
    with pytest.raises(IntegrityError, match="it is older"):
        tell(two)
    with pytest.raises(IntegrityError, match="it is older"):
        telling.reconcile(at=AT)
    assert any("it is older" in problem.message for problem in verification.check())


def test_an_arm_released_without_a_request_is_found(trial: Trial) -> None:
    places.release(participant=trial.people[0], to="x", role="coordinator", cause="planned", at=AT)
    assert "nobody asked for it" in str(verification.check())
    places.release(
        participant=trial.people[1], to="x", role="coordinator", cause="planned", at=AT, request="0" * 64
    )
    assert "the trial store does not know" in str(verification.check())


WHOLE = conftest.FRONTLINE.read_text(encoding="utf-8").replace(conftest.GATES, "gates: []")
WHOLE = WHOLE.replace(conftest.BLOCKS, conftest.ALL_IN_ONE).replace(
    "    visit: D28\n    tells:", "    tells:"
)


@pytest.mark.parametrize("text", [WHOLE])
def test_an_event_of_the_whole_trial_waits_for_the_lock(trial: Trial) -> None:
    participant = trial.of("niacin")
    with pytest.raises(RecordError, match="are not locked"):
        tell(participant)
    capture.lock_study(locked=True, reason="end", at=AT, by=DATA_MANAGER)
    assert tell(participant).arm == "niacin"
