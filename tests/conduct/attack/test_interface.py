"""Programs that send anything: no operation fails, answers otherwise than it says, or tells what it should not.

Requests are made from the description that programs read, right ones and wrong ones, for everybody: with a token of each
role, with none, with one that never was, and with a session in place of a token. Ids are real ones or whatever comes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from tests.conduct.api.conftest import Programs
from tests.conduct.attack.addresses import API, ROWS
from tests.conduct.pages.conftest import HERE, THERE, World, text_of

from equipoise.conduct.accounts.permission import ACTIONS, ROLES
from equipoise.conduct.accounts.routes import OWN
from equipoise.conduct.api import datasets, document, urls
from equipoise.conduct.api.operation import Refused
from equipoise.conduct.audit import chains
from equipoise.conduct.capture import reads

RIGHT, WRONG = 4, 3
"""Requests of either kind for each operation and person; few, so that all operations are reached in time."""
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
BAD = 300
ANY = frozenset(range(200, 600))
ENDS = (2**31, 2**63, -(2**63) - 1, 10**400)
NOBODY, NEVER = "nobody", "a token that never was"
QUICK = settings(
    max_examples=RIGHT,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@cache
def described() -> Any:
    """Return the description as the tool reads it."""
    assert urls.AREAS
    found = schemathesis.openapi.from_dict(document.made())
    found.app = WSGIHandler()
    return found


def operations() -> list[Any]:
    """Return every operation of the description."""
    return [one.ok() for one in described().get_all_operations()]


@dataclass
class Interface:
    """Everybody's token, and the ids that are there."""

    tokens: Mapping[str, str]
    ids: Mapping[str, str]

    def send(self, case: Any, who: str) -> Any:
        """Send a request for somebody; whatever comes back must be what the description says."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who != NOBODY else {}
        answer = case.call(app=described().app, base_url="http://testserver", headers=headers)
        case.validate_response(answer, checks=CHECKS)
        return answer

    def of(self, operation: Any) -> dict[str, str]:
        """Return real ids for what an operation's address names."""
        return {name: self.ids.get(name, "1") for name in re.findall(r"{(\w+)}", operation.path)}


def exported(folder: Path, _person: str, _at: object) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")


@pytest.fixture
def interface(world: World, monkeypatch: pytest.MonkeyPatch) -> Interface:
    """A study under way with one of everything, and a token for each role."""
    monkeypatch.setattr(datasets.Exporter, "export", staticmethod(exported))
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5")
    world.post("monitor", f"/forms/{form}/query/", about="suicidal_thoughts:0", text="Is it so?")
    programs = Programs(world)
    tokens = {role: programs.token(role) for role in ROLES} | {NEVER: "eq_" + "a" * 43}
    ids = {"name": HERE, "code": form, "item": "suicidal_thoughts", "number": "1", "site": "SEA"}
    ids |= {"kind": "declined", "language": "en", "letter": "1", "place": "1"}
    ids["person"] = world.people.coordinator.person
    return Interface(tokens, ids)


def named(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def holders(operation: Any) -> frozenset[str]:
    """Return the roles an operation is for."""
    action = operation.definition.raw["x-action"]
    return frozenset(ROLES) if action == OWN else ACTIONS[action]


def asked_by(operation: Any) -> list[str]:
    """Return who asks for an operation: one who may, one who may not, and nobody; others for other operations."""
    place = sum(map(ord, named(operation)))
    those = [sorted(holders(operation)), sorted(frozenset(ROLES) - holders(operation))]
    return [*(some[place % len(some)] for some in those if some), NOBODY]


def test_every_operation_is_described() -> None:
    there = {row.action for row in ROWS if row.pattern.startswith(API)}
    assert there == {one.definition.raw["x-action"] for one in operations()} | {OWN}
    assert len(operations()) == sum(row.pattern.startswith(API) for row in ROWS)


@pytest.mark.parametrize("operation", operations(), ids=named)
def test_no_request_breaks_an_operation_or_gets_what_it_does_not_describe(
    interface: Interface, operation: Any
) -> None:
    people = asked_by(operation)
    real = operation.as_strategy(path_parameters=interface.of(operation) or None)
    wild = operation.as_strategy(GenerationMode.NEGATIVE) if operation.body or operation.query else real

    @QUICK
    @given(case=real)
    def right(case: Any) -> None:
        for who in people:
            interface.send(case, who)
        if isinstance(case.body, dict):
            for name in [name for name, value in case.body.items() if type(value) is int]:
                for number in ENDS:
                    case.body = {**case.body, name: number}
                    interface.send(case, people[0])

    @settings(QUICK, max_examples=WRONG)
    @given(case=wild)
    def wrong(case: Any) -> None:
        interface.send(case, people[0])

    right()
    wrong()


def test_everybody_is_answered_as_the_matrix_says(interface: Interface) -> None:
    """Who may not is refused with 403 or finds nothing, nobody with 401, a session counts for nothing."""
    reached, wrong = set(), []
    for operation in operations():
        for who in (*ROLES, NOBODY, NEVER):
            body = {} if operation.body else NOT_SET
            case = operation.Case(
                path_parameters=interface.of(operation), body=body, media_type="application/json"
            )
            status = interface.send(case, who).status_code
            expected = (
                {401} if who in (NOBODY, NEVER) else {403, 404} if who not in holders(operation) else ANY
            )
            wrong += [(named(operation), who, status)] * (status not in expected)
            reached |= {named(operation)} if status < BAD else set()
    assert wrong == []
    assert len(reached) > 10


def test_a_session_is_no_token(world: World, interface: Interface) -> None:
    """So no page elsewhere can ask in somebody's name: a browser sends cookies along, and no token."""
    client = world.client("coordinator")
    for operation in operations():
        path = operation.path.format(**interface.of(operation))
        answer = client.generic(operation.method.upper(), path, "{}", content_type="application/json")
        assert answer.status_code == 401, path
        assert THERE not in text_of(answer)
    assert chains.check("trial", anchors=[]).problems == ()


def test_what_is_broken_or_undescribed_is_found(
    interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = next(one for one in operations() if named(one) == "today")
    case = today.Case()
    assert interface.send(case, "coordinator").status_code == 200

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    def otherwise(*_: object, **__: object) -> dict[str, str]:
        return {"what": "nobody described"}

    def undescribed(*_: object, **__: object) -> None:
        raise Refused(HTTPStatus.IM_A_TEAPOT, [])

    for plant in (broken, otherwise, undescribed):
        monkeypatch.setattr(reads, "home", plant)
        with pytest.raises(FailureGroup):
            interface.send(case, "coordinator")
