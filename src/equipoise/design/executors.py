"""Where blocks are computed: here, in processes, or on any cluster that dask reaches.

Holds one interface, that of `concurrent.futures.Executor`, and how each kind is opened. Refuses to decide
what is computed: results are the same wherever it happens.
"""

import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from equipoise.errors import Problem, ProtocolError

WAITING_EACH = 2
"""Blocks that wait for each worker: enough that none idles, few enough that little is lost."""


@dataclass(frozen=True)
class Workers:
    """Workers that may be opened, and opened again when they were lost.

    open   a context in which an executor works
    count  how many there are; None where only the open executor knows
    lost   errors that say a worker was lost, not that its work is wrong
    name   in words
    """

    open: Callable[[], AbstractContextManager[Executor]]
    count: Callable[[Executor], int]
    lost: tuple[type[BaseException], ...]
    name: str


class Here(Executor):
    """Computes at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Return the finished work."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def serial() -> Workers:
    """Return this process as the only worker."""
    return Workers(Here, lambda _: 1, (), "this process")


def processes(count: int, *, around: Callable[[], AbstractContextManager[object]] = nullcontext) -> Workers:
    """Return worker processes on this machine.

    around  a context in which they are started, such as one that keeps numerical libraries to one thread each
    """

    @contextmanager
    def pool() -> Iterator[Executor]:
        context = multiprocessing.get_context("spawn")
        with around(), ProcessPoolExecutor(count, context, initializer=end_with_parent) as executor:
            yield executor

    return Workers(pool, lambda _: count, (BrokenExecutor,), f"{count} processes")


def end_with_parent() -> None:
    """Let this worker end when the process that started it is gone: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        watching = threading.Thread(target=_end_after, args=[parent.sentinel], daemon=True, name="parent")
        watching.start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def cluster(address: str) -> Workers:
    """Return the workers of a dask.distributed cluster.

    address  of its scheduler, such as tcp://10.0.0.1:8786, or the path of a scheduler file
    Raises   ProtocolError when dask.distributed is not installed
    """
    try:
        distributed = importlib.import_module("distributed")
    except ModuleNotFoundError as error:
        hint = "pip install 'equipoise[cluster]'"
        raise ProtocolError("no cluster", [Problem("dask.distributed is not installed", hint)]) from error

    @contextmanager
    def connected() -> Iterator[Executor]:
        place = {"address": address} if "://" in address else {"scheduler_file": address}
        with distributed.Client(**place, set_as_default=False) as client:
            yield of_client(client)

    lost = (distributed.scheduler.KilledWorker, distributed.CancelledError)
    return Workers(connected, _threads, lost, f"the cluster at {address}")


def of_client(client: Any) -> Executor:
    """Return a connected dask client as an executor."""
    executor: Executor = client.get_executor(pure=False)
    return executor


def _threads(executor: Any) -> int:
    threads = sum(int(count) for count in executor._client.nthreads().values())
    return max(threads, 1)
