"""Two proportions: power of the usual approximations, and exactly of the tests that reports show.

Holds tests of a difference and of an odds ratio. Refuses covariates and strata.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri, xlog1py, xlogy

from equipoise.statistics.power.plan import Plan, check_test, n_for, split

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Approximation = Literal["pooled", "unpooled", "arcsine", "continuity"]
Test = Literal["score", "miettinen_nurminen", "log_odds", "fisher"]

LEAST = 2.0
METHODS: Mapping[str, str] = {
    "pooled": "two proportions, pooled variance under no difference",
    "unpooled": "two proportions, unpooled variance (Wald)",
    "arcsine": "two proportions, arcsine of the square root",
    "continuity": "two proportions, pooled variance with continuity correction",
}
TESTS: Mapping[str, str] = {
    "score": "score test with pooled variance",
    "miettinen_nurminen": "score test with pooled variance and n / (n - 1)",
    "log_odds": "Wald test of the log odds ratio",
    "fisher": "Fisher's exact test",
}
# Tables equally likely but for rounding count as equally extreme, as R's fisher.test has it.
TIE = 1e-7
EMPTY_CELL = 0.5
"""Added to each cell of a table with an empty one, as `statistics.proportion` does."""


def two_proportions(
    arm: float,
    reference: float,
    *,
    n: float,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
    method: Approximation = "pooled",
) -> Plan:
    """Return the power of comparing two proportions by a normal approximation.

    arm, reference  true proportions; where the test has one side, the arm's is looked for to be higher
    n               participants in total
    ratio           arm / reference
    method          "pooled": variance of the test pooled, of its distribution not; "unpooled": neither;
                    "arcsine": variance-stabilized; "continuity": pooled, with Yates' correction
    Raises          ValueError when a proportion is not within 0..1
    Source          pooled and continuity: Fleiss, Levin and Paik (2003), Statistical Methods for Rates and
                    Proportions, ch. 4; arcsine: Cohen (1988), Statistical Power Analysis, ch. 6
    Checked         tests/golden/design, tests/golden/power
    """
    _check(arm, reference)
    check_test(alpha, sides)
    n_arm, n_reference = split(n, ratio)
    z = -float(ndtri(alpha / sides))
    drift = _drifts(arm, reference, n_arm=n_arm, n_reference=n_reference, z=z)[method]
    difference = arm - reference
    right, wrong = drift(difference if sides == 1 else abs(difference)), 0.0
    if sides == 2:
        wrong = drift(-abs(difference))
    return Plan(right, wrong, n, n_arm, n_reference, difference, alpha, sides, None, METHODS[method])


def _drifts(
    arm: float, reference: float, *, n_arm: float, n_reference: float, z: float
) -> dict[str, Callable[[float], float]]:
    """Return, by method, the probability of rejecting upwards as a function of the signed difference."""
    each = 1 / n_arm + 1 / n_reference
    common = (n_arm * arm + n_reference * reference) / (n_arm + n_reference)
    pooled = math.sqrt(common * (1 - common) * each)
    own = math.sqrt(arm * (1 - arm) / n_arm + reference * (1 - reference) / n_reference)
    gap = abs(2 * math.asin(math.sqrt(arm)) - 2 * math.asin(math.sqrt(reference)))

    def beyond(strength: float, threshold: float, spread: float) -> float:
        if spread == 0:
            return float(strength > threshold)
        return 0.5 * math.erfc((threshold - strength) / spread / math.sqrt(2))

    return {
        "pooled": lambda d: beyond(d, z * pooled, own),
        "unpooled": lambda d: beyond(d, z * own, own),
        "arcsine": lambda d: beyond(math.copysign(gap, d), z * math.sqrt(each), math.sqrt(each)),
        "continuity": lambda d: beyond(d, z * pooled + each / 2, own),
    }


def two_proportions_n(
    arm: float,
    reference: float,
    *,
    power: float,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
    method: Approximation = "pooled",
) -> Plan:
    """Return the smallest number at which comparing two proportions has a power.

    Raises  ValueError when both are equal, as no number is enough, and as `two_proportions`
    Checked tests/golden/design, tests/golden/power
    """

    def at(n: float) -> Plan:
        return two_proportions(arm, reference, n=n, ratio=ratio, alpha=alpha, sides=sides, method=method)

    return at(n_for(lambda n: at(n).power, power, least=LEAST))


def exact_power(
    arm: float,
    reference: float,
    *,
    n_arm: int,
    n_reference: int,
    test: Test = "score",
    alpha: float = 0.05,
) -> Plan:
    """Return the power of a two-sided test of two proportions, summed over all tables.

    arm, reference       true proportions
    n_arm, n_reference   whole numbers of participants, 1 or more
    Raises   ValueError when a number or proportion is out of range
    Source   direct enumeration; the tests are those of `statistics.proportion` and `statistics.exact`
    Checked  tests/golden/power
    """
    _check(arm, reference)
    check_test(alpha, 2)
    if n_arm < 1 or n_reference < 1:
        raise ValueError(f"each group needs a participant, not {n_arm} and {n_reference}")
    x, y = _counts(n_arm, n_reference)
    chance = _binomial(n_arm, arm)[:, None] * _binomial(n_reference, reference)[None, :]
    rejected = REGIONS[test](n_arm, n_reference, alpha)
    higher = x * n_reference > y * n_arm
    up, down = float(chance[rejected & higher].sum()), float(chance[rejected & ~higher].sum())
    right, wrong = (down, up) if arm < reference else (up, down)
    method = f"{TESTS[test]}, exact"
    return Plan(
        right,
        wrong,
        n_arm + n_reference,
        float(n_arm),
        float(n_reference),
        arm - reference,
        alpha,
        2,
        None,
        method,
    )


def _score(n: int, m: int, alpha: float, *, inflation: float = 1.0) -> Flags:
    x, y = _counts(n, m)
    common = (x + y) / (n + m)
    variance = common * (1 - common) * (1 / n + 1 / m) * inflation
    found: Flags = (x / n - y / m) ** 2 > float(ndtri(alpha / 2)) ** 2 * np.where(
        variance > 0, variance, np.inf
    )
    return found


def _inflated(n: int, m: int, alpha: float) -> Flags:
    return _score(n, m, alpha, inflation=(n + m) / (n + m - 1))


def _log_odds(n: int, m: int, alpha: float) -> Flags:
    x, y = _counts(n, m)
    empty = (x == 0) | (x == n) | (y == 0) | (y == m)
    cells = [cell + np.where(empty, EMPTY_CELL, 0.0) for cell in (x, n - x, y, m - y)]
    ratio = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    variance = sum(1 / cell for cell in cells)
    found: Flags = ratio**2 > float(ndtri(alpha / 2)) ** 2 * variance
    return found


def _fisher(n: int, m: int, alpha: float) -> Flags:
    rejected = np.zeros((n + 1, m + 1), dtype=bool)
    ways_x, ways_y = _log_ways(n), _log_ways(m)
    for events in range(n + m + 1):
        of_x = np.arange(max(0, events - m), min(n, events) + 1)
        logs = ways_x[of_x] + ways_y[events - of_x]
        chance = np.exp(logs - logs.max())
        chance /= chance.sum()
        order = np.argsort(chance, kind="stable")
        totals = np.concatenate([[0.0], np.cumsum(chance[order])])
        p_values = totals[np.searchsorted(chance[order], chance * (1 + TIE), side="right")]
        rejected[of_x, events - of_x] = p_values <= alpha
    return rejected


def _counts(n: int, m: int) -> tuple[Floats, Floats]:
    """Return all counts of events of both groups, as a column and a row."""
    return np.arange(n + 1.0)[:, None], np.arange(m + 1.0)[None, :]


Region = Callable[[int, int, float], Flags]
REGIONS: Mapping[str, Region] = {
    "score": _score,
    "miettinen_nurminen": _inflated,
    "log_odds": _log_odds,
    "fisher": _fisher,
}


def _log_ways(n: int) -> Floats:
    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)


def _binomial(n: int, p: float) -> Floats:
    k = np.arange(n + 1)
    return np.asarray(np.exp(_log_ways(n) + xlogy(k, p) + xlog1py(n - k, -p)), dtype=np.float64)


def _check(arm: float, reference: float) -> None:
    if not 0 <= arm <= 1 or not 0 <= reference <= 1:
        raise ValueError(f"proportions lie between 0 and 1, not at {arm:g} and {reference:g}")
