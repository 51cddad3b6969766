"""A tour: everything that somebody can ask for and send, and each answer byte by byte.

What is compared is status, headers, cookies and body as they are, and what the logs said meanwhile. Nothing is
normalized.
"""

import html
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.core.cache import cache
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from tests.blinding.chance import Chance
from tests.blinding.history import Places, Scene
from tests.blinding.sent import NAMING, ODD, SECOND, SENT, SIGN_OUT
from tests.conduct.people import sign_in_as

from equipoise.conduct.accounts import tokens
from equipoise.conduct.accounts.hand_over import HANDED
from equipoise.conduct.accounts.routes import Row, matrix
from equipoise.conduct.config import urls
from equipoise.conduct.frame.refusals import API

ROWS = tuple(matrix(urls.urlpatterns))
LINK = re.compile(r'\s(?:href|hx-get)="(/[^"#]*)')
MOST_IDS, FEW_IDS = 16, 6
"""Ids with which a page is asked for by who holds every role, and by who holds one: hidden ones first."""
MOST_FOLLOWED = 20
"""Addresses asked for beside those of the matrix, found as links on pages."""
FIRST, LAST = 3, 1
"""Of so many things with an id, from both ends, something is sent to each route."""
JSON_ROUTES = {"capture:autosave", "tasks:autosave"}
BROAD, NOBODY, PARTICIPANT = "broad", "nobody", "participant"
ROLE_OF = {"outsider": "coordinator"}
"""Whoever is called otherwise than by their role, to it."""
REFUSED = 2
"""Ids with which a route is asked that refuses somebody whatever it is asked with."""


@dataclass
class Seen:
    """What somebody saw: address and method to the answer; and which routes they reached."""

    answers: dict[str, bytes] = field(default_factory=dict)
    routes: set[tuple[str, str]] = field(default_factory=set)


def addresses(row: Row, known: Places) -> list[str]:
    """Return the addresses of a route; KeyError when it names an id and nobody says which."""
    if "<" not in row.pattern:
        return [f"/{row.pattern}"]
    return [reverse(row.route, kwargs=kwargs) for kwargs in NAMING[row.route](known)]


def unknown() -> list[str]:
    """Return the routes that this suite would not visit, or not with anything sent."""
    missing = [f"no ids for {row.route}" for row in ROWS if "<" in row.pattern and row.route not in NAMING]
    missing += [f"no actions for {row.pattern}" for row in ROWS if not row.action]
    posts = {row.route for row in ROWS if row.method == "POST"} - {SIGN_OUT}
    return missing + [f"nothing to send to {route}" for route in sorted(posts - set(SENT))]


