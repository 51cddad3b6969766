"""Programs of the recurring people: what asks with a token, beside the study under way of the pages' tests."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from tests.conduct.pages.conftest import World, template, world
from tests.conduct.people import Somebody

from equipoise.conduct.accounts import tokens

__all__ = ["Programs", "programs", "template", "world"]
KNOWN = ("SEA", "NYC")


@dataclass
class Programs:
    """What asks for somebody: `programs.get("monitor", "/me")`."""

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
        status: int = 200,
    ) -> Any:
        """Ask, or send where something is given, and return what the answer holds; its status must be this."""
        client = who if isinstance(who, Client) else self.client(who)
        headers = {"Idempotency-Key": key} if key else {}
        address = f"/api/v1{path}"
        if given is None:
            answer = client.get(address)
        else:
            answer = client.post(address, json.dumps(given), content_type="application/json", headers=headers)
        assert answer.status_code == status, (path, answer.status_code, answer.content[:500])
        return answer.json() if answer.headers.get("Content-Type") == "application/json" else answer.content


@pytest.fixture
def programs(world: World) -> Programs:
    return Programs(world)
