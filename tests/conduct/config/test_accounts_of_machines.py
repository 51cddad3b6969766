"""A study belongs to an account of its machine: what another account would spoil, or cannot read, is said."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from equipoise.cli import backup, doctor, keys, serve
from equipoise.conduct.config import boot, installation, settings
from equipoise.conduct.stores.keys import account

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

NOBODY = 65534


@pytest.fixture
def given() -> Iterator[Path]:
    """A study laid out by root and given to another account, keys too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        home = folder / "data" / "home"
        installation.lay_out(home, keys=folder / "secrets" / "keys", mode="test")
        for path in (folder / "data", folder / "secrets"):
            for one in (path, *path.rglob("*")):
                os.chown(one, NOBODY, NOBODY)
        yield home


@pytest.mark.parametrize("command", [serve.command, backup.command, keys.rotate])
def test_root_leaves_nothing_in_the_study_of_another_account(given: Path, command: object) -> None:
    before = sorted(given.parents[1].rglob("*"))
    with pytest.raises(settings.SettingsError, match=f"sudo -u {account(NOBODY)} equipoise"):
        CliRunner().invoke(command, ["--home", str(given)], catch_exceptions=False)  # type: ignore[arg-type]
    assert sorted(given.parents[1].rglob("*")) == before


def test_doctor_says_as_whom_it_must_be_called(given: Path) -> None:
    result = CliRunner().invoke(doctor.command, ["--home", str(given)])
    assert f"belongs to `{account(NOBODY)}`" in result.output
    assert "1 errors, 0 warnings" in result.output


def test_root_works_on_its_own_study(study: Path) -> None:
    boot.refuse_root(study)


SAID = """
import encodings.ascii, os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from equipoise.conduct.config import settings
from equipoise.conduct.config.examination import files, machine
from equipoise.errors import TrialError
os.setgid(65534); os.setuid(65534)
home = Path(sys.argv[2])
try:
    study = settings.read(home)
except TrialError as error:
    sys.exit(str(error))
print(*files.key_problems(study), *machine.folders(study), sep="\\n")
"""


def said(home: Path) -> str:
    """Return what that account is told, in a process of its own."""
    source = str(Path(settings.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", SAID, source, str(home)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_what_root_left_behind_is_named_with_what_gives_it_back(given: Path) -> None:
    assert said(given).strip() == ""
    key = given.parents[1] / "secrets" / "keys" / "trial.key"
    lock = given / "alerts.lock"
    lock.touch(mode=0o644)
    for path in (key, lock):
        os.chown(path, 0, 0)
    text = said(given)
    assert f"chown {account(NOBODY)} {key}" in text
    assert f"alerts waits, as {lock} cannot be opened (chown {account(NOBODY)} {lock})" in text
    os.chown(given, 0, 0)
    assert f"nothing can be written to {given}" in said(given)


def test_settings_that_this_account_may_not_read(given: Path) -> None:
    os.chown(given / settings.FILE, 0, 0)
    assert "call this as the account that the study belongs to" in said(given)
    shutil.chown(given.parent, "root")
    given.parent.chmod(0o700)
    assert "call this as the account that the study belongs to" in said(given)
