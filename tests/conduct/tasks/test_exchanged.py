"""Two worlds that differ in one thing: which visit each of a rater's two tasks is about. The rater's bytes are equal.

Everything a rater can ask for is asked for in both, in one order, with one clock and one source of chance.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from tests.conduct.conftest import connect
from tests.conduct.pages import conftest as pages
from tests.conduct.pages.conftest import AT, HERE, World
from tests.conduct.people import People
from tests.conduct.tasks.conftest import DUE, Rating

from equipoise.conduct.accounts import tokens
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.accounts.routes import matrix
from equipoise.conduct.api import tasks as programs
from equipoise.conduct.capture import services as forms
from equipoise.conduct.config import urls
from equipoise.conduct.stores import clock, entropy
from equipoise.conduct.tasks import reads
from equipoise.conduct.tasks.desk import Desk
from equipoise.conduct.tasks.models import Task
from equipoise.conduct.tasks.pages import rater

VISITS = ("SCR", "PREP1")
NEVER = "a" * 13
ANSWERS = ("apparent_sadness", "reported_sadness", "inner_tension", "reduced_sleep", "reduced_appetite")
ANSWERS += ("concentration", "lassitude", "inability_to_feel", "pessimistic_thoughts", "suicidal_thoughts")
CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


def chance() -> Callable[[int], bytes]:
    """Return a source of bytes that is the same in every world."""
    drawn = 0

    def draw(n_bytes: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(str(drawn).encode()).digest(n_bytes)

    return draw


class Visitor:
    """A rater's browser that keeps every byte it was sent."""

    def __init__(self, client: Client, token: str) -> None:
        self.client = client
        self.client.raise_request_exception = False
        self.program = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
        self.kept: list[tuple[str, int, bytes, str]] = []

    def ask(
        self, method: str, path: str, given: dict[str, str] | None = None, *, data: bool = False
    ) -> bytes:
        headers = {"Accept": "application/json"} if data else {}
        ask = self.client.post if method == "POST" else self.client.get
        self.keep(method, path, ask(path, given or {}, headers=headers))
        return self.kept[-1][2]

    def send(self, path: str, given: Any = None) -> None:
        """Ask as a program does."""
        address = f"/api/v1{path}"
        if given is None:
            self.keep("GET", address, self.program.get(address))
        else:
            sent = self.program.post(address, json.dumps(given), content_type="application/json")
            self.keep("POST", address, sent)

    def keep(self, method: str, path: str, answer: Any) -> None:
        """Keep everything an answer said."""
        # The token that guards forms is drawn by Django from the system's chance.
        content = CSRF.sub(b"", answer.content)
        said = " ".join(
            f"{name}={value}" for name, value in sorted(answer.headers.items()) if name != "Set-Cookie"
        )
        self.kept.append((f"{method} {path}", answer.status_code, content, said))


def by_program(seen: Visitor, code: str, *, last: bool) -> None:
    """Let the rater's program ask for everything there is; what is stored follows the pages' answers."""
    there = f"/tasks/{code}"
    seen.send("/tasks")
    seen.send(there)
    seen.send(f"{there}/begin", {})
    seen.send(there)
    seen.send(f"{there}/answers", {"answers": [{"item": "lassitude", "text": "99"}, {"item": "never"}]})
    if last:
        changed = {"answers": [{"item": "lassitude", "text": "3", "seen": 1}], "reason": "misheard"}
        seen.send(f"{there}/answers", changed)
        seen.send(f"{there}/decline", {})
    seen.send(f"{there}/complete", {"reason": "misheard"})
    seen.send(f"{there}/questions/1", {"text": ""})
    seen.send(f"{there}/give-back", {"reason": ""})
    seen.send(there)


def day(rating: Rating, tasks: tuple[str, str]) -> Visitor:
    """Let the rater ask for everything there is, for both tasks."""
    world = rating.world
    viewer = rating.viewer("rater")
    token = tokens.make(by=viewer, name="Mine", role="", site="", known=("SEA",), days=30, at=AT)
    seen = Visitor(rating.client(), token)
    for path in ("/", "/tasks/", f"/tasks/{NEVER}/", "/nothing/"):
        seen.ask("GET", path)
    for place, code in enumerate(tasks):
        there = f"/tasks/{code}/"
        seen.ask("GET", there)
        by_program(seen, code, last=False)
        seen.ask("POST", f"{there}begin/")
        seen.ask("GET", there)
        seen.ask("POST", f"{there}save/", {"a:apparent_sadness:0": "99"}, data=True)
        seen.ask("POST", f"{there}save/", {"a:suicidal_thoughts:0": "5"}, data=True)
        seen.ask("POST", f"{there}save/", {"a:never:0": "1", "a:apparent_sadness:0": "\x00"}, data=True)
        seen.ask("POST", there, {"complete": "1"})
        answers = {f"a:{item}:0": str((place + at) % 7) for at, item in enumerate(ANSWERS)}
        answers |= {"s:suicidal_thoughts:0": "1"}
        seen.ask("POST", there, {**answers, "complete": "1"})
        seen.ask("GET", there)
        seen.ask(
            "POST", f"{there}save/", {"a:apparent_sadness:0": "6", "s:apparent_sadness:0": "1"}, data=True
        )
        seen.ask(
            "POST",
            f"{there}save/",
            {"a:apparent_sadness:0": "6", "s:apparent_sadness:0": "1", "reason": "misheard"},
            data=True,
        )
        seen.ask("POST", f"{there}save/", {"a:guess:0": "1", "s:guess:0": "0"}, data=True)
        seen.ask("POST", there, {"complete": "1"})
        seen.ask("GET", there)
        seen.ask("POST", f"{there}decline/")
        seen.ask("GET", there)
        seen.ask("POST", f"{there}question/1/", {"text": "Yes"})
        seen.ask("GET", "/tasks/")
    row = Task.objects.get(code=tasks[0])
    form = rating.row(row.visit)
    by = rating.viewer("data_manager")
    forms.open_query(form=form.code, item="apparent_sadness", text="Is it so?", at=AT, by=by)
    seen.ask("GET", f"/tasks/{tasks[0]}/")
    seen.ask("POST", f"/tasks/{tasks[0]}/question/1/", {"text": ""})
    seen.ask("POST", f"/tasks/{tasks[0]}/question/1/", {"text": "Yes"})
    seen.ask("POST", f"/tasks/{tasks[1]}/back/", {"reason": ""})
    for code in tasks:
        by_program(seen, code, last=True)
    world.hand[0] = DUE.replace(hour=23)
    seen.ask("GET", "/tasks/")
    return seen


