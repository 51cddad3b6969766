"""One act in two stores: exactly once, in order, finished after any cut, refused with every reason."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connections
from django.http import Http404
from tests.conduct.randomization.conftest import (
    AT,
    COORDINATOR,
    MINIMIZED,
    SHORT,
    Trial,
    begin,
    protocol_text,
    somebody,
)
from tests.conduct.randomization.test_allocator import STRATUM, tamper

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator import verification as allocator_verification
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import services as capture
from equipoise.conduct.enrollment import verification
from equipoise.conduct.enrollment.models import Randomization, RandomizationRequest
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.enrollment.services.gates import Paper
from equipoise.conduct.studies import reads as studies
from equipoise.errors import IntegrityError, PermissionRefused, RecordError

DATA_MANAGER = somebody("dana", "data_manager", site="")


class Killed(BaseException):
    """A process that ends here: nothing catches it."""


@pytest.mark.both_stores
def test_somebody_is_randomized_once(trial: Trial) -> None:
    participant = trial.enter("001")
    done = trial.randomize(participant)
    assert done.randomized_on == date(2026, 11, 23)
    assert trial.randomize(participant, at=AT + timedelta(days=3)) == done
    assert allocator.assigned(participant).kit == done.kit
    assert [
        Event.objects.using("default").filter(action=f"randomization.{one}").count()
        for one in ("requested", "completed")
    ] == [1, 1]
    assert verification.check() == []
    assert chains.check("trial", anchors=[]).problems == ()


@pytest.mark.both_stores
def test_two_browsers_randomize_one_participant_once(trial: Trial) -> None:
    participant = trial.enter("001")

    def one(_: int) -> str:
        try:
            return trial.randomize(participant).kit
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        kits = set(pool.map(one, range(6)))
    assert len(kits) == 1
    assert allocator.count() == Randomization.objects.count() == 1
    assert verification.check() == []


@pytest.mark.both_stores
@pytest.mark.parametrize("gap", ["finish", "complete"])
def test_whoever_is_killed_between_two_steps_is_finished_later(
    trial: Trial, gap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = trial.enter("001")

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as planted:
        planted.setattr(randomizing, gap, kill)
        with pytest.raises(Killed):
            trial.randomize(participant)
    assert (RandomizationRequest.objects.count(), Randomization.objects.count()) == (1, 0)
    assert allocator.count() == (1 if gap == "complete" else 0)
    assert [one.severity for one in verification.check()] == ["warning"]
    done = randomizing.reconcile(at=AT)
    assert (done.finished, done.problems) == ((participant,), ())
    assert allocator.assigned(participant).position == 1
    assert randomizing.reconcile(at=AT).finished == ()
    assert verification.check() == []


def test_a_retry_finishes_what_was_begun(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    participant = trial.enter("001")

    def away(**_: object) -> None:
        raise OperationalError("no route")

    with monkeypatch.context() as planted:
        planted.setattr(places, "assign", away)
        with pytest.raises(randomizing.StoreAwayError, match="the allocation store does not answer"):
            trial.randomize(participant)
        assert randomizing.reconcile(at=AT).problems == (randomizing.AWAY,)
    assert trial.randomize(participant).kit
    assert verification.check() == []


def test_with_the_allocation_store_away_nothing_is_begun(trial: Trial, reconnect) -> None:
    participant = trial.enter("001")
    store = trial.home / "stores" / "allocation.sqlite3"
    connections["allocation"].close()
    shutil.move(store, store.with_suffix(".away"))
    with pytest.raises(randomizing.StoreAwayError, match="nothing is lost"):
        trial.randomize(participant)
    assert RandomizationRequest.objects.count() == 0
    assert "cannot be read" in str(verification.check()[0])
    connections["allocation"].close()
    shutil.move(store.with_suffix(".away"), store)
    assert trial.randomize(participant).kit


@pytest.mark.both_stores
def test_many_at_once_in_four_strata_get_each_place_once_and_in_order(trial: Trial) -> None:
    people = [
        trial.enter(f"{n:03d}", site=("site_01", "site_02")[n % 2], level=("never", "ever")[n // 2 % 2])
        for n in range(24)
    ]

    def one(participant: str) -> str:
        try:
            return trial.randomize(participant).kit
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        kits = list(pool.map(one, people))
    assert len(set(kits)) == 24
    assert verification.check() == []
    assert allocator_verification.check() == []


def test_the_permission_is_the_site_s(trial: Trial) -> None:
    participant = trial.enter("001")
    with pytest.raises(Http404):
        randomizing.randomize(
            participant=participant, at=AT, by=somebody("otto", "coordinator", site="site_02")
        )
    with pytest.raises(PermissionRefused):
        randomizing.randomize(participant=participant, at=AT, by=somebody("fara", "facilitator"))
    with pytest.raises(Http404):
        trial.randomize("nobody")


def test_everything_missing_is_said_at_once(trial: Trial) -> None:
    participant = trial.enter("001", level="")
    capture.lock_participant(participant=participant, locked=True, reason="audit", at=AT, by=DATA_MANAGER)
    with pytest.raises(RecordError) as caught:
        trial.randomize(participant)
    assert [one.path for one in caught.value.problems] == ["participant", "prior_use"]
    assert RandomizationRequest.objects.count() == 0


def test_a_level_the_list_lacks_is_refused(trial: Trial) -> None:
    with pytest.raises(RecordError, match="`unsure` is no level of the list"):
        trial.randomize(trial.enter("001", level="unsure"))
    wrong = randomizing.gates._levels(studies.resolved(1), {"prior_use": "never", "site": "LON"})
    assert [one.message for one in wrong] == ["Site: `LON` is no level of the list"]


def test_an_exhausted_stratum_is_refused_before_anything_is_written(trial: Trial) -> None:
    for n in range(6):
        trial.randomized(f"{n:03d}")
    with pytest.raises(RecordError, match="all 6 places"):
        trial.randomized("007")
    assert RandomizationRequest.objects.count() == 6
    places.extend_list(length=7, at=AT, by="system")
    with pytest.raises(RecordError, match="not committed to in the audit chain"):
        trial.randomize("DOSE-RESPONSE-site_01-007")
    assert any("not committed to" in one.message for one in verification.check())
    randomizing.reconcile(at=AT)
    assert trial.randomize("DOSE-RESPONSE-site_01-007").kit
    assert verification.check() == []


@pytest.mark.parametrize(
    "text", [protocol_text(**SHORT, **{"gates: [madrs, expectancy]": "gates: [expectancy]"})]
)
def test_a_gate_that_is_not_complete_is_named(trial: Trial) -> None:
    with pytest.raises(RecordError, match=r"\(Baseline\) is not complete"):
        trial.randomized("001")


@pytest.mark.parametrize("text", [protocol_text(**SHORT, **MINIMIZED)])
def test_minimization_without_its_key_leaves_a_request_that_is_finished_later(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = trial.enter("001")
    with monkeypatch.context() as planted:
        planted.setattr(settings, "KEYS_FOLDER", str(trial.home / "nowhere"))
        with pytest.raises(IntegrityError, match=r"no allocation.key"):
            trial.randomize(participant)
    assert trial.randomize(participant).kit
    assert verification.check() == allocator_verification.check() == []


def test_an_allocation_backup_older_than_the_trial_store_stops_everything(trial: Trial) -> None:
    trial.randomized("001")
    connections["allocation"].close()
    store = trial.home / "stores" / "allocation.sqlite3"
    with_wal = [store.with_name(f"{store.name}{end}") for end in ("", "-wal", "-shm")]
    older = {path: path.read_bytes() for path in with_wal if path.exists()}
    trial.randomized("002")
    connections["allocation"].close()
    for path in with_wal:
        path.unlink(missing_ok=True)
    for path, data in older.items():
        path.write_bytes(data)
    participant = trial.enter("003")
    with pytest.raises(IntegrityError, match="the allocation store knows nothing"):
        trial.randomize(participant)
    with pytest.raises(IntegrityError, match="it is older"):
        randomizing.reconcile(at=AT)
    assert RandomizationRequest.objects.count() == 2
    found = verification.check()
    assert [(one.path, one.severity) for one in found] == [("DOSE-RESPONSE-site_01-002", "error")]


def test_a_place_that_nobody_asked_for_is_found(trial: Trial) -> None:
    places.assign(
        participant="ghost", levels={"prior_use": "never", "site": "site_01"}, request="x", at=AT, by="x"
    )
    assert "has a place on the list that nobody asked for" in str(verification.check())


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE randomization SET kit = '999999'", "has kit 999999 here and another one"),
        ("UPDATE randomization SET allocation_event = 'x'", "names another event"),
        ("UPDATE allocation_commitment SET sha256 = 'x'", "commitment is not the one in the trial's chain"),
        ("DELETE FROM randomization_request", "without a request"),
        ("DELETE FROM allocation_commitment", "is not committed to"),
    ],
)
def test_a_planted_difference_between_the_stores_is_found(trial: Trial, statement: str, finding: str) -> None:
    trial.randomized("001")
    tamper(statement, store="default")
    assert any(finding in one.message for one in verification.check())


def test_a_list_committed_to_late_is_found(study) -> None:
    begin(protocol_text(**SHORT), drawn=False)
    trial = Trial(study)
    trial.enter("001")
    places.draw_list(version=1, at=AT, by="system")
    randomizing.publish_commitments(at=AT, by="system")
    assert ["after the first participant was enrolled" in one.message for one in verification.check()] == [
        True
    ]


def test_kits_used_on_paper_are_entered_in_order(trial: Trial) -> None:
    listed = places.issue_downtime_list(strata=[STRATUM], count=2, at=AT, by="cora")
    kits = listed.kits[STRATUM]
    places.note_downtime(code=listed.code, status="opened", at=AT, by="cora")
    one, two = trial.enter("001"), trial.enter("002")

    def used(participant: str, kit: str, days: int = -1) -> randomizing.Randomized:
        paper = Paper(listed.code, kit, (AT + timedelta(days=days)).date())
        return randomizing.randomize(participant=participant, at=AT, by=COORDINATOR, paper=paper)

    with pytest.raises(RecordError, match="is not reconciled"):
        trial.randomize(one)
    with pytest.raises(RecordError, match="kit 000 is not on this list"):
        used(one, "000")
    with pytest.raises(RecordError, match="comes before it"):
        used(one, kits[1])
    with pytest.raises(RecordError, match="this day lies ahead"):
        used(one, kits[0], days=2)
    assert used(one, kits[0]) == randomizing.Randomized(one, kits[0], date(2026, 11, 22))
    with pytest.raises(RecordError, match="assigned to somebody else"):
        used(two, kits[0])
    assert RandomizationRequest.objects.count() == 1
    assert used(two, kits[1]).kit == kits[1]
    places.note_downtime(code=listed.code, status="reconciled", at=AT, by="cora")
    assert trial.randomized("003")
    assert verification.check() == allocator_verification.check() == []
