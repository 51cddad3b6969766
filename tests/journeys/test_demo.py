"""The demo as somebody new starts it: conducted, reported, served, stopped, started again."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

pytest.importorskip("django", reason="the web system is not installed")

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
EVENTS = re.compile(r"Verified   ([0-9,]+) events")
LINK = re.compile(r"(.+?)  (http://localhost:[0-9]+/sign-in/once/[0-9a-f]+/)")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
WATERMARK = "Simulated study: no person here is real"
FEW = ("--participants", "4")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "equipoise", "demo", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("conducted")
    done = run("--no-serve", *FEW, "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out, done.stdout


@contextmanager
def served(out: Path) -> Iterator[dict[str, str]]:
    """Serve the demo and yield role to link, as the terminal shows them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        command("--out", str(out), "--port", str(port)), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    links = {}
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = LINK.search(line.strip())
            if found:
                links[found[1].strip()] = found[2]
            if line.startswith("Open"):
                break
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield links
    finally:
        process.terminate()
        process.communicate()


def enter(link: str) -> tuple[OpenerDirector, str]:
    """Follow a link and press its button; return the browser and the page that comes."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(link).read().decode()
    assert WATERMARK in page
    token = TOKEN.search(page)
    assert token is not None
    sent = urlencode({"csrfmiddlewaretoken": token[1]}).encode()
    return browser, browser.open(link, sent).read().decode()


def test_the_demo_says_line_by_line_what_happened(demo: tuple[Path, str]) -> None:
    out, said = demo
    names = ["Checked", "Conducted", "Verified", "Exported", "Analyzed", "Published", "Reported"]
    assert [line.split()[0] for line in said.splitlines()] == names
    assert "4 randomizations" in said
    assert "no person took part" in said
    assert str(out / "report.html") in said


def test_the_report_comes_from_an_export_of_the_study(demo: tuple[Path, str]) -> None:
    out, _ = demo
    manifest = json.loads((out / "trial" / "records" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["simulated"] is True
    text = (out / "trial" / "records" / "values.csv").read_text(encoding="utf-8")
    assert "FRONTLINE-SEA-001" in text
    assert "simulated" not in text.split("\n", 1)[1], "answers were given, not copied"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Simulated data" in page
    assert "Adverse events" in page


def test_started_again_it_is_the_same_study_and_every_role_enters_once(demo: tuple[Path, str]) -> None:
    out, said = demo
    before = EVENTS.search(said)
    with served(out) as links:
        assert len(links) == 15
        for role in ("Coordinator", "Investigator", "Pharmacist"):
            browser, page = enter(links[role])
            assert WATERMARK in page
            assert browser.open(links[role].split("/sign-in")[0] + "/account/").status == 200
            with pytest.raises(HTTPError, match="404"):
                enter(links[role])
    again = run("--no-serve", "--out", str(out))
    assert again.returncode == 0, again.stderr
    after = EVENTS.search(again.stdout)
    assert "left from before" in again.stdout
    assert before is not None
    assert after is not None
    assert int(after[1].replace(",", "")) > int(before[1].replace(",", ""))


def test_a_study_filled_under_another_protocol_is_left_alone(demo: tuple[Path, str]) -> None:
    out, _ = demo
    mark = out / "study" / "data" / "filled.json"
    kept = mark.read_text(encoding="utf-8")
    mark.write_text("{}", encoding="utf-8")
    done = run("--no-serve", "--out", str(out))
    mark.write_text(kept, encoding="utf-8")
    assert done.returncode == 1
    assert "make demo-clean" in done.stderr
    assert (out / "study" / "data" / "stores").is_dir()
