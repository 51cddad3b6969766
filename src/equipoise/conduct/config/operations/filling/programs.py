"""Programs of the simulated study: they use the interface for programs, in the process that fills the study.

Holds the line from a client to the web system without a server between, and the time it shows meanwhile.
Refuses a study that is not simulated: nobody else's clock is put back.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from equipoise.client import Client, Response, Transport
from equipoise.conduct.accounts import tokens
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.stores import clock

NAME = "Simulated study"
HERE = "127.0.0.1"
DAYS = 1


def program(of: Viewer, *, at: datetime) -> Client:
    """Return somebody's program, with a token that is worth nothing after a day."""
    token = tokens.make(by=of, name=NAME, role="", site="", known=(), days=DAYS, at=at)
    # Nothing is lost on the way from one part of a process to another, so nothing is ever sent again.
    return Client(_in_process(), token=token, keys=None)


@contextmanager
def time_is(at: datetime) -> Iterator[None]:
    """Let the web system read another time meanwhile; a simulated study's only."""
    if not settings.SIMULATED:
        raise ValueError("the clock of a real study is its own")
    clock.replace_clock(lambda: at)
    try:
        yield
    finally:
        clock.replace_clock(None)


def _in_process() -> Transport:
    application = get_wsgi_application()

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        where, _question, asked = path.partition("?")
        heads: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()
        }
        told: list[Any] = []

        def begin(
            status: str, named: list[tuple[str, str]], _failure: Any = None, /
        ) -> Callable[[bytes], object]:
            told.extend((status, named))
            return told.append

        content = application(
            {
                **heads,
                "REQUEST_METHOD": method,
                "PATH_INFO": unquote(where),
                "QUERY_STRING": asked,
                "CONTENT_TYPE": headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "SERVER_NAME": HERE,
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "REMOTE_ADDR": HERE,
                "wsgi.input": BytesIO(body),
                "wsgi.url_scheme": "http",
            },
            begin,
        )
        status, named = told
        return Response(
            int(status.split()[0]), {name.lower(): text for name, text in named}, b"".join(content)
        )

    return send
