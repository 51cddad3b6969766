"""Planned looks at an estimand: from the protocol's words to boundaries.

Holds when each look is, where the trial stops there, and which level a p-value of the last look stands for.
Refuses to compute boundaries (`statistics.sequential`) and to say what a result means there (`ending`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from equipoise.analysis.variable import scale_in
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import Resolved
from equipoise.protocol.estimators import BINARY
from equipoise.protocol.interim import Futility, Interim
from equipoise.protocol.plan import USUAL_ALPHA, Estimand, Multiplicity
from equipoise.statistics.sequential.boundaries import (
    Boundaries,
    beta_spending_boundaries,
    spending_boundaries,
)
from equipoise.statistics.sequential.conditional import z_of_conditional_power, z_of_predictive_power
from equipoise.statistics.sequential.crossing import drift_for
from equipoise.statistics.sequential.inference import nominal_z, repeated_p

Floats = NDArray[np.float64]

END = "end"
"""What the last look is called; no planned look may spend what is left."""
SETTLED, ROUNDS = 1e-10, 50
# Quantiles at which the last look's level is worked out for many p-values at once; straight between them.
GRID = np.linspace(0.1, 6.0, 60)


@dataclass(frozen=True)
class Looks:
    """The looks planned at one estimand, the last one included.

    planned       (K - 1,) looks before the end
    participants  (K,) with the trigger's visit complete, all arms, at each look; at the last as planned
    fractions     (K,) information at each look, the last 1
    alpha         two-sided level the estimand starts with
    benefit       1 where a higher estimate is better, -1 where a lower one is
    boundaries    two-sided; one-sided in the direction of benefit, at half of alpha, where futility binds
    futility      (K - 1,) stop at or below, the statistic positive for benefit; minus infinity without a rule
    """

    estimand: str
    planned: tuple[Interim, ...]
    participants: tuple[int, ...]
    fractions: tuple[float, ...]
    alpha: float
    benefit: int
    boundaries: Boundaries
    futility: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the looks, then `end`."""
        return (*(look.id for look in self.planned), END)

    @property
    def last(self) -> int:
        """Number of the last look, counted from 1."""
        return len(self.fractions)

    @property
    def nominal(self) -> tuple[float, ...]:
        """(K,) two-sided p-value at or below which each look shows an effect; 0 where it cannot."""
        return tuple(2 * float(ndtr(-bound)) for bound in self.boundaries.upper)

    def number(self, look: str) -> int:
        """Return the number of a look, counted from 1; ValueError when this estimand has no such look."""
        return self.names.index(look) + 1

    def z(self, p_value: float, estimate: float) -> float:
        """Return the statistic, positive for benefit, of a two-sided p-value."""
        return nominal_z(p_value, self.benefit * estimate)

    def design(self, alpha: float) -> Boundaries:
        """Return the same looks with another two-sided level."""
        first = self.planned[0].spending
        binding = self.boundaries.binding
        return spending_boundaries(
            self.fractions,
            alpha=alpha / 2 if binding else alpha,
            sides=1 if binding else 2,
            spending=first.method,
            gamma=first.gamma,
            lower=self.futility if binding else None,
            binding=binding,
        )

    def repeated_p(self, p_value: float, estimate: float, *, look: int | None = None) -> float:
        """Return the smallest two-sided level at which the design rejects at a look, the last by default."""
        at = self.last if look is None else look
        z = self.z(p_value, estimate)
        if not self.boundaries.binding:
            return repeated_p(self.design, at, z)
        return min(1.0, 2 * repeated_p(lambda side: self.design(2 * side), at, z))

    @cached_property
    def _levels(self) -> tuple[Floats, Floats]:
        """Quantiles of levels, with that of alpha itself among them, and the last look's boundary at each."""
        exact = -float(ndtri(self.alpha / 2))
        levels = np.sort(np.append(GRID, exact))
        return levels, np.array([self.design(2 * float(ndtr(-one))).upper[-1] for one in levels])

    def repeated_p_many(self, p_values: Floats, estimates: Floats) -> Floats:
        """Return `repeated_p` at the last look of (R,) trials, to 1e-4 below .6; NaN stays NaN.

        It lies on the same side of alpha as the exact one.
        """
        levels, bounds = self._levels
        strength = -ndtri(np.maximum(p_values, math.ulp(0.0)) / 2)
        if self.boundaries.binding:
            strength = np.where(self.benefit * estimates >= 0, strength, -strength)
        # Beyond the grid the boundary stays as far from the level as at its end.
        found = np.interp(strength, bounds, levels)
        found = np.where(strength > bounds[-1], levels[-1] + strength - bounds[-1], found)
        found = np.where(strength < bounds[0], strength - bounds[0] + levels[0], found)
        return np.asarray(np.where(np.isnan(p_values), np.nan, np.minimum(1.0, 2 * ndtr(-found))))


def looks_of(resolved: Resolved, estimand: str) -> Looks | None:
    """Return the looks planned at an estimand; None when there is none.

    Raises  ProtocolError when the boundaries cannot be worked out
    """
    protocol = resolved.protocol
    planned = protocol.looks_at(estimand)
    if not planned:
        return None
    fractions, participants = _when(planned, protocol.planned_n)
    alpha = level_of(protocol.multiplicity, estimand)
    benefit = benefit_of(resolved, protocol.estimand(estimand))
    size = protocol.sample_size
    power = size.power if size is not None else None
    try:
        boundaries, futility = _boundaries(planned, fractions, alpha=alpha, power=power)
    except ValueError as error:
        problem = Problem(f"no boundaries exist: {error}", path="interims")
        raise ProtocolError(f"the looks at {estimand} cannot be carried out", [problem]) from error
    return Looks(estimand, planned, participants, fractions, alpha, benefit, boundaries, futility)


