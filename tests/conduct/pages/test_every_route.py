"""Whatever is routed: other people's ids are as unknown as ids that never were, and no text breaks a page.

Made from the matrix of routes, so that a route added later is tried too.
"""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from tests.conduct.pages.conftest import HERE, World, text_of

from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.accounts.routes import PUBLIC, Row, matrix
from equipoise.conduct.audit import chains
from equipoise.conduct.config import urls

ROWS = tuple(matrix(urls.urlpatterns))
NAMED = re.compile(r"<(\w+):(\w+)>")
CONDUCT = Path(__file__).parents[3] / "src" / "equipoise" / "conduct"
FIELD = re.compile(r'name="([a-z_]+)"')
FIELDS = sorted(
    {name for page in CONDUCT.rglob("templates/**/*.html") for name in FIELD.findall(page.read_text())}
)
"""Every field of every form; each route is sent all of them."""
ODD = ["", "\x00", "💊 مريم \u202e ' OR 1=1 --", "-1", "9" * 30, "../..", "x" * 100_000]
SENT_TO_NOBODY = {"csrfmiddlewaretoken", "next"}
UNPROCESSABLE = 422
ADDRESS = 8_000
"""Characters of an address that a server takes."""


def of(beginning: str) -> list[Row]:
    """Return the routes with an id that begin so."""
    return [row for row in ROWS if row.pattern.startswith(beginning) and NAMED.search(row.pattern)]


def addresses(pattern: str, *, first: str) -> str:
    """Return an address of a pattern with its first id given and others that mean something."""
    given = {"int": "1", "str": "suicidal_thoughts"}
    filled = NAMED.sub(first, pattern, count=1)
    return "/" + NAMED.sub(lambda found: given.get(found[1], "1"), filled)


def send(client: Client, row: Row, address: str) -> tuple[int, str]:
    answer = client.generic(row.method, address)
    return answer.status_code, text_of(answer)


def everything(world: World) -> dict[str, str]:
    """Make one of everything at this site, and return the beginning of its routes to its id."""
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5")
    asked = world.post("monitor", f"/forms/{form}/query/", about="suicidal_thoughts:0", text="Is it so?")
    assert asked.status_code == 302
    return {
        "participants/": HERE,
        "forms/": form,
        "queries/": world.query,
        "alerts/": world.alert,
        "people/<": world.people.coordinator.person,
        "people/delegation/": "SEA",
    }


NEVER = {
    "participants/": "FRONTLINE-SEA-999",
    "forms/": "a" * 13,
    "queries/": "a" * 13,
    "alerts/": "a" * 13,
    "people/<": "p-nobody",
    "people/delegation/": "XYZ",
}


@pytest.mark.parametrize("beginning", NEVER)
def test_an_id_of_another_site_is_as_unknown_as_one_that_never_was(world: World, beginning: str) -> None:
    here = everything(world)[beginning]
    roles = [role for role in ROLES if role not in ("unblinded_statistician", "pharmacist", "dsmb_member")]
    client = world.client(world.people.add(*roles, name="Everything elsewhere", site="NYC"))
    rows = of(beginning)
    assert rows
    for row in rows:
        foreign, never = (
            send(client, row, addresses(row.pattern, first=one)) for one in (here, NEVER[beginning])
        )
        # 422: what was sent is wrong whatever it is about, and nothing was looked up.
        assert foreign[0] in (404, UNPROCESSABLE), (row.method, row.pattern, foreign[0])
        # A page to send again what was wrong leads back to where it was sent from.
        assert foreign[1].replace(f"/{here}/", "/_/") == never[1].replace(f"/{NEVER[beginning]}/", "/_/"), row


def test_the_same_ids_are_found_by_those_who_work_there(world: World) -> None:
    """Without this the test above would pass on routes that nobody reaches."""
    for beginning, here in everything(world).items():
        found = {
            send(world.client(role), row, addresses(row.pattern, first=here))[0]
            for row in of(beginning)
            for role in ("coordinator", "monitor", "investigator")
            if role in row.roles
        }
        assert found & {200, 302, 422}, beginning


def strongest(world: World) -> dict[str, Client]:
    # Whoever signed in has a password; nobody enters one here.
    Account.objects.update(password="not made of anything")  # noqa: S106 - a test's
    found = {
        role: world.client(role)
        for role in ("coordinator", "data_manager", "system_administrator", "monitor")
    }
    for client in found.values():
        client.raise_request_exception = False
    return found


def routes() -> Iterator[Row]:
    """Yield every route but signing out, which would end the session that asks."""
    yield from (row for row in ROWS if "sign-out" not in row.pattern)


@pytest.mark.parametrize("engine", ["postgresql18"], indirect=True)
def test_no_text_in_an_address_breaks_a_page(world: World) -> None:
    everything(world)
    clients = strongest(world)
    for odd, row in product(ODD, routes()):
        if not odd or not any(kind == "str" for kind, _ in NAMED.findall(row.pattern)):
            continue
        text = quote(odd[:ADDRESS], safe="")
        address = "/" + NAMED.sub(lambda found, text=text: text if found[1] == "str" else "1", row.pattern)
        role = next((role for role in clients if role in row.roles), "")
        if role:
            status = clients[role].generic(row.method, address).status_code
            assert status < 500, (row.method, row.pattern, role)


@pytest.mark.parametrize("engine", ["postgresql18"], indirect=True)
def test_no_text_in_a_form_or_question_breaks_a_page(world: World) -> None:
    ids = everything(world)
    clients = strongest(world)
    for odd, row in product(ODD, routes()):
        role = next((role for role in clients if role in row.roles), "")
        if not role:
            continue
        given = {name: odd for name in FIELDS if name not in SENT_TO_NOBODY}
        given |= {f"{kind}:suicidal_thoughts:0": odd for kind in "asm"} | {odd[:64]: odd}
        first = next((one for beginning, one in ids.items() if row.pattern.startswith(beginning)), "1")
        address = addresses(row.pattern, first=first)
        sent = given if row.method == "POST" else {name: text[:ADDRESS] for name, text in given.items()}
        ask = clients[role].post if row.method == "POST" else clients[role].get
        status = ask(address, sent).status_code
        assert status < 500, (row.method, row.pattern, role)
        if row.action == PUBLIC and row.method == "POST":
            nobody = Client(raise_request_exception=False)
            assert nobody.post(address, sent).status_code < 500, (row.pattern, "nobody signed in")
    assert chains.check("trial", anchors=[]).problems == ()
