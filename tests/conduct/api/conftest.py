"""Programs of the recurring people: what asks with a token, beside the study under way of the pages' tests.

Whatever they are answered must have the status and the shape that the description gives.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from tests.conduct.pages.conftest import World, template, world
from tests.conduct.people import Somebody

from equipoise.conduct.accounts import tokens
from equipoise.conduct.api.operation import OPERATIONS, written
from equipoise.conduct.api.shapes import Refusal
from equipoise.conduct.config import urls

assert urls.urlpatterns, "every operation is known once the addresses are"
__all__ = ["Programs", "programs", "template", "world"]
KNOWN = ("SEA", "NYC")
JSON = "application/json"


@dataclass
class Programs:
    """What asks for somebody: `programs.ask("monitor", "/me")`."""

    world: World

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
    return answer.json()


@pytest.fixture
def programs(world: World) -> Programs:
    return Programs(world)
