"""Randomization, kits and emergency lists as people meet them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.conduct.people import People, clock_at
from tests.conduct.randomization.conftest import ARMS, AT, HERE, SHORT, THERE, Trial, protocol_text
from tests.conduct.randomization.test_allocator import STRATUM

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.models import ArmRead
from equipoise.conduct.enrollment.models import Randomization, RandomizationRequest
from equipoise.conduct.enrollment.services import randomizing

INTERVENTIONS = ("Psilocybin 25 mg", "Psilocybin 10 mg", "Psilocybin 1 mg")


@pytest.fixture
def staff(trial: Trial, people: People):
    """Everybody at the first site, at the moment everything happens."""
    with clock_at(AT):
        for role in ("coordinator", "facilitator", "pharmacist", "investigator"):
            people.made[role] = people.add(role, site=HERE)
        people.made["stranger"] = people.add("pharmacist", name="Stranger", site=THERE)
        people.made["outsider"] = people.add("coordinator", name="Outsider", site=THERE)
        yield people


def words(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.both_stores
def test_a_coordinator_randomizes_and_learns_a_kit_number(trial: Trial, staff: People) -> None:
    participant = trial.enter("001")
    client, page = staff.client("coordinator"), f"/participants/{participant}/randomization/"
    assert "It cannot be undone" in words(client, page)
    there = f"/participants/{participant}/randomize/"
    refused = client.post(there, follow=True)
    assert "Tick the box" in refused.content.decode()
    assert Randomization.objects.count() == 0
    done = client.post(there, {"confirmed": "yes"}, follow=True).content.decode()
    kit = allocator.assigned(participant).kit
    assert kit in done
    again = client.post(there, {"confirmed": "yes"}, follow=True).content.decode()
    assert kit in again
    assert Randomization.objects.count() == 1
    for secret in (*INTERVENTIONS, *(f">{arm}<" for arm in ARMS)):
        assert secret not in done + again


def test_what_is_missing_is_said_in_sentences(trial: Trial, staff: People) -> None:
    participant = trial.enter("001", level="")
    said = words(staff.client("coordinator"), f"/participants/{participant}/randomization/")
    assert "Still missing" in said
    assert "Earlier use of psychedelics is not known. Answer it: Screening questions, Screening." in said
    answer = staff.client("coordinator").post(
        f"/participants/{participant}/randomize/", {"confirmed": "yes"}, follow=True
    )
    assert "is not known" in answer.content.decode()


@pytest.mark.parametrize(
    "text", [protocol_text(**SHORT, **{"gates: [madrs, expectancy]": "gates: [expectancy]"})]
)
def test_who_may_not_know_a_gate_is_not_told_that_it_is_open(trial: Trial, staff: People) -> None:
    participant = trial.enter("001")
    page = f"/participants/{participant}/randomization/"
    assert "(Baseline) is not complete" in words(staff.client("investigator"), page)
    assert "Still missing" not in words(staff.client("facilitator"), page)
    both = staff.add("coordinator", "facilitator", name="Both", site=HERE)
    said = words(staff.client(both), page)
    assert "Still missing" not in said
    assert "Not randomized yet" in said


def test_only_their_own_site_s_staff_reach_a_randomization(trial: Trial, staff: People) -> None:
    participant = trial.enter("001")
    page = f"/participants/{participant}/randomization/"
    words(staff.client("outsider"), page, 404)
    words(staff.client("pharmacist"), page, 403)
    post = staff.client("facilitator").post(f"/participants/{participant}/randomize/", {"confirmed": "yes"})
    assert post.status_code == 403


def test_a_store_that_is_away_is_said_and_nothing_begun(
    trial: Trial, staff: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = trial.enter("001")

    def away(**_: object) -> None:
        raise randomizing.Error

    monkeypatch.setattr(randomizing.places, "placeable", away)
    client = staff.client("coordinator")
    assert "does not answer" in words(client, f"/participants/{participant}/randomization/")
    said = client.post(f"/participants/{participant}/randomize/", {"confirmed": "yes"})
    assert said.status_code == 302
    assert RandomizationRequest.objects.count() == 0


def test_a_randomization_cut_off_is_finished_from_its_page(
    trial: Trial, staff: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = trial.enter("001")
    with monkeypatch.context() as planted:
        planted.setattr(places, "assign", lambda **_: (_ for _ in ()).throw(randomizing.Error))
        with pytest.raises(randomizing.StoreAwayError):
            trial.randomize(participant)
    client = staff.client("coordinator")
    assert "Finish the randomization" in words(client, f"/participants/{participant}/randomization/")
    client.post(f"/participants/{participant}/randomize/", {"confirmed": "yes"})
    assert Randomization.objects.count() == 1


@pytest.mark.both_stores
def test_a_pharmacist_sees_what_a_kit_holds_and_it_is_written_down_first(trial: Trial, staff: People) -> None:
    participant = trial.randomized("001")
    client = staff.client("pharmacist")
    listed = words(client, "/kits/")
    assert allocator.assigned(participant).kit in listed
    assert not any(one in listed for one in INTERVENTIONS)
    assert ArmRead.objects.count() == 0
    shown = words(client, f"/kits/{participant}/")
    assert sum(one in shown for one in INTERVENTIONS) == 1
    words(client, f"/kits/{participant}/")
    assert [(one.person, one.cause) for one in ArmRead.objects.all()] == [
        (staff["pharmacist"].person, "dispensing")
    ]
    assert "Show again" in words(client, "/kits/")
    assert not any(one in words(staff.client("stranger"), "/kits/") for one in (participant, *INTERVENTIONS))
    words(staff.client("stranger"), f"/kits/{participant}/", 404)
    words(client, "/kits/nobody/", 404)
    for role in ("coordinator", "investigator", "facilitator"):
        for page in ("/kits/", "/kits/next/", f"/kits/{participant}/"):
            words(staff.client(role), page, 403)
    assert ArmRead.objects.count() == 1


def test_a_pharmacist_without_a_second_factor_sees_nothing(trial: Trial, staff: People) -> None:
    participant = trial.randomized("001")
    somebody = staff.add("pharmacist", name="Bare", site=HERE)
    somebody.account.authenticator_set.all().delete()
    client = staff.client(somebody)
    for page in ("/kits/", "/kits/next/", f"/kits/{participant}/"):
        assert client.get(page).status_code == 302
    assert ArmRead.objects.count() == 0


def test_a_pharmacist_prepares_the_next_kits_of_their_own_strata(trial: Trial, staff: People) -> None:
    said = words(staff.client("pharmacist"), "/kits/next/?n=2")
    assert said.count("Psilocybin") == ArmRead.objects.count() == 4
    assert "Earlier use of psychedelics: Never · Site: site_01" in said
    assert "At least once" in said
    assert THERE not in said
    for odd in ("", "-1", "x", "99999999"):
        words(staff.client("pharmacist"), f"/kits/next/?n={odd}")


def test_without_the_key_the_pharmacist_reads_what_to_do(
    trial: Trial, staff: People, monkeypatch: pytest.MonkeyPatch, settings_away
) -> None:
    participant = trial.randomized("001")
    settings_away()
    for page in (f"/kits/{participant}/", "/kits/next/"):
        answer = staff.client("pharmacist").get(page, follow=True)
        assert "no allocation.key" in answer.content.decode()
    assert ArmRead.objects.count() == 0


def test_an_emergency_list_is_reported_entered_and_closed(trial: Trial, staff: People) -> None:
    listed = places.issue_downtime_list(strata=[STRATUM], count=2, at=AT, by="system")
    client, kits = staff.client("coordinator"), listed.kits[STRATUM]
    one = trial.enter("001")
    assert kits[0] not in words(client, "/downtime/")
    assert (
        "no such emergency list"
        in client.post("/downtime/report/", {"code": "FFFFFF", "status": "opened"}).content.decode()
    )
    foreign = staff.client("outsider").post("/downtime/report/", {"code": listed.code, "status": "opened"})
    assert foreign.status_code == 422
    client.post("/downtime/report/", {"code": listed.code.lower(), "status": "opened", "reason": "power cut"})
    assert kits[0] in words(client, "/downtime/")
    used = {"code": listed.code, "participant": one, "used_on": (AT - timedelta(days=1)).date().isoformat()}
    wrong = client.post("/downtime/kit/", {**used, "kit": "000"})
    assert wrong.status_code == 422
    assert "is not on this list" in wrong.content.decode()
    assert 'value="000"' in wrong.content.decode()
    assert client.post("/downtime/kit/", {**used, "kit": kits[0], "used_on": ""}).status_code == 422
    assert client.post("/downtime/kit/", {**used, "kit": kits[0]}).status_code == 302
    assert Randomization.objects.get().kit == kits[0]
    assert staff.client("pharmacist").post("/downtime/kit/", {**used, "kit": kits[1]}).status_code == 403
    staff.client("pharmacist").post("/downtime/report/", {"code": listed.code, "status": "reconciled"})
    assert allocator.closed_by(STRATUM) == ""
