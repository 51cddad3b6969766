"""Every route names who may use it, the gate keeps to it, and the page of the reference says so."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, URLResolver, path, resolve
from tests.conduct.people import People

from equipoise.conduct.accounts import access
from equipoise.conduct.accounts.access import Access
from equipoise.conduct.accounts.permission import ACTIONS, ROLES, Grant, Program, Viewer
from equipoise.conduct.accounts.reference import permissions_markdown
from equipoise.conduct.accounts.request import Shown
from equipoise.conduct.accounts.routes import PUBLIC, Row, matrix, route
from equipoise.conduct.config import urls
from equipoise.conduct.frame.refusals import API
from equipoise.conduct.stores import clock

SAMPLES = {"int": "1", "str": "x", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000", "path": "x"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ROWS = tuple(matrix(urls.urlpatterns))
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "permissions.md"


def sample(pattern: str) -> str:
    """Return an address that a pattern matches."""
    parts = ["/"]
    for piece in pattern.split("<"):
        kind, _, rest = piece.rpartition(">")
        parts.append((SAMPLES[kind.split(":")[0]] if kind else "") + rest)
    return "".join(parts)


def unrouted(rows: Iterable[Row]) -> list[str]:
    """Return routes that name no action, or one that nobody may."""
    return [f"{row.method} {row.pattern}" for row in rows if not row.action or not row.roles]


def planted(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("a view that nobody thought about")


class Planted:
    """The addresses of the study and one that names no action."""

    urlpatterns: list[URLPattern | URLResolver] = [*urls.urlpatterns, path("planted/", planted)]  # noqa: RUF012 - as Django reads it
    handler404 = urls.handler404


def test_every_route_names_an_action_and_who_may() -> None:
    assert len(ROWS) > 50
    assert unrouted(ROWS) == []


def test_a_route_without_an_action_is_found_and_refused(study: Path, people: People) -> None:
    assert unrouted(matrix(Planted.urlpatterns)) == ["ANY planted/"]
    with override_settings(ROOT_URLCONF=Planted):
        administrator = people.client("system_administrator")
        assert administrator.get("/planted/").status_code == 403
        assert administrator.post("/planted/").status_code == 403
        assert Client().get("/planted/").headers["Location"] == "/sign-in/?next=/planted/"


def test_a_route_cannot_name_an_action_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match=r"form\.tear"):
        route("x/", planted, name="x", get="form.tear")


def test_the_gate_answers_for_every_role_and_method_as_the_matrix_says(
    study: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate is asked itself, with what Django resolves: a thousand answers in the time of ten pages."""
    monkeypatch.setattr(access, "_first_things_first", lambda asked: None)
    monkeypatch.setattr(access, "_refused", lambda request: HttpResponse(status=403))
    gate = Access(lambda request: HttpResponse())
    allowed = {(row.pattern, row.method): row for row in ROWS}
    viewers = {role: Viewer(f"p-{role}", role, (Grant(role),)) for role in ROLES}
    factory, wrong = RequestFactory(), []
    for pattern in dict.fromkeys(row.pattern for row in ROWS):
        address = sample(pattern)
        found = resolve(address)
        assert found.route == pattern, f"{address} leads to {found.route}"
        for method in METHODS:
            program = f"/{pattern}".startswith(API)
            # Programs ask with the methods listed and no others.
            row = allowed.get((pattern, "GET" if method in ("HEAD", "OPTIONS") and not program else method))
            request = factory.generic(method, address)
            request.at, request.shown = clock.now(), Shown(0, 0, Program("", ""), "")
            refused = 405 if program and row is None else 403
            for role, viewer in viewers.items():
                request.viewer = viewer
                answer = gate.process_view(request, found.func, (), {})
                passes = row is not None and role in row.roles
                if passes != (answer is None) or (answer is not None and answer.status_code != refused):
                    wrong.append((role, method, pattern))
            request.viewer = None
            answer = gate.process_view(request, found.func, (), {})
            if (answer is None) != (row is not None and row.action == PUBLIC):
                wrong.append(("nobody", method, pattern))
    assert wrong == []


def test_a_gate_that_lets_everybody_in_would_be_noticed(study: Path, people: People) -> None:
    """The same question through the whole system, for one route: the refusal is the gate's and not a stub's."""
    held = {
        role: people.client(role).get("/people/").status_code
        for role in ("auditor", "rater", "system_administrator")
    }
    assert held == {"auditor": 200, "rater": 403, "system_administrator": 200}


def test_a_method_that_is_not_listed_is_refused(study: Path, people: People) -> None:
    client = people.client("auditor")
    assert {
        method: client.generic(method, "/people/").status_code for method in ("POST", "PUT", "DELETE")
    } == {
        "POST": 403,
        "PUT": 403,
        "DELETE": 403,
    }


def test_every_action_is_used_by_somebody_and_known_to_the_reference() -> None:
    assert {action for action, roles in ACTIONS.items() if not roles <= set(ROLES)} == set()
    text = permissions_markdown(ROWS)
    assert REFERENCE.read_text(encoding="utf-8").split("-->")[1].strip() == text.strip(), "run `make docs`"
    assert [action for action in ACTIONS if f"`{action}`" not in text] == []
