"""What is done again and again goes on whatever fails, and begins by itself once it can."""

import logging
import threading
from pathlib import Path

import pytest

from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import recurring

SOON = 0.01
PATIENCE_SECONDS = 20


def test_a_lock_file_that_cannot_be_opened_is_said_and_the_work_begins_once_it_can(
    study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = threading.Event()
    # Stands for a full disk, or a file that root left behind: this account may be root.
    (study / "telling.lock").mkdir()
    ended = recurring.keep_doing(settings.read(study), "telling", every_seconds=SOON, work=begun.set)
    assert not begun.wait(0.2)
    assert "telling waits: telling.lock cannot be opened: IsADirectoryError" in caplog.text
    (study / "telling.lock").rmdir()
    assert begun.wait(PATIENCE_SECONDS)
    ended.set()


def test_work_that_fails_in_a_way_nobody_foresaw_is_done_again(
    study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []
    thrice = threading.Event()

    def work() -> None:
        rounds.append(1)
        if len(rounds) > 2:
            thrice.set()
        raise KeyError("Ada Doe")

    with caplog.at_level(logging.ERROR):
        ended = recurring.keep_doing(settings.read(study), "telling", every_seconds=SOON, work=work)
        assert thrice.wait(PATIENCE_SECONDS)
        ended.set()
    assert "telling failed: KeyError in recurring:" in caplog.text
    assert "Ada Doe" not in caplog.text
