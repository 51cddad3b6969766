"""The server as it is served: what is no request, two requests in one, or never ends, asked through a bare socket."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conduct.conftest import template

__all__ = ["template"]
SECONDS_TO_START = 60
SECONDS_TO_SEND = 2
"""So long a request may take in this test; half a minute otherwise."""
THREADS = 8
SERVE = (
    "import sys; from equipoise.conduct.config import patience;"
    f"patience.SECONDS_TO_SEND = {SECONDS_TO_SEND};"
    "from equipoise.cli import main; sys.exit(main())"
)
HELP = b"GET /help-now/ HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SECOND = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
REFUSED = {
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nlogin=" + SECOND,
    "a length and chunks": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SECOND,
    "chunks twice": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
    + SECOND,
    "chunks of another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nlogin" + SECOND,
    "a space before the colon": HELP + b"Content-Length : 5\r\n\r\nlogin" + SECOND,
    "a folded header": HELP + b"X-A: b\r\n Content-Length: 5\r\n\r\n" + SECOND,
    "a zero in a header": HELP + b"X-A: a\x00b\r\n\r\n",
    "no version that is one": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "a chunk that is none": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nlogin\r\n0\r\n\r\n" + SECOND,
    "a header without end": HELP + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n",
    "headers without number": HELP + b"X-A: a\r\n" * 5_000 + b"\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
}


@pytest.fixture
def passwords() -> None:
    """Nobody signs in here."""


@pytest.fixture(scope="module")
def port(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("served")
    home = folder / "data" / "home"
    shutil.copytree(template, home)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        free = int(one.getsockname()[1])
    words = [sys.executable, "-c", SERVE, "serve", "--home", str(home), "--port", str(free)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(SECONDS_TO_START * 10):
            assert server.poll() is None, (folder / "log").read_text()
            try:
                asked(free, HELP + b"Connection: close\r\n\r\n")
                break
            except OSError:
                time.sleep(0.1)
        yield free
    finally:
        server.terminate()
        server.wait(timeout=SECONDS_TO_START)


def asked(port: int, raw: bytes, *, patience: float = 10) -> bytes:
    """Send bytes, end, and return everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire:
        wire.sendall(raw)
        wire.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while part := wire.recv(65_536):
                found += part
        except ConnectionResetError:
            pass
        return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


@pytest.mark.parametrize("what", REFUSED)
def test_no_second_request_hides_in_a_first(port: int, what: str) -> None:
    answer = asked(port, REFUSED[what])
    assert status(answer) in (0, 400, 403, 411, 413, 414, 431, 501, 505), answer[:200]
    # What follows the first answer is the refusal of the rest, if anything: never the page of what was hidden.
    assert set(re.findall(rb"HTTP/1.1 (\d+)", answer)[1:]) <= {b"400"}
    assert b"smuggled" not in answer
    assert b"Traceback" not in answer


def test_an_honest_request_is_answered(port: int) -> None:
    """Without this the tests above would pass on a server that answers nothing."""
    answer = asked(port, HELP + b"Connection: close\r\n\r\n")
    assert status(answer) == 200
    assert b"Content-Security-Policy: " in answer
    assert b"default-src 'none'" in answer


@pytest.mark.parametrize(
    "header",
    [
        b"X_Forwarded_For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.1",
        b"X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example.org\r\nForwarded: host=evil.example.org",
        b"X-HTTP-Method-Override: POST",
        b"X-Original-URL: /audit/\r\nX-Rewrite-URL: /audit/",
        b"HX-Request: true\r\nHX-Current-URL: https://evil.example.org/",
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    ],
)
def test_no_header_changes_what_is_asked(port: int, header: bytes) -> None:
    answer = asked(port, HELP + header + b"\r\n\r\n")
    assert status(answer) == 200
    assert b"evil" not in answer
    assert b"Set-Cookie: sessionid" not in answer


def test_a_host_that_is_not_ours_is_refused(port: int) -> None:
    for line in (
        b"Host: evil.example.org",
        b"Host: localhost@evil.example.org",
        b"Host: localhost, evil.example.org",
    ):
        answer = asked(port, b"GET /help-now/ HTTP/1.1\r\n" + line + b"\r\n\r\n")
        assert status(answer) == 400, line
        assert b"evil" not in answer
    absolute = asked(port, b"GET http://evil.example.org/help-now/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"evil" not in absolute


@pytest.mark.parametrize(
    "path",
    [b"/static/../../settings.toml", b"/static/%2e%2e/settings.toml", b"//etc/passwd", b"/static/..%5c"],
)
def test_no_path_leaves_the_folder_of_files(port: int, path: bytes) -> None:
    answer = asked(port, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert status(answer) in (302, 400, 404)
    assert b"trial_database" not in answer
    assert b"root:" not in answer


def test_half_a_body_is_no_body(port: int) -> None:
    answer = asked(port, POST + b"Content-Length: 60\r\n\r\nlogin=ana@example.org&password=cut")
    assert status(answer) in (0, 400), answer[:100]


def test_who_sends_slowly_keeps_nobody_waiting_for_long(port: int) -> None:
    """As many slow senders as there are threads: half of a header, and half of a body."""
    slow = []
    for number in range(2 * THREADS):
        wire = socket.create_connection(("127.0.0.1", port), timeout=10)
        wire.sendall(HELP if number % 2 else POST + b"Content-Length: 1000\r\n\r\nlogin=")
        slow.append(wire)
    try:
        began = time.monotonic()
        answer = asked(port, HELP + b"Connection: close\r\n\r\n", patience=60)
        assert status(answer) == 200
        assert time.monotonic() - began < 30 * SECONDS_TO_SEND
    finally:
        for wire in slow:
            wire.close()
