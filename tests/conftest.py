"""What every test shares: how hard Hypothesis searches, and what a run need not do again.

A failure that comes and goes teaches nothing, so a run draws the same examples each time. To look for new
ones: HYPOTHESIS_PROFILE=search make test.
"""

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

COMPARED = ("pairs", "answers")
"""What the blinding tests count: pairs of a route and somebody, and answers, compared between two worlds."""

WHATEVER_IS_INSTALLED = "tests/cli/"
"""What depends on which packages there are: these tests are run with the web system as well as without it."""
LONG = ("tests/blinding/", "tests/journeys/", "tests/conduct/")
"""Where the longest files are. They begin first, or the last of them is waited for while other workers have nothing."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run build on another one of the same files."""
    said = "JUnit file of a run of these same files: what passed there is not run again, but for tests/cli"
    parser.addoption("--passed-before", metavar="FILE", help=said)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what passed in another run of these files; begin with what takes longest."""
    if path := config.getoption("--passed-before"):
        shown = passed(Path(path), stamp=config.getini("junit_suite_name"))
        left_out = {
            item
            for item in items
            if place(item) in shown and not item.nodeid.startswith(WHATEVER_IS_INSTALLED)
        }
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    items.sort(
        key=lambda item: next((n for n, one in enumerate(LONG) if item.nodeid.startswith(one)), len(LONG))
    )


def passed(path: Path, *, stamp: str) -> set[tuple[str, str]]:
    """Return module and name of each test that passed in a JUnit file; none when it is of other files than these."""
    if not path.is_file():
        return set()
    # The file is what our own run of pytest wrote a moment ago.
    suites = ElementTree.parse(path).getroot().iter("testsuite")  # noqa: S314
    cases = [case for suite in suites if suite.get("name") == stamp for case in suite.iter("testcase")]
    return {
        (case.get("classname", ""), case.get("name", ""))
        for case in cases
        if not {one.tag for one in case} & {"failure", "error", "skipped"}
    }


def place(item: pytest.Item) -> tuple[str, str]:
    """Return module and name of a test, as a JUnit file says them."""
    path, _, name = item.nodeid.partition("::")
    return path.removesuffix(".py").replace("/", "."), name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much the blinding tests compared. It stands here since workers of a parallel run say nothing."""
    counted = dict.fromkeys(COMPARED, 0)
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            if name in counted and isinstance(value, int):
                counted[name] += value
    if counted["pairs"]:
        text = "blinding: {pairs:,} pairs of a route and somebody compared, {answers:,} answers byte by byte"
        terminalreporter.write_line(text.format(**counted))