def lived(rating: Rating, visits: tuple[str, str]) -> Visitor:
    codes = (rating.assign(visits[0]), rating.assign(visits[1]))
    return day(rating, codes)


def worlds(template: Path, tmp_path: Path) -> tuple[Visitor, Visitor]:
    """Live the same day in two worlds that differ in the visits of the tasks."""
    found = []
    for number, visits in enumerate((VISITS, VISITS[::-1])):
        home = tmp_path / str(number) / "data" / "home"
        shutil.copytree(template, home)
        connect(home)
        hand = [AT]
        clock.replace_clock(lambda hand=hand: hand[0])
        entropy.replace_source(chance())
        found.append(lived(Rating(World(People(made=dict(pages._MADE)), hand)), visits))
        connections.close_all()
    return found[0], found[1]


@pytest.fixture
def template_home(study: Path, template: Path) -> Path:
    """The study under way that worlds are copied from; `study` puts everything back afterwards."""
    assert study
    return template


def differences(one: Visitor, other: Visitor) -> list[str]:
    assert len(one.kept) == len(other.kept)
    return [a[0] for a, b in zip(one.kept, other.kept, strict=True) if a != b]


def test_a_rater_whose_visits_are_exchanged_receives_equal_bytes(
    template_home: Path, tmp_path: Path, record_property: Callable[[str, int], None]
) -> None:
    one, other = worlds(template_home, tmp_path)
    assert differences(one, other) == []
    record_property("pairs", len({re.sub(r"/[a-z2-7]{13}/", "/_/", path) for path, *_ in one.kept}))
    record_property("answers", len(one.kept))
    statuses = {status for _, status, _, _ in one.kept}
    assert {200, 302, 404, 422} <= statuses
    assert HERE.encode() not in b"".join(content for _, _, content, _ in one.kept)
    assert any(b'"alerts": [{' in content for _, _, content, _ in one.kept), (
        "an alert is among what is compared"
    )


def test_every_address_of_a_rater_is_asked_for(template_home: Path, tmp_path: Path) -> None:
    one, _ = worlds(template_home, tmp_path)
    asked = {re.sub(r"/[a-z2-7]{13}(?=/|$)", "/_", path) for path, *_ in one.kept}
    routed = {
        f"{row.method} /{re.sub('<[a-z]+:place>', '1', row.pattern.replace('<str:code>', '_'))}"
        for row in matrix(urls.urlpatterns)
        if row.action == "task.fill"
    }
    assert routed <= asked


def planted(leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page say what differs: each of these is a mistake easily made."""
    line, drawn, mine = reads._line, rater.drawn, reads.mine

    def told(found: Desk, **given: Any) -> reads.TaskLine:
        made = line(found, **given)
        if leak == "visit":
            return replace(made, label=f"{made.label} {found.task.visit}")
        if leak == "form code" and found.row is not None:
            return replace(made, label=f"{made.label} {found.row.code}")
        if leak == "due":
            return replace(made, due_at=made.due_at.replace(minute=VISITS.index(found.task.visit)))
        return made

    def by_visit(viewer: Viewer, *, at: datetime) -> reads.Mine:
        found = mine(viewer, at=at)
        visits = dict(Task.objects.values_list("code", "visit"))
        return replace(found, open=tuple(sorted(found.open, key=lambda one: visits[one.code])))

    monkeypatch.setattr(reads, "_line", told)
    if leak == "program":
        shown = programs._rating
        monkeypatch.setattr(
            programs, "_rating", lambda form: replace(shown(form), instructions=form.visit_label)
        )
    if leak == "history":
        monkeypatch.setattr(rater, "drawn", lambda form, **given: drawn(form, **{**given, "linked": True}))
    if leak == "order":
        monkeypatch.setattr(reads, "mine", by_visit)


@pytest.mark.parametrize("leak", ["visit", "form code", "due", "history", "order", "program"])
def test_a_planted_leak_is_noticed(
    leak: str, template_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(leak, monkeypatch)
    assert differences(*worlds(template_home, tmp_path))
