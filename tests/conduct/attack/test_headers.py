"""What every answer carries, whoever made it: headers that keep a browser in bounds, and cookies nobody else reads."""

import json
import os
import subprocess
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from tests.conduct.attack.addresses import ROWS, address
from tests.conduct.pages.conftest import World

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.capture import reads

ALWAYS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'")
STATIC = ("/static/frame/equipoise.css", "/static/frame/keys.js", "/static/frame/mark.svg")
COOKIES = {"sessionid", "csrftoken", "messages"}


def lacking(answer: Any) -> list[str]:
    """Return the headers an answer should carry and does not."""
    found = [name for name, value in ALWAYS.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    found += [part for part in POLICY if part not in policy] + ["unsafe"] * ("unsafe" in policy)
    found += ["Permissions-Policy"] * ("Permissions-Policy" not in answer.headers)
    return found + ["Cache-Control"] * ("Cache-Control" not in answer.headers)


@pytest.mark.parametrize("who", ["nobody", "coordinator", "pharmacist", "rater", "system_administrator"])
def test_every_answer_carries_them(world: World, who: str) -> None:
    client = Client() if who == "nobody" else world.client(who)
    client.raise_request_exception = False
    seen = set()
    for row in ROWS:
        if row.route == "account_logout":
            continue
        answer = client.generic(row.method, address(row))
        seen.add(answer.status_code)
        assert lacking(answer) == [], (row.method, row.pattern, answer.status_code)
        assert "no-store" in answer.headers["Cache-Control"], row.pattern
        if answer.cookies:
            assert set(answer.cookies) <= COOKIES, row.pattern
        assert careless(answer.cookies) == [], row.pattern
    assert seen >= {302, 404}


def careless(cookies: SimpleCookie) -> list[str]:
    """Return the cookies that a script may read, or that another site may send along."""
    return [
        name
        for name, one in cookies.items()
        if one["max-age"] != 0
        and not (one["httponly"] and one["samesite"] in ("Lax", "Strict") and not one["domain"])
    ]


@pytest.mark.parametrize("path", STATIC)
def test_a_file_of_ours_carries_them_too(world: World, path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, lacking(answer)) == (200, [])
    answer.close()


def test_so_does_whatever_goes_wrong(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client("coordinator")
    client.raise_request_exception = False
    went_wrong = {
        400: client.get("/", headers={"Host": "evil.example.org"}),
        404: client.get("/static/frame/../../config/settings.py"),
        405: client.options("/"),
        413: client.generic("POST", "/apply/", b"x", CONTENT_LENGTH="20000001"),
    }

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    def away(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(reads, "home", broken)
    went_wrong[500] = client.get("/")
    monkeypatch.setattr(people, "viewer", away)
    went_wrong[503] = client.get("/")
    assert {status: answer.status_code for status, answer in went_wrong.items()} == {
        one: one for one in went_wrong
    }
    assert {status: lacking(answer) for status, answer in went_wrong.items()} == {
        one: [] for one in went_wrong
    }


def test_a_header_that_is_missing_is_noticed(world: World) -> None:
    answer = Client().get("/help-now/")
    del answer.headers["X-Frame-Options"]
    answer.headers["Content-Security-Policy"] = "script-src 'unsafe-inline'"
    assert len(lacking(answer)) == 1 + len(POLICY) + 1


PUBLIC = """
import django, json, sys
django.setup()
from django.test import Client
client, plain = Client(headers={"Host": "study.example.org"}), Client(headers={"Host": "study.example.org"})
answer, bare = client.get("/sign-in/", secure=True), plain.get("/sign-in/")
from django.conf import settings
print(json.dumps({
    "cookies": answer.cookies.output(header=""), "hsts": answer.headers.get("Strict-Transport-Security", ""),
    "bare": [bare.status_code, bare.headers["Location"]], "elsewhere": plain.get("/", headers={"Host": "x.org"}).status_code,
    "headers": dict(plain.get("/", headers={"Host": "x.org"}).headers),
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_DOMAIN],
}))
"""


def test_a_study_in_public_speaks_tls_alone_and_its_cookies_are_its_own(world: World, study: Path) -> None:
    environment = {
        **os.environ,
        "EQUIPOISE_HOME": str(study),
        "EQUIPOISE_HOSTS": "study.example.org",
        "DJANGO_SETTINGS_MODULE": "equipoise.conduct.config.django_settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", PUBLIC], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bare"] == [301, "https://study.example.org/sign-in/"]
    assert told["hsts"].startswith("max-age=31536000")
    assert told["elsewhere"] == 400
    assert "Content-Security-Policy" in told["headers"]
    assert told["session"] == ["__Host-session", True, None]
    assert "__Host-csrf=" in told["cookies"]
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in told["cookies"], flag
    assert "Domain" not in told["cookies"]
