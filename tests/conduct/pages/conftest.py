"""A study under way behind every page: two sites, everybody who works there, a participant at each.

It is made once a run and copied for each test, people included. The clock stands still.
"""

import html
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from tests.conduct.conftest import connect
from tests.conduct.consenting import enrolled
from tests.conduct.people import People, Somebody

from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import FormPage, ItemLine
from equipoise.conduct.capture.models import Alert, Query
from equipoise.conduct.capture.results import Given
from equipoise.conduct.stores import clock
from equipoise.conduct.studies import services as studies

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
HERE, THERE = "FRONTLINE-SEA-001", "FRONTLINE-NYC-001"
DOSE_ON = date(2026, 12, 14)
SAMPLE = {
    "text": "Some words",
    "date": "2026-11-20",
    "partial_date": "2026-10",
    "time": "17:30",
    "instant": "2026-11-20T10:00",
}
TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=)"[^"]*"')


@dataclass
class World:
    """What tests of pages reach for; `hand` holds the time and may be set."""

    people: People
    hand: list[datetime]

    @property
    def query(self) -> str:
        """Code of the newest query."""
        return str(Query.objects.latest("id").code)

    @property
    def alert(self) -> str:
        """Code of the newest alert."""
        return str(Alert.objects.latest("id").code)

    def client(self, who: "str | Somebody") -> Client:
        """Return a browser in which somebody is signed in."""
        return self.people.client(who)

    def get(self, who: str, path: str, **asked: str) -> str:
        """Return a page as somebody sees it, which must be there."""
        answer = self.client(who).get(path, asked)
        assert answer.status_code == 200, (path, answer.status_code)
        return text_of(answer)

    def post(self, who: str, path: str, **given: str) -> Any:
        """Send a form, and return the answer."""
        return self.client(who).post(path, {name.replace("__", ":"): value for name, value in given.items()})

    def opened(
        self, form: str, visit: str = "log", *, by: str = "coordinator", participant: str = HERE
    ) -> str:
        """Open a form and return its code."""
        return services.open_form(
            participant=participant, visit=visit, form=form, at=self.hand[0], by=self.people[by].viewer()
        )

    def page(self, form: str, by: str = "coordinator") -> FormPage:
        """Return a form as its page shows it."""
        found = reads.form_page(form, viewer=self.people[by].viewer())
        assert found is not None
        return found

    def save(self, form: str, by: str = "coordinator", *, reason: str = "", **answers: str) -> None:
        """Store answers as if the page had just been loaded."""
        seen = {line.item: line.seq for line in self.page(form, by).items}
        given = [Given(item, text=text, seen=seen.get(item, 0)) for item, text in answers.items()]
        viewer = self.people[by].viewer()
        assert services.save(form=form, given=given, at=self.hand[0], by=viewer, reason=reason).done

    def fill(self, form: str, by: str = "coordinator", **answers: str) -> str:
        """Answer everything a form asks and declare it complete; return its code."""
        viewer = self.people[by].viewer()
        for _ in range(3):
            lines = [line for line in self.page(form, by).items if line.visible and not line.answer]
            given = [
                Given(line.item, text=answers.get(line.item) or sample(line), seen=line.seq) for line in lines
            ]
            if not services.save(form=form, given=given, at=self.hand[0], by=viewer).gaps:
                break
        assert services.complete(form=form, at=self.hand[0], by=viewer).done
        return form


def sample(line: ItemLine) -> str:
    """Return an answer that fits a question."""
    if line.type == "number":
        return str(int(line.low if line.low is not None else 1))
    return line.codes[0].code if line.type == "code" else SAMPLE[line.type]


def text_of(answer: Any) -> str:
    """Return a page's HTML without what is random in every page."""
    return TOKEN.sub(r"\1", answer.content.decode())


def words_of(answer: Any) -> str:
    """Return what a page says."""
    shown = re.sub(
        r"<(script|template)\b.*?</\1>",
        "",
        answer if isinstance(answer, str) else text_of(answer),
        flags=re.S,
    )
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown)))


def fields_of(answer: Any) -> dict[str, str]:
    """Return the fields of a page as a browser would send them, by name."""
    page = text_of(answer)
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        name, value = _attribute(tag, "name"), _attribute(tag, "value")
        if name and (_attribute(tag, "type") != "radio" or re.search(r"\schecked\b", tag)):
            found[name] = value
    for attributes, inner in re.findall(r"<textarea\b([^>]*)>(.*?)</textarea>", page, flags=re.S):
        found[_attribute(attributes, "name")] = html.unescape(inner)
    for attributes, inner in re.findall(r"<select\b([^>]*)>(.*?)</select>", page, flags=re.S):
        chosen = re.search(r"<option value=\"([^\"]*)\" selected", inner)
        found[_attribute(attributes, "name")] = html.unescape(chosen.group(1)) if chosen else ""
    return found


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return html.unescape(found.group(1)) if found else ""


_MADE: dict[str, Somebody] = {}


@pytest.fixture(scope="session")
def template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study under way, in files, never written to."""
    home = tmp_path_factory.mktemp("under-way") / "data" / "home"
    shutil.copytree(template, home)
    connect(home)
    clock.replace_clock(lambda: AT)
    begin()
    _MADE.update(populate().made)
    clock.replace_clock(None)
    connections.close_all()
    connect(template)
    return home


def begin() -> None:
    """Set the flagship study up with two sites."""
    text = FRONTLINE.read_text(encoding="utf-8")
    studies.add_version(text=text, name="frontline.yaml", at=AT, by="system")
    studies.set_up(simulated=False, at=AT, by="system")
    studies.add_site(site="SEA", name="Seattle", time_zone="America/Los_Angeles", at=AT, by="system")
    studies.add_site(site="NYC", name="New York", time_zone="America/New_York", at=AT, by="system")


def populate() -> People:
    """Add everybody, and a participant at each site."""
    people = People()
    for role in (*ROLES, "outsider"):
        assert people[role]
    for who, site in (("coordinator", "SEA"), ("outsider", "NYC")):
        by = people[who].viewer()
        one = enrolled(site, at=AT, by=by)
        services.plan_anchor(participant=one, anchor="dose", date=DOSE_ON, at=AT, by=by)
    return people


@pytest.fixture
def world(study: Path, engine: str) -> World:
    """The study under way; copied on SQLite, begun anew elsewhere."""
    hand = [AT]
    clock.replace_clock(lambda: hand[0])
    if engine == "sqlite":
        return World(People(made=dict(_MADE)), hand)
    begin()
    return World(populate(), hand)
