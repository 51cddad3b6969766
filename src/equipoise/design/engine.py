"""The engine: blocks wanted, found or computed, kept, and handed back in order.

Holds the loop over workers: what was kept before is not computed again, a worker that dies costs the blocks
it had in hand, and whatever stops a run leaves finished blocks kept. Refuses to read a clock, to summarize
and to print: it tells whoever listens.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from equipoise.design.blocks import Work, compute, key_of
from equipoise.design.cache import Cache
from equipoise.design.executors import WAITING_EACH, Workers, serial
from equipoise.errors import TrialError

Floats = NDArray[np.float64]

MOST_LOSSES = 3
"""Times in a row that workers may be lost without a block finished in between."""


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
        """Return each work's replicates, (numbers, estimands, looks, replicates) and at least as many as
        wanted.

        wanted  works and numbers of replicates
        Raises  TrialError when workers are lost again and again; ProtocolError when a scenario cannot be
                simulated
        """
        keys = {work: key_of(work) for work, _ in wanted}
        blocks = [(work, number) for work, count in wanted for number in range(work.blocks(count))]
        done: dict[tuple[Work, int], Floats] = {}
        for work, number in blocks:
            kept = self.cache.find(keys[work], str(number))
            if kept is not None:
                done[work, number] = kept
        found = _size(done)
        missing = [block for block in blocks if block not in done]
        total = found + sum(work.size for work, _ in missing)

        def finished(block: tuple[Work, int], array: Floats) -> None:
            done[block] = array
            self.cache.keep(keys[block[0]], str(block[1]), array)
            self.listen(Step(found, _size(done) - found, total))

        self._compute(missing, finished)
        return {
            work: np.concatenate([done[work, number] for number in range(work.blocks(count))], axis=3)
            for work, count in wanted
        }

    def _compute(
        self, missing: Iterable[tuple[Work, int]], finished: Callable[[tuple[Work, int], Floats], None]
    ) -> None:
        waiting, losses = list(missing), 0
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

    def _work_through(
        self, waiting: list[tuple[Work, int]], finished: Callable[[tuple[Work, int], Floats], None]
    ) -> None:
        """Compute what waits, taking each block off the list once it is finished."""
        executor = self._executor or self._begin()
        room = WAITING_EACH * self.workers.count(executor)
        begun: dict[Future[Floats], tuple[Work, int]] = {}
        ahead = iter(list(waiting))
        try:
            while True:
                for block in ahead:
                    begun[executor.submit(compute, *block)] = block
                    if len(begun) >= room:
                        break
                if not begun:
                    return
                for future in wait(begun, return_when=FIRST_COMPLETED).done:
                    block = begun.pop(future)
                    finished(block, future.result())
                    waiting.remove(block)
        finally:
            for future in begun:
                future.cancel()

    def _begin(self) -> Executor:
        self._executor = self._open.enter_context(self.workers.open())
        return self._executor

    def _close(self) -> None:
        self._executor = None
        self._open.close()


def _size(done: dict[tuple[Work, int], Floats]) -> int:
    return sum(work.size for work, _ in done)
