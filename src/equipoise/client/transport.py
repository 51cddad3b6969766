"""The line a client's requests go over.

Holds the shape of a line, and the usual one, HTTP. Refuses to carry a token unencrypted to another machine.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import urlsplit

from equipoise.errors import Problem, RequestRefused

TIMEOUT_S = 60.0
LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Transport = Callable[[str, str, Mapping[str, str], bytes], Response]
"""From method, path, headers and body to what came back; OSError where nothing did."""


def over_http(
    address: str, *, timeout_s: float = TIMEOUT_S, context: ssl.SSLContext | None = None
) -> Transport:
    """Return the line to an installation at an address such as "https://study.example.org".

    context   what certificates are trusted; the system's where left out
    Raises    RequestRefused when the address is none, or not encrypted and on another machine
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    encrypted = parts.scheme == "https"
    if not host or parts.scheme not in ("http", "https"):
        raise _wrong("this is no address of an installation", "https://study.example.org", address)
    if not encrypted and not _is_here(host):
        raise _wrong("a token never goes unencrypted to another machine", "use https", address)
    kept: list[HTTPConnection] = []

    def opened() -> HTTPConnection:
        if not encrypted:
            return HTTPConnection(host, parts.port, timeout=timeout_s)
        return HTTPSConnection(host, parts.port, timeout=timeout_s, context=context)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        line = kept.pop() if kept else opened()
        try:
            line.request(method, parts.path.rstrip("/") + path, body or None, dict(headers))
            answer = line.getresponse()
            content = answer.read()
        except HTTPException as error:
            line.close()
            raise ConnectionError("the line was cut off") from error
        except OSError:
            line.close()
            raise
        kept.append(line)
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, named, content)

    return send


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST


def _wrong(message: str, hint: str, address: str) -> RequestRefused:
    return RequestRefused("nothing was asked", [Problem(message, hint, address)])
