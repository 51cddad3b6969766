"""After a planned unblinding the open-label part exists for those who were told, and for nobody else anywhere."""

import dataclasses
from datetime import timedelta

import pytest
from django.http import Http404
from tests.conduct.unblinding.conftest import (
    AT,
    COORDINATOR,
    DATA_MANAGER,
    MEDICAL_MONITOR,
    MONITOR,
    PHYSICIAN,
    TEAM,
    Trial,
    somebody,
)
from tests.conduct.unblinding.test_telling import tell

from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import access, blindness, dataset, exposure, milestones, reads, visibility
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.models import Form
from equipoise.conduct.capture.reads import subjects, visits
from equipoise.conduct.capture.reads.finding import find
from equipoise.conduct.capture.results import Given
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.unblinding.services import breaking

LATER = AT + timedelta(days=20)
OPEN_LABEL = {"OL_DOSE", "OL_INT"}
FACILITATOR = somebody("fara", "facilitator")
RATER_TOO = somebody("both", "coordinator", "rater")
STATISTICIAN_TOO = somebody("stat", "coordinator", "statistician")
AUDITOR = somebody("aude", "auditor", site="")
TOLD = (COORDINATOR, TEAM, FACILITATOR, PHYSICIAN, MEDICAL_MONITOR, MONITOR)
MASKED = (RATER_TOO, STATISTICIAN_TOO, DATA_MANAGER, AUDITOR)


@pytest.fixture
def dosed(trial: Trial) -> tuple[str, str]:
    """Somebody of each arm who was told; the open-label dose was given, with high blood pressure and a query."""
    niacin, psilocybin = trial.of("niacin"), trial.of("psilocybin")
    for one in (niacin, psilocybin):
        trial.finish_forms(one)
        tell(one)
    day = (AT + timedelta(days=10)).date()
    capture.record_visit(participant=niacin, visit="OL_DOSE", status="held", date=day, at=LATER, by=TEAM)
    vitals = capture.open_form(
        participant=niacin, visit="OL_DOSE", form="vitals", at=LATER, by=TEAM, repeat=1
    )
    given = [Given("systolic", text="230"), Given("diastolic", text="120"), Given("heart_rate", text="90")]
    assert capture.save(form=vitals, given=given, at=LATER, by=TEAM).instructions
    return niacin, psilocybin


def seen(participant: str, viewer) -> set[str]:
    line = reads.timeline(participant, viewer=viewer, at=LATER)
    return {one.visit for one in line.visits}


@pytest.mark.parametrize("viewer", TOLD, ids=lambda one: one.person)
def test_those_who_were_told_see_the_open_label_part_of_that_participant(dosed, viewer) -> None:
    niacin, psilocybin = dosed
    assert seen(niacin, viewer) >= OPEN_LABEL
    assert not seen(psilocybin, viewer) & OPEN_LABEL
    line = reads.timeline(niacin, viewer=viewer, at=LATER)
    assert "open_dose" in {one.anchor for one in line.anchors}


@pytest.mark.parametrize("viewer", MASKED, ids=lambda one: one.person)
def test_those_still_masked_see_nothing_of_it_anywhere(dosed, viewer) -> None:
    niacin, psilocybin = dosed
    of_niacin = reads.timeline(niacin, viewer=viewer, at=LATER)
    of_other = reads.timeline(psilocybin, viewer=viewer, at=LATER)
    alike = dataclasses.replace(of_niacin, participant="", anchors=(), visits=())
    assert alike == dataclasses.replace(of_other, participant="", anchors=(), visits=())
    assert [one.visit for one in of_niacin.visits] == [one.visit for one in of_other.visits]
    assert "open_dose" not in {one.anchor for one in of_niacin.anchors}
    people = {one.participant: one for one in reads.participants(viewer=viewer, at=LATER)}
    assert dataclasses.replace(people[niacin], participant="") == dataclasses.replace(
        people[psilocybin], participant=""
    )
    assert not [one for one in reads.alerts(viewer=viewer, at=LATER) if one.participant == niacin]
    assert not [one for one in find("Open-label", viewer=viewer).forms if one.participant == niacin]
    home = reads.home(viewer=viewer, at=LATER)
    assert not [one for one in (*home.due, *home.late) if one.visit in OPEN_LABEL]
    events = [(one.action, one.subjects) for one in Event.objects.using("default").order_by("id")]
    shown = subjects.visible(events, viewer=viewer)
    about = {text for _, text in shown if text.startswith(niacin)}
    assert bool(about) is viewer.may("audit.view")
    assert not any("OL_" in text or "form-" in text for text in about)


def test_an_alert_of_the_open_label_dose_reaches_the_physician(dosed) -> None:
    assert [one.participant for one in reads.alerts(viewer=PHYSICIAN, at=LATER)] == [dosed[0]]


def test_the_trail_of_those_told_names_it(dosed) -> None:
    deed = ("visit.held", f"{dosed[0]} OL_DOSE")
    viewer = somebody("ines", "investigator")
    assert subjects.visible([deed], viewer=viewer) == {deed}
    assert subjects.visible([deed], viewer=MONITOR) == {deed}
    assert subjects.visible([deed], viewer=AUDITOR) == frozenset()
    form = Form.objects.get(participant=dosed[0], visit="OL_DOSE")
    saved = ("form.saved", " ".join(access.subjects(form)))
    assert subjects.visible([saved], viewer=viewer) == {saved}
    assert subjects.visible([saved], viewer=AUDITOR) == frozenset()


