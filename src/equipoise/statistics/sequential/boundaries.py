"""Boundaries: where the statistic must be at each look for the trial to stop.

Holds spending boundaries, the classic shapes, and futility boundaries given or spent. Refuses to say how
often they are crossed (`crossing`) and what to infer afterwards (`inference`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.statistics.root import crossing_zero, widened
from equipoise.statistics.sequential.density import (
    PANEL,
    TAIL,
    Path,
    above,
    begin,
    below,
    followed,
    look_density,
    onward,
)
from equipoise.statistics.sequential.spending import Spending, spent
from equipoise.statistics.tabulate import tabulate

NEWTON_STEPS = 60
CLOSE = 1e-13
# Increments below this cannot be told from rounding: such a look cannot stop the trial.
LEAST_SPENT = 1e-16
OBRIEN_FLEMING, POCOCK = 0.0, 0.5
"""Exponents of Wang and Tsiatis that give the two classic shapes."""
WIDEST = 20.0


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Where a trial stops, look by look, on the scale of the standardized statistic.

    fractions  (K,) information at each look, the last 1
    upper      (K,) reject at or above; infinite where a look cannot stop the trial
    lower      (K,) two-sided: reject at or below, minus `upper`. One-sided: stop for futility at or below,
               minus infinity where there is no such rule; the last equals `upper` where there is one
    alpha      error rate, of both sides where there are two
    sides      1 or 2
    spent      (K,) alpha used up to each look, of both sides
    binding    whether alpha is spent on the understanding that futility stops the trial
    error      largest change of a probability of crossing when the integration is made twice as fine
    method     what was computed, in words
    """

    fractions: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    alpha: float
    sides: int
    spent: tuple[float, ...]
    binding: bool = False
    error: float = 0.0
    method: str = ""

    @property
    def nominal(self) -> tuple[float, ...]:
        """The p-value, of both sides where there are two, at or below which each look rejects."""
        return tuple(self.sides * float(ndtr(-bound)) for bound in self.upper)

    @property
    def one_side(self) -> float:
        """Error rate of one side."""
        return self.alpha / self.sides

    @property
    def futility(self) -> bool:
        """Whether a look may stop the trial for futility."""
        return self.sides == 1 and any(math.isfinite(bound) for bound in self.lower[:-1])

    @property
    def binding_lower(self) -> tuple[float, ...]:
        """The lower boundaries that the error rate and inference count on."""
        if self.sides == 1 and not self.binding:
            return (-math.inf,) * len(self.lower)
        return self.lower

    def summary(self) -> str:
        """Return the line a statistician would say aloud."""
        looks = ", ".join(
            f"{100 * t:.3g}% z {z:.4f} (p {p:.4g})"
            for t, z, p in zip(self.fractions, self.upper, self.nominal, strict=True)
        )
        sides = "two-sided" if self.sides == 2 else "one-sided"
        return f"{self.method}, {sides} alpha {self.alpha:g}: {looks}"

    def to_frame(self) -> Any:
        """Return a pandas DataFrame, a row a look."""
        rows = asdict(self)
        columns = ("fractions", "upper", "lower", "spent")
        return tabulate(
            [
                {**{name: rows[name][look] for name in columns}, "nominal": self.nominal[look]}
                for look in range(len(self.fractions))
            ]
        )


def spending_boundaries(
    fractions: Sequence[float],
    *,
    alpha: float,
    sides: int = 2,
    spending: Spending = "obrien_fleming",
    gamma: float | None = None,
    spent_at: Sequence[float] | None = None,
    lower: Sequence[float] | None = None,
    binding: bool = False,
) -> Boundaries:
    """Return boundaries from a spending function.

    fractions  (K,) information at each look, rising, the last 1
    alpha      error rate, of both sides where there are two; each side spends half
    spent_at   (K,) fractions that the spending function is read at, where what was planned differs from what
               was seen; `fractions` when left out
    lower      (K - 1,) futility boundaries of a one-sided test; minus infinity where there is none
    binding    whether alpha counts on stopping for futility
    Raises     ValueError when fractions do not rise to 1, or futility is asked of a two-sided test
    Source     Lan and DeMets (1983), Biometrika 70:659-663
    Checked    tests/golden/design, tests/golden/sequential
    """
    times = _rising(fractions)
    at = times if spent_at is None else _rising(spent_at, last=None)
    if len(at) != len(times):
        raise ValueError(f"{len(at)} fractions to spend at and {len(times)} looks")
    _check(alpha, sides=sides, lower=lower, looks=len(times))
    level = alpha / sides
    # Whatever was planned, the last look spends all that is left.
    planned = [*(spent(spending, t, level=level, gamma=gamma) for t in at[:-1]), level]
    floor = _floor(lower, looks=len(times))
    counted = floor if binding else [-math.inf] * len(times)
    upper, path = [], begin()
    for look, ((t, after), used) in enumerate(zip(followed(times), planned, strict=True)):
        share = used - (planned[look - 1] if look else 0.0)
        bound = _upper_for(path, share, fraction=t)
        upper.append(bound)
        low = -bound if sides == 2 else counted[look]
        path = onward(path, fraction=t, low=low, high=bound, following=after)
    return _built(
        times, upper, floor=floor, alpha=alpha, sides=sides, binding=binding, method=_named(spending)
    )


