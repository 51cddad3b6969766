"""An installation that is not protected does not serve, and says everything that is wrong at once."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connections
from django.test import override_settings

from equipoise.conduct.config import checks, installation, settings
from equipoise.conduct.config.examination import program
from equipoise.conduct.config.operations import examining
from equipoise.conduct.config.settings import SettingsError
from equipoise.conduct.stores import clock, keys


@pytest.fixture
def installed(study: Path, tmp_path: Path) -> settings.Settings:
    """The study with keys of its own, so that they can be spoiled."""
    found = settings.read(study)
    shutil.copytree(found.keys, tmp_path / "device" / "keys")
    return replace(found, keys=tmp_path / "device" / "keys")


@pytest.mark.every_store
def test_a_fresh_installation_may_serve(installed: settings.Settings) -> None:
    assert checks.problems(installed) == []
    checks.require(installed)


def open_key(study: settings.Settings) -> settings.Settings:
    (study.keys / "trial.key").chmod(0o644)
    return study


def type_key(study: settings.Settings) -> settings.Settings:
    (study.keys / "web.key").write_text("00" * keys.KEY_BYTES)
    return study


def shorten_key(study: settings.Settings) -> settings.Settings:
    (study.keys / "web.key").write_text("secret")
    return study


def open_former_key(study: settings.Settings) -> settings.Settings:
    keys.prepare(study.keys, "trial")
    keys.replace(study.keys, "trial")
    (path,) = (study.keys / keys.FORMER).iterdir()
    path.chmod(0o644)
    return study


def open_password(study: settings.Settings) -> settings.Settings:
    (study.keys / settings.MAIL_PASSWORD_FILE).write_text("secret")
    (study.keys / settings.MAIL_PASSWORD_FILE).chmod(0o640)
    return study


def lose_key(study: settings.Settings) -> settings.Settings:
    (study.keys / "allocation.key").unlink()
    return study


def move_keys(study: settings.Settings) -> settings.Settings:
    return replace(study, keys=Path(shutil.copytree(study.keys, study.home / "keys")))


def drop_trigger(study: settings.Settings) -> settings.Settings:
    with connections["identity"].cursor() as cursor:
        cursor.execute("DROP TRIGGER event_append_only_delete")
    return study


def forget_migration(study: settings.Settings) -> settings.Settings:
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'capture'")
    return study


def leave_loopback(study: settings.Settings) -> settings.Settings:
    return replace(study, mode="simulated", hosts=("localhost", "trial.example.org"))


Spoil = Callable[[settings.Settings], settings.Settings]
SPOILED: list[tuple[Spoil, str]] = [
    (open_key, "others can read"),
    (type_key, "web.key was not drawn by chance"),
    (shorten_key, "web.key holds no key"),
    (open_former_key, "former/trial-"),
    (open_password, "others can read"),
    (lose_key, "there is no allocation.key"),
    (move_keys, "beside the data"),
    (drop_trigger, "the trigger event_append_only_delete is missing"),
    (forget_migration, "not applied: capture.0001_initial"),
    (leave_loopback, "a simulated study would be reached at trial.example.org"),
]


@pytest.mark.parametrize(("spoil", "expected"), SPOILED)
def test_an_unprotected_installation_is_refused(
    installed: settings.Settings, spoil: Spoil, expected: str
) -> None:
    found = checks.problems(spoil(installed))
    assert any(expected in str(problem) for problem in found), found


def test_everything_wrong_is_said_at_once(installed: settings.Settings) -> None:
    for spoil in (open_key, type_key, lose_key, drop_trigger):
        spoil(installed)
    with override_settings(DEBUG=True), pytest.raises(SettingsError) as caught:
        checks.require(installed)
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize(("bind", "refused"), [("127.0.0.1", False), ("192.0.2.1", True)])
def test_a_simulated_study_listens_on_this_machine_only(
    installed: settings.Settings, bind: str, refused: bool
) -> None:
    assert bool(checks.problems(replace(installed, mode="simulated"), bind=bind)) is refused


@pytest.mark.both_stores
def test_passwords_of_databases_are_kept_from_others(installed: settings.Settings, engine: str) -> None:
    (installed.home / settings.FILE).chmod(0o644)
    assert bool(checks.problems(installed)) is (engine != "sqlite")


def test_a_package_that_is_missing_is_named_before_every_page_fails(
    installed: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named 'ninja' ({name})", name="ninja")

    monkeypatch.setattr(program, "import_module", missing)
    with pytest.raises(SettingsError, match=r"the package ninja is missing .*equipoise\[web\]"):
        checks.require(installed)
    assert "the package ninja is missing" in str(examining.examine(installed, at=clock.now())[0])


@pytest.mark.parametrize("command", ["serve", "verify"])
def test_a_command_says_in_two_lines_that_a_store_is_away(tmp_path: Path, command: str) -> None:
    home = tmp_path / "data" / "home"
    installation.lay_out(home, keys=tmp_path / "device" / "keys", mode="test")
    with (home / settings.FILE).open("a") as file:
        file.writelines(
            f'{store}_database = "postgresql://run:secret@127.0.0.1:9/{store}"\n'
            for store in ("trial", "allocation", "identity")
        )
    words = [sys.executable, "-m", "equipoise", command, "--home", str(home)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "a store does not answer: " in done.stderr
    assert "`equipoise doctor` says which" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