class Visitor:
    """Somebody with a browser in one world."""

    def __init__(self, who: str, scene: Scene, *, known: Places, chance: Chance) -> None:
        self.who, self.scene, self.known, self.chance = who, scene, known, chance
        self.seen = Seen()
        self.said: list[str] = []
        self.client = self.sign_in()
        self.program = self.with_token()

    def with_token(self) -> Client:
        """Return a program of theirs, with a token for all they may do; nobody and a participant have none."""
        self.chance.begin("token", self.who)
        if self.who in (NOBODY, PARTICIPANT):
            return Client(raise_request_exception=False)
        by = self.scene.people[self.who].viewer(self.chance.at)
        secret = tokens.make(by=by, name="Tour", role="", site="", known=(), days=1, at=self.chance.at)
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})

    def through(self, address: str) -> Client:
        """Return what an address is asked through."""
        return self.program if address.startswith(API) else self.client

    def sign_in(self) -> Client:
        """Return a browser in which they are signed in; the participant's lies in their hands."""
        self.chance.begin("sign in", self.who)
        client = Client(raise_request_exception=False)
        if self.who == NOBODY:
            return client
        people = self.scene.people
        sign_in_as(client, people["team" if self.who == PARTICIPANT else self.who])
        if self.who == PARTICIPANT:
            there = reverse("enrollment:hand_visit", args=[self.known.participants[0]])
            client.post(there, {"visit": "D28", "repeat": "1"})
        return client

    def ask(self, address: str) -> bytes:
        """Ask for a page, and keep the answer."""
        return self._kept(f"GET {address}", address, "GET", lambda: self.through(address).get(address))

    def send(self, address: str, given: dict[str, str], *, place: int, route: str) -> None:
        """Send answers, keep what came back, and where it leads."""
        self.chance.at += SECOND
        cache.clear()
        headers = {"Accept": "application/json"} if route in JSON_ROUTES else {}

        def post():
            if address.startswith(API):
                return self.program.post(address, json.dumps(given), content_type="application/json")
            if route in JSON_ROUTES and place % 2:
                text = json.dumps(given)
                return self.client.post(address, text, content_type="application/json", headers=headers)
            return self.client.post(address, given, headers=headers)

        key = f"POST {address} #{place}"
        self._kept(key, address, "POST", post)
        then = self.location
        if then.startswith("/"):
            self._kept(f"{key} -> {then}", then, "GET", lambda: self.client.get(then))
        handed = HANDED in self.client.session and self.who != PARTICIPANT
        if self.who != NOBODY and (handed or "_auth_user_id" not in self.client.session):
            self.client = self.sign_in()

    def _kept(self, key: str, address: str, method: str, act: Callable) -> bytes:
        self.chance.begin("ask", self.who, key)
        self.said.clear()
        answer = act()
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        head = [f"{name}: {value}" for name, value in sorted(answer.headers.items())]
        lines = [str(answer.status_code), *head, answer.cookies.output(), *self.said, ""]
        self.location = answer.headers.get("Location", "")
        self.seen.answers[key] = "\n".join(lines).encode() + body
        try:
            self.seen.routes.add((method, resolve(urlsplit(address).path).view_name))
        except Resolver404:
            self.seen.routes.add((method, "none"))
        return body

    def crawl(self, first: list[str], mark: str = "") -> None:
        """Ask for pages and for whatever they lead to, once each."""
        waiting, done = list(dict.fromkeys(first)), set()
        most = len(waiting) + MOST_FOLLOWED
        while waiting and len(done) < most:
            address = waiting.pop(0)
            if address in done or address.startswith("/static/f"):
                continue
            done.add(address)
            body = self._kept(
                f"GET {address}{mark}", address, "GET", lambda a=address: self.through(a).get(a)
            )
            found = [html.unescape(one) for one in LINK.findall(body.decode(errors="replace"))]
            waiting += [one for one in dict.fromkeys(found) if one not in done]

    def reaches(self, row: Row) -> bool:
        """Whether a route is theirs: where it is not, one gate refuses whatever it is asked with."""
        return ROLE_OF.get(self.who, self.who) in row.roles or self.who in (BROAD, PARTICIPANT)

    @property
    def thorough(self) -> bool:
        """Whether they try everything with many ids: who holds every role does, and who holds none of the staff's."""
        return self.who in (BROAD, PARTICIPANT, NOBODY)

    def pages(self, most: int) -> list[str]:
        """Return the addresses of pages: of each that is theirs with so many ids, of others with two.

        The last id is one that never was.
        """
        found: list[str] = []
        for row in ROWS:
            if row.method == "GET":
                there = addresses(row, self.known)
                found += there[: (most if self.reaches(row) else REFUSED) - 1] + there[-1:]
        return list(dict.fromkeys(found))

    def misuse(self) -> None:
        """Send to an address of every route of theirs what no address takes."""
        rows = [row for row in ROWS if self.reaches(row) or self.who == NOBODY]
        for address in dict.fromkeys(one for row in rows for one in addresses(row, self.known)[:1]):
            self._kept(f"PUT {address}", address, "PUT", lambda a=address: self.through(a).put(a))

    def post_everything(self) -> None:
        """Send every answer to every address: one each where the route is not theirs."""
        for row in sorted(ROWS, key=lambda one: (one.route in LATE, one.pattern)):
            if row.method != "POST" or row.route == SIGN_OUT:
                continue
            there = addresses(row, self.known)
            there = list(dict.fromkeys((*there[: FIRST if self.thorough else 1], *there[-LAST:])))
            allowed = self.reaches(row)
            for address in there if allowed else there[:1]:
                given = SENT[row.route]({})
                for place, one in enumerate(given if allowed else given[:1]):
                    self.send(address, dict(one), place=place, route=row.route)


LATE = ("review:lock_participant", "enrollment:device_leave", "person_close", "enrollment:withdraw")
"""What ends something for good is sent last."""


def tour(who: str, scene: Scene, *, known: Places, chance: Chance, at: datetime, sends: bool = True) -> Seen:
    """Let somebody see everything, send everything, and see everything again."""
    chance.at = at
    visitor = Visitor(who, scene, known=known, chance=chance)
    with listening(visitor.said):
        visitor.crawl([*visitor.pages(MOST_IDS if visitor.thorough else FEW_IDS), *ODD])
        if sends:
            visitor.misuse()
            visitor.post_everything()
            few = [*visitor.pages(FIRST), *ODD] if visitor.thorough else ODD
            visitor.crawl([*few], mark=" afterwards")
            out = reverse(SIGN_OUT)
            visitor._kept(f"POST {out}", out, "POST", lambda: visitor.client.post(out))
    return visitor.seen


@contextmanager
def listening(said: list[str]) -> Iterator[None]:
    """Keep what the logs say."""
    handler = logging.Handler(logging.INFO)
    shape = logging.Formatter("%(levelname)s %(name)s %(message)s")
    handler.emit = lambda record: said.append(shape.format(record))  # type: ignore[method-assign]
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def differences(one: Seen, other: Seen) -> list[str]:
    """Return where two tours differ: what was asked, and from where on the answers do."""
    found = []
    for key in dict.fromkeys((*one.answers, *other.answers)):
        left, right = one.answers.get(key), other.answers.get(key)
        if left != right:
            found.append(f"{key}: {_apart(left, right)}")
    return found


AROUND = 90


def _apart(left: bytes | None, right: bytes | None) -> str:
    if left is None or right is None:
        return "asked for in one world only"
    place = next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
    begin = max(0, place - AROUND)
    return f"{left[begin : place + AROUND]!r} | {right[begin : place + AROUND]!r}"


def told(apart: list[str], most: int = 12) -> str:
    """Return differences to be read, the first ones whole."""
    return "\n".join([f"{len(apart)} answers differ", *apart[:most]])
