"""The site on an ordinary morning, served: one installation for every day in a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.journeys.test_conduct import FLAGSHIP, PASSWORD, Study, served

MORNING = Path(__file__).with_name("working_site.py")


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):
    """A study in which every role has something to do today."""
    home, keys = (tmp_path_factory.mktemp(name) / name for name in ("home", "keys"))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, str(MORNING), str(home), str(keys), PASSWORD, str(FLAGSHIP)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    with served(home) as url:
        yield Study(browser, home, url, json.loads(done.stdout))
