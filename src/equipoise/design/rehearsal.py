"""The rehearsal of a trial: cells, each a truth and a design, analyzed as often as asked for or as precision
needs.

Holds how many replicates a cell gets, which depends on its results alone and never on who computed them.
Refuses to summarize beyond that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answers import Answers
from equipoise.analysis.batched import given_p_values, rejections
from equipoise.analysis.looks import Looks, all_looks
from equipoise.design.blocks import NUMBERS, Work
from equipoise.design.engine import Engine
from equipoise.protocol import Resolved
from equipoise.protocol.plan import Estimand

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PILOT = 1024
"""Replicates from which the number needed for a precision is first judged."""
GROWTH = 4
"""Replicates grow at most so many times at once, since the judgment is an estimate itself."""
MOST = 2_000_000


@dataclass(frozen=True)
class Amount:
    """How many replicates.

    replicates  exactly so many; None leaves it to the precision
    precision   Monte Carlo standard error that every power judged is to reach
    """

    replicates: int | None = None
    precision: float | None = None


@dataclass(frozen=True)
class Series:
    """What R replicates of a cell say of some estimands.

    answers   estimand to its numbers
    rejected  estimand to (R,) whether its hypothesis is rejected, the testing procedure gating
    alone     estimand to (R,) whether its own test is significant
    """

    answers: Mapping[str, Answers]
    rejected: Mapping[str, Flags]
    alone: Mapping[str, Flags]

    @property
    def replicates(self) -> int:
        """How many replicates there are."""
        return int(next(iter(self.rejected.values())).size) if self.rejected else 0


def rehearse(engine: Engine, works: Sequence[Work], *, resolved: Resolved, amount: Amount) -> list[Series]:
    """Return each work's replicates, analyzed.

    Raises  as `Engine.collect`; ValueError when neither a number nor a precision is given
    """
    looks = all_looks(resolved)
    if amount.replicates is not None:
        found = engine.collect([(work, amount.replicates) for work in works])
        return [
            series_of(resolved, work, found[work][..., : amount.replicates], looks=looks) for work in works
        ]
    if amount.precision is None:
        raise ValueError("give a number of replicates or a precision")
    counts = dict.fromkeys(works, PILOT)
    series: dict[Work, Series] = {}
    open_ = list(works)
    while open_:
        found = engine.collect([(work, counts[work]) for work in open_])
        series |= {
            work: series_of(resolved, work, found[work][..., : counts[work]], looks=looks) for work in open_
        }
        needed = {work: _needed(resolved, series[work], amount.precision) for work in open_}
        open_ = [work for work in open_ if needed[work] > counts[work]]
        counts |= {work: min(needed[work], GROWTH * counts[work], MOST) for work in open_}
        open_ = [work for work in open_ if counts[work] > series[work].replicates]
    return [series[work] for work in works]


def _needed(resolved: Resolved, series: Series, precision: float) -> int:
    """Return how many replicates bring every judged power to a precision, in whole pilots' quarters."""
    judged = judged_estimands(resolved, series.rejected)
    shares = [_cautious(series.rejected[name]) for name in judged]
    worst = max((share * (1 - share) for share in shares), default=0.0)
    step = PILOT // GROWTH
    return step * ceil(max(worst / precision**2, 1) / step)


def _cautious(rejected: Flags) -> float:
    """Return a share drawn a little toward one half, so that none of a few is not taken for never."""
    return float((rejected.sum() + 2) / (rejected.size + 4))


def judged_estimands(resolved: Resolved, known: Mapping[str, object]) -> list[str]:
    """Return the estimands whose power decides how many replicates there are: those tested, or all there
    are."""
    plan = resolved.protocol.multiplicity
    tested = [
        name
        for name in (plan.order if plan is not None else (resolved.protocol.primary.id,))
        if name in known
    ]
    return tested or list(known)


def series_of(resolved: Resolved, work: Work, data: Floats, *, looks: Mapping[str, Looks]) -> Series:
    """Return named answers and decisions of a cell's numbers at its last look.

    looks  as `all_looks` returns them for the protocol: tests are then those of the last of its looks
    """
    last = data[:, :, -1]
    answers = {name: _answers(last[:, at]) for at, name in enumerate(work.estimands)}
    protocol = resolved.protocol
    p_values = given_p_values(answers, protocol.estimands, looks)
    alpha = resolved.protocol.alpha
    return Series(
        answers,
        rejections(p_values, protocol.multiplicity, alpha=alpha),
        rejections(p_values, None, alpha=alpha),
    )


def _answers(numbers: Floats) -> Answers:
    columns = dict(zip(NUMBERS, numbers, strict=True))
    return Answers(**columns, estimated=np.isfinite(columns["estimate"]))


def chosen_estimands(resolved: Resolved, only: Sequence[str]) -> list[Estimand]:
    """Return the estimands wanted, the primary first; all when none is named."""
    wanted = [one for one in resolved.protocol.estimands if not only or one.id in only]
    return sorted(wanted, key=lambda one: one is not resolved.protocol.primary)
