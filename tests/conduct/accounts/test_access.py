"""The gate: sessions that end mid-work, roles that end mid-session, scripts, caches, forwarded headers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.conduct.people import People, clock_at

from equipoise.conduct.accounts import services
from equipoise.conduct.accounts.models import RoleGrant
from equipoise.conduct.config import forwarded
from equipoise.conduct.config.settings import Settings, current

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
JSON = {"Accept": "application/json"}


def test_a_page_sends_to_sign_in_and_back(study: Path) -> None:
    answer = Client().get("/participants/?find=1")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=/participants/%3Ffind%3D1"


def test_a_session_that_ends_mid_work_returns_to_the_page_the_work_was_on(
    study: Path, people: People
) -> None:
    with clock_at(AT) as hand:
        client = people.client("coordinator")
        hand[0] += timedelta(minutes=31)
        page = {"Referer": "http://testserver/forms/7/?row=2"}
        answer = client.post("/forms/7/", {"a:x:1": "typed"}, headers=page)
        assert answer.headers["Location"] == "/sign-in/?next=/forms/7/%3Frow%3D2"
        foreign = client.post("/forms/7/", headers={"Referer": "https://evil.example/forms/7/"})
        assert foreign.headers["Location"] == "/sign-in/?next=/"


def test_a_script_gets_401_and_not_a_page(study: Path, people: People) -> None:
    with clock_at(AT) as hand:
        client = people.client("coordinator")
        hand[0] += timedelta(minutes=31)
        answer = client.post("/forms/7/save/", headers=JSON)
        assert answer.status_code == 401
        assert answer.json() == {"problem": "Sign in again."}
        assert answer.headers["Content-Type"] == "application/json"


def test_a_script_that_may_not_gets_403_as_data(study: Path, people: People) -> None:
    answer = people.client("auditor").post("/forms/7/save/", headers=JSON)
    assert (answer.status_code, answer.json()) == (403, {"problem": "Your role does not include this."})


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(study: Path) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/forms/7/"}
    answer = Client().get("/forms/7/history/x/1/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=/forms/7/"


def test_a_role_that_ends_mid_session_ends_at_the_next_request(study: Path, people: People) -> None:
    client = people.client("coordinator")
    assert client.get("/participants/").status_code == 200
    grant = RoleGrant.objects.get(person=people.coordinator.person)
    services.end_grant(grant=grant.id, at=datetime.now(UTC), by="system", reason="left")
    assert client.get("/participants/").status_code == 403
    assert client.get("/account/").status_code == 200, "their own account stays theirs"


def test_a_role_begins_and_ends_by_itself(study: Path, people: People) -> None:
    with clock_at(AT) as hand:
        somebody = people.add(name="New")
        begins, ends = AT + timedelta(minutes=5), AT + timedelta(minutes=10)
        services.grant_role(
            person=somebody.person,
            role="auditor",
            site="",
            trainings=(),
            from_at=begins,
            until_at=ends,
            at=AT,
            by="system",
        )
        client = people.client(somebody)
        answers = []
        for _ in range(3):
            answers.append(client.get("/people/").status_code)
            hand[0] += timedelta(minutes=6)
        assert answers == [403, 200, 403]


@pytest.mark.parametrize(
    "address", ["/", "/sign-in/", "/account/", "/people/", "/nowhere/", "/forms/999/", "/sign-up/"]
)
def test_every_answer_stays_out_of_caches(study: Path, people: People, address: str) -> None:
    for client in (Client(), people.client("coordinator")):
        assert client.get(address).headers["Cache-Control"] == "no-store"


def test_a_page_of_ours_allows_no_foreign_script_style_or_frame(study: Path) -> None:
    policy = Client().get("/sign-in/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_form_sent_from_elsewhere_is_refused(study: Path, people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = people.client("coordinator").cookies
    answer = client.post("/account/password/", {"oldpassword": "x"})
    assert answer.status_code == 403
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def proxy(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = Settings(
        **{name: getattr(current(), name) for name in ("home", "keys", "mode")}, trusted_proxy="10.0.0.1"
    )
    monkeypatch.setattr(forwarded, "current", lambda: trusted)


HEADERS = {
    "X-Forwarded-For": "192.0.2.66, 198.51.100.4",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "192.0.2.67",
    "Forwarded": "for=192.0.2.68;host=evil.example",
}


def test_forwarded_headers_of_strangers_are_ignored(study: Path) -> None:
    request = Client().get("/sign-in/", headers=HEADERS, REMOTE_ADDR="203.0.113.9").wsgi_request
    assert request.META["REMOTE_ADDR"] == "203.0.113.9"
    assert not request.is_secure()
    assert request.get_host() == "testserver"
    assert not [name for name in forwarded.HEADERS if name in request.META]


def test_the_trusted_proxy_is_believed_as_far_as_it_saw_itself(proxy: None) -> None:
    request = Client().get("/sign-in/", headers=HEADERS, REMOTE_ADDR="10.0.0.1").wsgi_request
    assert request.META["REMOTE_ADDR"] == "198.51.100.4"
    assert request.is_secure()
    assert request.get_host().split(":")[0] == "testserver"


def test_a_neighbor_of_the_trusted_proxy_is_not_believed(proxy: None) -> None:
    request = Client().get("/sign-in/", headers=HEADERS, REMOTE_ADDR="10.0.0.11").wsgi_request
    assert request.META["REMOTE_ADDR"] == "10.0.0.11"
    assert not request.is_secure()


@pytest.mark.parametrize("said", ["", "unknown", "x" * 500, "198.51.100.4, "])
def test_a_proxy_that_says_no_address_stands_for_itself(proxy: None, said: str) -> None:
    request = (
        Client().get("/sign-in/", headers={"X-Forwarded-For": said}, REMOTE_ADDR="10.0.0.1").wsgi_request
    )
    assert request.META["REMOTE_ADDR"] == "10.0.0.1"
