"""Exact tests of two proportions that leave open how many have the event: Barnard's and Boschloo's.

Holds the search over the unknown common chance. No interval: inverting these tests is another method.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy

from equipoise.statistics.exact import TIE, Alternative, Exact, as_extreme, log_binomials, require_observed
from equipoise.statistics.proportion import Count

Array = NDArray[np.float64]

# Chances tried first; the p-value is a polynomial of degree n in the chance and has few local maxima.
GRID = 400
# Tops of the grid searched on, and golden-section steps for each, which leave 1e-5 of the bracket: at a top
# that is 1e-10 of the difference in height.
TOPS = 5
STEPS = 25
GOLDEN = (np.sqrt(5) - 1) / 2
# Ordering of tables kept for the sample sizes used last: a simulation asks for the same ones again and again.
KEPT = 32


def boschloo(x: Count, y: Count, *, alternative: Alternative = "two-sided") -> Exact:
    """Return Boschloo's exact test: the unconditional test that orders tables by Fisher's p-value.

    x, y         counts; x is the arm, y the reference
    alternative  as in `fisher`; two-sided orders by Fisher's two-sided p-value, so that the result is never
                 larger than Fisher's
    Raises  FitError when an arm is empty; ValueError when events lie outside 0..n or for another alternative
    Source  Boschloo (1970), Stat Neerl 24:1-35
    Checked tests/golden/exact
    """
    require_observed(x, y)
    order = _fisher_p_values(x.n, y.n, alternative)
    region = order <= order[x.events, y.events] * (1 + TIE)
    return Exact(None, _largest(region), method=f"Boschloo's exact test, {alternative}")


def barnard(x: Count, y: Count, *, alternative: Alternative = "two-sided") -> Exact:
    """Return Barnard's exact test: the unconditional test that orders tables by the pooled score statistic.

    x, y         counts; x is the arm, y the reference
    alternative  "two-sided" orders by the statistic's size, "greater" by the arm having more
    Raises  FitError when an arm is empty; ValueError when events lie outside 0..n or for another alternative
    Source  Barnard (1945), Nature 156:177; statistic: Suissa and Shuster (1985), J R Stat Soc A 148:317-327
    Checked tests/golden/exact
    """
    require_observed(x, y)
    order = _pooled_scores(x.n, y.n, alternative)
    observed = order[x.events, y.events]
    region = order >= observed - TIE * abs(observed)
    return Exact(None, _largest(region), method=f"Barnard's exact test, {alternative}")


@lru_cache(maxsize=KEPT)
def _fisher_p_values(n: int, m: int, alternative: Alternative) -> Array:
    """Return Fisher's p-value of every table, (n + 1, m + 1)."""
    p_values = np.empty((n + 1, m + 1))
    arm, reference = log_binomials(n), log_binomials(m)
    for hit in range(n + m + 1):
        support = np.arange(max(0, hit - m), min(n, hit) + 1)
        ways = arm[support] + reference[hit - support]
        chance = np.exp(ways - ways.max())
        chance /= chance.sum()
        for observed in support:
            extreme = as_extreme(support, chance, float(observed), alternative)
            p_values[observed, hit - observed] = chance[extreme].sum()
    return p_values


@lru_cache(maxsize=KEPT)
def _pooled_scores(n: int, m: int, alternative: Alternative) -> Array:
    """Return the score statistic of every table, (n + 1, m + 1), larger = more extreme."""
    if alternative not in ("two-sided", "greater", "less"):
        raise ValueError(f"unknown alternative {alternative!r}; choose two-sided, greater or less")
    events, reference = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    pooled = (events + reference) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    difference = events / n - reference / m
    score = np.divide(difference, np.sqrt(variance), out=np.zeros_like(variance), where=variance > 0)
    if alternative == "two-sided":
        score = np.abs(score)
    return score if alternative != "less" else -score


def _largest(region: NDArray[np.bool_]) -> float:
    """Return the largest chance of the region, (n + 1, m + 1), over all common chances of the event."""
    n, m = region.shape[0] - 1, region.shape[1] - 1
    weights = region.astype(np.float64)

    def chance(p: Array) -> Array:
        total: Array = ((_binomial(n, p) @ weights) * _binomial(m, p)).sum(axis=1)
        return total

    grid = np.linspace(0.0, 1.0, GRID + 1)
    found = chance(grid)
    tops = np.argsort(found)[::-1][:TOPS]
    best = max(
        float(found.max()), _climb(chance, grid[np.maximum(tops - 1, 0)], grid[np.minimum(tops + 1, GRID)])
    )
    return min(1.0, best)


def _climb(height: Callable[[Array], Array], low: Array, high: Array) -> float:
    """Return the largest height found between each low and high by golden section."""
    for _ in range(STEPS):
        one, two = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        left = height(one) >= height(two)
        low, high = np.where(left, low, one), np.where(left, two, high)
    return float(height((low + high) / 2).max())


def _binomial(n: int, p: Array) -> Array:
    """Return chances (p, n + 1) of 0..n events."""
    k = np.arange(n + 1)
    chances: Array = np.exp(log_binomials(n) + xlogy(k, p[:, None]) + xlog1py(n - k, -p[:, None]))
    return chances
