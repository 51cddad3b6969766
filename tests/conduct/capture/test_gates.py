"""What consent allows: nothing of the study before it, nothing after it was taken back, alerts always."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.conduct.consenting import enrolled, provide_form, renewed

from equipoise.conduct.capture import dataset, gates, reads, services
from equipoise.conduct.capture.models import Alert, Deviation, Entry, Form, Visit
from equipoise.conduct.capture.results import Given
from equipoise.conduct.consent import services as consents
from equipoise.errors import PermissionRefused, RecordError

Open = Callable[..., Any]
TODAY = date(2026, 11, 23)


def said(call: Callable[[], object]) -> list[str]:
    """Return everything that a refused call says."""
    with pytest.raises(RecordError) as refused:
        call()
    return [one.message for one in refused.value.problems]


def withdraw(participant: str, degree: str, staff: Any, at: datetime) -> None:
    consents.withdraw(
        participant=participant, degree=degree, on=TODAY, reason="", at=at, by=staff.coordinator
    )


@pytest.mark.both_stores
def test_nothing_is_begun_before_the_countersignature(begun: Any, staff: Any, at: datetime) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator, countersigned=False)
    here = {"participant": one, "at": at, "by": staff.coordinator}
    missing = ["the consent is not countersigned yet"]
    held = {"visit": "SCR", "status": "held", "date": TODAY}
    assert said(lambda: services.begin_visit(visit="SCR", **here)) == missing
    assert said(lambda: services.record_visit(**held, **here)) == missing
    assert said(lambda: services.open_form(visit="SCR", form="screening", **here)) == missing
    assert said(lambda: services.open_form(form="medications", **here)) == missing
    assert (Visit.objects.count(), Form.objects.count()) == (0, 0)
    consents.countersign(participant=one, at=at, by=staff.investigator)
    services.begin_visit(visit="SCR", **here)


@pytest.mark.both_stores
def test_after_no_further_data_nothing_is_saved_and_an_alert_is_raised_all_the_same(
    desk: Open, participant: str, staff: Any, at: datetime
) -> None:
    form = desk("madrs", "PREP1")
    assert form.save(apparent_sadness="2").done
    withdraw(participant, "all", staff, at)
    before = Entry.objects.count()
    found = form.save(suicidal_thoughts="5")
    assert found.problem is not None
    assert found.problem.message == gates.WITHDREW
    assert Entry.objects.count() == before
    assert [one.rule for one in found.instructions] == ["madrs_suicidal"]
    assert found.instructions[0].stored
    assert Alert.objects.count() == 1
    done = services.complete(form=form.form, at=at, by=form.by)
    assert done.problem is not None
    here = {"participant": participant, "at": at, "by": staff.coordinator}
    assert said(lambda: services.open_form(form="medications", **here)) == [gates.WITHDREW]
    assert said(lambda: services.begin_visit(visit="DOSE", **here)) == [gates.WITHDREW]
    renewed(participant, "SEA", at=at, by=staff.coordinator)
    assert form.save(suicidal_thoughts="5").done


def test_a_withdrawal_between_reading_and_writing_is_noticed(
    desk: Open, participant: str, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from equipoise.conduct.capture.services import snapshots  # noqa: PLC0415 - patched below

    form, whole = desk("madrs", "PREP1"), snapshots.acting

    def meanwhile(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(snapshots, "acting", whole)
        withdraw(participant, "all", staff, at)
        return whole(*given, **named)

    monkeypatch.setattr(snapshots, "acting", meanwhile)
    found = form.save(apparent_sadness="2")
    assert found.problem is not None
    assert Entry.objects.count() == 0


@pytest.mark.parametrize(
    ("degree", "dose", "d28", "log"),
    [
        ("treatment", "the participant withdrew from treatment", "", ""),
        ("contacts", "the participant withdrew from treatment", "", ""),
        (
            "records",
            "the participant withdrew: only records may be looked into",
            "the participant withdrew: only records may be looked into",
            "",
        ),
        ("all", gates.WITHDREW, gates.WITHDREW, gates.WITHDREW),
    ],
)
def test_each_degree_leaves_what_it_leaves(
    participant: str, staff: Any, at: datetime, degree: str, dose: str, d28: str, log: str
) -> None:
    withdraw(participant, degree, staff, at)
    here = {"participant": participant, "at": at, "by": staff.team}

    def asked(call: Callable[[], object]) -> str:
        try:
            call()
        except RecordError as error:
            return error.problems[0].message
        return ""

    assert asked(lambda: services.begin_visit(visit="DOSE", **here)) == dose
    assert asked(lambda: services.begin_visit(visit="D28", **here)) == d28
    assert asked(lambda: services.open_form(form="adverse_events", **here)) == log


@pytest.mark.parametrize(
    ("degree", "states"),
    [
        ("treatment", {"DOSE": "not_expected", "PREP1": "planned", "D28": "planned"}),
        ("contacts", {"DOSE": "not_expected", "PREP1": "by_agreement", "D28": "by_agreement"}),
        ("records", {"DOSE": "not_expected", "PREP1": "not_expected", "D28": "not_expected"}),
        ("all", {"DOSE": "not_expected", "PREP1": "not_expected", "D28": "not_expected"}),
    ],
)
def test_the_schedule_shows_what_still_applies(
    participant: str, staff: Any, at: datetime, degree: str, states: dict[str, str]
) -> None:
    services.record_visit(
        participant=participant, visit="SCR", status="held", date=TODAY, at=at, by=staff.team
    )
    withdraw(participant, degree, staff, at)
    line = reads.timeline(participant, viewer=staff.coordinator, at=at)
    assert line is not None
    found = {one.visit: one.state for one in line.visits}
    assert {visit: found[visit] for visit in states} == states
    assert found["SCR"] == "in_progress"
    later = at + timedelta(days=60)
    home = reads.home(viewer=staff.coordinator, at=later)
    assert home is not None
    late = {one.visit for one in home.late}
    assert ("PREP1" in late) == (degree == "treatment")
    assert "DOSE" not in late


def test_a_newer_form_holds_new_visits_back_until_it_is_signed(
    participant: str, staff: Any, at: datetime, desk: Open
) -> None:
    form = desk("screening", "SCR")
    provide_form("SEA", at=at)
    here = {"participant": participant, "at": at, "by": staff.coordinator}
    newer = ["a newer consent form is in force at the site"]
    assert said(lambda: services.begin_visit(visit="PREP1", **here)) == newer
    assert said(lambda: services.open_form(visit="PREP1", form="spfi", **here)) == newer
    # What was begun goes on, and harm is always reported.
    assert form.save(profession="nurse").done
    services.open_form(visit="SCR", form="madrs", **here)
    services.open_form(form="adverse_events", **here)
    renewed(participant, "SEA", at=at, by=staff.coordinator)
    services.begin_visit(visit="PREP1", **here)


def test_a_recorded_deviation_lets_visits_go_on_until_the_next_form(
    participant: str, staff: Any, at: datetime
) -> None:
    here = {"participant": participant, "at": at, "by": staff.coordinator}
    assert "no newer consent form waits for them" in said(
        lambda: services.go_on_without_update(reason="Why not", **here)
    )
    provide_form("SEA", at=at)
    assert said(lambda: services.go_on_without_update(reason=" ", **here)) == ["a deviation needs a reason"]
    with pytest.raises(PermissionRefused):
        services.go_on_without_update(participant=participant, reason="Ill", at=at, by=staff.facilitator)
    services.go_on_without_update(reason="They were already on their way", **here)
    services.begin_visit(visit="PREP1", **here)
    [row] = Deviation.objects.all()
    assert (row.kind, row.importance, row.about, row.on) == (
        "no_consent_update",
        "important",
        "consent 2",
        "2026-11-23",
    )
    provide_form("SEA", at=at)
    assert said(lambda: services.begin_visit(visit="PREP2", **here)) == [
        "a newer consent form is in force at the site"
    ]


def test_a_missed_visit_is_noted_whatever_form_is_in_force(
    participant: str, staff: Any, at: datetime
) -> None:
    provide_form("SEA", at=at)
    services.record_visit(
        participant=participant, visit="SCR", status="missed", reason="Ill", at=at, by=staff.coordinator
    )
    assert Visit.objects.count() == 1


def test_withdrawals_and_deviations_leave_with_the_data(
    participant: str, staff: Any, at: datetime, desk: Open
) -> None:
    provide_form("SEA", at=at)
    services.go_on_without_update(participant=participant, reason="On the way", at=at, by=staff.coordinator)
    two = enrolled("SEA", at=at, by=staff.coordinator)
    log = desk("deviations")
    given = [
        Given("deviation", text="wrong_kit"),
        Given("text", text="Kit of another"),
        Given("date", text="2026-11-20"),
    ]
    assert services.save(form=log.form, given=given, at=at, by=log.by).done
    withdraw(two, "all", staff, at)
    found = dataset.collect()
    people = found.participants.set_index("participant")
    assert people.loc[participant, "consent_date"] == "2026-11-23"
    assert people.loc[two, "status"] == "screen_failure"
    [row] = found.dispositions.to_dict("records")
    assert [row[name] for name in ("participant", "stage", "status", "reason", "date")] == [
        two,
        "screening",
        "failed",
        "declined",
        "2026-11-23",
    ]
    kinds = found.deviations[["deviation", "importance", "text"]].to_numpy().tolist()
    assert ["no_consent_update", "important", "On the way"] in kinds
    assert ["wrong_kit", None, "Kit of another"] in kinds
