"""What one simulated flagship trial costs, a batch of them, and a trial of 100,000.

Prints the first call (which also hashes the protocol and solves for the latent moments), the median of later
calls beside the bar, replicates a second in a batch, and how time grows with participants. Exits with 1 when
the median is over the bar.

    python benchmarks/simulate.py             the figures
    python benchmarks/simulate.py --profile   the twenty functions that cost most
"""

import cProfile
import math
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from equipoise import protocol
from equipoise.design import draw, simulate, truth_of

FILE = Path(__file__).parents[1] / "protocols" / "frontline.yaml"
BAR_SECONDS = 0.050
RUNS = 40
BATCH = 1024
SIZES = (1_000, 10_000, 100_000)
WRITTEN = (100, 1_000)


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of some work, which another program on the machine hardly changes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def growth(sizes: tuple[int, ...], times: list[float]) -> float:
    """Return the exponent b of time = a * n ** b, from the first size to the last."""
    return math.log(times[-1] / times[0]) / math.log(sizes[-1] / sizes[0])


def main() -> int:
    """Measure in one process, since later calls profit from what the first has worked out."""
    resolved = protocol.resolve(protocol.load(FILE.read_bytes(), name=FILE.name))
    first = seconds(lambda: simulate(resolved))
    if "--profile" in sys.argv:
        return profile(lambda: [simulate(resolved, replicate=one) for one in range(RUNS)])
    runs = sorted(seconds(lambda one=one: simulate(resolved, replicate=one)) for one in range(1, RUNS))
    median = statistics.median(runs)
    print(f"{'part':<44}{'seconds':>10}{'of bar':>10}")
    figures = {"first trial, caches cold": first, "fastest trial": runs[0], "median trial": median}
    for name, took in figures.items():
        print(f"{name:<44}{took:>10.4f}{took / BAR_SECONDS:>10.2f}")
    print(f"{'bar for the median trial':<44}{BAR_SECONDS:>10.4f}{1:>10.2f}")
    _batches(resolved, median)
    return 0 if median <= BAR_SECONDS else 1


def _batches(resolved: protocol.Resolved, median: float) -> None:
    scenario = resolved.protocol.scenario()
    truth = truth_of(resolved, scenario)
    each = seconds(lambda: draw(truth, range(BATCH), seed=1)) / BATCH
    print(f"{f'one of {BATCH} replicates as arrays':<44}{each:>10.5f}   {1 / each:,.0f} a second")
    print(f"{'a written-out trial costs as many of those':<44}{median / each:>10.0f}")
    times = []
    for size in SIZES:
        large = truth_of(resolved, scenario, participants=size)
        times.append(seconds(lambda large=large: draw(large, [0], seed=1)))
        print(f"{f'{size:,} participants as arrays':<44}{times[-1]:>10.4f}")
    print(f"{'time as arrays grows as participants to the':<44}{growth(SIZES, times):>10.2f}")
    written = [seconds(lambda size=size: simulate(resolved, participants=size)) for size in WRITTEN]
    for size, took in zip(WRITTEN, written, strict=True):
        print(f"{f'{size:,} participants written out':<44}{took:>10.4f}")
    print(f"{'time written out grows as participants to the':<44}{growth(WRITTEN, written):>10.2f}")


def profile(work: Callable[[], object]) -> int:
    """Print where the time of some work goes."""
    profiler = cProfile.Profile()
    profiler.runcall(work)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
