"""People's pages in a study with two sites: who sees whom, who may do what, and what a refusal keeps of what was typed."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from tests.conduct.people import SECRET, People, Somebody

from equipoise.conduct.accounts import reads, services
from equipoise.conduct.accounts.models import Account, Delegation, RoleGrant, TrainingRecord
from equipoise.conduct.accounts.permission import Grant
from equipoise.conduct.audit.models import Event
from equipoise.conduct.review.people import staffing
from equipoise.conduct.stores import clock
from equipoise.conduct.studies import services as studies
from equipoise.errors import RecordError

AT = datetime(2026, 11, 1, tzinfo=UTC)
PROTOCOL = Path(__file__).parents[4] / "protocols" / "frontline.yaml"
LACKS = "Recording every effect"


@pytest.fixture
def staffed(study: Path, people: People) -> People:
    studies.add_version(text=PROTOCOL.read_text(encoding="utf-8"), name="frontline.yaml", at=AT, by="system")
    studies.set_up(simulated=False, at=AT, by="system")
    studies.add_site(site="SEA", name="Seattle", time_zone="America/Los_Angeles", at=AT, by="system")
    studies.add_site(site="NYC", name="New York", time_zone="America/New_York", at=AT, by="system")
    return people


@pytest.fixture
def administrator(staffed: People) -> Client:
    return staffed.client("system_administrator")


def page(client: Client, somebody: Somebody | str, part: str = "") -> str:
    person = somebody if isinstance(somebody, str) else somebody.person
    return f"/people/{person}/{part}"


def grants(somebody: Somebody) -> tuple[Grant, ...]:
    return reads.grants(somebody.person, at=clock.now())


def test_a_person_is_added_trained_given_a_role_and_signs_in(staffed: People, administrator: Client) -> None:
    answer = administrator.post("/people/add/", {"name": "Noor 🌲", "email": "noor@example.org"})
    password, person = answer.context["password"], answer.context["person"]
    assert password in answer.content.decode()
    assert password not in administrator.get(page(administrator, person)).content.decode()
    refused = administrator.post(
        page(administrator, person, "role/"), {"role": "session_monitor", "site": "SEA"}
    )
    assert refused.status_code == 422
    assert LACKS in refused.content.decode()
    trained = {"training": "effects_recording", "completed_on": "2026-11-02", "evidence": "Binder 3"}
    assert administrator.post(page(administrator, person, "training/"), trained).status_code == 302
    given = administrator.post(
        page(administrator, person, "role/"), {"role": "session_monitor", "site": "SEA"}
    )
    assert given.status_code == 302
    assert reads.grants(person, at=clock.now()) == (Grant("session_monitor", "SEA"),)
    client = Client()
    client.post("/sign-in/", {"login": "noor@example.org", "password": password})
    assert client.get("/").headers["Location"] == "/account/password/"
    actions = Event.objects.using("default").filter(subjects=person).values_list("action", flat=True)
    assert list(actions) == ["people.added", "people.trained", "people.granted"]


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(administrator: Client) -> None:
    answer = administrator.post("/people/add/", {"name": "Ada & Co", "email": "nonsense"})
    assert answer.status_code == 422
    assert answer.context["problems"].keys() == {"email"}
    assert b'value="Ada &amp; Co"' in answer.content
    assert not Account.objects.filter(email="nonsense").exists()


def test_a_role_has_its_days_in_the_zone_of_its_site(staffed: People, administrator: Client) -> None:
    somebody = staffed.add(name="New")
    days = {"role": "coordinator", "site": "SEA", "from_on": "2031-07-01", "until_on": "2031-07-02"}
    assert administrator.post(page(administrator, somebody, "role/"), days).status_code == 302
    row = RoleGrant.objects.get(person=somebody.person)
    assert (row.from_at, row.until_at) == ("2031-07-01T07:00:00.000000Z", "2031-07-03T07:00:00.000000Z")
    answer = administrator.get(page(administrator, somebody))
    (line,) = answer.context["roles"]
    assert (line.role, line.site, line.state) == ("Coordinator", "Seattle", "planned")


@pytest.mark.parametrize(
    "typed",
    [
        {"role": "coordinator", "site": "MARS"},
        {"role": "coordinator", "site": "SEA", "from_on": "soon"},
        {"role": "coordinator", "site": "SEA", "until_on": "0001-01-01"},
        {"role": "coordinator", "site": "SEA", "until_on": "9999-12-31"},
        {"role": "\x00", "site": "SEA\x00"},
        {"role": "x" * 500, "site": "x" * 500},
        {},
    ],
)
def test_nonsense_gives_no_role_and_no_failure(
    staffed: People, administrator: Client, typed: dict[str, str]
) -> None:
    somebody = staffed.add(name="New")
    answer = administrator.post(page(administrator, somebody, "role/"), typed)
    assert answer.status_code == 422
    assert answer.context["problems"]
    assert grants(somebody) == ()


def test_roles_end_with_a_reason(staffed: People, administrator: Client) -> None:
    grant = RoleGrant.objects.get(person=staffed.coordinator.person).id
    address = page(administrator, staffed.coordinator, f"role/{grant}/end/")
    assert administrator.post(address).status_code == 422
    assert administrator.post(address, {"reason": "left"}).status_code == 302
    assert grants(staffed.coordinator) == ()
    elsewhere = page(administrator, staffed.rater, f"role/{grant}/end/")
    assert administrator.post(elsewhere, {"reason": "left"}).status_code == 404


def test_nobody_gives_themselves_a_role_on_a_page_either(staffed: People, administrator: Client) -> None:
    own = page(administrator, staffed.system_administrator)
    assert b"Nobody gives themselves a role" in administrator.get(own).content
    assert administrator.post(own + "role/", {"role": "auditor", "site": ""}).status_code == 422
    assert administrator.post(own + "password/", {"reason": "x"}).status_code == 422


def test_an_administrator_of_one_site_gives_no_role_at_another(staffed: People) -> None:
    local = staffed.add("system_administrator", name="Local", site="SEA")
    client, somebody = staffed.client(local), staffed.add("coordinator", name="New", site="SEA")
    assert (
        client.post(page(client, somebody, "role/"), {"role": "investigator", "site": "SEA"}).status_code
        == 302
    )
    for site in ("NYC", ""):
        assert (
            client.post(page(client, somebody, "role/"), {"role": "auditor", "site": site}).status_code == 403
        )
    for part in ("password/", "code/", "name/"):
        assert client.post(page(client, somebody, part), {"reason": "x", "name": "y"}).status_code == 403
    assert client.get("/people/add/").status_code == 403


@pytest.mark.both_stores
def test_people_of_another_site_do_not_exist(staffed: People) -> None:
    outsider, coordinator = staffed.outsider, staffed.coordinator
    client = staffed.client(coordinator)
    names = {member.name for member, *_ in client.get("/people/").context["people"]}
    assert outsider.name not in names
    assert coordinator.name in names
    for somebody in (outsider.person, "p-nobody", "%00"):
        assert client.get(page(client, somebody)).status_code == 404
        typed = {"training": "effects_recording", "completed_on": "2026-11-02"}
        assert client.post(page(client, somebody, "training/"), typed).status_code == 404
    assert client.get("/people/delegation/NYC/").status_code == 404
    assert client.get("/people/delegation/MARS%00/").status_code == 404
    assert client.get("/people/delegation/SEA/").status_code == 200
    assert client.get("/people/delegation/NYC/spreadsheet/").status_code == 404
    assert client.get("/people/delegation/MARS%00/spreadsheet/").status_code == 404
    assert not TrainingRecord.objects.exists()


def test_a_coordinator_records_trainings_of_their_site_only(staffed: People) -> None:
    client = staffed.client("coordinator")
    typed = {"training": "effects_recording", "completed_on": "2026-11-02"}
    assert client.post(page(client, staffed.facilitator, "training/"), typed).status_code == 302
    assert client.post(page(client, staffed.rater, "training/"), typed).status_code == 403, (
        "a rater works at every site"
    )
    assert TrainingRecord.objects.get().person == staffed.facilitator.person


def test_an_investigator_delegates_at_their_site_and_the_log_says_so(staffed: People) -> None:
    client = staffed.client("investigator")
    typed = {"site": "SEA", "tasks": "Vital signs <b>and</b> consent", "from_on": "2026-11-02"}
    assert client.post(page(client, staffed.coordinator, "delegation/"), typed).status_code == 302
    assert (
        client.post(page(client, staffed.coordinator, "delegation/"), typed | {"site": "NYC"}).status_code
        == 403
    )
    log = client.get("/people/delegation/SEA/").content.decode()
    assert "Vital signs &lt;b&gt;and&lt;/b&gt; consent" in log
    assert "Investigator" in log
    number = Delegation.objects.get().id
    ending = {"on": "2026-11-20", "reason": "moves on"}
    wrong = page(client, staffed.facilitator, f"delegation/{number}/end/")
    assert client.post(wrong, ending).status_code == 404
    right = page(client, staffed.coordinator, f"delegation/{number}/end/")
    assert client.post(right, ending | {"on": ""}).status_code == 422
    assert client.post(right, ending).status_code == 302
    (line,) = reads.delegations(site="SEA")
    assert line.until_on == date(2026, 11, 20)


def test_the_delegation_log_for_a_spreadsheet_holds_no_formula(staffed: People) -> None:
    client = staffed.client("investigator")
    typed = {"site": "SEA", "tasks": "=1+1", "from_on": "2026-11-02"}
    assert client.post(page(client, staffed.coordinator, "delegation/"), typed).status_code == 302
    assert "/people/delegation/SEA/spreadsheet/" in client.get("/people/delegation/SEA/").content.decode()
    sheet = client.get("/people/delegation/SEA/spreadsheet/")
    assert sheet["Content-Type"].startswith("text/csv")
    header, line = sheet.content.decode("utf-8-sig").splitlines()
    assert header.startswith("Who,Tasks,From")
    assert line.startswith(f"{staffed.coordinator.name},'=1+1,2026-11-02,")


def test_a_password_for_one_sign_in_is_shown_once_and_ends_sessions(
    staffed: People, administrator: Client
) -> None:
    victim = staffed.client("coordinator")
    assert victim.get("/account/").status_code == 200
    address = page(administrator, staffed.coordinator, "password/")
    sent = {"reason": "seen in person"}
    assert administrator.post(address, sent).status_code == 422
    confirmed = confirming(staffed)
    administrator = staffed.client("system_administrator")
    assert administrator.post(address, {**sent, **confirmed, "password": "guessed"}).status_code == 422
    assert victim.get("/account/").status_code == 200
    answer = administrator.post(address, {**sent, **confirmed, "code": code_now()})
    assert staffed.coordinator.account.check_password(answer.context["password"])
    assert victim.get("/account/").status_code == 302


def test_a_second_factor_is_removed_with_the_administrators_own_password_and_code(staffed: People) -> None:
    confirmed = confirming(staffed)
    administrator = staffed.client("system_administrator")
    address = page(administrator, staffed.investigator, "code/")

    def protected() -> bool:
        found = reads.member(staffed.investigator.person, trainings=(), at=AT, today=AT.date())
        assert found is not None
        return found.second_factor

    assert administrator.post(address, {"reason": "seen in person"}).status_code == 422
    assert protected()
    sent = {"reason": "seen in person", **confirmed, "code": code_now()}
    assert administrator.post(address, sent).status_code == 302
    assert not protected()


def confirming(staffed: People) -> dict[str, str]:
    """Return what an administrator confirms with: their own password and the code of now."""
    account = staffed.system_administrator.account
    account.set_password("four plain words here")
    account.save()
    return {"password": "four plain words here", "code": code_now()}


def code_now() -> str:
    # The library remembers a code that was used, across tests too.
    cache.clear()
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def test_an_administrator_ends_somebodys_access_with_password_and_code(staffed: People) -> None:
    sent = confirming(staffed)
    administrator, victim = staffed.client("system_administrator"), staffed.client("coordinator")
    address = page(administrator, staffed.coordinator, "close/")
    refused = administrator.post(
        address, {"reason": "left <b>us</b>", "password": "wrong", "code": sent["code"]}
    )
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Password and code do not go together" in text
    assert 'value="left &lt;b&gt;us&lt;/b&gt;"' in text
    assert 'value="wrong"' not in text
    assert victim.get("/account/").status_code == 200
    done = administrator.post(address, {"reason": "left", **sent, "code": code_now()}, follow=True)
    assert "Access has ended" in done.content.decode()
    assert "Give a role" not in done.content.decode()
    assert victim.get("/account/").status_code == 302
    listed = [administrator.get(f"/people/{query}").context["people"] for query in ("", "?gone=1")]
    assert [staffed.coordinator.person in {row[0].person for row in rows} for rows in listed] == [False, True]


def test_an_administrator_changes_somebodys_address_with_password_and_code(staffed: People) -> None:
    sent = {"email": "new@example.org", "reason": "married"}
    confirmed = confirming(staffed)
    administrator = staffed.client("system_administrator")
    address = page(administrator, staffed.coordinator, "address/")
    refused = administrator.post(address, sent)
    assert (refused.status_code, 'value="new@example.org"' in refused.content.decode()) == (422, True)
    assert administrator.post(address, {**sent, **confirmed, "code": code_now()}).status_code == 302
    assert Account.objects.get(person=staffed.coordinator.person).email == "new@example.org"
    assert "new@example.org" in administrator.get(page(administrator, staffed.coordinator)).content.decode()


@pytest.mark.parametrize("part", ["close/", "address/"])
def test_nobody_else_touches_an_account(staffed: People, part: str) -> None:
    for role in ("coordinator", "investigator", "auditor"):
        client = staffed.client(role)
        assert client.post(page(client, staffed.monitor, part), {"reason": "x"}).status_code == 403
    local = staffed.add("system_administrator", name="Local", site="SEA")
    client = staffed.client(local)
    assert client.post(page(client, staffed.coordinator, part), {"reason": "x"}).status_code == 403


def test_the_list_finds_by_name_and_shows_who_has_left_apart(staffed: People, administrator: Client) -> None:
    gone = staffed.add("auditor", name="Long Gone")
    services.end_grant(grant=RoleGrant.objects.get(person=gone.person).id, at=AT, by="system", reason="left")

    def listed(query: str) -> set[str]:
        return {member.name for member, *_ in administrator.get(f"/people/{query}").context["people"]}

    assert "Long Gone" not in listed("")
    assert listed("?gone=1") == {"Long Gone"}
    assert staffed.rater.name
    assert listed("?find=RATER") == {"Rater"}


def test_the_training_the_protocol_names_is_asked_for(staffed: People) -> None:
    (training,) = staffing.trainings()
    assert (training.id, training.roles) == ("effects_recording", frozenset({"session_monitor"}))
    with pytest.raises(RecordError, match="no site"):
        staffing.grant_role(person=staffed.rater.person, role="rater", site="MARS", at=AT, by="system")


def test_before_a_protocol_is_stored_no_training_is_known(study: Path) -> None:
    assert staffing.trainings() == ()
