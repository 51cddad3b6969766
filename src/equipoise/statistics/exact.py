"""Exact methods for small counts: one proportion, and two by conditioning on all margins.

Holds Clopper-Pearson limits, Fisher's test and the conditional odds ratio. Tests that do not condition on how
many had the event are in `unconditional`.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate
from equipoise.statistics.p_value import format_p
from equipoise.statistics.proportion import Count
from equipoise.statistics.tabulate import tabulate

Array = NDArray[np.float64]
Alternative = Literal["two-sided", "greater", "less"]

# Tables whose chance exceeds the observed one's by no more than rounding count as equally likely (as in R).
TIE = 1e-7
# Halving the bracket this often leaves nothing above rounding.
HALVINGS = 65
# Log odds ratios are sought within this distance of 0, which no table of people reaches.
FARTHEST_LOG_ODDS = 700.0


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact result, which has no standard error.

    estimate  the quantity the method names; None where the method only tests
    p_value   of the alternative the method names
    ci_level, ci_low, ci_high  None where the method has no interval; ci_high may be infinite
    """

    estimate: float | None
    p_value: float
    ci_level: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    method: str = ""

    def summary(self, *, decimals: int = 2) -> str:
        """Return the line a statistician would say aloud."""
        if self.estimate is None or self.ci_level is None:
            return format_p(self.p_value)
        value, low, high = (f"{v:.{decimals}f}" for v in (self.estimate, self.ci_low, self.ci_high))
        return f"{value} ({100 * self.ci_level:g}% CI {low} to {high}), {format_p(self.p_value)}"

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame, a column a field."""
        return tabulate([asdict(self)])


def clopper_pearson(count: Count, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return one proportion with the exact binomial interval, which covers at least `level`.

    The standard error is the binomial one, for information; the interval does not use it.
    Raises  FitError when nobody was observed; ValueError when events lie outside 0..n or level outside 0..1
    Source  Clopper and Pearson (1934), Biometrika 26:404-413
    Checked tests/golden/exact
    """
    require_observed(count)
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    tail, x, n = (1 - level) / 2, count.events, count.n
    p = count.proportion
    return Estimate(
        estimate=p,
        std_error=math.sqrt(p * (1 - p) / n),
        df=None,
        statistic=None,
        p_value=None,
        ci_level=level,
        ci_low=0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail)),
        ci_high=1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail)),
        method="Clopper-Pearson exact interval",
    )


def fisher(x: Count, y: Count, *, alternative: Alternative = "two-sided") -> Exact:
    """Return Fisher's exact test that both groups have the same chance of the event.

    x, y         counts; x is the arm, y the reference
    alternative  "two-sided": all tables at most as likely as the observed one; "greater": the arm has more
    Raises  FitError when an arm is empty; ValueError when events lie outside 0..n or for another alternative
    Source  Fisher (1935), J R Stat Soc 98:39-82; two-sided rule as R's fisher.test
    Checked tests/golden/exact
    """
    require_observed(x, y)
    support, log_chance = _margins(x, y)
    chance = _tilted(support, log_chance, 0.0)
    p_value = min(1.0, float(chance[as_extreme(support, chance, x.events, alternative)].sum()))
    return Exact(estimate=None, p_value=p_value, method=f"Fisher's exact test, {alternative}")


def conditional_odds_ratio(x: Count, y: Count, *, level: float = DEFAULT_LEVEL) -> Exact:
    """Return the odds ratio given all margins, with exact limits and Fisher's two-sided test.

    x, y    counts; x is the arm, y the reference
    The estimate is the conditional maximum likelihood one: 0 or infinite when the table is at the end of its
    range, and 1 when the margins leave one table only. Each limit leaves (1 - level)/2 in its tail, so that
    interval and two-sided test can disagree at the margin.
    Raises  FitError when an arm is empty; ValueError when events lie outside 0..n or level outside 0..1
    Source  Cornfield (1956), Proc 3rd Berkeley Symp 4:135-148; as R's fisher.test
    Checked tests/golden/exact
    """
    require_observed(x, y)
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    support, log_chance = _margins(x, y)
    tail, lowest, highest = (1 - level) / 2, x.events == support[0], x.events == support[-1]
    low = 0.0 if lowest else _root(_upper_tail(support, log_chance, x.events), tail)
    high = math.inf if highest else _root(_upper_tail(support, log_chance, x.events + 1), 1 - tail)
    if lowest and highest:
        estimate = 1.0
    elif lowest or highest:
        estimate = 0.0 if lowest else math.inf
    else:
        estimate = _root(lambda log_odds: float(_tilted(support, log_chance, log_odds) @ support), x.events)
    return Exact(estimate, fisher(x, y).p_value, level, low, high, "conditional odds ratio, exact limits")


def as_extreme(
    support: NDArray[Any], chance: Array, observed: float, alternative: Alternative
) -> NDArray[np.bool_]:
    """Return which counts of the support are at least as extreme as the observed one."""
    if alternative == "two-sided":
        extreme: NDArray[np.bool_] = chance <= chance[support == observed] * (1 + TIE)
    elif alternative == "greater":
        extreme = support >= observed
    elif alternative == "less":
        extreme = support <= observed
    else:
        raise ValueError(f"unknown alternative {alternative!r}; choose two-sided, greater or less")
    return extreme


def require_observed(*counts: Count) -> None:
    """Raise ValueError for impossible counts and FitError when a group has nobody."""
    for count in counts:
        if not 0 <= count.events <= count.n:
            raise ValueError(f"{count.events} events among {count.n} participants")
    names = ("first group", "second group")
    problems = [
        Problem("nobody was observed", path=name)
        for name, count in zip(names, counts, strict=False)
        if count.n == 0
    ]
    if problems:
        raise FitError("An exact method needs somebody observed", problems)


def log_binomials(n: int) -> Array:
    """Return the logarithm of n choose k for k = 0..n."""
    k = np.arange(n + 1)
    logs: Array = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return logs


def _margins(x: Count, y: Count) -> tuple[Array, Array]:
    """Return the arm's possible events given all margins, and the logarithm of each one's number of ways."""
    hit = x.events + y.events
    support = np.arange(max(0, hit - y.n), min(x.n, hit) + 1)
    return support.astype(np.float64), log_binomials(x.n)[support] + log_binomials(y.n)[hit - support]


def _tilted(support: Array, log_chance: Array, log_odds: float) -> Array:
    log_weights = log_chance + support * log_odds
    weights = np.exp(log_weights - log_weights.max())
    chance: Array = weights / weights.sum()
    return chance


def _upper_tail(support: Array, log_chance: Array, first: int) -> Callable[[float], float]:
    return lambda log_odds: float(_tilted(support, log_chance, log_odds)[support >= first].sum())


def _root(rising: Callable[[float], float], target: float) -> float:
    """Return the odds ratio at which a quantity that rises with the log odds ratio meets its target."""
    low, high = -FARTHEST_LOG_ODDS, FARTHEST_LOG_ODDS
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if rising(middle) < target:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)
