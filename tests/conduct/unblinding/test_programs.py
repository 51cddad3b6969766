"""What tells an arm, by program: password and code, written down first, kept nowhere; and what tells none."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conduct.api.conftest import Programs, one_code
from tests.conduct.consenting import enrolled
from tests.conduct.pages.conftest import World
from tests.conduct.people import People, clock_at
from tests.conduct.unblinding.conftest import AT, BEGUN, COORDINATOR, DOSE, EVENT, LABELS, Trial

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.models import ArmRead
from equipoise.conduct.api.models import Answer
from equipoise.conduct.capture import services as capture

__all__ = ["one_code"]
WHY = "Chest pain and 230/140"


@pytest.fixture
def told(trial: Trial, people: People, one_code: None) -> Iterator[Programs]:
    """Programs beside the trial of which four people are randomized."""
    with clock_at(AT):
        yield Programs(World(people, [AT]))


def test_a_coordinator_randomizes_once_whatever_is_asked_again(told: Programs, trial: Trial) -> None:
    participant = enrolled("SEA", at=BEGUN, by=COORDINATOR)
    capture.plan_anchor(participant=participant, anchor="dose", date=DOSE, at=BEGUN, by=COORDINATOR)
    client, there = told.client("coordinator"), f"/participants/{participant}/randomization"
    before = told.ask(client, there)
    assert (before["done"], before["missing"], before["ready"]) == (None, [], True)
    done = told.ask(client, there, {}, key="one")
    assert done["kit"] == allocator.assigned(participant).kit
    assert told.ask(client, there, {}) == done
    after = told.ask(client, there)
    assert after["done"] == done
    said = json.dumps([before, done, after, told.ask("investigator", "/participants/" + participant)])
    assert not any(label in said for label in LABELS.values())
    told.ask("monitor", there, {}, status=403)


def test_a_code_is_broken_with_password_code_and_reason_and_the_answer_is_not_kept(
    told: Programs, trial: Trial
) -> None:
    participant = trial.people[0]
    client, there = told.client("on_call_physician"), f"/participants/{participant}/code-break"
    right = told.confirming("on_call_physician")
    kit = allocator.assigned(participant).kit
    assert told.ask(client, f"/code-breaks/find?q={kit}") == [participant]
    for wrong in ({"password": "guessed"}, {"code": "000000"}):
        told.ask(client, there, {"reason": WHY, **right, **wrong}, status=422)
    assert ArmRead.objects.count() == 0
    shown = told.ask(client, there, {"reason": WHY, **right}, key="night")
    assert shown["arm"]["intervention_label"] == LABELS[trial.arm(participant)]
    assert ArmRead.objects.count() == 1
    assert Answer.objects.get().body == ""
    again = told.ask(client, there, {"reason": WHY, **right}, key="night", status=409)
    assert "not kept" in again["problems"][0]["message"]
    (line,) = told.ask(client, "/code-breaks")["items"]
    assert line["participant"] == participant
    assert not any(label in json.dumps([line, again]) for label in LABELS.values())
    told.ask("coordinator", there, {"reason": WHY, **right}, status=403)


def test_beyond_the_limit_a_second_person_is_needed(
    told: Programs, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equipoise.conduct.accounts.sign_in.take_code", lambda *_, **__: True)
    client, right = told.client("on_call_physician"), told.confirming("on_call_physician")
    for one in trial.people[:3]:
        right = told.confirming("on_call_physician")
        told.ask(client, f"/participants/{one}/code-break", {"reason": WHY, **right})
    there, right = f"/participants/{trial.people[3]}/code-break", told.confirming("on_call_physician")
    refused = told.ask(client, there, {"reason": WHY, **right}, status=422)
    assert refused["problems"][0]["where"] == "second"
    right, second = told.confirming("on_call_physician"), told.confirming("investigator")
    sent: dict[str, Any] = {"reason": WHY, **right, "second_email": told.world.people.investigator.email}
    told.ask(client, there, {**sent, "second_password": "x", "second_code": "1"}, status=422)
    right, second = told.confirming("on_call_physician"), told.confirming("investigator")
    sent |= right
    shown = told.ask(
        client, there, {**sent, "second_password": second["password"], "second_code": second["code"]}
    )
    assert shown["arm"]["intervention_label"] == LABELS[trial.arm(trial.people[3])]


def test_a_participant_is_told_as_planned_and_whoever_may_reads_it(told: Programs, trial: Trial) -> None:
    participant = trial.people[0]
    there = f"/participants/{participant}/unblinding"
    (event, *_) = told.ask("investigator", there)["events"]
    assert (event["event"], event["reached"], event["ready"]) == (EVENT, False, False)
    assert event["missing"]
    right = told.confirming("investigator")
    told.ask("investigator", there, {"event": EVENT, "password": "x", "code": "1"}, status=422)
    refused = told.ask("investigator", there, {"event": EVENT, **right}, status=422)
    assert [one["message"] for one in refused["problems"]] == [one["message"] for one in event["missing"]]
    assert ArmRead.objects.count() == 0


def test_a_pharmacist_is_told_what_a_kit_holds_and_nobody_else_is(told: Programs, trial: Trial) -> None:
    participant = trial.people[0]
    client = told.client("pharmacist")
    lines = told.ask(client, "/kits")["items"]
    assert {one["participant"] for one in lines} == set(trial.people)
    assert not any(one["seen"] for one in lines)
    there, right = f"/participants/{participant}/kit", told.confirming("pharmacist")
    told.ask(client, there, {"password": "guessed", "code": "000000"}, status=422)
    assert ArmRead.objects.count() == 0
    held = told.ask(client, there, right)
    assert held["contents"]["intervention_label"] == LABELS[trial.arm(participant)]
    assert ArmRead.objects.count() == 1
    told.ask("coordinator", there, right, status=403)
    stranger = told.world.people.add("pharmacist", name="Stranger", site="NYC")
    told.ask(stranger, there, right, status=404)
    told.ask(stranger, "/kits")


def test_who_knows_what_is_listed_without_an_arm(told: Programs, trial: Trial) -> None:
    right = told.confirming("investigator")
    told.ask("investigator", f"/participants/{trial.people[1]}/code-break", {"reason": WHY, **right})
    found = told.ask("unblinded_statistician", "/exposures")["items"]
    assert [one["participant"] for one in found] == [trial.people[1]]
    assert not any(label in json.dumps(found) for label in LABELS.values())
    told.ask("coordinator", "/exposures", status=403)


def test_paper_that_is_not_there_is_refused(told: Programs, trial: Trial) -> None:
    assert told.ask("coordinator", "/downtime-lists") == []
    assert told.ask("coordinator", "/sealed-files")["items"] == []
    for path in ("/downtime-lists/reports", "/sealed-files/reports"):
        sent = {"code": "0000", "status": "opened", "reason": "x"}
        said = told.ask("coordinator", path, sent, status=422)
        assert said["problems"][0]["where"] == "code"


def test_once_the_protocol_allows_it_a_participant_is_told_and_others_read(
    told: Programs, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equipoise.conduct.accounts.sign_in.take_code", lambda *_, **__: True)
    participant = trial.people[0]
    there, read = f"/participants/{participant}/unblinding", f"/participants/{participant}/arm"
    told.ask("facilitator", read, told.confirming("facilitator"), status=403)
    trial.finish_forms(participant)
    (event, *_) = told.ask("investigator", there)["events"]
    assert (event["ready"], event["missing"]) == (True, [])
    shown = told.ask("investigator", there, {"event": EVENT, **told.confirming("investigator")}, key="day-28")
    assert shown["intervention_label"] == LABELS[trial.arm(participant)]
    assert Answer.objects.get().body == ""
    after = told.ask("investigator", there)
    assert (after["may_read"], after["events"][0]["ready"]) == (True, False)
    again = told.ask("investigator", read, told.confirming("investigator"))
    assert again == shown
    assert ArmRead.objects.get(participant=participant).person == told.world.people.investigator.person
    assert not any(label in json.dumps(after) for label in LABELS.values())
    told.ask("rater", read, told.confirming("investigator"), status=403)


def test_a_pharmacist_prepares_the_next_kits(told: Programs, trial: Trial) -> None:
    sent = {"count": 2, **told.confirming("pharmacist")}
    told.ask("pharmacist", "/kits/next", {**sent, "password": "guessed"}, status=422)
    told.ask("pharmacist", "/kits/next", {**sent, "count": 0}, status=422)
    assert ArmRead.objects.count() == 0
    prepared = told.ask("pharmacist", "/kits/next", {**sent, **told.confirming("pharmacist")})
    assert len(prepared) == ArmRead.objects.count() == 2
    taken = len(trial.people)
    assert [one["position"] for one in prepared] == [taken + 1, taken + 2]
    told.ask("coordinator", "/kits/next", sent, status=403)


def test_a_sealed_file_that_was_opened_is_noted_and_its_reader_counts_as_told(
    told: Programs, trial: Trial, tmp_path: Path
) -> None:
    made, *_ = places.make_envelopes(folder=tmp_path / "files", at=BEGUN, by="operator")
    physician = told.world.people.on_call_physician
    listed = told.ask("coordinator", "/sealed-files")["items"]
    assert made.code in {one["code"] for one in listed}
    sent = {"code": made.code, "status": "opened", "person": physician.person, "reason": WHY}
    told.ask("coordinator", "/sealed-files/reports", {**sent, "happened_at": "soon"}, status=422)
    sent["happened_at"] = "2026-11-23T09:30"
    told.ask("coordinator", "/sealed-files/reports", sent, status=204)
    assert allocator.exposed(physician.person, made.participant)
    assert allocator.unblindings()[0].at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


def test_a_kit_used_from_an_emergency_list_is_entered(told: Programs, trial: Trial) -> None:
    (stratum,) = {allocator.assigned(one).stratum for one in trial.people}
    listed = places.issue_downtime_list(strata=[stratum], count=2, at=BEGUN, by="system")
    kit, *_ = listed.kits[stratum]
    participant = enrolled("SEA", at=BEGUN, by=COORDINATOR)
    capture.plan_anchor(participant=participant, anchor="dose", date=DOSE, at=BEGUN, by=COORDINATOR)
    client = told.client("coordinator")
    (shut,) = told.ask(client, "/downtime-lists")
    assert (shut["code"], shut["kits"]) == (listed.code, {})
    opened = {"code": listed.code, "status": "opened", "reason": "No power"}
    told.ask(client, "/downtime-lists/reports", opened, status=204)
    (open_now,) = told.ask(client, "/downtime-lists")
    assert kit in {one for kits in open_now["kits"].values() for one in kits}
    used = {"participant": participant, "code": listed.code, "kit": kit, "used_on": "2026-11-22"}
    refused = told.ask(client, "/downtime-lists/kits", {**used, "kit": "000"}, status=422)
    assert "not on this list" in refused["problems"][0]["message"]
    assert told.ask(client, "/downtime-lists/kits", used, key="paper")["kit"] == kit
    closed = {"code": listed.code, "status": "reconciled"}
    told.ask("pharmacist", "/downtime-lists/reports", closed, status=204)
    assert allocator.closed_by(stratum) == ""
