"""Who computes for a command, and how far they have come.

Holds the choice between this process, processes and a cluster, and the line on stderr that says what is left.
The only place that reads the clock and the environment for a rehearsal.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from equipoise.design.engine import Step
from equipoise.design.executors import Workers, cluster, processes, serial

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that keep numerical libraries from starting threads of their own beside our processes."""
EVERY_SECONDS = 1.0
SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60
HOURS_PER_DAY = 24


@contextmanager
def one_thread() -> Iterator[None]:
    """Let processes started within use one thread each: they read this when they load the libraries."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def workers_of(count: int | None, address: str | None) -> Workers:
    """Return a cluster's workers, or as many processes as asked for, or as there are processors."""
    if address is not None:
        return cluster(address)
    count = processors(count)
    return serial() if count == 1 else processes(count, around=one_thread)


def processors(count: int | None) -> int:
    """Return how many processes are asked for, or how many processors this process may use."""
    return count or len(os.sched_getaffinity(0))


@dataclass
class Progress:
    """The line on stderr: how far, how fast, how long still."""

    title: str
    began: float = field(default_factory=time.monotonic)
    _shown: float = field(default=0.0, init=False)
    _wrote: bool = field(default=False, init=False)

    def __call__(self, step: Step) -> None:
        """Show a step, at most once a second."""
        now = time.monotonic()
        if step.computed == step.wanted - step.found:
            self.began = now
            return
        if now - max(self._shown, self.began) < EVERY_SECONDS:
            return
        self._shown, self._wrote = now, True
        rate = step.computed / (now - self.began)
        left = (step.wanted - step.found - step.computed) / rate if rate > 0 else 0.0
        done = step.found + step.computed
        click.echo(
            f"{self.title}: {done:,} of {step.wanted:,} trials, {rate:,.0f} a second, {duration(left)} left",
            err=True,
        )


def duration(seconds: float) -> str:
    """Return a time as people say it: 40 s, 12 min, 3.5 h, 2.1 days."""
    minutes = seconds / SECONDS_PER_MINUTE
    hours = minutes / MINUTES_PER_HOUR
    if minutes < 2:
        return f"{seconds:.0f} s"
    if hours < 2:
        return f"{minutes:.0f} min"
    return f"{hours:.1f} h" if hours < 2 * HOURS_PER_DAY else f"{hours / HOURS_PER_DAY:,.0f} days"
