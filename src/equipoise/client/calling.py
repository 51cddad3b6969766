"""From a method of the client to the installation and back: what all of them share.

Holds asking, asking again, and what a refusal becomes. A call that changes something has a key of its own, so
that one whose answer was lost on the way is sent again without being carried out twice. Refuses to hide a
refusal: it is raised with everything the installation said.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from equipoise.client.reading import UnreadableError, plain, read
from equipoise.client.transport import Response, Transport
from equipoise.errors import Problem, RequestRefused

T = TypeVar("T")
ROOT = "/api/v1"
MOST = 100
PAUSES_S = (0.0, 1.0, 5.0)
"""Before each further attempt; longer where the installation says when to come back."""
LONGEST_PAUSE_S = 60.0
KEY_BYTES = 16
FIRST_REFUSAL = 400
UNAVAILABLE, AWAY = 503, (502, 504)
"""What an installation says whose store is away, and what stands before one that is."""
JSON = "application/json"
NOWHERE = ("", ".", "..")


class Caller:
    """What carries the calls of every area; its arguments are those of `Client`."""

    def __init__(
        self,
        transport: Transport,
        *,
        headers: Mapping[str, str],
        keys: Callable[[], str] | None,
        pause: Callable[[float], None],
    ) -> None:
        self._transport, self._keys, self._pause = transport, keys, pause
        self._headers = {"Accept": JSON, **headers}

    def get(self, gives: type[T], path: str, asked: Mapping[str, object] | None = None) -> T:
        """Read something."""
        return _held(gives, self._sent("GET", path + _question(asked or {}), b"", gives))

    def each(self, gives: type[T], path: str, asked: Mapping[str, object] | None = None) -> Iterator[T]:
        """Yield a list's things, part after part, each part when it is needed."""
        after = ""
        while True:
            part = self.get(_Part, path, {**(asked or {}), "limit": MOST, "after": after})
            for one in part.items:
                yield _given(gives, one)
            after = part.next
            if not after:
                return

    def post(self, gives: type[T], path: str, sent: Mapping[str, object] | None = None) -> T:
        """Change something, and read what came of it."""
        return _held(gives, self._sent("POST", path, _body(sent), gives))

    def do(self, path: str, sent: Mapping[str, object] | None = None) -> None:
        """Change something that is answered without a word."""
        self._sent("POST", path, _body(sent), None)

    def fetch(self, path: str, sent: Mapping[str, object] | None = None) -> bytes:
        """Ask for a file."""
        return self._sent("POST", path, _body(sent), None).body

    def _sent(self, method: str, path: str, body: bytes, gives: type[Any] | None) -> Response:
        headers = dict(self._headers)
        if method == "POST":
            headers["Content-Type"] = JSON
            if self._keys is not None:
                headers["Idempotency-Key"] = self._keys()
        found = self._answered(method, ROOT + path, headers, body)
        if found.status >= FIRST_REFUSAL:
            raise _refusal(found, gives)
        return found

    def _answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return what came back; asked again, under the same key, while the installation is away."""
        for pause_s in PAUSES_S if method == "GET" or self._keys is not None else ():
            wait_s = 0.0
            try:
                found = self._transport(method, path, headers, body)
            except OSError:
                pass
            else:
                if not _is_away(found):
                    return found
                wait_s = _retry_s(found)
            self._pause(max(pause_s, wait_s))
        return self._transport(method, path, headers, body)


class Area:
    """Calls that belong together."""

    def __init__(self, call: Caller) -> None:
        self._call = call


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a list; `next` is where it goes on, "" at the end."""

    items: tuple[Any, ...]
    next: str


def draw_key() -> str:
    """Return a key that no other change has."""
    return secrets.token_hex(KEY_BYTES)


def word(value: str | int) -> str:
    """Return an id as a part of an address. Raises ValueError for one that would lead elsewhere."""
    text = str(value)
    if text in NOWHERE:
        raise ValueError(f"{text!r} is no id")
    return quote(text, safe="")


def _question(asked: Mapping[str, object]) -> str:
    said = {name: value for name, value in asked.items() if value is not None}
    texts = {name: json.dumps(one) if isinstance(one, bool) else plain(one) for name, one in said.items()}
    return f"?{urlencode(texts)}" if texts else ""


def _body(sent: Mapping[str, object] | None) -> bytes:
    return json.dumps(plain(sent or {})).encode()


def _held(gives: type[T], found: Response) -> T:
    try:
        return _given(gives, json.loads(found.body))
    except json.JSONDecodeError as error:
        raise _unknown("it is no JSON") from error


def _given(gives: type[T], value: Any) -> T:
    try:
        return read(gives, value)
    except UnreadableError as error:
        raise _unknown(str(error)) from error


def _unknown(message: str) -> RequestRefused:
    hint = "it was carried out all the same; are client and installation of the same release?"
    return RequestRefused("the answer is none that this client knows", [Problem(message, hint)])


def _is_away(found: Response) -> bool:
    """Whether it is worth asking again: not where something is said that somebody must see at once."""
    if found.status == UNAVAILABLE:
        return 0 < _retry_s(found) <= LONGEST_PAUSE_S and not _said(found).get("result")
    return found.status in AWAY


def _retry_s(found: Response) -> int:
    """Return the seconds after which to ask again; 0 where that is not said."""
    text = found.headers.get("retry-after", "")
    return int(text) if text.isdecimal() else 0


def _refusal(found: Response, gives: type[Any] | None) -> RequestRefused:
    said = _said(found)
    problems = [
        Problem(str(one.get("message", "")), str(one.get("hint", "")), _place(one))
        for one in said.get("problems", [])
    ]
    return RequestRefused(
        "the installation refused this",
        problems,
        status=found.status,
        result=_result(said.get("result"), gives),
        retry_s=_retry_s(found),
    )


def _result(value: Any, gives: type[Any] | None) -> Any:
    """Return what came of it all the same, as it came where it cannot be read: it may say what to do now."""
    if value is None or gives is None:
        return value
    try:
        return read(gives, value)
    except UnreadableError:
        return value


def _said(found: Response) -> dict[str, Any]:
    """Return what a refusal says; nothing where something else answered, such as a proxy."""
    try:
        said = json.loads(found.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _place(one: Mapping[str, Any]) -> str:
    """Return what a problem is about: the question of a form, or the place in what was sent."""
    if one.get("field"):
        return f"{one['field']}.{one['row']}" if one.get("row") else str(one["field"])
    return str(one.get("where", ""))
