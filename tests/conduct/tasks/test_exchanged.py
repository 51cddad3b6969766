"""Two worlds that differ in one thing: which visit each of a rater's two tasks is about. The rater's bytes are equal.

Everything a rater can ask for is asked for in both, in one order, with one clock and one source of chance.
"""

import hashlib
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

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.accounts.routes import matrix
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

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client.raise_request_exception = False
        self.kept: list[tuple[str, int, bytes, str]] = []

    def ask(
        self, method: str, path: str, given: dict[str, str] | None = None, *, data: bool = False
    ) -> bytes:
        headers = {"Accept": "application/json"} if data else {}
        ask = self.client.post if method == "POST" else self.client.get
        answer = ask(path, given or {}, headers=headers)
        # The token that guards forms is drawn by Django from the system's chance.
        content = CSRF.sub(b"", answer.content)
        said = " ".join(
            f"{name}={value}" for name, value in sorted(answer.headers.items()) if name != "Set-Cookie"
        )
        self.kept.append((f"{method} {path}", answer.status_code, content, said))
        return content


def day(rating: Rating, tasks: tuple[str, str]) -> Visitor:
    """Let the rater ask for everything there is, for both tasks."""
    seen = Visitor(rating.client())
    world = rating.world
    for path in ("/", "/tasks/", f"/tasks/{NEVER}/", "/nothing/"):
        seen.ask("GET", path)
    for place, code in enumerate(tasks):
        there = f"/tasks/{code}/"
        seen.ask("GET", there)
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


def test_a_rater_whose_visits_are_exchanged_receives_equal_bytes(template_home: Path, tmp_path: Path) -> None:
    one, other = worlds(template_home, tmp_path)
    assert differences(one, other) == []
    statuses = {status for _, status, _, _ in one.kept}
    assert {200, 302, 404, 422} <= statuses
    assert HERE.encode() not in b"".join(content for _, _, content, _ in one.kept)
    assert any(b'"alerts": [{' in content for _, _, content, _ in one.kept), (
        "an alert is among what is compared"
    )


def test_every_address_of_a_rater_is_asked_for(template_home: Path, tmp_path: Path) -> None:
    one, _ = worlds(template_home, tmp_path)
    asked = {re.sub(r"/[a-z2-7]{13}/", "/_/", path) for path, *_ in one.kept}
    routed = {
        f"{row.method} /{row.pattern.replace('<str:code>', '_').replace('<int:place>', '1')}"
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
    if leak == "history":
        monkeypatch.setattr(rater, "drawn", lambda form, **given: drawn(form, **{**given, "linked": True}))
    if leak == "order":
        monkeypatch.setattr(reads, "mine", by_visit)


@pytest.mark.parametrize("leak", ["visit", "form code", "due", "history", "order"])
def test_a_planted_leak_is_noticed(
    leak: str, template_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(leak, monkeypatch)
    assert differences(*worlds(template_home, tmp_path))
