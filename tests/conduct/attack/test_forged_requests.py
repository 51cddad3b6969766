"""Requests that another page makes in somebody's browser: none is taken, and asking for a page changes nothing."""

import re

import pytest
from django.test import Client
from tests.conduct.attack.addresses import ROWS, address, api
from tests.conduct.pages.conftest import World, words_of
from tests.conduct.people import sign_in_as

from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.accounts.routes import PUBLIC
from equipoise.conduct.audit.models import Event
from equipoise.conduct.stores.names import ALIASES

POSTS = tuple(row for row in ROWS if row.method == "POST")
ELSEWHERE = {"Origin": "https://evil.example.org", "Referer": "https://evil.example.org/"}
FOREIGN = "x" * 64
"""A token that has the shape of one."""
LEARN = ("enrollment:kit", "enrollment:prepare")
"""Pages that show what a kit holds: that they were shown is written down, and nothing else."""


def events() -> dict[str, int]:
    """Return how many events each store holds."""
    return {alias: Event.objects.using(alias).count() for alias in ALIASES.values()}


def browser(world: World, role: str) -> Client:
    """Return a browser that is held to its tokens, with somebody signed in."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    sign_in_as(client, world.people[role])
    return client


def token_of(client: Client, page: str = "/account/password/") -> str:
    """Return the token of a page as a form would send it."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(page).content.decode())
    assert found
    return found[1]


def test_no_address_takes_what_another_page_sends(world: World) -> None:
    clients = {role: browser(world, role) for role in ROLES}
    tokens = {role: token_of(client) for role, client in clients.items()}
    other = token_of(browser(world, "coordinator"))
    before = events()
    assert len(POSTS) > 50
    for row in POSTS:
        if api(row):
            continue
        role = row.roles[0]
        client, there = clients[role], address(row)
        for given, headers in (
            ({}, {}),
            ({"csrfmiddlewaretoken": FOREIGN}, {}),
            ({"csrfmiddlewaretoken": other}, {}),
            ({"csrfmiddlewaretoken": tokens[role]}, ELSEWHERE),
            ({"csrfmiddlewaretoken": tokens[role]}, {"Origin": "null"}),
        ):
            answer = client.post(there, given, headers=headers)
            assert answer.status_code == 403, (row.pattern, role, headers)
            assert "Please send it again" in words_of(answer), (row.pattern, role)
    assert events() == before


def test_what_our_own_page_sends_is_taken(world: World) -> None:
    """Without this the test above would pass where everything is refused."""
    client = browser(world, "coordinator")
    sent = {"csrfmiddlewaretoken": token_of(client), "text": " "}
    assert client.post("/sign-out/", sent).status_code == 302


@pytest.mark.parametrize("role", ROLES)
def test_asking_for_a_page_changes_nothing(world: World, role: str) -> None:
    client = world.client(role)
    client.raise_request_exception = False
    before = events()
    asked = 0
    for row in ROWS:
        if row.method == "GET" and (role in row.roles or row.action == PUBLIC) and row.route not in LEARN:
            status = client.get(address(row)).status_code
            assert status < 500, (row.pattern, status)
            asked += status == 200
            assert client.head(address(row)).status_code < 500
    assert events() == before
    assert asked > 5


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_no_header_or_field_turns_a_question_into_an_act(world: World, header: str) -> None:
    client = world.client("coordinator")
    for asked in ({}, {"_method": "POST"}, {"_method": "DELETE"}):
        answer = client.get("/participants/new/put-away/", asked, headers={header: "POST"})
        assert answer.status_code == 403
    assert client.post("/", {"_method": "GET"}, headers={header: "GET"}).status_code == 403
