"""The bars a user feels: whole processes, from the shell's prompt back to the prompt.

Prints the median of several runs of each command beside its bar. Exits with 1 when one is over.

    python benchmarks/commands.py
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 7
DEMO_RUNS = 3


def seconds(*arguments: str) -> float:
    """Return the wall time of one `equipoise` process."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "equipoise", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def median(runs: int, *arguments: str) -> float:
    """Return the median over several runs, after one that warms the file cache."""
    seconds(*arguments)
    return statistics.median(seconds(*arguments) for _ in range(runs))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = [
            ("equipoise --help", 0.3, median(RUNS, "--help")),
            (
                "equipoise check protocols/frontline.yaml",
                0.5,
                median(RUNS, "check", "protocols/frontline.yaml"),
            ),
            (
                "equipoise demo, once installed",
                30.0,
                median(DEMO_RUNS, "demo", "--no-serve", "--out", folder),
            ),
        ]
    print(f"{'whole process':<45}{'median s':>10}{'bar s':>8}{'of bar':>8}")
    for name, bar, took in figures:
        print(f"{name:<45}{took:>10.2f}{bar:>8.1f}{took / bar:>8.2f}")
    return 0 if all(took <= bar for _, bar, took in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
