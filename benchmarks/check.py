"""Where the half second for checking the flagship goes: interpreter, imports, first check, later checks.

Prints medians of fresh processes and each as a share of the whole, measured in one run. Exits with 1 when the
whole is over its bar.

    python benchmarks/check.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "protocols" / "frontline.yaml"
RUNS = 9
BAR_SECONDS = 0.5

NOTHING = "pass"
IMPORT = "import equipoise.protocol"
CHECK = (
    f"from equipoise.protocol import check\ncheck(open({str(FILE)!r}, 'rb').read(), name='frontline.yaml')"
)
TWICE = CHECK + CHECK.rpartition("\n")[1] + CHECK.rpartition("\n")[2]


def seconds(code: str) -> float:
    """Return the wall time of one fresh interpreter that runs `code`."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - began


def main() -> int:
    """Measure the four in turn, round after round, so that a busy machine slows all of them alike."""
    codes = (NOTHING, IMPORT, CHECK, TWICE)
    for code in codes:
        seconds(code)
    rounds = [[seconds(code) for code in codes] for _ in range(RUNS)]
    nothing, imported, checked, twice = (statistics.median(times) for times in zip(*rounds, strict=True))
    parts = {
        "interpreter": nothing,
        "imports": imported - nothing,
        "first check of frontline.yaml": checked - imported,
        "whole": checked,
        "each further check": twice - checked,
    }
    print(f"{'part':<32}{'median s':>10}{'of whole':>10}")
    for name, took in parts.items():
        print(f"{name:<32}{took:>10.3f}{took / checked:>10.2f}")
    print(f"{'bar':<32}{BAR_SECONDS:>10.3f}{BAR_SECONDS / checked:>10.2f}")
    return 0 if checked <= BAR_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
