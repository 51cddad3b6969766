"""A run that builds on another one leaves out what passed there, and nothing else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = """
import os
import pytest

@pytest.mark.parametrize("text", ["plain", "a.b/c", "\\u00e9 <&>"])
def test_passes(text):
    pass

def test_fails():
    assert "MENDED" in os.environ

@pytest.mark.skipif("MENDED" not in os.environ, reason="not installed")
def test_is_skipped():
    pass
"""
NAMES = {"test_passes", "test_fails", "test_is_skipped"}


def run(folder: Path, *words: str, stamp: str, mended: bool) -> set[str]:
    """Run the tests of a folder, and return file::function of each that passed."""
    options = ["-v", "-p", "no:cacheprovider", "--import-mode=importlib", "-o", f"junit_suite_name={stamp}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *words, "tests"],
        cwd=folder,
        env={"PATH": "", **({"MENDED": "1"} if mended else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if mended else 1), done.stdout + done.stderr
    return set(re.findall(r"^tests/(\w+/test_\w+\.py::\w+)\S* .*?PASSED", done.stdout, re.MULTILINE))


def test_what_passed_in_a_run_of_the_same_files_is_left_out_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for part in ("cli", "records"):
        (tmp_path / "tests" / part).mkdir(parents=True)
        (tmp_path / "tests" / part / f"test_{part}.py").write_text(TESTS)
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path / "tests" / "conftest.py")
    first = run(tmp_path, "--junitxml=first.xml", stamp="these", mended=False)
    assert first == {"cli/test_cli.py::test_passes", "records/test_records.py::test_passes"}

    everything = {f"{part}/test_{part}.py::{name}" for part in ("cli", "records") for name in NAMES}
    again = run(tmp_path, "--passed-before=first.xml", stamp="these", mended=True)
    assert everything - again == {"records/test_records.py::test_passes"}
    assert run(tmp_path, "--passed-before=first.xml", stamp="others", mended=True) == everything
    assert run(tmp_path, "--passed-before=no.xml", stamp="these", mended=True) == everything