def test_forms_and_visits_of_it_do_not_exist_for_the_masked(dosed) -> None:
    with pytest.raises(Http404):
        capture.begin_visit(participant=dosed[0], visit="OL_INT", at=LATER, by=RATER_TOO)
    with pytest.raises(Http404):
        capture.begin_visit(participant=dosed[1], visit="OL_DOSE", at=LATER, by=TEAM)
    capture.begin_visit(participant=dosed[0], visit="OL_INT", at=LATER, by=FACILITATOR)


def test_the_blinded_export_never_has_it_also_after_the_lock(dosed, tmp_path) -> None:
    for locked in (False, True):
        if locked:
            capture.lock_study(locked=True, reason="end", at=LATER, by=DATA_MANAGER)
        found = dataset.collect()
        assert not OPEN_LABEL & set(found.visits["visit"])
        assert not OPEN_LABEL & set(found.values["visit"])
    everything = frozenset({"lock", "unblinding_day_28"})
    assert not dataset._whole(studies.resolved(1), everything, visibility.EVERYBODY).visit("OL_DOSE")
    whole = dataset.collect(dataset.NOBODY)
    assert "OL_DOSE" in set(whole.visits["visit"])
    assert "OL_DOSE" in set(whole.values["visit"])


def test_the_lock_opens_what_the_masking_says_and_lifting_it_closes_it(dosed) -> None:
    assert not seen(dosed[0], RATER_TOO) & OPEN_LABEL
    capture.lock_study(locked=True, reason="end", at=LATER, by=DATA_MANAGER)
    for viewer in (RATER_TOO, STATISTICIAN_TOO, AUDITOR, DATA_MANAGER):
        assert seen(dosed[0], viewer) >= OPEN_LABEL
    capture.lock_study(locked=False, reason="mend", at=LATER, by=DATA_MANAGER)
    assert not seen(dosed[0], RATER_TOO) & OPEN_LABEL


def test_every_role_s_masking_is_what_the_protocol_says(trial: Trial) -> None:
    resolved = studies.resolved(1)
    before, after = frozenset(), frozenset({"unblinding_day_28"})

    def masked(reached: frozenset[str]) -> set[str]:
        return {role for role in visibility.EVERYBODY if visibility.masked(role, resolved, reached)}

    watching = {"rater", "statistician", "data_manager", "auditor"}
    team = {"participant", "coordinator", "investigator", "facilitator", "session_monitor", "monitor"}
    assert masked(before) == watching | team
    assert masked(after) == watching
    assert masked(frozenset({"lock"})) == team
    assert masked(frozenset({"lock"}) | after) == set()


def test_one_indexed_read_tells_it(trial: Trial, django_statements) -> None:
    niacin = trial.of("niacin")
    trial.finish_forms(niacin)
    before = django_statements(lambda: reads.timeline(niacin, viewer=COORDINATOR, at=LATER))
    tell(niacin)
    after = django_statements(lambda: reads.timeline(niacin, viewer=COORDINATOR, at=LATER))
    assert len(after) == len(before)
    assert sum("event_reached" in one for one in after) == 1


RATER = somebody("rita", "coordinator", "rater")


def test_who_was_told_an_arm_can_never_rate_that_participant_and_alerts_still_go_out(trial: Trial) -> None:
    told, other = trial.people[:2]
    knowing = somebody("both", "investigator", "rater")
    for one in (told, other):
        capture.begin_visit(participant=one, visit="W8", at=LATER, by=TEAM)
    forms = {
        one: capture.open_form(participant=one, visit="W8", form="madrs", at=LATER, by=knowing)
        for one in (told, other)
    }
    from_break = breaking.break_code(participant=told, reason="seizure", at=AT, by=knowing)
    assert from_break.arm.kit
    high = [Given("suicidal_thoughts", text="6")]
    refused = capture.save(form=forms[told], given=high, at=LATER, by=knowing)
    assert refused.problem == blindness.EXPOSED
    assert not refused.kept
    assert refused.instructions, "a safety answer reaches somebody whoever gave it"
    assert capture.complete(form=forms[told], at=LATER, by=knowing).problem == blindness.EXPOSED
    assert capture.save(form=forms[other], given=high, at=LATER, by=knowing).kept
    assert capture.save(form=forms[told], given=high, at=LATER, by=RATER).kept


def test_who_held_a_role_that_was_told_is_no_blind_rater_later(trial: Trial, people) -> None:
    told = trial.people[0]
    trial.finish_forms(told)
    someone = people.add("facilitator", name="Fay")
    assert not exposure.exposed(someone.person, told)
    tell(told)
    assert exposure.exposed(someone.person, told)
    assert not exposure.exposed(someone.person, trial.people[1])
    assert not exposure.exposed(people.add("rater", name="Rob").person, told)


def test_with_the_store_away_nobody_counts_as_blind(trial: Trial, away) -> None:
    participant = trial.people[0]
    capture.begin_visit(participant=participant, visit="W8", at=LATER, by=TEAM)
    form = capture.open_form(participant=participant, visit="W8", form="madrs", at=LATER, by=RATER)
    take, _ = away
    take()
    refused = capture.save(form=form, given=[Given("suicidal_thoughts", text="6")], at=LATER, by=RATER)
    assert refused.problem == blindness.UNKNOWN
    assert refused.instructions


def test_milestones_are_those_of_the_participant(trial: Trial) -> None:
    niacin, other = trial.of("niacin"), trial.of("psilocybin")
    trial.finish_forms(niacin)
    tell(niacin)
    found = milestones.of([niacin, other])
    assert found[niacin] == milestones.Milestones(frozenset({"unblinding_day_28"}), frozenset(OPEN_LABEL))
    assert found[other] == milestones.NONE
    assert visits.courses([niacin])[niacin].participant == niacin
