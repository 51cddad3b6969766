"""A real installation for every test: real files, real triggers, real commits.

An installation is made once a run and copied for each test, so that nothing is flushed: append-only tables cannot
be. Django is started here and nowhere else; where it is not installed these tests are left out.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("django", reason="the web system is not installed")

from django.db import connections
from django.test.utils import setup_test_environment

from equipoise.conduct.config import boot, installation, settings
from equipoise.conduct.stores import clock, entropy
from equipoise.conduct.stores.names import ALIASES, STORES

PROTOCOL = Path(__file__).parents[2] / "protocols" / "frontline.yaml"

# Test modules import models, so Django must be ready before they are collected; tables are made when first needed.
_FOLDER = Path(tempfile.mkdtemp(prefix="equipoise-tests-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
TEMPLATE = _FOLDER / "data" / "home"
installation.lay_out(TEMPLATE, keys=_FOLDER / "secrets" / "keys", mode="test")
boot.start(TEMPLATE)


@pytest.fixture(scope="session")
def template() -> Path:
    """A freshly set up study, never written to."""
    setup_test_environment()
    installation.fill()
    for alias in ALIASES.values():
        connections[alias].close()
    return TEMPLATE


@pytest.fixture
def study(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the template that Django is connected to."""
    home = tmp_path / "home"
    shutil.copytree(template, home)
    monkeypatch.setenv(settings.HOME, str(home))
    _connect(home)
    yield home
    clock.replace_clock(None)
    entropy.replace_source(None)
    _connect(template)


def _connect(home: Path) -> None:
    for store in STORES:
        connection = connections[ALIASES[store]]
        connection.close()
        connection.settings_dict["NAME"] = str(home / installation.STORES_FOLDER / f"{store}.sqlite3")
