"""A form goes through its states one by one, each step by who may take it; an edit voids what was signed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.http import Http404

from equipoise.conduct.capture import answers, moves, reads, services
from equipoise.conduct.capture.models import Entry, Form, FormState, Signature
from equipoise.conduct.capture.services.states import content_sha256
from equipoise.conduct.consent.services import Signed
from equipoise.conduct.stores import triggers
from equipoise.errors import PermissionRefused, RecordError

Open = Callable[..., Any]


@pytest.fixture
def complete(desk: Open, at: datetime) -> Any:
    one = desk("demographics", "SCR")
    one.save(age="44", sex="F")
    assert services.complete(form=one.form, at=at, by=one.by).done
    return one


def step(name: str, form: str, at: datetime, by: Any) -> None:
    more = {"sign": {"meaning": "I have reviewed these data"}, "unlock": {"reason": "an error was found"}}
    getattr(services, name)(form=form, at=at, by=by, **more.get(name, {}))


def test_each_step_needs_the_state_before_it(complete: Any, staff: Any, at: datetime) -> None:
    everybody = staff.with_roles("monitor", "investigator", "data_manager")
    for name in ("sign", "lock", "unlock"):
        with pytest.raises(RecordError, match="cannot"):
            step(name, complete.form, at, everybody)
    for name in ("verify", "sign", "lock", "unlock"):
        step(name, complete.form, at, everybody)
    assert list(FormState.objects.order_by("seq").values_list("state", flat=True)) == [
        "complete",
        "verified",
        "signed",
        "locked",
        "signed",
    ]


@pytest.mark.parametrize("one", [one for one in moves.STEPS if one.name != "complete"])
def test_each_step_is_for_its_role_only(one: moves.Step, complete: Any, staff: Any, at: datetime) -> None:
    for viewer in (staff.coordinator, staff.facilitator):
        with pytest.raises(PermissionRefused):
            step(one.name, complete.form, at, viewer)
    with pytest.raises(Http404):
        step(one.name, complete.form, at, staff.outsider)


def test_the_page_offers_the_steps_that_are_possible(complete: Any, staff: Any, at: datetime) -> None:
    def offered(viewer: Any) -> tuple[str, ...]:
        page = reads.form_page(complete.form, viewer=viewer)
        assert page is not None
        return page.moves

    assert offered(staff.monitor) == ("verify",)
    assert offered(staff.coordinator) == offered(staff.investigator) == ()
    step("verify", complete.form, at, staff.monitor)
    assert offered(staff.investigator) == ("sign",)
    step("sign", complete.form, at, staff.investigator)
    assert offered(staff.data_manager) == ("lock",)


def test_a_signature_is_over_exact_content_and_void_after_an_edit(
    complete: Any, staff: Any, at: datetime
) -> None:
    step("verify", complete.form, at, staff.monitor)
    step("sign", complete.form, at, staff.investigator)
    assert [one.valid for one in complete.page.signatures] == [True]
    complete.save(age="45", reason="slip")
    assert (complete.page.state, [one.valid for one in complete.page.signatures]) == ("in_progress", [False])
    complete.save(age="44", reason="it was right")
    assert [one.valid for one in complete.page.signatures] == [False]


def test_a_form_with_an_open_query_is_not_locked(complete: Any, staff: Any, at: datetime) -> None:
    step("verify", complete.form, at, staff.monitor)
    step("sign", complete.form, at, staff.investigator)
    query = services.open_query(form=complete.form, item="age", text="Sure?", at=at, by=staff.data_manager)
    with pytest.raises(RecordError, match="open queries"):
        step("lock", complete.form, at, staff.data_manager)
    services.answer_query(query=query, text="Yes", at=at, by=staff.coordinator)
    services.close_query(query=query, text="Thank you", at=at, by=staff.data_manager)
    step("lock", complete.form, at, staff.data_manager)
    line = reads.query(query, viewer=staff.monitor)
    assert line is not None
    assert [note.status for note in line.notes] == ["open", "answered", "closed"]


def test_a_query_is_closed_once_and_says_something(complete: Any, staff: Any, at: datetime) -> None:
    with pytest.raises(RecordError, match="nothing was written"):
        services.open_query(form=complete.form, text=" ", at=at, by=staff.monitor)
    with pytest.raises(PermissionRefused):
        services.open_query(form=complete.form, text="Sure?", at=at, by=staff.coordinator)
    with pytest.raises(Http404):
        services.open_query(form=complete.form, item="nothing", text="Sure?", at=at, by=staff.monitor)
    query = services.open_query(form=complete.form, text="Sure?", at=at, by=staff.monitor)
    with pytest.raises(Http404):
        services.answer_query(query=query, text="Yes", at=at, by=staff.outsider)
    services.close_query(query=query, text="Settled by phone", at=at, by=staff.monitor)
    for close in (services.close_query, services.answer_query):
        with pytest.raises((RecordError, PermissionRefused)):
            close(query=query, text="Again", at=at, by=staff.with_roles("monitor", "coordinator"))


def test_a_locked_participant_and_a_locked_study_take_no_change(
    complete: Any, participant: str, staff: Any, at: datetime
) -> None:
    lock = {"locked": True, "reason": "end of study", "at": at, "by": staff.data_manager}
    services.lock_participant(participant=participant, **lock)
    assert complete.save(age="45", reason="slip").problem is not None
    with pytest.raises(RecordError, match="locked"):
        services.record_visit(
            participant=participant, visit="SCR", status="missed", reason="ill", at=at, by=staff.coordinator
        )
    with pytest.raises(RecordError, match="already"):
        services.lock_participant(participant=participant, **lock)
    services.lock_participant(participant=participant, **{**lock, "locked": False})
    assert complete.save(age="45", reason="slip").done
    services.lock_study(**lock)
    assert complete.save(age="46", reason="slip").problem is not None
    with pytest.raises(RecordError, match="locked"):
        services.enroll(site="SEA", consent=Signed("none", ""), at=at, by=staff.coordinator)
    with pytest.raises(PermissionRefused):
        services.lock_study(**{**lock, "by": staff.with_roles("data_manager")})


def test_the_digest_of_a_signature_cannot_be_guessed_once_answers_and_salts_are_gone(
    complete: Any, staff: Any, at: datetime
) -> None:
    for name in ("verify", "sign"):
        step(name, complete.form, at, staff.with_roles("monitor", "investigator"))
    signed = Signature.objects.get().content_sha256
    number = Form.objects.get(code=complete.form).id
    stored = answers.current(number)
    assert content_sha256(number, stored) == signed
    with triggers.lifted("default", "entry"):
        Entry.objects.filter(form_id=number).update(salt=None)
    # Whoever knows or guesses every answer still does not find the digest.
    assert content_sha256(number, stored) != signed
