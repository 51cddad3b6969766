"""Whatever an address, a form or a header says of where to go next: it is one of our own paths, or none."""

from itertools import product
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from tests.conduct.attack.addresses import ROWS, address
from tests.conduct.pages.conftest import World

ELSEWHERE = (
    *("https://evil.example.org/", "//evil.example.org/", "///evil.example.org/", "/\\evil.example.org/"),
    *("\\\\evil.example.org/", "http:evil.example.org", "javascript:alert(1)"),
    *("\t//evil.example.org/", "/\t/evil.example.org/", "http://testserver@evil.example.org/"),
    *(
        "http://testserver.evil.example.org/",
        "https:///evil.example.org/",
        "//evil.example.org\r\n/x",
    ),
)
NEXT = ("next", "redirect_to", "return", "url", "continue", "back")
HEADERS = ("Referer", "HX-Current-URL", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL")


def led(answer: Any) -> list[str]:
    """Return where an answer leads a browser, and where that page would lead it in the end."""
    found = [
        answer.headers[name] for name in ("Location", "HX-Redirect", "Refresh") if name in answer.headers
    ]
    return found + [one for place in found for one in parse_qs(urlsplit(place).query).get("next", [])]


def ours(place: str) -> bool:
    """Whether a browser that follows stays here."""
    flat = "".join(one for one in place if one > " ").replace("\\", "/")
    parts = urlsplit(flat)
    return not parts.scheme and not parts.netloc and flat.startswith("/") and not flat.startswith("//")


def test_no_header_leads_elsewhere(world: World) -> None:
    client = Client(raise_request_exception=False)
    for header, place, partly in product(HEADERS, ELSEWHERE, (False, True)):
        shown = place.encode("ascii", "replace").decode().replace("\r", "").replace("\n", "")
        headers = {header: shown} | ({"HX-Request": "true"} if partly else {})
        for answer in (
            client.get("/participants/", headers=headers),
            client.post("/queries/a/", headers=headers),
        ):
            assert answer.status_code in (302, 401, 400), (header, place)
            assert [one for one in led(answer) if not ours(one)] == [], (header, place)


def test_no_field_leads_elsewhere(world: World) -> None:
    """Each route that answers with a way to somewhere is given every such field at once."""
    clients = {role: world.client(role) for role in ("coordinator", "investigator", "data_manager")}
    nobody = Client(raise_request_exception=False)
    form, followed = world.opened("madrs", "PREP1"), 0
    world.save(form, suicidal_thoughts="5")
    alert = world.alert
    for place in ELSEWHERE[:4]:
        given = dict.fromkeys(NEXT, place) | {"status": "seen", "text": "On my way"}
        for row in ROWS:
            if row.route in ("account_logout", "enrollment:hand_visit"):
                continue
            role = next((one for one in clients if one in row.roles), "")
            client = clients.get(role, nobody)
            client.raise_request_exception = False
            there = address(row, {"code": alert}) if row.route == "review:alert" else address(row)
            answer = client.get(there, given) if row.method == "GET" else client.post(there, given)
            ways = led(answer)
            followed += bool(ways)
            assert [one for one in ways if not ours(one)] == [], (row.pattern, place)
    assert followed > 100


def test_signing_in_leads_to_no_other_server(world: World) -> None:
    coordinator = world.people.coordinator
    account = coordinator.account
    account.set_password("an old oak on a hill")
    account.save()
    for place in ELSEWHERE[:4]:
        client = Client()
        sent = {"login": coordinator.email, "password": "an old oak on a hill", "next": place}
        answer = client.post("/sign-in/", sent)
        assert (answer.status_code, led(answer)) == (302, ["/"]), place


def test_what_leads_elsewhere_is_told_from_what_does_not() -> None:
    assert not [place for place in ELSEWHERE if ours(place)]
    assert ours("/participants/?find=//x")