def shaped_boundaries(
    fractions: Sequence[float], *, alpha: float, sides: int = 2, shape: float = OBRIEN_FLEMING
) -> Boundaries:
    """Return boundaries c t^(shape - 1/2), with c such that the error rate is `alpha`.

    shape    0 = O'Brien and Fleming, 1/2 = Pocock, between them Wang and Tsiatis
    Raises   ValueError when fractions do not rise to 1
    Source   Pocock (1977), Biometrika 64:191-199; O'Brien and Fleming (1979), Biometrics 35:549-556; Wang and
             Tsiatis (1987), Biometrics 43:193-199
    Checked  tests/golden/design, tests/golden/sequential
    """
    times = _rising(fractions)
    _check(alpha, sides=sides, lower=None, looks=len(times))
    powers = np.asarray(times) ** (shape - 0.5)

    def excess(constant: float) -> float:
        return _crossed(times, [float(one) for one in constant * powers], sides=sides) - alpha / sides

    fixed = -float(ndtri(alpha / sides))
    constant = crossing_zero(excess, fixed * 0.999 / float(powers[-1]), *_top(excess, fixed), tolerance=1e-11)
    upper = [float(bound) for bound in constant * powers]
    floor = [-math.inf] * len(times)
    name = {OBRIEN_FLEMING: "O'Brien-Fleming", POCOCK: "Pocock"}.get(shape, f"Wang-Tsiatis {shape:g}")
    return _built(times, upper, floor=floor, alpha=alpha, sides=sides, binding=False, method=name)


def beta_spending_boundaries(
    fractions: Sequence[float],
    *,
    alpha: float,
    power: float,
    spending: Spending = "obrien_fleming",
    gamma: float | None = None,
    beta_spending: Spending = "obrien_fleming",
    beta_gamma: float | None = None,
    binding: bool = False,
) -> tuple[Boundaries, float]:
    """Return one-sided boundaries that spend alpha upwards and 1 - power downwards, and the drift they need.

    The drift is the one at which both boundaries meet at the last look, so that the power is exactly `power`.
    alpha    one-sided
    binding  whether alpha counts on stopping for futility
    Raises   ValueError when fractions do not rise to 1, or alpha and power leave no room
    Source   Pampallona, Tsiatis and Kim (2001), Drug Inf J 35:1113-1121
    Checked  tests/golden/sequential
    """
    times = _rising(fractions)
    if not alpha < power < 1:
        raise ValueError(f"a power lies between alpha and 1, not at {power:g}")
    rises = [spent(spending, t, level=alpha, gamma=gamma) for t in times]
    falls = [spent(beta_spending, t, level=1 - power, gamma=beta_gamma) for t in times]

    def missed(drift: float) -> float:
        _, _, left = _two_walks(times, rises, falls, drift=drift, binding=binding)
        return left

    start = -float(ndtri(alpha)) + float(ndtri(power))
    low, high = widened(missed, max(0.0, start - 1), start + 1)
    drift = crossing_zero(missed, low, high, tolerance=1e-11)
    upper, floor, _ = _two_walks(times, rises, falls, drift=drift, binding=binding)
    floor[-1] = upper[-1]
    method = f"{_named(spending)}, futility by {_named(beta_spending)}"
    built = _built(times, upper, floor=floor, alpha=alpha, sides=1, binding=binding, method=method)
    return built, drift


def _two_walks(
    times: Sequence[float], rises: Sequence[float], falls: Sequence[float], *, drift: float, binding: bool
) -> tuple[list[float], list[float], float]:
    """Return upper and lower boundaries under a drift, and how much beta the last look lacks."""
    upper: list[float] = []
    lower: list[float] = []
    null, real = begin(), begin()
    for look, (t, after) in enumerate(followed(times)):
        bound = _upper_for(null, rises[look] - (rises[look - 1] if look else 0.0), fraction=t)
        share = falls[look] - (falls[look - 1] if look else 0.0)
        if look == len(times) - 1:
            return [*upper, bound], [*lower, bound], below(real, bound, fraction=t, drift=drift) - share
        floor = min(_lower_for(real, share, fraction=t, drift=drift), bound)
        upper.append(bound)
        lower.append(floor)
        counted = floor if binding else -math.inf
        null = onward(null, fraction=t, low=counted, high=bound, following=after)
        real = onward(real, fraction=t, low=floor, high=bound, following=after, drift=drift)
    raise ValueError("there is no look")


