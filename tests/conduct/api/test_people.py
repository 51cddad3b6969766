"""People by program: known to whom they share a site with, changed by whom the matrix names."""

from datetime import date

import pytest
from tests.conduct.api.conftest import Programs

from equipoise.conduct.accounts import reads, sign_in
from equipoise.conduct.api.models import Answer


def test_a_person_is_added_given_a_role_and_their_password_is_kept_nowhere(programs: Programs) -> None:
    client = programs.client("system_administrator")
    sent = {"name": "New Person", "email": "new@example.org"}
    made = programs.ask(client, "/people", sent, key="add")
    assert len(made["password"]) == 19
    assert Answer.objects.get().body == ""
    there = f"/people/{made['person']}"
    role = {"role": "coordinator", "site": "SEA", "from_on": "2026-11-23", "until_on": "2026-12-31"}
    programs.ask(client, f"{there}/roles", role | {"role": "king"}, status=422)
    programs.ask(client, f"{there}/roles", role | {"from_on": "0001-01-01"}, status=422)
    programs.ask(client, f"{there}/roles", role | {"site": "MARS"}, status=422)
    programs.ask(client, f"{there}/roles", role, status=204)
    found = programs.ask(client, there)
    ((line,), email) = found["roles"], found["email"]
    assert (email, line["until_day"], line["state"]) == ("new@example.org", "2027-01-01", "held")
    programs.ask(client, f"{there}/roles/{line['number']}/end", {"reason": "Left"}, status=204)
    assert programs.ask(client, there)["roles"][0]["state"] == "ended"
    programs.ask(client, f"{there}/roles/99999/end", {"reason": "Left"}, status=404)
    programs.ask(client, f"{there}/name", {"name": "Newer Person", "reason": "Married"}, status=204)
    right = programs.confirming("system_administrator")
    programs.ask(client, f"{there}/password", {"reason": "Lost", **right, "code": "000000"}, status=422)
    again = programs.ask(client, f"{there}/password", {"reason": "Lost", **right})
    assert again["password"] != made["password"]
    programs.ask("coordinator", "/people", sent, status=403)


def test_people_of_another_site_do_not_exist(programs: Programs) -> None:
    people = programs.world.people
    outsider, coordinator = people.outsider, people.coordinator
    client = programs.client(coordinator)
    names = {one["name"] for one in programs.ask(client, "/people?limit=100")["items"]}
    assert coordinator.name in names
    assert outsider.name not in names
    for nobody in (outsider.person, "p-nobody"):
        programs.ask(client, f"/people/{nobody}", status=404)
    programs.ask(client, "/sites/NYC/delegation-log", status=404)
    assert programs.ask(client, f"/people?find={coordinator.name}")["items"]


def test_trainings_and_delegations_are_recorded_at_ones_own_site(programs: Programs) -> None:
    people = programs.world.people
    facilitator, coordinator = people.facilitator, people.coordinator
    training = {"training": "effects_recording", "completed_on": "2026-11-02", "evidence": "Shelf 2"}
    programs.ask("coordinator", f"/people/{facilitator.person}/trainings", training, status=204)
    (trained,) = programs.ask("coordinator", f"/people/{facilitator.person}")["trained"]
    assert (trained["training"], trained["evidence"]) == ("effects_recording", "Shelf 2")
    tasks = {"site": "SEA", "tasks": "Vital signs", "from_on": "2026-11-02"}
    there = f"/people/{coordinator.person}/delegations"
    programs.ask("investigator", there, tasks | {"site": "NYC"}, status=403)
    programs.ask("investigator", there, tasks, status=204)
    (line,) = programs.ask("coordinator", "/sites/SEA/delegation-log")
    ending = {"on": "2026-11-20", "reason": "Moves on"}
    programs.ask("investigator", f"{there}/{line['number']}/end", ending, status=204)
    (found,) = reads.delegations(site="SEA")
    assert found.until_on == date(2026, 11, 20)


def test_access_and_address_change_with_ones_own_password_and_code(programs: Programs) -> None:
    somebody = programs.world.people.coordinator
    client, right = programs.client("system_administrator"), programs.confirming("system_administrator")
    closing, there = {"reason": "Left"}, f"/people/{somebody.person}"
    programs.ask(
        client, f"{there}/second-factor/remove", {**closing, "password": "x", "code": "1"}, status=422
    )
    programs.ask(client, f"{there}/close", {**closing, "password": "x", "code": "1"}, status=422)
    assert not programs.ask(client, there)["closed"]
    programs.ask(client, f"{there}/close", {**closing, **right}, status=204)
    assert programs.ask(client, there)["closed"]


def test_an_address_is_changed_and_a_lost_second_factor_removed(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equipoise.conduct.accounts.sign_in.take_code", lambda *_, **__: True)
    somebody = programs.world.people.investigator
    there = f"/people/{somebody.person}"
    sent = {"email": "ines.new@example.org", "reason": "Married"}
    client, right = programs.client("system_administrator"), programs.confirming("system_administrator")
    programs.ask(client, f"{there}/address", {**sent, "password": "x", "code": "1"}, status=422)
    programs.ask(client, f"{there}/address", {**sent, **right}, status=204)
    assert somebody.account.email == "ines.new@example.org"
    assert sign_in.has_second_factor(somebody.account)
    right = programs.confirming("system_administrator")
    programs.ask(client, f"{there}/second-factor/remove", {"reason": "Phone lost", **right}, status=204)
    assert not sign_in.has_second_factor(somebody.account)
