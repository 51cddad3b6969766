"""What the terminal shows while something takes longer than a moment."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

PATIENCE_SECONDS = 1.0


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say on stderr what is going on once it takes more than a second, and how long it took in the end."""
    began = time.monotonic()
    timer = threading.Timer(PATIENCE_SECONDS, lambda: click.echo(f"{title} ...", err=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    seconds = time.monotonic() - began
    if seconds > PATIENCE_SECONDS:
        click.echo(f"{title}: {seconds:.1f} s", err=True)