def _upper_for(path: Path, share: float, *, fraction: float) -> float:
    """Return the boundary above which, under no effect, exactly `share` lies."""
    if share <= LEAST_SPENT:
        return math.inf
    return _quantile(path, share, fraction=fraction, drift=0.0, sign=1.0)


def _lower_for(path: Path, share: float, *, fraction: float, drift: float) -> float:
    return (
        -math.inf
        if share <= LEAST_SPENT
        else _quantile(path, share, fraction=fraction, drift=drift, sign=-1.0)
    )


def _quantile(path: Path, share: float, *, fraction: float, drift: float, sign: float) -> float:
    """Return z with `share` beyond it, by Newton's method on the logarithm, safeguarded by a bracket."""
    beyond: Callable[..., float] = above if sign > 0 else below
    center = drift * math.sqrt(fraction)
    low, high = center - TAIL, center + TAIL
    z = center - sign * float(ndtri(min(share, 0.5)))
    for _ in range(NEWTON_STEPS):
        found = beyond(path, z, fraction=fraction, drift=drift)
        if (found > share) == (sign > 0):
            low = z
        else:
            high = z
        density = look_density(path, z, fraction=fraction, drift=drift)
        # The logarithm of a normal tail is nearly quadratic, so few steps are needed even far out.
        move = sign * found * math.log(found / share) / density if found > 0 and density > 0 else math.inf
        following = z + move if low < z + move < high else (low + high) / 2
        if abs(following - z) <= CLOSE * max(1.0, abs(z)):
            return following
        z = following
    return z


def _crossed(times: Sequence[float], upper: Sequence[float], *, sides: int) -> float:
    """Return the probability of ever crossing upwards without an effect."""
    total, path = 0.0, begin()
    for (t, after), bound in zip(followed(times), upper, strict=True):
        total += above(path, bound, fraction=t)
        low = -bound if sides == 2 else -math.inf
        path = onward(path, fraction=t, low=low, high=bound, following=after)
    return total


def _built(
    times: tuple[float, ...],
    upper: Sequence[float],
    *,
    floor: Sequence[float],
    alpha: float,
    sides: int,
    binding: bool,
    method: str,
) -> Boundaries:
    """Return the boundaries with what they spend, computed twice to bound the error."""
    lower = tuple(-bound for bound in upper) if sides == 2 else tuple(floor)
    made = Boundaries(times, tuple(upper), lower, alpha, sides, (), binding, 0.0, method)
    coarse, fine = (spent_by(made, panel=panel) for panel in (PANEL, PANEL / 2))
    worst = max(abs(one - other) for one, other in zip(coarse, fine, strict=True))
    return replace(made, spent=fine, error=worst)


def spent_by(boundaries: Boundaries, *, panel: float = PANEL) -> tuple[float, ...]:
    """Return the alpha that boundaries use up to each look, of both sides where there are two."""
    used, total, path = [], 0.0, begin()
    looks = followed(boundaries.fractions)
    for (t, after), high, low in zip(looks, boundaries.upper, boundaries.binding_lower, strict=True):
        total += boundaries.sides * above(path, high, fraction=t)
        used.append(total)
        path = onward(path, fraction=t, low=low, high=high, following=after, panel=panel)
    return tuple(used)


def _top(excess: Callable[[float], float], fixed: float) -> tuple[float]:
    return (widened(excess, fixed, fixed + 1)[1],)


def _rising(fractions: Sequence[float], *, last: float | None = 1.0) -> tuple[float, ...]:
    times = tuple(float(t) for t in fractions)
    rising = all(before < after for before, after in zip((0.0, *times), times, strict=False))
    if not times or not rising or (last is not None and times[-1] != last):
        raise ValueError(f"information rises from look to look, above 0 and up to 1, not {list(times)}")
    return times


def _check(alpha: float, *, sides: int, lower: Sequence[float] | None, looks: int) -> None:
    if not 0 < alpha < 1 or sides not in (1, 2) or not alpha / sides < 0.5:
        raise ValueError(f"{sides} sides and alpha {alpha:g}: give 1 or 2, and less than a half a side")
    if lower is not None and sides != 1:
        raise ValueError("futility boundaries go with a one-sided test")
    if lower is not None and len(lower) != looks - 1:
        raise ValueError(f"{len(lower)} futility boundaries for {looks - 1} looks before the last")


def _floor(lower: Sequence[float] | None, *, looks: int) -> list[float]:
    return [-math.inf] * looks if lower is None else [*map(float, lower), -math.inf]


def _named(spending: Spending) -> str:
    return {
        "obrien_fleming": "Lan-DeMets spending of O'Brien-Fleming type",
        "pocock": "Lan-DeMets spending of Pocock type",
        "hwang_shih_decani": "Hwang-Shih-DeCani spending",
        "none": "nothing spent before the end",
    }[spending]
