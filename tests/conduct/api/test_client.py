"""The client against a server that really listens, and the page that shows how to use it."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from tests.conduct.api.conftest import Programs
from tests.conduct.pages.conftest import HERE

from equipoise.client import Answer, Client, RequestRefused, Response, over_http, shapes
from equipoise.client.shapes import forms, participants, review, study
from equipoise.conduct.api import document
from equipoise.conduct.api.operation import OPERATIONS
from equipoise.conduct.config.operations.filling import programs as filling

ROOT = Path(__file__).parents[3]
HOW_TO = ROOT / "docs" / "how-to" / "use-the-api.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_given: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(programs: Programs) -> Iterator[str]:
    """Where the study listens."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def client(programs: Programs, address: str, who: str) -> Client:
    return Client(over_http(address), token=programs.token(who))


def test_a_program_does_a_days_work(programs: Programs, address: str) -> None:
    coordinator, monitor = (client(programs, address, who) for who in ("coordinator", "monitor"))
    assert coordinator.me()["person"] == "p-coordinator"
    assert [one["participant"] for one in coordinator.participants()] == [HERE]
    coordinator.plan_day(HERE, "dose", "2026-12-20", reason="Moved")
    coordinator.record_visit(HERE, "SCR", "held", date="2026-11-23")
    form = coordinator.open_form(HERE, "madrs", visit="PREP1")
    items = coordinator.form(form)["items"]
    saved = coordinator.save(form, [Answer(one["item"], "5") for one in items])
    assert (saved["scores"], saved["instructions"][0]["stored"]) == ({"total": 50}, True)
    assert coordinator.complete(form)["done"]
    query = monitor.ask(form, "Is it so?", item="lassitude")
    coordinator.answer_query(query, "It is")
    monitor.close_query(query, "Thank you")
    assert [one["text"] for one in monitor.query(query)["notes"]] == ["Is it so?", "It is", "Thank you"]
    monitor.verify(form)
    assert next(monitor.audit(subject=f"form-{form}"))["action"] == "form.verified"
    assert coordinator.history(form, "lassitude")[0]["answer"] == "5"
    assert coordinator.find("001")["participants"] == [HERE]
    alert = next(coordinator.alerts())
    coordinator.note_alert(alert["alert"], "seen")


def test_a_refusal_is_raised_with_everything_that_was_said(programs: Programs, address: str) -> None:
    coordinator = client(programs, address, "coordinator")
    form = programs.world.opened("vitals", "SCR")
    with pytest.raises(RequestRefused) as caught:
        coordinator.save(form, [Answer("systolic", "high"), Answer("diastolic", "80")])
    assert caught.value.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [one.path for one in caught.value.problems] == ["systolic"]
    assert [one["item"] for one in caught.value.result["kept"]] == ["diastolic"]
    with pytest.raises(RequestRefused, match="nothing of this name"):
        coordinator.form("a" * 13)


def test_an_answer_lost_on_the_way_is_asked_for_again_and_acts_once(programs: Programs, address: str) -> None:
    line, lost = over_http(address), [True]

    def cut(method: str, path: str, headers: Any, body: bytes) -> Response:
        answer = line(method, path, headers, body)
        if method == "POST" and lost.pop():
            lost.append(False)
            raise ConnectionResetError
        lost.append(False)
        return answer

    monitor = Client(cut, token=programs.token("monitor"))
    form = programs.world.opened("vitals", "SCR")
    query = monitor.ask(form, "Is it so?")
    assert [one["query"] for one in monitor.queries()] == [query]


@pytest.mark.parametrize("address", ["http://study.example.org", "study.example.org", "ftp://x", ""])
def test_a_token_goes_to_no_other_machine_unencrypted(address: str) -> None:
    with pytest.raises(RequestRefused):
        over_http(address)


def test_every_call_of_the_interface_has_its_method(programs: Programs) -> None:
    asked: set[tuple[str, str]] = set()
    templates = {
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), (one["operationId"]))
        for path, methods in document.made()["paths"].items()
        for method, one in methods.items()
    }

    def line(method: str, path: str, headers: Any, body: bytes) -> Response:
        plain = path.partition("?")[0]
        asked.update((known, "") for verb, shape, known in templates if verb == method and shape.match(plain))
        return Response(200, {}, b'{"items": [], "next": "", "form": "", "query": ""}')

    caller = Client(line, token="", keys=None)
    words = {"number": 1, "answers": [], "date": None, "locked": True, "repeat": 1, "row": 0}
    for name in [one for one in vars(Client) if not one.startswith("_")]:
        method = getattr(caller, name)
        hints = [one for one in get_type_hints(method) if one != "return"]
        required = {one: words.get(one, "x") for one in hints if one not in (method.__kwdefaults__ or {})}
        done = method(**{one: value for one, value in required.items() if one in hints})
        if isinstance(done, Iterator):
            list(done)
    known = {one.id for one in OPERATIONS.values()} - {"description"}
    mine = {one for one, _ in asked}
    assert known - mine - NOT_YET == set()


