"""Visits stand where the protocol and the site's calendar put them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.http import Http404
from tests.conduct.consenting import enrolled

from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import dataset, reads, services
from equipoise.conduct.capture.lines import Timeline, VisitLine
from equipoise.conduct.capture.models import Form, Visit
from equipoise.conduct.capture.results import Given
from equipoise.conduct.consent.services import Signed
from equipoise.conduct.studies import services as setting_up
from equipoise.errors import PermissionRefused, RecordError

Open = Callable[..., Any]
DOSE = date(2026, 12, 14)

NOBODYS = Signed("none", "")


def timeline(participant: str, viewer: Any, at: datetime) -> Timeline:
    found = reads.timeline(participant, viewer=viewer, at=at)
    assert found is not None
    return found


def visit(participant: str, name: str, viewer: Any, at: datetime) -> VisitLine:
    return next(line for line in timeline(participant, viewer, at).visits if line.visit == name)


def test_ids_count_up_by_site_and_never_tell_a_name(begun: Any, staff: Any, at: datetime) -> None:
    ids = [enrolled("SEA", at=at, by=staff.coordinator, countersigned=False) for _ in range(2)]
    assert ids == ["FRONTLINE-SEA-001", "FRONTLINE-SEA-002"]
    assert enrolled("NYC", at=at, by=staff.outsider, countersigned=False) == "FRONTLINE-NYC-001"
    event = Event.objects.using("default").order_by("-id").first()
    assert event is not None
    assert (event.action, event.subjects) == ("participant.enrolled", "FRONTLINE-NYC-001 NYC")


def test_nobody_enrolls_elsewhere_or_ahead_of_time(begun: Any, staff: Any, at: datetime) -> None:
    with pytest.raises(PermissionRefused):
        services.enroll(site="NYC", consent=NOBODYS, at=at, by=staff.coordinator)
    with pytest.raises(PermissionRefused):
        services.enroll(site="LAX", consent=NOBODYS, at=at, by=staff.coordinator)
    tomorrow = date(2026, 11, 24)
    with pytest.raises(RecordError, match="lies ahead"):
        services.enroll(site="SEA", consent=NOBODYS, entered_on=tomorrow, at=at, by=staff.coordinator)


def test_windows_follow_the_planned_dose_and_then_the_one_that_took_place(
    participant: str, staff: Any, at: datetime
) -> None:
    screening = visit(participant, "SCR", staff.coordinator, at)
    assert (screening.target, screening.state) == (DOSE - timedelta(days=21), "due")
    later = visit(participant, "D28", staff.coordinator, at)
    assert (later.target, later.provisional, later.state) == (DOSE + timedelta(days=28), True, "planned")
    held = DOSE + timedelta(days=2)
    then = at + timedelta(days=30)
    services.record_visit(
        participant=participant, visit="DOSE", status="held", date=held, at=then, by=staff.coordinator
    )
    later = visit(participant, "D28", staff.coordinator, then)
    assert (later.target, later.provisional) == (held + timedelta(days=28), False)
    assert visit(participant, "SCR", staff.coordinator, then).state == "late"
    assert timeline(participant, staff.coordinator, then).anchors[0].actual_on == held


def test_a_day_begins_at_the_sites_midnight(participant: str, staff: Any) -> None:
    closes = DOSE - timedelta(days=14)
    last = datetime(closes.year, closes.month, closes.day, 8, tzinfo=UTC) + timedelta(hours=23, minutes=59)
    assert visit(participant, "SCR", staff.coordinator, last).state == "due"
    assert visit(participant, "SCR", staff.coordinator, last + timedelta(minutes=1)).state == "late"


def test_a_clock_put_back_before_the_study_still_shows_the_timeline(
    participant: str, staff: Any, at: datetime
) -> None:
    before = at - timedelta(days=400)
    assert visit(participant, "SCR", staff.coordinator, before).state == "planned"
    assert reads.home(viewer=staff.coordinator, at=before) is not None
    with pytest.raises(RecordError, match="no protocol version"):
        services.begin_visit(participant=participant, visit="SCR", at=before, by=staff.coordinator)


def test_a_visit_outside_its_window_says_so(participant: str, staff: Any, at: datetime) -> None:
    then = at + timedelta(days=60)
    for name, day in (("DOSE", DOSE), ("D7", DOSE + timedelta(days=12))):
        services.record_visit(
            participant=participant, visit=name, status="held", date=day, at=then, by=staff.coordinator
        )
    found = visit(participant, "D7", staff.coordinator, then)
    assert (found.out_of_window, found.day, found.state) == (True, 12, "in_progress")


def test_a_missed_visit_has_a_reason_and_takes_no_form(participant: str, staff: Any, at: datetime) -> None:
    record = {"participant": participant, "visit": "PREP2", "at": at, "by": staff.facilitator}
    services.record_visit(status="missed", reason="ill", **record)
    found = visit(participant, "PREP2", staff.facilitator, at)
    assert (found.state, found.reason) == ("missed", "ill")
    with pytest.raises(RecordError, match="missed"):
        services.open_form(
            participant=participant, visit="PREP2", form="session_held", at=at, by=staff.facilitator
        )
    with pytest.raises(RecordError, match="needs a reason"):
        services.record_visit(status="held", date=date(2026, 11, 23), **record)
    services.record_visit(status="held", date=date(2026, 11, 23), reason="came after all", **record)
    assert visit(participant, "PREP2", staff.facilitator, at).held_on == date(2026, 11, 23)


def test_everything_wrong_with_a_record_is_said_at_once(participant: str, staff: Any, at: datetime) -> None:
    with pytest.raises(RecordError) as caught:
        services.record_visit(
            participant=participant, visit="SCR", status="declined", date=DOSE, at=at, by=staff.coordinator
        )
    assert len(caught.value.problems) == 3


def test_a_visit_with_answers_was_not_missed(desk: Open, participant: str, staff: Any, at: datetime) -> None:
    desk("demographics", "SCR").save(age="44")
    with pytest.raises(RecordError, match="hold answers"):
        services.record_visit(
            participant=participant, visit="SCR", status="missed", reason="ill", at=at, by=staff.coordinator
        )


def test_an_unscheduled_visit_is_begun_anew_each_time(participant: str, staff: Any, at: datetime) -> None:
    page = timeline(participant, staff.coordinator, at)
    assert [choice.id for choice in page.addable] == ["UNS"]
    assert "UNS" not in {line.visit for line in page.visits}
    begin = {"participant": participant, "visit": "UNS", "at": at, "by": staff.coordinator}
    first = services.begin_visit(**begin)
    assert services.begin_visit(**begin) == first
    services.record_visit(status="held", date=date(2026, 11, 23), **begin)
    assert services.begin_visit(**begin) != first
    repeats = [
        line.repeat for line in timeline(participant, staff.coordinator, at).visits if line.visit == "UNS"
    ]
    assert repeats == [1, 2]


def test_a_visit_of_one_arm_does_not_exist_for_anybody(participant: str, staff: Any, at: datetime) -> None:
    everybody = staff.with_roles(
        "coordinator", "investigator", "facilitator", "session_monitor", "data_manager", "monitor"
    )
    for viewer in (staff.coordinator, staff.data_manager, everybody):
        shown = timeline(participant, viewer, at)
        assert not {"OL_DOSE", "OL_INT"} & {line.visit for line in shown.visits}
        assert "open_dose" not in {line.anchor for line in shown.anchors}
    for call in (services.begin_visit, services.record_visit):
        more = {"status": "missed", "reason": "no"} if call is services.record_visit else {}
        with pytest.raises(Http404):
            call(participant=participant, visit="OL_DOSE", at=at, by=everybody, **more)
    with pytest.raises(Http404):
        services.open_form(participant=participant, visit="OL_DOSE", form="vitals", at=at, by=everybody)
    with pytest.raises(RecordError, match="no anchor"):
        services.plan_anchor(participant=participant, anchor="open_dose", date=DOSE, at=at, by=everybody)


def test_forms_are_found_again_and_logs_grow(participant: str, staff: Any, at: datetime) -> None:
    place = {"participant": participant, "at": at, "by": staff.coordinator}
    first = services.open_form(visit="SCR", form="demographics", **place)
    assert services.open_form(visit="SCR", form="demographics", **place) == first
    entry = services.open_form(form="medications", **place)
    assert services.open_form(form="medications", **place) == entry
    services.save(form=entry, given=[Given("name", text="sertraline")], at=at, by=staff.coordinator)
    assert services.open_form(form="medications", **place) != entry
    [log] = [one for one in timeline(participant, staff.coordinator, at).logs if one.form == "medications"]
    assert [(line.repeat, line.summary) for line in log.entries] == [(1, "sertraline"), (2, "")]
    assert Visit.objects.filter(visit="SCR").count() == 1


def test_readings_of_a_session_follow_its_clock(participant: str, staff: Any, at: datetime) -> None:
    dose = visit(participant, "DOSE", staff.session_monitor, at)
    readings = [line for line in dose.forms if line.form == "vitals"]
    assert [line.minutes for line in readings] == [0, 30, 60, 90, 120, 180, 240, 300, 360]
    place = {
        "participant": participant,
        "visit": "DOSE",
        "form": "vitals",
        "at": at,
        "by": staff.session_monitor,
    }
    fourth = services.open_form(repeat=4, **place)
    assert Form.objects.get(code=fourth).repeat == 4
    with pytest.raises(Http404):
        services.open_form(repeat=40, **place)


@pytest.mark.parametrize(
    ("visit_id", "form"),
    [("SCR", "guess"), ("SCR", "medications"), ("log", "madrs"), ("NOWHERE", "madrs"), ("SCR", "nothing")],
)
def test_a_form_stands_only_where_the_protocol_puts_it(
    participant: str, staff: Any, at: datetime, visit_id: str, form: str
) -> None:
    with pytest.raises(Http404):
        services.open_form(participant=participant, visit=visit_id, form=form, at=at, by=staff.team)
    with pytest.raises(Http404):
        services.open_form(participant=participant, visit="SCR", form="madrs", repeat=2, at=at, by=staff.team)


def test_a_participant_of_another_site_does_not_exist(participant: str, staff: Any, at: datetime) -> None:
    assert reads.timeline(participant, viewer=staff.outsider, at=at) is None
    assert reads.timeline("FRONTLINE-SEA-999", viewer=staff.coordinator, at=at) is None
    assert reads.participants(viewer=staff.outsider, at=at) == ()
    for name in (participant, "FRONTLINE-SEA-999"):
        with pytest.raises(Http404):
            services.begin_visit(participant=name, visit="SCR", at=at, by=staff.outsider)


def test_the_home_page_says_what_is_due_and_late(participant: str, staff: Any, at: datetime) -> None:
    found = reads.home(viewer=staff.coordinator, at=at)
    assert found is not None
    assert [(one.site, one.entered, one.planned) for one in found.recruitment] == [
        ("", 1, 30),
        ("SEA", 1, None),
        ("NYC", 0, None),
    ]
    assert [(line.visit, line.state) for line in found.due] == [("SCR", "due")]
    later = reads.home(viewer=staff.coordinator, at=at + timedelta(days=15))
    assert later is not None
    assert [line.visit for line in later.late] == ["SCR"]
    [line] = reads.participants(viewer=staff.coordinator, at=at)
    assert (line.due, line.late, line.next_visit) == (1, 0, "Screening")


def test_a_changed_plan_needs_a_reason_and_may_be_withdrawn(
    participant: str, staff: Any, at: datetime
) -> None:
    plan = {"participant": participant, "anchor": "dose", "at": at, "by": staff.coordinator}
    with pytest.raises(RecordError, match="needs a reason"):
        services.plan_anchor(date=DOSE + timedelta(days=1), **plan)
    services.plan_anchor(date=None, reason="postponed", **plan)
    assert visit(participant, "SCR", staff.coordinator, at).state == "unplanned"


def test_what_only_an_earlier_version_has_stays_on_the_timeline(
    desk: Open, participant: str, flagship: str, staff: Any, at: datetime
) -> None:
    desk("diary").save(note="kept")
    desk("session_held", "INT2", by=staff.facilitator).save(attended="1")
    old = [line for line in flagship.splitlines(keepends=True) if "{id: INT2," not in line]
    then = at + timedelta(days=1)
    setting_up.add_version(text="".join(old), name="v2.yaml", at=at, by="system")
    setting_up.adopt_version(
        site="SEA", version=2, approved_on=None, effective_from=date(2026, 11, 24), at=at, by="system"
    )
    found = timeline(participant, staff.team, then)
    assert found.version == 2
    assert found.visits[-1].visit == "INT2"
    assert [line.form for line in found.visits[-1].forms if line.code] == ["session_held"]
    [diary] = [log for log in found.logs if log.form == "diary"]
    assert ([entry.summary for entry in diary.entries], diary.may_add) == (["kept"], False)
    with pytest.raises(Http404):
        services.open_form(participant=participant, form="diary", at=then, by=staff.team)
    assert reads.home(viewer=staff.team, at=then) is not None
    values = dataset.collect().values
    assert {"diary", "session_held"} == set(values["form"])
    assert set(values["protocol_version"]) == {"1"}


@pytest.fixture
def protocol_text(flagship: str) -> str:
    """The flagship with a diary, which the next version does without."""
    demographics = "  - {id: demographics, standard: demographics, filled_by: coordinator}\n"
    assert flagship.count(demographics) == 1
    diary = "  - {id: diary, filled_by: coordinator, items: [{id: note, label: Note, type: text}]}\n"
    return flagship.replace(demographics, demographics + diary).replace("logs: [", "logs: [diary, ")
