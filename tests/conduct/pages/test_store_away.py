"""The database goes away under a running system and comes back: people are told, nothing is lost, nobody restarts."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connections
from tests.conduct.conftest import PROGRAMS, begin_server, end_server
from tests.conduct.pages.conftest import World

from equipoise.conduct.config import settings
from equipoise.conduct.stores.addresses import parts

ENGINE = "postgresql18"
PATIENCE_SECONDS = 30
PASSWORD = "four plain words here"  # noqa: S105 - a test's
TYPED = {"a:reduced_sleep:0": "3", "a:lassitude:0": "2"}


def token_of(page: str) -> str:
    """Return what a page's form is sent back with."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


@dataclass
class Served:
    """The study behind its own server process, as somebody's browser reaches it."""

    port: int
    log: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, body: str = "", **headers: str) -> tuple[HTTPResponse, str]:
        """Return an answer and its text."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body=body.encode() or None, headers=sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer, text

    def sign_in(self, email: str) -> None:
        """Sign in as people do: the process that serves has a secret and a clock of its own."""
        token = token_of(self.ask("GET", "/sign-in/")[1])
        sent = urlencode({"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token})
        form = "application/x-www-form-urlencoded"
        answer, text = self.ask("POST", "/sign-in/", body=sent, Content_Type=form)
        assert answer.status == 302, text

    def save(self, form: str, token: str) -> tuple[HTTPResponse, dict[str, object]]:
        """Send answers as the page's script does."""
        answer, text = self.ask(
            "POST",
            f"/forms/{form}/save/",
            body=json.dumps(TYPED),
            Accept="application/json",
            Content_Type="application/json",
            X_CSRFToken=token,
        )
        return answer, json.loads(text)

    def until(self, path: str, status: int) -> None:
        """Wait until a page answers so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                if self.ask("GET", path)[0].status == status:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        pytest.fail(f"{path} never answered {status}: {self.log.read_text()}")


@pytest.fixture
def served(world: World, study: Path, tmp_path: Path) -> Iterator[Served]:
    account = world.people.coordinator.account
    account.set_password(PASSWORD)
    account.save(using="default")
    connections.close_all()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "equipoise", "serve", "--home", str(study), "--port", str(port)]
    with (tmp_path / "serve.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ})
    found = Served(port, tmp_path / "serve.log")
    try:
        found.until("/sign-in/", 200)
        found.sign_in(account.email)
        yield found
        assert process.poll() is None, "the system ended with its database"
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("engine", [ENGINE], indirect=True)
def test_a_database_that_goes_away_is_said_and_work_goes_on_when_it_is_back(
    world: World, served: Served, postgresql: object
) -> None:
    programs = PROGRAMS[ENGINE]
    _, administrator = postgresql(ENGINE)  # type: ignore[operator]
    folder = Path(parse_qs(urlsplit(administrator).query)["host"][0])
    form = world.opened("madrs", "PREP1")
    connections.close_all()
    token = token_of(served.ask("GET", f"/forms/{form}/")[1])

    end_server(programs, folder)
    try:
        for path in ("/", f"/forms/{form}/", "/participants/", "/sign-in/"):
            answer, text = served.ask("GET", path)
            if answer.status != 200:
                assert (answer.status, bool(answer.getheader("Retry-After"))) == (503, True), path
                assert "The study cannot be reached at the moment" in text
                assert "Traceback" not in text
                assert answer.getheader("Cache-Control") == "no-store"
        assert served.ask("GET", f"/forms/{form}/")[0].status == 503
        for _ in range(3):
            answer, told = served.save(form, token)
            assert answer.status == 503
            assert str(told["problem"]).startswith("Not saved yet")
    finally:
        begin_server(programs, folder)

    served.until(f"/forms/{form}/", 200)
    answer, told = served.save(form, token)
    assert (answer.status, told["problem"]) == (200, "")
    stored = {line.item: line.answer for line in world.page(form).items}
    assert (stored["reduced_sleep"], stored["lassitude"]) == ("3", "2")
    log = served.log.read_text()
    assert "a store is away: GET /" in log
    assert "Traceback" not in log
    assert parts(settings.current().trial_database)["PASSWORD"] not in log
    assert "reduced_sleep" not in log
