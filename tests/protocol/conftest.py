"""The ground on which tests plant their faults: a small protocol without any."""

from collections.abc import Callable
from pathlib import Path

import pytest

from equipoise.errors import Problem
from equipoise.protocol.check import check

SMALL = Path(__file__).parent / "small.yaml"


@pytest.fixture(scope="session")
def small() -> str:
    """A protocol of which `check` has nothing to say."""
    return SMALL.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def plant(small: str) -> Callable[..., list[Problem]]:
    """Replace pieces of the small protocol and return what `check` finds."""

    def planted(*changes: tuple[str, str]) -> list[Problem]:
        text = small
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        return check(text, name="small.yaml")

    return planted
