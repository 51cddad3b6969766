"""A study under way: two sites, the people who work there, one participant."""

import functools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from tests.conduct.consenting import enrolled

from equipoise import protocol
from equipoise.conduct.accounts.permission import Grant, Viewer
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import FormPage
from equipoise.conduct.capture.results import Given, Saved
from equipoise.conduct.config.databases import STORES_FOLDER
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import services as setting_up

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
AT = datetime(2026, 11, 23, 18, tzinfo=UTC)


def somebody(name: str, *roles: str, site: str = "SEA") -> Viewer:
    return Viewer(name, name.capitalize(), tuple(Grant(role, site) for role in roles))


class Staff:
    """Who works on the trial; `team` is everybody who fills forms at Seattle, in one person."""

    coordinator = somebody("cora", "coordinator")
    investigator = somebody("ines", "investigator")
    facilitator = somebody("fara", "facilitator")
    session_monitor = somebody("sami", "session_monitor")
    team = somebody("tess", "coordinator", "investigator", "facilitator", "session_monitor")
    monitor = somebody("mona", "monitor", site="")
    data_manager = somebody("dana", "data_manager", site="")
    statistician = somebody("stan", "statistician", site="")
    outsider = somebody("otto", "coordinator", "investigator", site="NYC")

    @staticmethod
    def with_roles(*roles: str, site: str = "SEA") -> Viewer:
        """Return somebody with other roles."""
        return somebody("extra", *roles, site=site)


STAFF = Staff()


@pytest.fixture(scope="session")
def staff() -> Staff:
    return STAFF


@pytest.fixture(scope="session")
def at() -> datetime:
    """The instant at which everything happens unless a test says otherwise."""
    return AT


def begin(text: str) -> None:
    """Set a study up from a protocol's text, with two sites."""
    if studies.latest() is None:
        setting_up.add_version(text=text, name="frontline.yaml", at=AT, by="system")
    if studies.study() is None:
        setting_up.set_up(simulated=False, at=AT, by="system")
    for site, zone in (("SEA", "America/Los_Angeles"), ("NYC", "America/New_York")):
        if studies.site(site) is None:
            setting_up.add_site(site=site, name=site, time_zone=zone, at=AT, by="system")


@functools.cache
def loaded(text: str, *, name: str) -> protocol.Protocol:
    return JUDGED(text, name=name)


JUDGED = protocol.load


@pytest.fixture
def flagship() -> str:
    return FRONTLINE.read_text(encoding="utf-8")


@pytest.fixture
def protocol_text(flagship: str) -> str:
    """The protocol of the study; a test file may give its own."""
    return flagship


@pytest.fixture(scope="session")
def kept() -> dict[str, Path]:
    """Protocol text to the stores of a study that was begun with it, for the tests that follow."""
    return {}


@pytest.fixture
def begun(
    study: Path,
    engine: str,
    protocol_text: str,
    kept: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A study under way; on SQLite it is begun once a protocol and copied, elsewhere judged once."""
    monkeypatch.setattr(protocol, "load", loaded)
    stores = study / STORES_FOLDER
    if engine == "sqlite" and protocol_text in kept:
        connections.close_all()
        shutil.copytree(kept[protocol_text], stores, dirs_exist_ok=True)
        return study
    begin(protocol_text)
    if engine == "sqlite":
        connections.close_all()
        kept[protocol_text] = tmp_path_factory.mktemp("begun") / STORES_FOLDER
        shutil.copytree(stores, kept[protocol_text])
    return study


@pytest.fixture
def participant(begun: Path) -> str:
    """Somebody enrolled today whose dose is planned in three weeks."""
    one = enrolled("SEA", at=AT, by=STAFF.coordinator)
    day = date(2026, 12, 14)
    services.plan_anchor(participant=one, anchor="dose", date=day, at=AT, by=STAFF.coordinator)
    return one


@dataclass(frozen=True)
class Desk:
    """A form open on somebody's desk."""

    form: str
    by: Viewer
    at: datetime = AT

    def save(self, reason: str = "", at: datetime = AT, **answers: str) -> Saved:
        """Save answers by item as if the page had just been loaded."""
        from_page = {line.item: line.seq for line in self.page.items}
        given = [Given(item, text=text, seen=from_page.get(item, 0)) for item, text in answers.items()]
        return services.save(form=self.form, given=given, at=at, by=self.by, reason=reason)

    @property
    def page(self) -> FormPage:
        """The form as its page shows it."""
        page = reads.form_page(self.form, viewer=self.by)
        assert page is not None
        return page


@pytest.fixture
def desk(participant: str) -> Callable[..., Desk]:
    """Open a form for somebody."""

    def opened(form: str, visit: str = "log", by: Viewer = STAFF.coordinator, **place: int) -> Desk:
        code = services.open_form(participant=participant, visit=visit, form=form, at=AT, by=by, **place)
        return Desk(code, by)

    return opened


@pytest.fixture
def statements(begun: Path) -> Iterator[Callable[[], int]]:
    """A counter of the statements sent to the trial store."""
    count = 0

    def counted(execute: Callable[..., Any], *statement: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*statement)

    with connections["default"].execute_wrapper(counted):
        yield lambda: count
