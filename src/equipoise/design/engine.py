"""The engine: blocks wanted, found or computed, kept, and handed back in order.

Holds the loop over workers: what was kept before is not computed again, a worker that dies costs the blocks
it had in hand, and whatever stops a run leaves finished blocks kept. Refuses to read a clock, to summarize
and to print: it tells whoever listens.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from equipoise.design.blocks import Work, compute, key_of
from equipoise.design.cache import Cache
from equipoise.design.executors import WAITING_EACH, Workers, serial
from equipoise.errors import TrialError

Floats = NDArray[np.float64]
Array = NDArray[Any]

MOST_LOSSES = 3
"""Times in a row that workers may be lost without a block finished in between."""


@dataclass(frozen=True)
class Task:
    """One piece of work: a function of a module and what it is called with.

    key, name   where its result is kept
    weight      replicates in it, for saying how far a run has come; 0 for what is none
    """

    key: str
    name: str
    function: Callable[..., Array] = field(compare=False)
    arguments: tuple[Any, ...] = field(compare=False)
    weight: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Step:
    """How far a run has come.

    found     replicates that were kept before
    computed  replicates computed now
    wanted    replicates wanted, both together
    """

    found: int
    computed: int
    wanted: int


@dataclass
class Engine:
    """Computes blocks with some workers and keeps them.

    listen  told of each step
    warn    told in words of what a person should know
    """

    workers: Workers = field(default_factory=serial)
    cache: Cache = field(default_factory=lambda: Cache(None))
    listen: Callable[[Step], None] = lambda _: None
    warn: Callable[[str], None] = lambda _: None
    _open: ExitStack = field(default_factory=ExitStack, init=False)
    _executor: Executor | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def collect(self, wanted: Sequence[tuple[Work, int]]) -> dict[Work, Floats]:
        """Return each work's replicates, (numbers, estimands, looks, replicates), at least as many as wanted.

        wanted  works and numbers of replicates
        Raises  as `ask`
        """
        tasks = {work: _blocks(work, count) for work, count in wanted}
        done = self.ask([task for blocks in tasks.values() for task in blocks])
        return {
            work: np.concatenate([done[task] for task in blocks], axis=3) for work, blocks in tasks.items()
        }

    def ask(self, tasks: Sequence[Task]) -> dict[Task, Array]:
        """Return what each task gives, kept before or computed now.

        Raises  TrialError when workers are lost again and again; ProtocolError when a scenario cannot be
                simulated
        """
        done = {task: kept for task in tasks if (kept := self.cache.find(task.key, task.name)) is not None}
        waiting = [task for task in dict.fromkeys(tasks) if task not in done]
        found, total = _size(done), _size(done) + _size(waiting)

        def finished(task: Task, array: Array) -> None:
            done[task] = array
            self.cache.keep(task.key, task.name, array)
            self.listen(Step(found, _size(done) - found, total))

        self._compute(waiting, finished)
        return done

    def _compute(self, waiting: list[Task], finished: Callable[[Task, Array], None]) -> None:
        """Compute what waits; when workers are lost, go on with others."""
        losses = 0
        while waiting:
            before = len(waiting)
            try:
                self._work_through(waiting, finished)
            except self.workers.lost as error:
                self._close()
                losses = losses + 1 if len(waiting) == before else 1
                name, kind = self.workers.name, type(error).__name__
                lost = f"a worker of {name} was lost ({kind}); {len(waiting)} blocks unfinished"
                if losses >= MOST_LOSSES:
                    raise TrialError(
                        f"{lost}, {losses} times in a row: too little memory? Finished blocks are kept in the"
                        " cache; the same command goes on from there, with fewer workers if need be"
                    ) from error
                self.warn(f"{lost}; trying again")

    def _work_through(self, waiting: list[Task], finished: Callable[[Task, Array], None]) -> None:
        """Compute what waits, taking each task off the list once it is finished."""
        executor = self._executor or self._begin()
        room = WAITING_EACH * self.workers.count(executor)
        begun: dict[Future[Array], Task] = {}
        ahead = iter(list(waiting))
        try:
            while True:
                for task in islice(ahead, room - len(begun)):
                    begun[executor.submit(task.function, *task.arguments)] = task
                if not begun:
                    return
                for future in wait(begun, return_when=FIRST_COMPLETED).done:
                    task = begun.pop(future)
                    finished(task, future.result())
                    waiting.remove(task)
        finally:
            for future in begun:
                future.cancel()

    def _begin(self) -> Executor:
        self._executor = self._open.enter_context(self.workers.open())
        return self._executor

    def _close(self) -> None:
        self._executor = None
        self._open.close()


def _blocks(work: Work, replicates: int) -> list[Task]:
    key = key_of(work)
    return [
        Task(key, str(number), compute, (work, number), work.size)
        for number in range(work.blocks(replicates))
    ]


def _size(tasks: Iterable[Task]) -> int:
    return sum(task.weight for task in tasks)
