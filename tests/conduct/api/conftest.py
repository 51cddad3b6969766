"""Programs of the recurring people: what asks with a token, beside the study under way of the pages' tests.

Whatever they are answered must have the status and the shape that the description gives.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from django.urls import resolve
from tests.conduct.api import days
from tests.conduct.pages.conftest import World, template, world
from tests.conduct.people import SECRET, Somebody
from tests.conduct.tasks.conftest import away, rating

from equipoise.conduct.accounts import tokens
from equipoise.conduct.api.operation import OPERATIONS, written
from equipoise.conduct.api.shapes import Refusal
from equipoise.conduct.config import urls

assert urls.urlpatterns, "every operation is known once the addresses are"
__all__ = ["Programs", "away", "programs", "rating", "template", "world"]
KNOWN = ("SEA", "NYC")
JSON = "application/json"
PASSWORD = "four plain words here"  # noqa: S105 - a test's


@dataclass
class Programs:
    """What asks for somebody: `programs.ask("monitor", "/me")`."""

    world: World

    def confirming(self, who: str) -> dict[str, str]:
        """Return the password and code with which somebody confirms, from now on and once."""
        account = self.world.people[who].account
        account.set_password(PASSWORD)
        account.save()
        # The library remembers codes in this process only: another test used this one.
        cache.clear()
        counter = next(iter(auth.yield_hotp_counters_from_time()))
        return {"password": PASSWORD, "code": auth.format_hotp_value(auth.hotp_value(SECRET, counter))}

    def token(self, who: "str | Somebody", *, role: str = "", site: str = "", days: int = 30) -> str:
        """Make a token."""
        somebody = self.world.people[who] if isinstance(who, str) else who
        at = self.world.hand[0]
        return tokens.make(
            by=somebody.viewer(at), name="Test", role=role, site=site, known=KNOWN, days=days, at=at
        )

    def client(self, who: "str | Somebody", **narrowed: Any) -> Client:
        """Return what asks with a token of somebody."""
        header = f"Bearer {self.token(who, **narrowed)}"
        return Client(raise_request_exception=False, headers={"Authorization": header})

    def ask(
        self,
        who: "str | Somebody | Client",
        path: str,
        given: Any = None,
        *,
        key: str = "",
        status: int | None = None,
    ) -> Any:
        """Ask, or send where something is given, and return what the answer holds.

        status   what it must be; that of an operation carried out where nothing is said
        """
        client = who if isinstance(who, Client) else self.client(who)
        headers = {"Idempotency-Key": key} if key else {}
        address = f"/api/v1{path}"
        if given is None:
            answer = client.get(address)
        else:
            answer = client.post(address, json.dumps(given), content_type=JSON, headers=headers)
        return checked(address, answer, status=status)


def checked(address: str, answer: Any, *, status: int | None = None) -> Any:
    """Return what an answer holds; its status and shape must be those of the description."""
    name = resolve(address.partition("?")[0]).view_name.partition(":")[2]
    known = OPERATIONS[name, answer.request["REQUEST_METHOD"]]
    expected = known.status if status is None else status
    assert answer.status_code == expected, (address, answer.status_code, answer.content[:500])
    assert answer.status_code in (known.status, *known.refuses), (address, answer.status_code)
    if answer.headers.get("Content-Type") != JSON:
        return answer.content
    shape = known.gives if answer.status_code == known.status else Refusal
    written(shape).validate_json(answer.content)
    said = answer.json()
    found = days.described()
    assert list(days.undeclared(said, days.answered(known.id, answer.status_code, found), found)) == []
    return said


@pytest.fixture
def programs(world: World, one_code: None) -> Programs:
    return Programs(world)


@pytest.fixture
def one_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the codes' clock stand, so that none runs out within a test."""
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([58_797_360]))
