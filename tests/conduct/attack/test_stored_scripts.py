"""Scripts that somebody stored: a real browser opens every page, as people who see it, and none runs.

A hole would show three ways: the mark of the attack is an element of the page, the attack's function is called, or the
browser says that its policy stopped something. The browser's word counts too, so a policy hides no hole.
"""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.template import engines
from django.test import Client
from django.urls import reverse
from tests.blinding.chance import Chance
from tests.blinding.history import Places, Scene
from tests.blinding.tour import ROWS, addresses
from tests.chromium import browser
from tests.conduct.attack.hostile import HOLE, conducted
from tests.conduct.conftest import connect, template
from tests.conduct.people import sign_in_as

pytestmark = pytest.mark.browser
__all__ = ["browser", "template"]
FIRST, MOST_ASKED = 2, 12
"""Of so many things with an id each page is opened, among so many that are asked for."""
WATCH = """
    window.holes = []; window.hole = () => holes.push('a script ran');
    addEventListener('securitypolicyviolation', event => holes.push(`stopped: ${event.violatedDirective}`));
"""
LEFT = f"[...window.holes, ...[...document.querySelectorAll('[{HOLE}]')].map(() => 'an element was made')]"
PLEASE = ("team", "data_manager", "system_administrator", "pharmacist", "rater", "investigator")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@dataclass
class Ground:
    """The study, served."""

    scene: Scene
    known: Places
    url: str

    def cookies(self, who: str, *, handed: bool = False) -> list[dict[str, str]]:
        """Return the cookies of somebody signed in; of a participant with the device where it is handed over."""
        client = Client()
        sign_in_as(client, self.scene.people[who])
        if handed:
            there = reverse("enrollment:hand_visit", args=[self.known.participants[0]])
            assert client.post(there, {"visit": "D28", "repeat": "1"}).status_code == 302
        return [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url}]


@pytest.fixture(scope="module")
def ground(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    home = tmp_path_factory.mktemp("hostile") / "data" / "home"
    shutil.copytree(template, home)
    chance = Chance()
    with pytest.MonkeyPatch.context() as patch, chance.held():
        # The browser's driver runs a loop in this thread, and nothing of ours runs in that loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        connect(home)
        scene, known = conducted(chance)
        server = make_server("127.0.0.1", 0, WSGIHandler(), server_class=Server, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Ground(scene, known, f"http://localhost:{server.server_port}")
        server.shutdown()
        server.server_close()
        connect(template)


@pytest.fixture
def passwords() -> None:
    """Everybody has one already."""


def pages(ground: Ground, who: str) -> list[str]:
    """Return the addresses that show somebody a page."""
    client = Client(raise_request_exception=False)
    sign_in_as(client, ground.scene.people[who])
    found = []
    for row in ROWS:
        if row.method == "GET" and not row.pattern.startswith("api/"):
            asked = addresses(row, ground.known)
            found += [one for one in asked[:MOST_ASKED] if shown(client.get(one))][:FIRST]
    return found


def shown(answer: Any) -> bool:
    """Whether an answer is a page, and no file to keep."""
    return answer.status_code == 200 and "Content-Disposition" not in answer.headers


def opened(browser: Any, ground: Ground, cookies: list[dict[str, str]], paths: list[str]) -> list[str]:
    """Open pages, and return every sign of a hole."""
    context = browser.new_context(base_url=ground.url)
    context.add_cookies(cookies)
    context.add_init_script(WATCH)
    said: list[str] = []
    page = context.new_page()
    page.on("dialog", lambda one: (said.append(f"a dialog: {one.message}"), one.dismiss()))
    page.on("console", lambda one: said.append(one.text) if "Content Security Policy" in one.text else None)
    found = []
    for path in paths:
        page.goto(path, wait_until="load")
        for field in page.locator("[autofocus], input:visible, textarea:visible").all()[:1]:
            field.focus()
        found += [f"{path}: {one}" for one in [*page.evaluate(LEFT), *said]]
        said.clear()
    context.close()
    return found


def test_no_page_runs_what_somebody_wrote(browser: Any, ground: Ground) -> None:
    seen: set[str] = set()
    attacked = 0
    for who in PLEASE:
        paths = [one for one in pages(ground, who) if one not in seen]
        seen |= set(paths)
        client = Client()
        sign_in_as(client, ground.scene.people[who])
        attacked += sum(HOLE in client.get(one).content.decode(errors="replace") for one in paths)
        assert opened(browser, ground, ground.cookies(who), paths) == []
    assert len(seen) > 40
    assert attacked > 25, "the attack stands on too few pages"


def test_no_page_of_a_participant_runs_it_either(browser: Any, ground: Ground) -> None:
    paths = [
        "/device/",
        "/device/questions/",
        "/device/questions/1/",
        "/device/questions/2/",
        "/help-now/",
        "/apply/",
    ]
    assert opened(browser, ground, ground.cookies("team", handed=True), paths) == []


def test_a_planted_hole_is_found(browser: Any, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    django = engines["django"].engine
    monkeypatch.setattr(django, "autoescape", False)
    for loader in django.template_loaders:
        loader.reset()
    try:
        found = opened(browser, ground, ground.cookies("team"), ["/queries/"])
    finally:
        monkeypatch.undo()
        for loader in django.template_loaders:
            loader.reset()
    assert any("an element was made" in one for one in found)
    assert any("stopped: script-src" in one or "Content Security Policy" in one for one in found)
