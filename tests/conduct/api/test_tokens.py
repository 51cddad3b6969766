"""Tokens: narrowed to a role, a site and a time; worth nothing afterwards; never a way round what is hidden."""

from datetime import timedelta

import pytest
from django.test import Client
from tests.conduct.api.conftest import Programs
from tests.conduct.pages.conftest import World, words_of

from equipoise.conduct.accounts import reads, services, tokens
from equipoise.conduct.accounts.models import ApiToken, ApiTokenUse
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.errors import RecordError

PASSWORD = "an old oak on a hill"  # noqa: S105 - a test's


def me(client: Client) -> int:
    return client.get("/api/v1/me").status_code


def test_a_token_says_whose_it_is_and_what_it_allows(programs: Programs) -> None:
    whole = programs.ask("investigator", "/me")
    assert (whole["person"], whole["roles"]) == ("p-investigator", [{"role": "investigator", "site": "SEA"}])
    assert "form.sign" in whole["actions"]
    everywhere = programs.world.people.add("monitor", "data_manager", name="Both")
    narrowed = programs.ask(programs.client(everywhere, role="monitor", site="NYC"), "/me")
    assert narrowed["roles"] == [{"role": "monitor", "site": "NYC"}]
    assert "form.verify" in narrowed["actions"]
    assert "form.lock" not in narrowed["actions"]


