"""The bar of the report: the demo trial's page in at most half a second.

Prints the time of analyzing and of rendering in this process. Exits with 1 when rendering is over the bar.

    python benchmarks/report.py
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from equipoise import analysis, design, protocol, report

FLAGSHIP = Path(__file__).parents[1] / "protocols" / "frontline.yaml"
BAR_SECONDS = 0.5
RUNS = 7


def median(action: Callable[[], object]) -> float:
    """Return the median processor time of several runs, after one that warms caches."""
    action()
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return statistics.median(times)


def main() -> int:
    resolved = protocol.resolve(protocol.load(FLAGSHIP.read_bytes(), name=FLAGSHIP.name))
    drawn = design.simulate(resolved)
    provenance = analysis.Provenance(command="benchmarks/report.py", created_at="2026-01-01T00:00:00+00:00")

    def analyze() -> analysis.Analysis:
        return analysis.analyze(resolved, drawn.records, drawn.allocation, provenance=provenance)

    with tempfile.TemporaryDirectory() as folder:
        analyze().write(Path(folder))
        rendering = median(lambda: report.render(Path(folder)))
    print(f"{'part':<30}{'seconds':>10}{'of bar':>10}")
    print(f"{'analyzing frontline.yaml':<30}{median(analyze):>10.3f}")
    print(f"{'rendering its report':<30}{rendering:>10.3f}{rendering / BAR_SECONDS:>10.2f}")
    return 0 if rendering <= BAR_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
