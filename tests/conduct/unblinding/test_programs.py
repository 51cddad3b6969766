"""What tells an arm, by program: password and code, written down first, kept nowhere; and what tells none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conduct.api.conftest import Programs, one_code
from tests.conduct.consenting import enrolled
from tests.conduct.pages.conftest import World
from tests.conduct.people import People, clock_at
from tests.conduct.unblinding.conftest import AT, BEGUN, COORDINATOR, DOSE, EVENT, LABELS, Trial

from equipoise.conduct.allocator import reads as allocator
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
