"""A total split into the items that make it, so that scoring the items gives the total back.

Holds the draw of answers under a sum, exactly: each item is a ladder of steps above its lowest answer, and as
many steps as the total needs are taken from all ladders, without putting any back. Refuses to change a total.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.instruments import Instrument, Plan
from equipoise.instruments.scoring import Term, term_range

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

HABIT = 0.5
"""Weight of a participant's lasting inclination to an item, beside the chance of the day (assumption)."""
RELUCTANCE = 0.5
"""How much later steps of an item are taken whose answer would raise an alert (assumption)."""


@dataclass(frozen=True)
class Ladder:
    """How the terms of one score are climbed.

    terms     (T,) items of each term
    lowest    (T,) lowest value of each
    lengths   (T,) steps above it
    owner     (steps,) the term of each step
    late      (T,) how much later a term's steps are taken than others
    ranges    item to its range
    flips     reversed item to the number from which its answer is taken
    """

    terms: tuple[Term, ...]
    lowest: Floats
    lengths: Whole
    owner: Whole
    late: Floats
    ranges: Mapping[str, tuple[float, float]]
    flips: Mapping[str, float]

    @property
    def draws(self) -> int:
        """How many uniform numbers a split takes: one a step, and some for each term of several items."""
        return int(self.owner.size) + sum(_draws(term) for term in self.terms if _is_several(term))


def ladder_of(plan: Plan, instrument: Instrument) -> Ladder:
    """Return the ladder of a score that is a sum of its terms."""
    ranges = {item.id: item.range for item in instrument.items if item.type != "text"}
    spans = np.array([term_range(term, ranges) for term in plan.terms])
    lengths = (spans[:, 1] - spans[:, 0]).astype(np.int64)
    alerting = {alert.of for alert in instrument.alerts}
    alarms = [any(item in alerting for slot in term for item in slot) for term in plan.terms]
    return Ladder(
        terms=plan.terms,
        lowest=spans[:, 0],
        lengths=lengths,
        owner=np.repeat(np.arange(lengths.size), lengths),
        late=RELUCTANCE * np.array(alarms, dtype=np.float64),
        ranges=ranges,
        flips=instrument.flips,
    )


def split(totals: Whole, ladder: Ladder, *, uniform: Floats, habits: Floats) -> dict[str, Floats]:
    """Return item to (rows,) answers that score to the totals; NaN where an item is left unanswered.

    totals   (rows,) sums of the terms
    uniform  (rows, ladder.draws) numbers in (0, 1), used once each
    habits   (rows, T) numbers in (0, 1) that last for a participant; a low one leads to higher answers
    """
    steps = ladder.owner.size
    inclination = (HABIT * habits + ladder.late)[:, ladder.owner]
    taken = _first(uniform[:, :steps] + inclination, count=totals - int(ladder.lowest.sum()))
    starts = np.concatenate([[0], np.cumsum(ladder.lengths)[:-1]])
    values = ladder.lowest + np.add.reduceat(taken, starts, axis=1)
    rest, answers = uniform[:, steps:], dict[str, Floats]()
    for column, term in enumerate(ladder.terms):
        if _is_several(term):
            answers |= _spread(values[:, column], term, ranges=ladder.ranges, uniform=rest)
            rest = rest[:, _draws(term) :]
        else:
            answers[term[0][0]] = values[:, column]
    return {
        item: ladder.flips[item] - found if item in ladder.flips else found for item, found in answers.items()
    }


def _first(keys: Floats, *, count: Whole) -> Whole:
    """Return 1 for the `count` smallest keys of each row, 0 for the others."""
    order = np.argsort(keys, axis=1)
    taken = np.zeros(keys.shape, dtype=np.int64)
    np.put_along_axis(taken, order, np.arange(keys.shape[1]) < count[:, None], axis=1)
    return taken


def _draws(term: Term) -> int:
    """One number to choose the question that has the value, and two for each question."""
    return 1 + 2 * len(term)


def _is_several(term: Term) -> bool:
    return len(term) > 1 or len(term[0]) > 1


def _spread(
    values: Floats, term: Term, *, ranges: Mapping[str, tuple[float, float]], uniform: Floats
) -> dict[str, Floats]:
    """Answer a term of which the largest answer counts: one question has the value, the others at most it."""
    rows = np.arange(values.size)
    reach = np.array([max(ranges[item][1] for item in slot) for slot in term])
    able = reach >= values[:, None]
    chosen = _pick(able, uniform[:, 0])
    answers: dict[str, Floats] = {}
    rest = uniform[:, 1:]
    for place, slot in enumerate(term):
        low, high = max(ranges[item][0] for item in slot), reach[place]
        top = np.minimum(values, high)
        value = np.where(chosen == place, values, low + np.floor(rest[:, 0] * (top - low + 1)))
        asked = _pick(np.array([[ranges[item][1] for item in slot]]) >= value[:, None], rest[:, 1])
        for which, item in enumerate(slot):
            answers[item] = np.full(rows.size, np.nan)
            answers[item][asked == which] = value[asked == which]
        rest = rest[:, 2:]
    return answers


def _pick(able: NDArray[np.bool_], uniform: Floats) -> Whole:
    """Return, for each row, one of the columns that are able, each equally likely."""
    rising = np.cumsum(able, axis=1)
    wanted = np.floor(uniform * rising[:, -1]).astype(np.int64) + 1
    return np.asarray(np.argmax(rising >= wanted[:, None], axis=1))
