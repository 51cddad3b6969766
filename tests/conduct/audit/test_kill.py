"""Workers are killed in the middle of their writes: what was acknowledged is there, and the chain is whole."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "kill.py"
KILLS = 50 if os.environ.get("CI") == "true" else 10


@pytest.mark.both_stores
def test_no_acknowledged_save_is_lost_by_kills(study: Path) -> None:
    words = [sys.executable, SCRIPT, "--home", study, "--kills", str(KILLS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    inside = re.search(r"(\d+) of them inside an open transaction", done.stdout)
    assert inside
    assert int(inside[1]) > 0
    assert " 0 of them lost" in done.stdout