def all_looks(resolved: Resolved) -> dict[str, Looks]:
    """Return the looks of every estimand that has some."""
    found = {one.id: looks_of(resolved, one.id) for one in resolved.protocol.estimands}
    return {name: looks for name, looks in found.items() if looks is not None}


def require_look(resolved: Resolved, look: str) -> None:
    """Refuse a look that no estimand has.

    Raises  ProtocolError naming those there are
    """
    known = (*dict.fromkeys(one.id for one in resolved.protocol.interims), END)
    if look not in known:
        problem = Problem(f"no look {look} is planned", f"known: {', '.join(known)}", "interims")
        raise ProtocolError("the analysis of a look that is not planned", [problem])


def level_of(plan: Multiplicity | None, estimand: str) -> float:
    """Return the two-sided level an estimand is first tested at, or will be once it is reached."""
    if plan is None:
        return USUAL_ALPHA
    if plan.method in ("holm", "hochberg") and estimand in plan.order:
        return plan.alpha / len(plan.order)
    share = (plan.weights or {}).get(estimand, 1.0) if plan.method == "graph" else 1.0
    return plan.alpha * (share or 1.0)


def benefit_of(resolved: Resolved, estimand: Estimand) -> int:
    """Return 1 where a higher estimate is better and -1 where a lower one is.

    Where nobody says of an item, the sign of the effect planned for decides; without one higher is better.
    """
    if estimand.variable.type in BINARY:
        return 1
    known = scale_in(resolved, estimand.variable.score).higher_is
    if known is not None:
        return -1 if known == "worse" else 1
    size = resolved.protocol.sample_size
    return -1 if size is not None and (size.effect or 0.0) < 0 else 1


def _when(planned: Sequence[Interim], n: int | None) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return information fractions and numbers of participants at each look, the last included."""
    if n is None:
        problem = Problem("nobody has said how many participants are planned", path="sample_size.n")
        raise ProtocolError("looks need a planned number", [problem])
    fractions, participants = [], []
    for look in planned:
        count = look.trigger.participants
        share = look.trigger.fraction if count is None else count / n
        if share is None:
            raise ProtocolError("a look has no time", [Problem(f"nothing says when {look.id} is")])
        fractions.append(share)
        participants.append(math.ceil(share * n) if count is None else count)
    return (*fractions, 1.0), (*participants, n)


def _boundaries(
    planned: Sequence[Interim], fractions: tuple[float, ...], *, alpha: float, power: float | None
) -> tuple[Boundaries, tuple[float, ...]]:
    """Return the boundaries, and futility boundaries on the scale on which benefit is positive."""
    spending = planned[0].spending
    side = {"alpha": alpha / 2, "sides": 1, "spending": spending.method, "gamma": spending.gamma}
    one_sided = _spending(fractions, side)
    binding = any(look.futility is not None and look.futility.binding for look in planned)
    floor = _futility(planned, one_sided, power)
    if not binding:
        return _spending(fractions, {**side, "alpha": alpha, "sides": 2}), floor
    # What futility asks depends on the last boundary, which moves as alpha counts on futility.
    for _ in range(ROUNDS):
        made = _spending(fractions, {**side, "lower": floor, "binding": True})
        following = _futility(planned, made, power)
        if all(
            abs(one - other) < SETTLED or one == other for one, other in zip(floor, following, strict=True)
        ):
            return made, floor
        floor = following
    raise ValueError("binding futility does not settle")


def _spending(fractions: tuple[float, ...], options: Mapping[str, Any]) -> Boundaries:
    return spending_boundaries(fractions, **options)


def _futility(planned: Sequence[Interim], boundaries: Boundaries, power: float | None) -> tuple[float, ...]:
    if not any(look.futility for look in planned):
        return (-math.inf,) * len(planned)
    kinds = {look.futility.method for look in planned if look.futility is not None}
    if "beta_spending" in kinds:
        return _spent_beta(planned, boundaries, power)
    return tuple(
        -math.inf if look.futility is None else _floor(look.futility, boundaries, at, power)
        for at, look in enumerate(planned)
    )


def _floor(futility: Futility, boundaries: Boundaries, at: int, power: float | None) -> float:
    fraction, bound = boundaries.fractions[at], boundaries.upper[-1]
    if futility.method == "statistic":
        return futility.statistic or 0.0
    threshold = futility.threshold or 0.0
    if futility.method == "predictive_power":
        found = z_of_predictive_power(threshold, fraction=fraction, bound=bound)
    else:
        drift = None
        if futility.under == "planned":
            plain = replace(boundaries, lower=(-math.inf,) * len(boundaries.lower), binding=False)
            drift = drift_for(plain, _required(power))
        found = z_of_conditional_power(threshold, fraction=fraction, bound=bound, drift=drift)
    return min(found, boundaries.upper[at])


def _spent_beta(planned: Sequence[Interim], boundaries: Boundaries, power: float | None) -> tuple[float, ...]:
    futility, spending = planned[0].futility, planned[0].spending
    if futility is None or futility.spending is None:
        raise ValueError("futility that spends beta names its function at every look")
    made, _ = beta_spending_boundaries(
        boundaries.fractions,
        alpha=boundaries.alpha,
        power=_required(power),
        spending=spending.method,
        gamma=spending.gamma,
        beta_spending=futility.spending,
        beta_gamma=futility.gamma,
        binding=futility.binding,
    )
    return made.lower[:-1]


def _required(power: float | None) -> float:
    if power is None:
        raise ValueError("nothing says which power was planned")
    return power
