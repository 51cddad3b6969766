"""What can be simulated as one number: a score made of items, or a number item.

Holds the whole steps behind the number and the way between steps and points. Refuses to hold distributions,
and to simulate a score that is no sum in disguise: its items could not be made to fit.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from equipoise.design.lattice import Lattice
from equipoise.instruments import Instrument
from equipoise.protocol.resolve import Resolved, ResolvedForm

T = TypeVar("T", bound=Any)

ADDITIVE = frozenset({"sum", "mean", "percent"})
WHOLE_PERCENT = 100.0
DEFAULT_DECIMALS = 1


@dataclass(frozen=True)
class Measure:
    """One simulated number and the whole steps it is made of.

    name      `form.score` or `form.item`
    lattice   the steps it can take: for a score the sum of its items, for an item units of its last digit
    worse     True when a higher number is worse
    is_score  False for a number item

    points = factor * (steps - shift) / divisor, in the order in which scores are computed, digit for digit
    """

    name: str
    form: str
    value: str
    lattice: Lattice
    worse: bool
    is_score: bool
    shift: float = 0.0
    factor: float = 1.0
    divisor: float = 1.0

    def points(self, steps: T) -> T:
        """Return steps as points of the score."""
        points: T = self.factor * (steps - self.shift) / self.divisor
        return points

    def steps(self, points: T) -> T:
        """Return points of the score as steps, not rounded."""
        steps: T = self.shift + points * self.divisor / self.factor
        return steps

    def step_lengths(self, points: T) -> T:
        """Return a distance in points, such as a standard deviation, in steps."""
        lengths: T = points * self.divisor / self.factor
        return lengths


def measure_of(resolved: Resolved, name: str) -> Measure:
    """Return how a score or number item is simulated.

    name    `form.score`, `form.item`, or an id used once
    Raises  ValueError with the reason when it cannot be
    """
    try:
        form_id, value = resolved.locate(name)
    except KeyError:
        raise ValueError(f"no form collects `{name}`") from None
    form = resolved.forms[form_id]
    if form.instrument is not None and value in form.scores:
        return _of_score(form_id, form.instrument, score=value)
    return _of_item(form, value)


def _of_score(form: str, instrument: Instrument, *, score: str) -> Measure:
    plan = instrument.plans[score]
    if plan.method not in ADDITIVE:
        raise ValueError(f"`{form}.{plan.score}` is no sum or mean of items; simulate a score that is")
    if any(item in instrument.gates for term in plan.terms for slot in term for item in slot):
        raise ValueError(f"`{form}.{plan.score}` rests on items that are not always asked")
    low, high = plan.sum_range
    terms = float(len(plan.terms))
    shift, factor, divisor = {
        "sum": (0.0, 1.0, 1.0),
        "mean": (0.0, 1.0, terms),
        "percent": (low, WHOLE_PERCENT, high - low),
    }[plan.method]
    worse = instrument.score_named(plan.score).higher_is == "worse"
    return Measure(
        name=f"{form}.{plan.score}",
        form=form,
        value=plan.score,
        lattice=Lattice(low, high),
        worse=worse,
        is_score=True,
        shift=shift,
        factor=factor,
        divisor=divisor,
    )


def _of_item(form: ResolvedForm, value: str) -> Measure:
    item = form.item(value)
    if item.type != "number":
        raise ValueError(f"`{form.id}.{value}` is not a number; simulate a number or a score")
    per_point = 10.0 ** (DEFAULT_DECIMALS if item.decimals is None else item.decimals)
    low, high = item.range or (-np.inf, np.inf)
    lattice = Lattice(float(np.ceil(low * per_point)), float(np.floor(high * per_point)))
    name = f"{form.id}.{value}"
    return Measure(name, form.id, value, lattice, worse=True, is_score=False, divisor=per_point)
