"""Chromium and axe for every test that opens a page: where they are, how they start, and what they are asked.

Holds no page and no study; those belong to the tests. What is missing fails in CI and skips with its reason elsewhere.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:  # the fixture `browser` says what is missing
    expect = sync_playwright = None

CI = os.environ.get("CI") == "true"
AXE = os.environ.get("EQUIPOISE_AXE", "")
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}
PATIENCE = 15_000
"""Milliseconds a page may take on a busy machine before a test gives up."""

__all__ = [
    "AXE",
    "BROWSERS",
    "CI",
    "FLAGS",
    "PATIENCE",
    "PHONE",
    "RULES",
    "absent",
    "axe",
    "browser",
    "expect",
]


def absent(what: str) -> None:
    """Fail in CI, where everything must be there; skip with the reason elsewhere."""
    if CI:
        pytest.fail(f"{what}; CI must have it")
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, once a file."""
    executable = next((path for path in BROWSERS if Path(path).exists()), shutil.which("chromium"))
    if executable is None:
        absent("no Chromium is installed")
    if sync_playwright is None:
        absent("playwright is not installed")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=executable, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The text of axe, which a page is told to run."""
    if not AXE or not Path(AXE).is_file():
        absent("EQUIPOISE_AXE does not name axe.min.js")
    return Path(AXE).read_text(encoding="utf-8")
