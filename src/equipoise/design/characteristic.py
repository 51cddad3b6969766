"""What participants are like before anything happens: the distribution of an item that rules or strata read.

Holds discrete distributions over the values an item can take, so that an eligibility rule can strike values
out of them and one uniform number draws from the rest. Refuses to hold outcomes over time.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from equipoise.design.measure import measure_of
from equipoise.instruments import Instrument
from equipoise.protocol.resolve import Resolved
from equipoise.protocol.scenarios import Characteristic

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

REACH = 8.0
"""A number is drawn within this many standard deviations; beyond lies less than 1e-15."""
SDS_IN_RANGE = 6.0
"""Where a scenario says nothing, a number has its range's middle as mean and a sixth of the range as SD."""
_UNKNOWN = Characteristic()


@dataclass(frozen=True)
class Distribution:
    """A discrete distribution.

    values   (k,) codes as text, or numbers in points, rising
    weights  (k,) probabilities up to a factor
    """

    values: NDArray[Any]
    weights: Floats

    def restricted(self, allowed: Flags) -> "Distribution":
        """Return it given that the value is allowed; unchanged where none is, uniform where all weigh 0."""
        if not allowed.any():
            return self
        kept = np.where(allowed, self.weights, 0.0)
        return Distribution(self.values, kept if kept.sum() > 0 else allowed.astype(np.float64))

    def draw(self, uniform: Floats) -> NDArray[Any]:
        """Return a value for each uniform number in (0, 1), by inversion."""
        drawn: NDArray[Any] = self.values[self.places(uniform)]
        return drawn

    def places(self, uniform: Floats) -> NDArray[np.int64]:
        """Return the position of the value drawn for each uniform number."""
        rising, last = self._rising
        return np.minimum(np.searchsorted(rising, uniform, side="right"), last)

    @cached_property
    def _rising(self) -> tuple[Floats, int]:
        """Cumulative probabilities, and the last value that has any: rounding must not draw one without."""
        rising = np.cumsum(self.weights)
        return rising / rising[-1], int(np.flatnonzero(self.weights)[-1])


def alarming(instrument: Instrument) -> frozenset[str]:
    """Return the items whose answers can raise an alert; where nobody models them they stay lowest."""
    waiting = [alert.of for alert in instrument.alerts]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        plan = instrument.plans.get(name)
        if plan is None:
            found.add(name)
        else:
            waiting += [rule.of for rule in plan.rules]
            waiting += [item for term in plan.terms for slot in term for item in slot]
    return frozenset(found)


def distribution_of(resolved: Resolved, name: str, *, stated: Characteristic | None = None) -> Distribution:
    """Return the distribution of an item or score, `form.item`.

    stated  what the scenario says of it; without it codes are equally likely and numbers fill their range
    Raises  ValueError with the reason when it cannot be drawn
    """
    stated = stated or _UNKNOWN
    form, value = resolved.locate(name)
    found = resolved.forms[form]
    item = None if value in found.scores else found.item(value)
    if item is None and found.instrument is not None and value in alarming_scores(found.instrument):
        return _quiet(found.instrument, value)
    if item is not None and item.type == "code":
        return _of_codes(name, tuple(item.codes or {}), stated=stated, numeric=found.instrument is not None)
    return _of_number(resolved, name, stated=stated)


def alarming_scores(instrument: Instrument) -> frozenset[str]:
    """Return the scores that raise alerts themselves, such as a level of suicidality."""
    return frozenset(alert.of for alert in instrument.alerts).intersection(instrument.score_ids)


def _quiet(instrument: Instrument, score: str) -> Distribution:
    """Return the one value a score has when nothing alarming is answered."""
    lowest = {item.id: int(item.range[0]) for item in instrument.items if item.type != "text"}
    value = instrument.score(lowest)[score]
    if value is None:
        raise ValueError(f"`{instrument.id}.{score}` has no value when nothing is answered with yes")
    return Distribution(np.array([value]), np.ones(1))


def _of_codes(name: str, codes: tuple[str, ...], *, stated: Characteristic, numeric: bool) -> Distribution:
    """A rating scale's codes are numbers in rules; a form's own codes are text."""
    values = np.array([float(code) for code in codes]) if numeric else np.array(codes, dtype=object)
    if stated.probabilities is None:
        return Distribution(values, np.ones(len(codes)))
    stray = [code for code in stated.probabilities if code not in codes]
    if stray:
        raise ValueError(f"`{name}` has no code `{stray[0]}`; it has {', '.join(codes)}")
    weights = np.array([stated.probabilities.get(code, 0.0) for code in codes])
    if not np.isclose(weights.sum(), 1.0):
        raise ValueError(f"the probabilities of `{name}` sum to {weights.sum():g} instead of 1")
    return Distribution(values, weights)


def _of_number(resolved: Resolved, name: str, *, stated: Characteristic) -> Distribution:
    measure = measure_of(resolved, name)
    ends = measure.lattice
    bounded = np.isfinite([ends.low, ends.high]).all()
    middle = (ends.low + ends.high) / 2 if bounded else 0.0
    spread = (ends.high - ends.low) / SDS_IN_RANGE if bounded else 1.0
    mean = middle if stated.mean is None else measure.steps(stated.mean)
    sd = spread if stated.sd is None else measure.step_lengths(stated.sd)
    if stated.mean is not None and not ends.low <= mean <= ends.high:
        raise ValueError(f"the mean {stated.mean:g} of `{name}` is outside its range")
    low = max(ends.low, np.floor(mean - REACH * sd))
    high = min(ends.high, np.ceil(mean + REACH * sd))
    steps = np.arange(low, high + 1)
    below = ndtr((steps[:-1] + 0.5 - mean) / sd) if sd > 0 else (steps[:-1] + 0.5 > mean).astype(np.float64)
    return Distribution(measure.points(steps), np.diff(below, prepend=0.0, append=1.0))
