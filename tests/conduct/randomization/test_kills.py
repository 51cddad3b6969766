"""Workers are killed in every gap between the two stores: each place is given once, in order, and everybody finished."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "randomize.py"
KILLS = 24 if os.environ.get("CI") == "true" else 6


@pytest.mark.both_stores
def test_kills_in_every_gap_neither_skip_nor_repeat_a_place(study: Path) -> None:
    words = [sys.executable, SCRIPT, "--home", study, "--people", "4", "--kills", str(KILLS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    gaps = [int(one) for one in re.findall(r"^ +(\d+) (?:in|after|before) ", done.stdout, flags=re.MULTILINE)]
    assert len(gaps) == 6
    assert min(gaps) >= 1
    assert sum(gaps) == KILLS
    assert "in order without a gap: True" in done.stdout
