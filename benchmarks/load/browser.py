"""A browser without a screen: pages, what they let somebody send, and how long each answer took.

Holds requests over HTTP, cookies and the forms of a page. Knows no page of ours.
"""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

SECONDS = 60
MOST_HOPS = 8
REDIRECTS = (301, 302, 303)
Pair = tuple[str, str]


@dataclass
class Sent:
    """A form of a page: where it goes, and every control by name with its kind and its choices."""

    action: str
    method: str
    hidden: list[Pair] = field(default_factory=list)
    controls: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    buttons: list[Pair] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads the forms and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Sent] = []
        self.links: list[str] = []
        self._form: Sent | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            self._form = Sent(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""

    def _control(self, form: Sent, tag: str, given: Mapping[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "option" and self._select:
            if value:
                form.controls[self._select][1].append(value)
        elif not name:
            return
        elif tag == "button":
            form.buttons.append((name, value))
        elif tag == "select":
            self._select = name
            form.controls[name] = ("select", [])
        elif tag == "textarea":
            form.controls[name] = ("text", [])
        elif tag == "input" and given.get("type") == "hidden":
            form.hidden.append((name, value))
        elif tag == "input":
            kind = "number" if given.get("inputmode") == "decimal" else given.get("type", "text")
            form.controls.setdefault(name, (kind, []))[1].append(value)


@dataclass
class Page:
    """An answer: its status, where it came from in the end, its text, forms and links."""

    status: int
    path: str
    text: str
    forms: list[Sent]
    links: list[str]

    def form(self, ending: str) -> Sent | None:
        """Return the first form sent to an address that ends so."""
        return next((one for one in self.forms if urlsplit(one.action).path.endswith(ending)), None)

    def all_forms(self, ending: str) -> list[Sent]:
        """Return every form sent to an address that ends so."""
        return [one for one in self.forms if urlsplit(one.action).path.endswith(ending)]


@dataclass
class Asked:
    """One request: what for, its status, how long it took."""

    what: str
    status: int
    seconds: float


class Browser:
    """Somebody's browser: it keeps cookies, follows redirects and notes each request."""

    def __init__(self, port: int, notes: list[Asked]) -> None:
        self.port, self.notes = port, notes
        self.cookies: dict[str, str] = {}

    def get(self, path: str, *, what: str = "") -> Page:
        """Ask for a page."""
        return self._follow("GET", path, "", what or urlsplit(path).path)

    def send(self, form: Sent, given: Mapping[str, str], *, what: str, button: str = "") -> Page:
        """Send a form with these answers; hidden ones go along."""
        pressed = [one for one in form.buttons if one[0] == button][:1]
        pairs = [*form.hidden, *given.items(), *pressed]
        return self._follow("POST", form.action, urlencode(pairs), what)

    def save(self, path: str, given: Mapping[str, str], *, what: str) -> int:
        """Send answers as the page does by itself while somebody types, and return the status."""
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(given), what, headers)[0]

    def _follow(self, method: str, path: str, body: str, what: str) -> Page:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        for _ in range(MOST_HOPS):
            status, where, text = self._ask(method, path, body, what, headers)
            if status not in REDIRECTS:
                break
            method, path, body, headers = "GET", urljoin(path, where), "", {}
        reader = _Reader()
        reader.feed(text)
        for form in reader.forms:
            # A form without an address is sent to its own page.
            form.action = urljoin(path, form.action) if form.action else path
        return Page(status, path, text, reader.forms, reader.links)

    def _ask(
        self, method: str, path: str, body: str, what: str, headers: Mapping[str, str]
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        sent = {"Host": f"localhost:{self.port}", "Referer": f"http://localhost:{self.port}{path}", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if "csrftoken" in self.cookies:
            sent["X-CSRFToken"] = self.cookies["csrftoken"]
        began = time.perf_counter()
        connection.request(method, path, body=body.encode(), headers=sent)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        self.notes.append(Asked(f"{method} {what}", answer.status, time.perf_counter() - began))
        for header in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(header).items():
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)
        connection.close()
        return answer.status, answer.headers.get("Location", ""), text