NOT_YET: set[str] = {
    *("applicants", "applicant_counts", "decide_applications", "applicant", "note_letter", "letter_text"),
    *(
        "consent_forms",
        "add_consent_form",
        "consent_form",
        "approve_consent_form",
        "participant_consent",
        "countersign_consent",
        "withdraw_consent",
        "go_on_without_update",
        "participant_contact",
    ),
    *("participant_eligibility", "judge_criterion", "confirm_eligibility"),
    *(
        "participant_randomization",
        "randomize_participant",
        "kits",
        "kit_contents",
        "next_kits",
        "downtime_lists",
        "report_downtime_list",
        "enter_downtime_kit",
    ),
    *(
        "code_breaks",
        "find_for_code_break",
        "break_code",
        "participant_unblinding",
        "tell_arm",
        "read_arm",
        "exposures",
        "sealed_files",
        "report_sealed_file",
    ),
    *(
        "tasks",
        "task",
        "begin_task",
        "save_task",
        "complete_task",
        "decline_guess",
        "answer_task_question",
        "give_task_back",
        "ratings",
        "assign_rating",
        "release_rating",
    ),
    *(
        "people",
        "add_person",
        "delegation_log",
        "person",
        "correct_name",
        "give_role",
        "end_role",
        "record_training",
        "delegate_tasks",
        "end_delegation",
        "set_password",
        "remove_second_factor",
        "change_address",
        "close_access",
    ),
}
"""Operations the client has no method for."""


def shape_of(schema: dict[str, Any]) -> str:
    """Return a schema's type in a word, as `word_of` says it of a type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return "|".join(sorted({shape_of(one) for one in schema["anyOf"]}))
    if schema.get("type") == "array":
        return "array" if "prefixItems" in schema or not schema["items"] else f"[{shape_of(schema['items'])}]"
    return str(schema.get("type", "any"))


WORDS = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def word_of(kind: Any) -> str:
    if get_origin(kind) is list:
        (inner,) = get_args(kind)
        return "array" if inner is Any else f"[{word_of(inner)}]"
    if get_origin(kind) is dict:
        return "object"
    if get_args(kind):
        return "|".join(sorted(word_of(one) for one in get_args(kind)))
    return WORDS.get(kind) or str(kind.__name__)


@pytest.mark.parametrize("module", [study, participants, forms, review, shapes], ids=lambda one: one.__name__)
def test_the_clients_types_are_those_of_the_description(module: ModuleType) -> None:
    known = document.made()["components"]["schemas"]
    mine = {
        name: one
        for name, one in vars(module).items()
        if isinstance(one, type) and one.__module__ == module.__name__ and name != "Page"
    }
    assert mine
    for name, one in mine.items():
        expected = {field: shape_of(schema) for field, schema in known[name]["properties"].items()}
        assert {field: word_of(kind) for field, kind in get_type_hints(one).items()} == expected, name


def test_a_simulated_studys_program_asks_without_a_server_and_at_its_own_time(programs: Programs) -> None:
    viewer, then = programs.world.people.monitor.viewer(), programs.world.hand[0] - timedelta(days=3)
    form = programs.world.opened("vitals", "SCR")
    with override_settings(SIMULATED=True), filling.time_is(then):
        asking = filling.program(viewer, at=then)
        query = asking.ask(form, "Is it so?")
        assert asking.query(query)["notes"][0]["at"].startswith("2026-11-20")
    with pytest.raises(ValueError, match="real study"), filling.time_is(then):
        pass


def test_the_page_on_programs_is_true(programs: Programs, address: str, tmp_path: Path) -> None:
    """Every command of it runs, each in the role that it needs."""
    blocks = BLOCK.findall(HOW_TO.read_text(encoding="utf-8"))
    assert [kind for kind, _ in blocks] == ["sh", "sh", "python", "sh"]
    for kind, text in blocks:
        role = "data_manager" if "datasets" in text else "coordinator"
        token = programs.token(role)
        if kind == "python":
            exec(text, {"STUDY": address, "TOKEN": token})  # noqa: S102 - our own page
            continue
        done = subprocess.run(
            ["bash", "-euc", text],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "STUDY": address, "TOKEN": token},
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (text, done.stderr)
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")
    assert (tmp_path / "records.zip").read_bytes().startswith(b"PK")
