"""What every operation has in common: an action, one shape of refusal, one act a key."""

import json
import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from tests.conduct.api.conftest import JSON, Programs

from equipoise.conduct.accounts.permission import ACTIONS
from equipoise.conduct.accounts.routes import matrix, program_route
from equipoise.conduct.api import document, own
from equipoise.conduct.config import urls
from equipoise.conduct.frame.refusals import told

NAMED = re.compile(r"<(?:\w+:)?(\w+)>")
ROWS = [row for row in matrix(urls.urlpatterns) if row.pattern.startswith(document.PREFIX)]


def test_every_operation_names_an_action_and_stands_in_the_description() -> None:
    described = {
        (method.upper(), path): operation
        for path, methods in document.made()["paths"].items()
        for method, operation in methods.items()
    }
    routed = {(row.method, "/" + NAMED.sub(r"{\1}", row.pattern)): row for row in ROWS}
    assert set(routed) == set(described)
    for key, operation in described.items():
        assert operation["x-action"] == routed[key].action
        assert operation["x-action"] in ACTIONS
        assert operation["summary"]
        assert operation["description"]


def test_an_operation_without_a_known_action_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no action is called form\.burn"):
        program_route("x", lambda request: None, name="x", actions={"GET": "form.burn"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/me", 405),
        ("HEAD", "/api/v1/me", 405),
        ("OPTIONS", "/api/v1/me", 405),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v2/me", 404),
    ],
)
def test_whatever_is_refused_has_one_shape(programs: Programs, method: str, path: str, status: int) -> None:
    answer = programs.client("monitor").generic(method, path)
    assert answer.status_code == status
    if method != "HEAD":
        said = answer.json()
        assert sorted(said) == ["problems", "result", "status"]
        assert said["status"] == status
        assert sorted(said["problems"][0]) == sorted(told(""))


def test_a_refusal_speaks_the_language_that_was_asked_for(programs: Programs) -> None:
    form = programs.world.opened("vitals", "SCR")
    client = programs.client("coordinator")
    sent = json.dumps({"answers": [{"item": "systolic", "text": "high"}]})
    said = {}
    for language in ("en", "es"):
        answer = client.post(
            f"/api/v1/forms/{form}/answers", sent, content_type=JSON, headers={"Accept-Language": language}
        )
        said[language] = answer.json()["problems"][0]["message"]
    assert said["en"] == "`high` is not a number"
    assert said["es"] != said["en"]
    assert "high" in said["es"]


def test_a_store_that_is_away_is_no_fault_of_the_program(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = programs.client("monitor")

    def away() -> None:
        raise OperationalError("disk I/O error at /secret/place")

    monkeypatch.setattr(own.studies, "study", away)
    answer = client.get("/api/v1/me")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "secret" not in answer.content.decode()
    assert answer.json()["status"] == 503


def test_a_failure_says_nothing_of_how(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise KeyError("niacin")

    monkeypatch.setattr(own.studies, "study", fails)
    answer = programs.client("monitor").get("/api/v1/me")
    assert answer.status_code == 500
    assert answer.json()["problems"][0]["message"]
    assert "niacin" not in answer.content.decode()


def test_the_description_is_for_whoever_has_a_token(programs: Programs, study: Path) -> None:
    found = programs.ask("statistician", "/openapi.json")
    assert found["openapi"].startswith("3.1")
    assert found == json.loads(document.text())
    assert Client().get("/api/v1/openapi.json").status_code == 401
