"""Signing is one act in two stores: cut off anywhere, it is finished or was never done, and never done twice."""

from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from tests.conduct.consenting import enrolled, hand_over, renewed, understand

from equipoise.conduct.audit import chains
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.models import Participant
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import reconciling, verifying
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.consent import services
from equipoise.conduct.consent.models import Consent, ConsentRequest
from equipoise.conduct.consent.services import Signed
from equipoise.conduct.enrollment.services import consenting
from equipoise.conduct.identity.models import SignedName
from equipoise.conduct.identity.reads import contacts
from equipoise.conduct.identity.services import contacts as keeping
from equipoise.errors import RecordError


class Cut(BaseException):
    """The machine stops."""


STEPS = ("before the request", "after the request", "after the name", "after everything")


def cutting(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Stop the machine once, between two steps."""
    places: dict[str, tuple[Any, str, bool]] = {
        "before the request": (services, "request", True),
        "after the request": (services, "request", False),
        "after the name": (keeping, "keep_contact", False),
        "after everything": (consenting, "_store", False),
    }
    module, name, before = places[step]
    whole: Callable[..., Any] = getattr(module, name)

    def cut(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(module, name, whole)
        if not before:
            whole(*given, **named)
        raise Cut

    monkeypatch.setattr(module, name, cut)


def sound() -> bool:
    """Whether both chains are whole, and every name belongs to a consent that names it."""
    problems = [one for store in ("trial", "identity") for one in chains.check(store, anchors=[]).problems]
    return [*problems, *consenting.verify()] == []


@pytest.mark.both_stores
@pytest.mark.parametrize("renewing", [False, True], ids=["first", "renewal"])
@pytest.mark.parametrize("step", STEPS)
def test_a_signature_cut_off_is_finished_by_signing_again_or_by_reconciling(
    begun: Any, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch, step: str, renewing: bool
) -> None:
    by = staff.coordinator
    known = enrolled("SEA", at=at, by=by) if renewing else ""
    form = hand_over("SEA", at=at, by=by, participant=known)
    understand(form, at=at, by=by)
    before = Consent.objects.count()
    cutting(monkeypatch, step)
    with pytest.raises(Cut):
        consenting.sign(signing=form.token, name="Jo Doe", at=at, by=by)
    stored = {"before the request": 0, "after the request": 0, "after the name": 0, "after everything": 1}[
        step
    ]
    assert Consent.objects.count() - before == stored
    finished = consenting.reconcile(at=at)
    assert len(finished) == (step == "after the name")
    assert sound()
    one = consenting.sign(signing=form.token, name="Jo Doe", at=at, by=by)
    assert one == (known or "FRONTLINE-SEA-001")
    assert (Consent.objects.count() - before, Participant.objects.count()) == (1, 1)
    assert contacts.signed_name(form.token) == "Jo Doe"
    assert consenting.reconcile(at=at) == ()
    assert sound()


@pytest.mark.both_stores
def test_two_windows_that_sign_at_once_make_one_participant(begun: Any, staff: Any, at: datetime) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    begin, found = Barrier(4), []

    def sign(name: str) -> None:
        begin.wait()
        try:
            found.append(consenting.sign(signing=form.token, name=name, at=at, by=staff.coordinator))
        finally:
            connections.close_all()

    threads = [Thread(target=sign, args=[f"Jo {place}"]) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["FRONTLINE-SEA-001"] * 4
    assert (Participant.objects.count(), Consent.objects.count(), SignedName.objects.count()) == (1, 1, 1)
    assert sound()


def test_people_who_sign_at_once_get_ids_of_their_own(begun: Any, staff: Any, at: datetime) -> None:
    ids = [
        enrolled("SEA", at=at, by=staff.coordinator, name=f"Jo {n}", countersigned=False) for n in range(3)
    ]
    assert ids == [f"FRONTLINE-SEA-00{n}" for n in (1, 2, 3)]


def test_a_participant_cannot_be_entered_without_a_signature(begun: Any, staff: Any, at: datetime) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    for signing in ("none", form.token):
        with pytest.raises(RecordError, match="cannot be stored"):
            capture.enroll(site="SEA", consent=Signed(signing, "0" * 64), at=at, by=staff.coordinator)
    assert Participant.objects.count() == 0


def test_another_sites_consent_enters_nobody(begun: Any, staff: Any, at: datetime) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    services.request(signing=form.token, at=at, by=staff.coordinator)
    with pytest.raises(RecordError, match="cannot be stored"):
        capture.enter(site="NYC", consent=Signed(form.token, "0" * 64), at=at, by="cora")


def test_a_name_that_nobody_asked_for_and_a_consent_without_its_name_are_noticed(
    begun: Any, staff: Any, at: datetime
) -> None:
    keeping.keep_contact(owner="C-1", name="Jo", signing="0" * 32, at=at, by="cora")
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    services.request(signing=form.token, at=at, by=staff.coordinator)
    capture.enter(site="SEA", consent=Signed(form.token, "f" * 64), at=at, by="cora")
    found = [one.message for one in consenting.verify()]
    assert len(found) == 2
    assert found[0].startswith("a name was signed under 00000000")
    assert "names an event that keeps no name" in found[1]


def test_a_study_that_is_locked_meanwhile_keeps_the_request_open(
    begun: Any, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    cutting(monkeypatch, "after the name")
    with pytest.raises(Cut):
        consenting.sign(signing=form.token, name="Jo", at=at, by=staff.coordinator)
    lock = {"reason": "end", "at": at, "by": staff.data_manager}
    capture.lock_study(locked=True, **lock)
    assert consenting.reconcile(at=at) == ()
    capture.lock_study(locked=False, **lock)
    assert consenting.reconcile(at=at) == ("FRONTLINE-SEA-001",)


def test_odd_names_are_kept_as_typed_and_leave_the_trial_store_alone(
    begun: Any, staff: Any, at: datetime
) -> None:
    for name in ("عبد الله محمد", "🌻" * 200, "O’Neill-Łukasiewicz III.", "a" * 200):
        form = hand_over("SEA", at=at, by=staff.coordinator)
        understand(form, at=at, by=staff.coordinator)
        one = consenting.sign(signing=form.token, name=f" {name} ", at=at, by=staff.coordinator)
        found = contacts.contact(consents.holder(one))
        assert found is not None
        assert found.name == contacts.signed_name(form.token) == name
        assert name not in repr(found)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT subjects, reason FROM event")
        assert not any("Neill" in f"{subjects} {reason}" for subjects, reason in cursor.fetchall())


def test_a_renewal_by_another_name_is_on_record_and_the_newest_counts(
    begun: Any, staff: Any, at: datetime
) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator, name="Jo Doe")
    renewed(one, "SEA", at=at, by=staff.coordinator)
    assert ConsentRequest.objects.count() == 2
    found = contacts.contact(consents.holder(one))
    assert found is not None
    assert found.name == "Jo Doe"


def test_the_operator_finishes_and_verifies_signatures_too(
    begun: Any, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    cutting(monkeypatch, "after the name")
    with pytest.raises(Cut):
        consenting.sign(signing=form.token, name="Jo", at=at, by=staff.coordinator)
    assert reconciling.reconcile(at=at).finished == ("FRONTLINE-SEA-001",)
    keeping.keep_contact(owner="C-1", name="Jo", signing="0" * 32, at=at, by="cora")
    found = verifying.verify(settings.current())
    assert [one.message for one in found.problems] == [
        f"a name was signed under {'0' * 32}, which nobody asked for"
    ]
