"""What every test shares: how hard Hypothesis searches, and that it searches the same way on every run.

A failure that comes and goes teaches nothing, so a run draws the same examples each time. To look for new
ones: HYPOTHESIS_PROFILE=search make test.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

COMPARED = ("pairs", "answers")
"""What the blinding tests count: pairs of a route and somebody, and answers, compared between two worlds."""


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