def test_a_token_is_worth_something_until_it_expires_or_is_revoked(programs: Programs) -> None:
    world = programs.world
    short, long = (programs.client("monitor", days=days) for days in (1, 30))
    assert (me(short), me(long)) == (200, 200)
    world.hand[0] += timedelta(days=1)
    assert (me(short), me(long)) == (401, 200)
    person = world.people.monitor.person
    (line,) = tokens.of(person, at=world.hand[0])
    assert not tokens.revoke(person="p-coordinator", code=line.code, at=world.hand[0])
    assert me(long) == 200
    assert tokens.revoke(person=person, code=line.code, at=world.hand[0])
    assert me(long) == 401
    assert not tokens.revoke(person=person, code=line.code, at=world.hand[0])


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer eqp_guessed", "Basic {token}", "Bearer {token}x", "bearer  {token}"]
)
def test_only_the_token_itself_lets_in(programs: Programs, header: str) -> None:
    token = programs.token("monitor")
    answer = Client(headers={"Authorization": header.format(token=token)}).get("/api/v1/me")
    assert answer.status_code == (200 if header.startswith("bearer ") else 401)
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["problems"][0]["hint"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_session_is_no_token(world: World) -> None:
    assert world.client("monitor").get("/api/v1/me").status_code == 401


def test_token_and_session_do_not_mix_and_no_address_takes_a_token(programs: Programs) -> None:
    """A page counts the session alone, an address for programs the token alone; neither looks into the address."""
    browser, token = programs.world.client("coordinator"), programs.token("monitor")
    said = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert said["roles"] == [{"role": "monitor", "site": ""}]
    for name in ("token", "access_token", "Authorization"):
        assert Client().get(f"/api/v1/me?{name}={token}").status_code == 401
    assert Client().get("/participants/", headers={"Authorization": f"Bearer {token}"}).status_code == 302
    administrator = programs.token("system_administrator")
    answer = browser.get("/people/add/", headers={"Authorization": f"Bearer {administrator}"})
    assert answer.status_code == 403


def test_a_token_ends_with_the_access_and_waits_while_its_owner_must_do_something(programs: Programs) -> None:
    world, at = programs.world, programs.world.hand[0]
    client, administrator = programs.client("monitor"), world.people.system_administrator.person
    person = world.people.monitor.person
    account = world.people.monitor.account
    account.must_change_password = True
    account.save()
    assert me(client) == 403
    account.must_change_password = False
    account.save()
    assert me(client) == 200
    services.set_one_time_password(
        person=person,
        password="another oak on a hill",  # noqa: S106 - a test's
        at=at,
        by=administrator,
        reason="Lost",
    )
    assert me(client) == 401
    other = programs.client("investigator")
    services.remove_second_factor(person="p-investigator", at=at, by=administrator, reason="Lost")
    assert me(other) == 403
    third = programs.client("auditor")
    services.close_account(person="p-auditor", at=at, by=administrator, reason="Left")
    assert me(third) == 401
    assert chains.check("trial", anchors=[]).problems == ()


def test_a_role_that_ends_takes_the_tokens_part_along(programs: Programs) -> None:
    world = programs.world
    client = programs.client("monitor", role="monitor")
    person = world.people.monitor.person
    (grant,) = reads.history([person])
    services.end_grant(grant=grant.number, at=world.hand[0], by="system", reason="Left")
    assert programs.ask(client, "/me")["actions"] == []


def test_what_is_hidden_from_one_of_somebodys_roles_stays_hidden_from_a_token_for_another(
    programs: Programs,
) -> None:
    both = programs.world.people.add("coordinator", "rater", name="Rates too", site="SEA")
    at = programs.world.hand[0]
    shown = tokens.shown(f"Bearer {programs.token(both, role='coordinator')}", at=at)
    assert shown is not None
    assert shown.viewer.roles == {"coordinator", "rater"}
    assert shown.viewer.roles_at("SEA") == {"coordinator"}
    assert not shown.viewer.may("task.fill")


def test_a_token_is_kept_as_a_digest_and_each_day_of_use_is_noted_once(programs: Programs) -> None:
    world, token = programs.world, programs.token("monitor")
    row = ApiToken.objects.get()
    assert token not in str(vars(row))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    for days in (0, 0, 1):
        world.hand[0] += timedelta(days=days)
        assert me(client) == 200
    assert [one.used_on for one in ApiTokenUse.objects.order_by("id")] == ["2026-11-23", "2026-11-24"]
    actions = Event.objects.using("default").filter(action__startswith="account.token")
    assert [one.action for one in actions.order_by("id")] == [
        *("account.token_made", "account.token_used", "account.token_used"),
    ]
    assert chains.check("trial", anchors=[]).problems == ()


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"name": " "}, "name"),
        ({"name": "x\0"}, "name"),
        ({"role": "monitor"}, "role"),
        ({"site": "NYC"}, "site"),
        ({"site": "XYZ"}, "site"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
def test_nobody_gives_a_token_more_than_they_have(world: World, given: dict[str, object], where: str) -> None:
    asked = {"name": "Test", "role": "", "site": "", "days": 30, **given}
    with pytest.raises(RecordError) as caught:
        tokens.make(by=world.people.coordinator.viewer(), known=("SEA", "NYC"), at=world.hand[0], **asked)
    assert [one.path for one in caught.value.problems] == [where]


def test_somebody_makes_a_token_on_the_page_with_their_password_and_sees_it_once(world: World) -> None:
    account = world.people.coordinator.account
    account.set_password(PASSWORD)
    account.save()
    browser = world.client("coordinator")
    given = {"name": "Nightly", "role": "coordinator", "site": "SEA", "days": "7"}
    refused = browser.post("/account/tokens/", {**given, "password": "guessed"})
    assert refused.status_code == 422
    assert "do not go together" in words_of(refused)
    assert 'value="Nightly"' in refused.content.decode()
    answer = browser.post("/account/tokens/", {**given, "password": PASSWORD})
    secret = answer.content.decode().split('<code class="strong">')[1].split("</code>")[0]
    assert me(Client(headers={"Authorization": f"Bearer {secret}"})) == 200
    page = browser.get("/account/tokens/")
    assert secret not in page.content.decode()
    assert "Nightly Coordinator Seattle 30 Nov 2026 18:00 UTC 23 Nov 2026" in words_of(page)
    code = ApiToken.objects.get().code
    assert world.client("monitor").post(f"/account/tokens/{code}/revoke/").status_code == 404
    assert browser.post(f"/account/tokens/{code}/revoke/").status_code == 302
    assert me(Client(headers={"Authorization": f"Bearer {secret}"})) == 401
