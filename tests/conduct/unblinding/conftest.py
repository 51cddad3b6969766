"""The flagship under way: four people randomized at Seattle, nobody told yet.

It is begun once a run on SQLite and copied for each test. Gates and eligibility have tests of their own.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from tests.conduct.conftest import connect
from tests.conduct.consenting import enrolled

from equipoise.conduct.accounts.permission import Grant, Viewer
from equipoise.conduct.allocator import sealing
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.models import Assignment
from equipoise.conduct.allocator.services.releasing import open_slot
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.models import Form, FormState
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.frame import codes
from equipoise.conduct.studies import services as studies

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
GATES = "gates: [madrs, spfi, pcl5, expectancy]"
BLOCKS, ALL_IN_ONE = "block_sizes: {value: [2, 4]", "block_sizes: {value: [4]"
"""One block of four, so that each arm has two people."""
EVENT = "unblinding_day_28"
BEGUN = datetime(2026, 10, 1, 18, tzinfo=UTC)
DOSE = date(2026, 10, 26)
AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
D28 = ("guess", "madrs", "spfi", "pcl5", "cssrs_since", "rater_guess", "facilitator_guess")
N = 4
LABELS = {"psilocybin": "Psilocybin 25 mg", "niacin": "Niacin 100 mg"}


def somebody(name: str, *roles: str, site: str = "SEA") -> Viewer:
    return Viewer(f"p-{name}", name.capitalize(), tuple(Grant(role, site) for role in roles))


COORDINATOR = somebody("cora", "coordinator")
INVESTIGATOR = somebody("ines", "investigator")
PHYSICIAN = somebody("otis", "on_call_physician")
MONITOR = somebody("mona", "monitor", site="")
DATA_MANAGER = somebody("dana", "data_manager", site="")
MEDICAL_MONITOR = somebody("mila", "medical_monitor", site="")
OUTSIDER = somebody("otto", "coordinator", "investigator", site="NYC")
TEAM = somebody("tess", "coordinator", "investigator", "facilitator", "session_monitor")


class Killed(BaseException):
    """A process that ends here: nothing catches it."""


def kill(*_: object, **__: object) -> None:
    raise Killed


@dataclass
class Trial:
    """What tests reach for."""

    home: Path
    people: tuple[str, ...]

    def arm(self, participant: str) -> str:
        """Return an arm as nobody of the study may: nothing is written down."""
        row = Assignment.objects.select_related("slot").get(participant=participant)
        return open_slot(row.slot, sealing.key()).arm

    def of(self, arm: str) -> str:
        """Return somebody of an arm."""
        return next(one for one in self.people if self.arm(one) == arm)

    def finish_forms(self, participant: str, *forms: str, visit: str = "D28", at: datetime = AT) -> None:
        """Have forms of a visit complete, whatever is in them."""
        number = capture.begin_visit(participant=participant, visit=visit, at=at, by=TEAM)
        assert number
        with act("trial", "form.completed", at=at, by="p-tess", subjects=[participant]) as one:
            for form in forms or D28:
                code = codes.code("form", participant, visit, 1, form, 1)
                row = one.add(Form(code=code, participant=participant, visit=visit, form=form, version=1))
                state = FormState(form=row, seq=1, state="complete", person="p-tess", stated_at=instant(at))
                one.add(state)


def begin(text: str) -> tuple[str, ...]:
    """Set the study up, draw its list, and randomize."""
    studies.add_version(text=text, name="frontline.yaml", at=BEGUN, by="system")
    studies.set_up(simulated=False, at=BEGUN, by="system")
    places.draw_list(version=1, at=BEGUN, by="system")
    randomizing.publish_commitments(at=BEGUN, by="system")
    for site, zone in (("SEA", "America/Los_Angeles"), ("NYC", "America/New_York")):
        studies.add_site(site=site, name=site, time_zone=zone, at=BEGUN, by="system")
    people = tuple(enrolled("SEA", at=BEGUN, by=COORDINATOR) for _ in range(N))
    for one in people:
        capture.plan_anchor(participant=one, anchor="dose", date=DOSE, at=BEGUN, by=COORDINATOR)
        randomizing.randomize(participant=one, at=BEGUN, by=COORDINATOR)
    return people


_KEPT: dict[str, tuple[Path, tuple[str, ...]]] = {}


@pytest.fixture
def text() -> str:
    """The protocol of the study; a test may give its own by the mark `parametrize`."""
    flagship = FRONTLINE.read_text(encoding="utf-8")
    assert flagship.count(GATES) == flagship.count(BLOCKS) == 1
    return flagship.replace(GATES, "gates: []").replace(BLOCKS, ALL_IN_ONE)


@pytest.fixture
def trial(
    study: Path,
    engine: str,
    text: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Trial:
    """The trial, four people randomized."""
    monkeypatch.setattr(randomizing.gates.eligibility, "ready", lambda *_: [])
    stores = study / "stores"
    if engine == "sqlite" and text in _KEPT:
        kept, people = _KEPT[text]
        connections.close_all()
        shutil.copytree(kept, stores, dirs_exist_ok=True)
        return Trial(study, people)
    people = begin(text)
    if engine == "sqlite":
        connections.close_all()
        kept = tmp_path_factory.mktemp("unblinding") / "stores"
        shutil.copytree(stores, kept)
        _KEPT[text] = (kept, people)
    return Trial(study, people)


@pytest.fixture
def reconnect():
    """Connect to a study's stores anew, as after a start."""
    return connect


@pytest.fixture
def away(trial: Trial):
    """Take the allocation store away, and return what brings it back."""
    store = trial.home / "stores" / "allocation.sqlite3"

    def bring_back() -> None:
        connections["allocation"].close()
        if store.with_suffix(".away").exists():
            store.unlink(missing_ok=True)
            shutil.move(store.with_suffix(".away"), store)

    def take() -> None:
        connections["allocation"].close()
        shutil.move(store, store.with_suffix(".away"))

    yield take, bring_back
    bring_back()


@pytest.fixture
def keyless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return what takes the keys folder away."""
    return lambda: monkeypatch.setattr(settings, "KEYS_FOLDER", str(tmp_path / "nowhere"))


@pytest.fixture
def django_statements(trial: Trial):
    """Return what collects the statements a call sends to the trial store."""

    def collect(call: Callable[[], object]) -> list[str]:
        sent: list[str] = []

        def kept(execute, sql, params, many, context):
            sent.append(sql)
            return execute(sql, params, many, context)

        with connections["default"].execute_wrapper(kept):
            call()
        return sent

    return collect


def older_copy(home: Path) -> dict[Path, bytes | None]:
    """Return the allocation store as it is now."""
    connections["allocation"].close()
    store = home / "stores" / "allocation.sqlite3"
    files = [store.with_name(f"{store.name}{end}") for end in ("", "-wal", "-shm")]
    return {path: path.read_bytes() if path.exists() else None for path in files}


def put_back(copy: dict[Path, bytes | None]) -> None:
    """Restore the allocation store from a copy, as somebody may who restores one store only."""
    connections["allocation"].close()
    for path, data in copy.items():
        path.unlink(missing_ok=True)
        if data is not None:
            path.write_bytes(data)
