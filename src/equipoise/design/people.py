"""Who takes part: draws of what participants are like, within what eligibility allows.

Holds the drawing of items before randomization, for those who are randomized and for those whom a criterion
keeps out. Refuses to hold scores that the scenario follows over time: those belong to `outcome`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design.characteristic import Distribution, distribution_of
from equipoise.design.eligibility import Demand, Demands, Key, demands_of
from equipoise.protocol.resolve import Resolved
from equipoise.protocol.scenarios import Characteristic, Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Values = NDArray[Any]
Uniform = Callable[[str], Floats]


@dataclass(frozen=True)
class People:
    """The distributions of everything known before randomization.

    demands  what eligibility rules ask
    """

    resolved: Resolved
    scenario: Scenario
    demands: Demands

    def values(self, key: Key, uniform: Uniform, *, breaking: str | None = None) -> Values:
        """Return values of an item, one for each uniform number.

        uniform   purpose to uniform numbers
        breaking  a criterion that these people fail, one of `breakers`; all meet everything when left out
        """
        demand = self._joint.get(key)
        if demand is None or demand.together is None:
            return self._alone(key, breaking).draw(uniform(_purpose(key)))
        breaks = breaking == demand.criterion
        places = self._combination(demand, uniform(f"eligible/{demand.criterion}"), breaks=breaks)
        drawn: Values = self.distribution(key).values[places[demand.keys.index(key)]]
        return drawn

    def _alone(self, key: Key, breaking: str | None) -> Distribution:
        """Return an item's distribution within what rules allow, or within what breaks one; made once."""
        breaks = breaking if breaking is not None and breaking in self.breakers(key) else None
        known = self._restricted.get((key, breaks))
        if known is None:
            allowed = self._allowed(key) if breaks is None else ~self._demand(breaks).alone[key]
            known = self._restricted[key, breaks] = self.distribution(key).restricted(allowed)
        return known

    @cached_property
    def _restricted(self) -> dict[tuple[Key, str | None], Distribution]:
        return {}

    def breakers(self, key: Key) -> tuple[str, ...]:
        """Return the criteria that the value of an item breaks: those that read it first or jointly."""
        return self._breakers.get(key, ())

    @cached_property
    def _breakers(self) -> dict[Key, tuple[str, ...]]:
        found: dict[Key, tuple[str, ...]] = {}
        for one in self.demands.met:
            for key in one.keys if one.together is not None else one.keys[:1]:
                found[key] = (*found.get(key, ()), one.criterion)
        return found

    def distribution(self, key: Key) -> Distribution:
        """Return an item's distribution before any rule; ValueError when it cannot be drawn."""
        known = self.demands.distributions.get(key) or self._further.get(key[0])
        if known is None:
            known = distribution_of(self.resolved, key[0], stated=stated(self.scenario, key[0]))
            self._further[key[0]] = known
        return known

    @cached_property
    def _further(self) -> dict[str, Distribution]:
        """Distributions of items that no rule reads, each worked out once."""
        return {}

    def bounds(self, name: str, visit: str) -> tuple[float, float]:
        """Return the least and greatest points of a score that eligibility allows at a visit."""
        key = (name, visit)
        if key not in self.demands.distributions:
            return -np.inf, np.inf
        allowed = self.demands.distributions[key].values[self.demands.allowed(key)]
        return (float(allowed[0]), float(allowed[-1])) if allowed.size else (-np.inf, np.inf)

    def _allowed(self, key: Key) -> Flags:
        if key in self.demands.distributions:
            return self.demands.allowed(key)
        return np.ones(self.distribution(key).values.size, dtype=bool)

    @cached_property
    def _joint(self) -> dict[Key, Demand]:
        """Items that a criterion ties together, to that criterion, the first where there are several."""
        ties = [(key, one) for one in self.demands.met if one.together is not None for key in one.keys]
        return dict(reversed(ties))

    def _demand(self, criterion: str) -> Demand:
        return next(one for one in self.demands.met if one.criterion == criterion)

    def _combination(self, demand: Demand, uniform: Floats, *, breaks: bool) -> tuple[Whole, ...]:
        """Return, for each item of a criterion, the positions of the values drawn together."""
        together = np.ones(1, dtype=bool) if demand.together is None else demand.together
        together = ~together if breaks else together
        weights = np.ones(1)
        for key in demand.keys:
            alone = self.distribution(key)
            alone = alone if breaks else alone.restricted(self._allowed(key))
            weights = np.multiply.outer(weights, alone.weights).ravel()
        joint = Distribution(np.arange(weights.size), weights).restricted(together.ravel())
        found: tuple[Whole, ...] = np.unravel_index(joint.draw(uniform), together.shape)
        return found


def people_of(resolved: Resolved, scenario: Scenario) -> People:
    """Return the people a scenario describes, as far as eligibility lets them in."""

    def distribution(name: str) -> Distribution:
        return distribution_of(resolved, name, stated=stated(scenario, name))

    return People(
        resolved, scenario, demands_of(resolved, resolved.protocol.eligibility, distribution=distribution)
    )


def stated(scenario: Scenario, name: str) -> Characteristic | None:
    """Return what a scenario says of an item or score before treatment; a followed score has its baseline."""
    outcome = scenario.outcomes.get(name)
    if outcome is None:
        return scenario.characteristics.get(name)
    return Characteristic(mean=_average(outcome.baseline.mean), sd=_average(outcome.baseline.sd))


def _average(values: float | dict[str, float]) -> float:
    return float(np.mean(list(values.values()))) if isinstance(values, dict) else values


def _purpose(key: Key) -> str:
    return f"characteristic/{key[0]}@{key[1] or ''}"
