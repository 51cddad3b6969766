"""One-time links: into a simulated study, from this machine, once, for a short while; and nowhere else at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from tests.conduct.people import People, clock_at

from equipoise.conduct.accounts import entry_links
from equipoise.conduct.accounts.models import EntryLink, EntryLinkUse
from equipoise.conduct.audit.models import Event
from equipoise.errors import RecordError

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ELSEWHERE = "203.0.113.9"
UNKNOWN = 404


@pytest.fixture
def clock(study: Path) -> Iterator[list[datetime]]:
    with clock_at(AT) as hand:
        yield hand


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> LazySettings:
    monkeypatch.setattr(settings, "SIMULATED", True)
    return settings


def link(people: People, role: str = "investigator") -> str:
    secret = entry_links.make(person=people[role].person, at=AT, by="system")
    return f"/sign-in/once/{secret}/"


def inside(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.mark.both_stores
def test_a_link_lets_somebody_in_once(people: People, clock: list[datetime], simulated: LazySettings) -> None:
    address, first, second = link(people), Client(), Client()
    page = first.get(address).content.decode()
    assert "Investigator" in page
    assert "no second factor" in page
    assert not inside(first), "looking at the page uses nothing up"
    assert first.post(address).status_code == 302
    assert inside(first)
    assert second.post(address).status_code == UNKNOWN
    assert second.get(address).status_code == UNKNOWN
    assert not inside(second)
    actions = list(Event.objects.using("default").order_by("id").values_list("action", flat=True))
    assert actions[-3:] == ["account.link_made", "account.link_used", "account.signed_in"]


def test_a_role_with_a_second_factor_works_without_it_only_in_a_session_begun_by_link(
    people: People, clock: list[datetime], simulated: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equipoise.conduct.accounts.sign_in.has_second_factor", lambda account: False)
    client = Client()
    client.post(link(people))
    assert client.get("/people/").status_code == 200
    assert people.client("investigator").get("/people/").status_code == 302
    monkeypatch.setattr(settings, "SIMULATED", False)
    assert client.get("/people/").status_code == 302, "the same session in a study that is not simulated"


def test_a_link_is_worth_nothing_after_half_an_hour(
    people: People, clock: list[datetime], simulated: LazySettings
) -> None:
    address, client = link(people), Client()
    clock[0] = AT + entry_links.LASTS - timedelta(seconds=1)
    assert client.get(address).status_code == 200
    clock[0] = AT + entry_links.LASTS
    assert client.get(address).status_code == UNKNOWN
    assert client.post(address).status_code == UNKNOWN


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": ELSEWHERE},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=::1"},
    ],
)
def test_a_link_is_unknown_from_elsewhere_and_through_a_proxy(
    people: People, clock: list[datetime], simulated: LazySettings, meta: dict[str, str]
) -> None:
    address, client = link(people), Client()
    assert client.get(address, **meta).status_code == UNKNOWN
    assert client.post(address, **meta).status_code == UNKNOWN
    assert not EntryLinkUse.objects.exists()
    assert client.get(address, REMOTE_ADDR="::1").status_code == 200


def test_a_real_study_makes_no_link_and_takes_none(
    people: People, clock: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.SIMULATED is False
    with pytest.raises(RecordError, match="no link is made"):
        entry_links.make(person=people.coordinator.person, at=AT, by="system")
    monkeypatch.setattr(settings, "SIMULATED", True)
    address = link(people)
    monkeypatch.setattr(settings, "SIMULATED", False)
    assert Client().get(address).status_code == UNKNOWN
    assert Client().post(address).status_code == UNKNOWN


def test_only_a_hash_of_a_link_is_kept(
    people: People, clock: list[datetime], simulated: LazySettings
) -> None:
    secret = link(people).split("/")[3]
    assert EntryLink.objects.get().key == sha256(secret.encode()).hexdigest()


def test_whoever_lost_access_is_let_in_by_no_link(
    people: People, clock: list[datetime], simulated: LazySettings
) -> None:
    address, account = link(people), people.investigator.account
    account.is_active = False
    account.save()
    assert Client().post(address).status_code == UNKNOWN
