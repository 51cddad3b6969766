"""From a protocol file to a study that answers, on the command line as an operator works."""

import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("django") is None:
    pytest.skip("the web system is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "protocols" / "frontline.yaml"
PHRASE = "correct horse battery 9"
SECONDS_TO_START = 30


def equipoise(*words: str | Path, code: int = 0, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "equipoise", *words], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study as `init` leaves it."""
    folder = tmp_path_factory.mktemp("study")
    said = equipoise(
        *("init", PROTOCOL, "--home", folder / "data" / "home", "--keys", folder / "device" / "keys"),
        *("--admin", "ana@example.org", "--password-stdin"),
        stdin=f"{PHRASE}\n",
    )
    assert len(said.splitlines()) == 6
    assert "ommitment" in said
    return folder / "data" / "home"


def test_a_protocol_with_mistakes_sets_nothing_up(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("equipoise: 1\ntrial: {id: X}\n")
    where = ("--home", tmp_path / "a" / "home", "--keys", tmp_path / "b" / "keys")
    said = equipoise("init", file, *where, "--admin", "a@b.org", "--password-stdin", code=1)
    assert "cannot be used" in said
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


def test_keys_beside_the_data_are_refused(tmp_path: Path) -> None:
    where = ("--home", tmp_path / "home", "--keys", tmp_path / "keys")
    equipoise("init", PROTOCOL, *where, "--admin", "a@b.org", "--password-stdin", code=3, stdin=f"{PHRASE}\n")
    assert not (tmp_path / "home").exists()


def test_a_first_administrator_who_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    where = ("--home", tmp_path / "a" / "home", "--keys", tmp_path / "b" / "keys")
    words = ("init", PROTOCOL, *where, "--admin", "nobody", "--password-stdin")
    equipoise(*words, code=1, stdin="x\n")
    assert not (tmp_path / "a" / "home" / "settings.toml").exists()
    equipoise(*("init", PROTOCOL, *where, "--admin", "a@b.org", "--password-stdin"), stdin=f"{PHRASE}\n")


def test_a_study_is_not_set_up_twice(home: Path) -> None:
    words = (
        "init",
        PROTOCOL,
        "--home",
        home,
        "--keys",
        home.parents[1] / "other" / "keys",
        "--admin",
        "a@b.org",
    )
    said = equipoise(*words, "--password-stdin", code=1, stdin=f"{PHRASE}\n")
    assert "set up there already" in said
    assert (home / "settings.toml").exists()


def test_sites_and_people_are_added_and_everything_verifies(home: Path) -> None:
    equipoise("site", "add", "--home", home, "SEA", "--name", "Seattle", "--time-zone", "America/Los_Angeles")
    add = ("user", "add", "--home", home, "--name", "Bo", "--email", "bo@example.org", "--password-stdin")
    equipoise(*add, "--role", "data_manager", stdin=f"{PHRASE}\n")
    assert "no such site" in equipoise(
        *("user", "grant", "--home", home, "--email", "bo@example.org", "--role", "monitor", "--site", "NYC"),
        code=1,
    )
    assert "no such person" in equipoise(
        *("user", "grant", "--home", home, "--email", "cy@example.org", "--role", "monitor"), code=1
    )
    assert "trial: whole" in equipoise("verify", "--home", home)


def test_a_study_is_backed_up_and_restored_elsewhere(home: Path, tmp_path: Path) -> None:
    keys = home.parents[1] / "device" / "keys"
    equipoise("backup", "--home", home, "--out", tmp_path / "backups")
    (folder,) = (tmp_path / "backups").iterdir()
    elsewhere = tmp_path / "a" / "home"
    assert "trial: whole" in equipoise("restore", folder, "--home", elsewhere, "--keys", keys)
    equipoise("restore", folder, "--home", elsewhere, "--keys", keys, code=1)
    assert "trial: whole" in equipoise("verify", "--home", elsewhere)


def test_a_study_is_served_and_what_is_tampered_with_is_not(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "equipoise", "serve", "--home", str(home), "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as serving:
        try:
            assert answered(f"http://127.0.0.1:{port}/")
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(SECONDS_TO_START)
    with sqlite3.connect(home / "stores" / "trial.sqlite3") as file:
        file.execute("DROP TRIGGER event_append_only_update")
        file.execute("UPDATE event SET actor = 'nobody' WHERE id = 2")
    said = equipoise("verify", "--home", home, code=3)
    assert "event 2: does not have its own hash" in said
    assert "the trigger event_append_only_update is missing" in said
    assert "may not serve" in equipoise("serve", "--home", home, "--port", str(port), code=1)
    equipoise("upgrade", "--home", home)
    assert "trigger" not in equipoise("verify", "--home", home, code=3)


def answered(address: str) -> bool:
    """Whether the server answers, with any page, before time is up."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address) as page:  # noqa: S310 - loopback
                return bool(page.read())
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def test_a_study_that_does_not_exist_is_said(tmp_path: Path) -> None:
    assert "no study is set up" in equipoise("verify", "--home", tmp_path, code=1)
    assert list(tmp_path.iterdir()) == []
