"""What happens to hidden parts alone leaves no mark where others look: no state, event, visit or version."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conduct.capture.test_visibility import ANCHOR, HIDING

from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.models import Form, FormState, Query, Visit
from equipoise.conduct.capture.pinned import pinned
from equipoise.conduct.capture.reads import subjects
from equipoise.conduct.capture.services.queries import AGAIN
from equipoise.conduct.studies import services as studies
from equipoise.errors import PermissionRefused, RecordError

Open = Callable[..., Any]
WATCHER = ("facilitator", "monitor", "data_manager", "auditor")
"""Roles of somebody from whom the hidden parts are hidden, and who sees every page."""
SCR = "forms: [screening, demographics,"


@pytest.fixture
def protocol_text(flagship: str) -> str:
    """The flagship with a form of which one item is hidden from facilitators, and one hidden whole at screening."""
    assert flagship.count(ANCHOR) == flagship.count(SCR) == 1
    text = flagship.replace(ANCHOR, ANCHOR + HIDING.strip("\n") + "\n")
    return text.replace("logs: [", "logs: [secret, ").replace(SCR, SCR.replace("[", "[whole, "))


@pytest.fixture
def secret(desk: Open, at: datetime) -> Any:
    """A complete form, one item of which is hidden from facilitators."""
    one = desk("secret")
    one.save(open_one="2", hidden_one="3", following="because")
    assert services.complete(form=one.form, at=at, by=one.by).done
    return one


def shown(viewer: Any) -> list[str]:
    """Return the actions of the trail that somebody may know of."""
    deeds = list(Event.objects.using("default").order_by("id").values_list("action", "subjects"))
    seen = subjects.visible(deeds, viewer=viewer)
    return [action for action, about in deeds if (action, about) in seen]


def test_a_hidden_answer_changes_and_the_form_stays_as_it_stands(
    secret: Any, staff: Any, at: datetime
) -> None:
    watcher = staff.with_roles(*WATCHER)
    before = reads.form_page(secret.form, viewer=watcher), shown(watcher)
    assert secret.save(hidden_one="4", reason="slip").kept
    assert secret.page.state == "complete"
    assert (reads.form_page(secret.form, viewer=watcher), shown(watcher)) == before
    assert shown(staff.monitor)[-1] == "form.part_saved"
    assert secret.save(open_one="1", reason="slip").kept
    assert secret.page.state == "in_progress"


def test_an_answer_taken_back_opens_the_form_again(secret: Any) -> None:
    assert secret.save(hidden_one="", reason="not known").kept
    assert secret.page.state == "in_progress"


def test_a_hidden_answer_that_changes_after_review_is_asked_about_and_signed_again(
    secret: Any, staff: Any, at: datetime
) -> None:
    def sign() -> None:
        services.sign(form=secret.form, meaning="I have reviewed these data", at=at, by=staff.investigator)

    services.verify(form=secret.form, at=at, by=staff.monitor)
    sign()
    assert secret.save(hidden_one="4", reason="slip").kept
    states = FormState.objects.count()
    query = Query.objects.get(item="hidden_one", check_id="")
    page = reads.form_page(secret.form, viewer=staff.investigator)
    assert page is not None
    assert (page.state, page.moves, page.signatures[-1].valid) == ("signed", ("sign",), False)
    with pytest.raises(RecordError, match="open queries"):
        services.lock(form=secret.form, at=at, by=staff.data_manager)
    assert threads(staff.monitor, query) == [AGAIN]
    services.close_query(query=query.code, text="Agrees", at=at, by=staff.monitor)
    with pytest.raises(RecordError, match="no longer covers"):
        services.lock(form=secret.form, at=at, by=staff.data_manager)
    sign()
    assert FormState.objects.count() == states
    services.lock(form=secret.form, at=at, by=staff.data_manager)


def threads(viewer: Any, query: Query) -> list[str]:
    """Return what was said in a query, as somebody sees it."""
    found = [one for one in reads.queries(viewer=viewer) if one.query == query.code]
    return [note.text for one in found for note in one.notes]


def test_who_does_not_see_all_of_a_form_neither_completes_nor_locks_it(
    secret: Any, staff: Any, at: datetime
) -> None:
    for deed, roles in ((services.complete, ("coordinator",)), (services.lock, ("data_manager",))):
        by = staff.with_roles(*roles, "facilitator")
        with pytest.raises(PermissionRefused, match="you may not"):
            deed(form=secret.form, at=at, by=by)
        page = reads.form_page(secret.form, viewer=by)
        assert page is not None
        assert not {"complete", "lock"} & set(page.moves)


def test_a_hidden_form_begins_a_visit_for_nobody_else(
    desk: Open, participant: str, staff: Any, at: datetime, protocol_text: str
) -> None:
    """Neither that it was begun, nor under which version."""
    whole = desk("whole", "SCR")
    whole.save(w="x")
    row = Visit.objects.get()
    assert (row.begun_by, pinned(row)) == ("whole", None)
    assert [one.begun for one in timeline(participant, staff.facilitator, at)] == [False]
    assert [one.begun for one in timeline(participant, staff.coordinator, at)] == [True]
    later = at + timedelta(days=1)
    amended = protocol_text.replace("label: Takes tramadol,", "label: Takes tramadol now,")
    number = studies.add_version(text=amended, name="frontline.yaml", at=later, by="system")
    studies.adopt_version(
        site="SEA", version=number, approved_on=None, effective_from=later.date(), at=later, by="system"
    )
    services.begin_visit(participant=participant, visit="SCR", at=later, by=staff.facilitator)
    assert pinned(Visit.objects.get()) == number
    assert "visit.begun" in shown(staff.with_roles(*WATCHER))
    vitals = services.open_form(
        participant=participant, visit="SCR", form="vitals", at=later, by=staff.coordinator
    )
    assert Form.objects.get(code=vitals).version == number
    assert [one.begun for one in timeline(participant, staff.facilitator, later)] == [True]


@pytest.mark.parametrize("way", ["record", "open"])
def test_a_visit_that_a_hidden_form_began_is_recorded_as_if_it_was_not(
    desk: Open, participant: str, staff: Any, at: datetime, way: str
) -> None:
    desk("whole", "SCR")
    if way == "open":
        desk("vitals", "SCR")
    else:
        place = {"participant": participant, "visit": "SCR", "status": "held", "date": at.date()}
        services.record_visit(**place, at=at, by=staff.facilitator)
    assert pinned(Visit.objects.get()) == 1
    assert [one.begun for one in timeline(participant, staff.facilitator, at)] == [True]


def timeline(participant: str, viewer: Any, at: datetime) -> list[Any]:
    """Return the screening visit as somebody sees it."""
    found = reads.timeline(participant, viewer=viewer, at=at)
    assert found is not None
    return [one for one in found.visits if one.visit == "SCR"]
