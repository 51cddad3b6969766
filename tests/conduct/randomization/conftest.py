"""A trial of three arms in 24 strata, two of its sites open, its list drawn and committed to, before anybody is randomized.

It is begun once a run on SQLite and copied for each test. Gates have tests of their own: here nobody needs a form.
"""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from tests.conduct.conftest import connect

from equipoise.conduct.accounts.permission import Grant, Viewer
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture.models import Participant
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.studies import services as studies

DOSE_RESPONSE = Path(__file__).parents[3] / "protocols" / "dose-response.yaml"
AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
SITES = ("site_01", "site_02")
HERE, THERE = SITES
LEVELS = ("never", "ever")
ARMS = ("high", "middle", "low")
METHOD = "method: permuted_blocks"
BLOCKS = "  block_sizes: {value: [3, 6], assumption: true, concealed: true}\n"
SLOTS = "slots_per_stratum: 120"


def protocol_text(**changes: str) -> str:
    """Return the protocol without gates, and with further replacements."""
    text = DOSE_RESPONSE.read_text(encoding="utf-8")
    replaced = {"gates: [madrs, expectancy]": "gates: []", **changes}
    for old, new in replaced.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


SHORT = {SLOTS: "slots_per_stratum: 6"}
MINIMIZED = {METHOD: "method: minimization\n  imbalance: range\n  bias: 0.8", BLOCKS: ""}


def somebody(name: str, *roles: str, site: str = HERE) -> Viewer:
    return Viewer(name, name.capitalize(), tuple(Grant(role, site) for role in roles))


COORDINATOR = somebody("cora", "coordinator", site="")
PHARMACIST = somebody("phil", "pharmacist", site="")


@dataclass
class Trial:
    """What tests reach for; `levels` are what the participants answered at screening."""

    home: Path
    levels: dict[str, str] = field(default_factory=dict)

    def enter(self, name: str, *, site: str = HERE, level: str = "never") -> str:
        """Enter a participant with an answer at screening."""
        participant = f"DOSE-RESPONSE-{site}-{name}"
        with act("trial", "participant.enrolled", at=AT, by="cora", subjects=[participant]) as one:
            one.add(Participant(participant=participant, site=site, entered_on="2026-11-23"))
        self.levels[participant] = level
        return participant

    def randomize(self, participant: str, at: datetime = AT) -> randomizing.Randomized:
        """Randomize somebody."""
        return randomizing.randomize(participant=participant, at=at, by=COORDINATOR)

    def randomized(self, name: str, *, site: str = HERE, level: str = "never") -> str:
        """Enter and randomize somebody; return their id."""
        participant = self.enter(name, site=site, level=level)
        self.randomize(participant)
        return participant


def begin(text: str, *, drawn: bool = True) -> None:
    """Set the study up, draw its list and commit to it."""
    studies.add_version(text=text, name="dose-response.yaml", at=AT, by="system")
    studies.set_up(simulated=False, at=AT, by="system")
    if drawn:
        allocator.draw_list(version=1, at=AT, by="system")
        randomizing.publish_commitments(at=AT, by="system")
    for site in SITES:
        studies.add_site(site=site, name=site, time_zone="America/Los_Angeles", at=AT, by="system")


_KEPT: dict[str, Path] = {}


@pytest.fixture
def text() -> str:
    """The protocol of the study; a test may give its own by the mark `parametrize`."""
    return protocol_text(**SHORT)


@pytest.fixture
def trial(
    study: Path,
    engine: str,
    text: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Trial:
    """The trial, begun; nobody is entered."""
    stores = study / "stores"
    if engine == "sqlite" and text in _KEPT:
        connections.close_all()
        shutil.copytree(_KEPT[text], stores, dirs_exist_ok=True)
    else:
        begin(text)
        if engine == "sqlite":
            connections.close_all()
            _KEPT[text] = tmp_path_factory.mktemp("randomization") / "stores"
            shutil.copytree(stores, _KEPT[text])
    found = Trial(study)
    told = randomizing.gates.levels_of

    def levels(ground, resolved):
        answered = found.levels.get(ground.participant)
        return {**told(ground, resolved), **({"prior_use": answered} if answered else {})}

    monkeypatch.setattr(randomizing.gates, "levels_of", levels)
    monkeypatch.setattr(randomizing.gates.eligibility, "ready", lambda *_: [])
    return found


@pytest.fixture
def reconnect():
    """Connect to a study's stores anew, as after a start."""
    return connect


@pytest.fixture
def settings_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return what takes the keys folder away."""
    return lambda: monkeypatch.setattr(settings, "KEYS_FOLDER", str(tmp_path / "nowhere"))
