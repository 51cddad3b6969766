"""Two samples compared by order: rank-sum test, Hodges-Lehmann shift, and the chance of the larger value.

Holds exact and normal forms with ties. Strata are in `stratified_association` (van Elteren); pairs have no
place here.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from equipoise.errors import FitError, Problem
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, critical_value, infer, two_sided_p
from equipoise.statistics.exact import Exact
from equipoise.statistics.values import Vector, vector

Form = Literal["auto", "exact", "normal"]

# Up to this many in each sample "auto" counts exactly where nothing is tied, as R and SAS do.
EXACT_UP_TO = 49
# Memory for counting (participants x largest possible rank sum) and for differences (pairs of participants).
MOST_CELLS = 20_000_000
# Tails that differ by no more count as equal.
ROUNDING = 1e-9


def rank_sum(x: ArrayLike, y: ArrayLike, *, form: Form = "auto", correct: bool = True) -> Exact:
    """Return Wilcoxon's rank-sum test; its estimate is Mann and Whitney's U, the pairs in which x is larger.

    x, y     (n,) (m,) outcome's unit; x is the arm, y the reference; a tied pair counts a half
    form     "exact": all ways to deal the ranks, mid-ranks where values tie; "normal": tie-corrected
             variance; "auto": exact when nothing ties and each sample has at most 49
    correct  0.5 continuity correction of the normal form
    The two-sided exact p-value is the chance of a rank sum at least as far from its expectation.
    Raises  FitError when a sample is empty, all values are equal, or counting would take too much memory;
            ValueError when a value is missing
    Source  Wilcoxon (1945), Biometrics Bulletin 1:80-83; Mann and Whitney (1947), Ann Math Stat 18:50-60;
            exact with ties as SAS PROC NPAR1WAY and R package coin
    Checked tests/golden/rank
    """
    one, two = _samples(x, y)
    ranks = _midranks(np.concatenate([one, two]))
    n, m = one.size, two.size
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    if np.ptp(ranks) == 0:
        raise FitError("All values are equal, so ranks say nothing")
    tied = np.unique(ranks).size < ranks.size
    if form == "exact" or (form == "auto" and not tied and max(n, m) <= EXACT_UP_TO):
        sums, chance = rank_sum_distribution(ranks, n)
        far = abs(u + n * (n + 1) / 2 - n * (n + m + 1) / 2)
        # Rank sums are multiples of a half, so this slack only forgives rounding.
        p_value = float(chance[np.abs(sums - n * (n + m + 1) / 2) >= far - 1 / 8].sum())
        return Exact(u, min(1.0, p_value), method="Wilcoxon rank-sum test, exact")
    if form not in ("auto", "normal"):
        raise ValueError(f"unknown form {form!r}; choose auto, exact or normal")
    distance = u - n * m / 2
    if correct:
        distance = math.copysign(max(0.0, abs(distance) - 1 / 2), distance)
    name = "continuity correction" if correct else "no continuity correction"
    p_value = two_sided_p(distance / math.sqrt(_tied_variance(ranks, n, m)))
    return Exact(u, p_value, method=f"Wilcoxon rank-sum test, normal approximation, {name}")


def hodges_lehmann(
    x: ArrayLike, y: ArrayLike, *, form: Form = "auto", level: float = DEFAULT_LEVEL
) -> Estimate:
    """Return the shift between two samples: the median of all differences, with Moses's limits.

    x, y     (n,) (m,) outcome's unit; x is the arm, y the reference; m, n as in `rank_sum`
    form     of the limits and the test; "auto" as in `rank_sum`
    The limits are the differences at ranks C and n m + 1 - C: exact, C is one more than the largest U whose
    lower tail is at most (1 - level)/2; normal, floor of n m / 2 - z s, s^2 the tie-corrected variance of U.
    When no rank is that far out the limits are the extreme differences and cover less than `level`; `method`
    says so.
    std_error is the limits' distance over 2 z, as SAS prints it; the test is `rank_sum`, normal without
    continuity correction.
    Raises  FitError and ValueError as `rank_sum`, or FitError when the differences are too many to hold
    Source  Hodges and Lehmann (1963), Ann Math Stat 34:598-611; Moses, in Hollander and Wolfe (1999), section
            4.3; as SAS PROC NPAR1WAY and R's wilcox.test
    Checked tests/golden/rank
    """
    one, two = _samples(x, y)
    z = critical_value(level)
    n, m = one.size, two.size
    if n * m > MOST_CELLS:
        raise FitError(f"{n} x {m} differences are too many to hold; take the win probability")
    differences = np.sort((one[:, None] - two[None, :]).ravel())
    test = rank_sum(one, two, form=form, correct=False)
    exact = test.method.endswith("exact")
    if exact:
        tied = np.unique(np.concatenate([one, two])).size < n + m
        rank = _exact_rank(n, m, (1 - level) / 2)
        name = "exact, ties ignored in the limits" if tied else "exact"
    else:
        ranks = _midranks(np.concatenate([one, two]))
        rank = math.floor(n * m / 2 - z * math.sqrt(_tied_variance(ranks, n, m)))
        name = "normal approximation"
    if rank < 1:
        rank, name = 1, f"{name}; the samples are too small for this level, the limits are the extremes"
    low, high = float(differences[rank - 1]), float(differences[n * m - rank])
    std_error = (high - low) / (2 * z)
    return Estimate(
        estimate=float(np.median(differences)),
        std_error=std_error,
        df=None,
        statistic=None,
        p_value=test.p_value,
        ci_level=level,
        ci_low=low,
        ci_high=high,
        method=f"Hodges-Lehmann shift, Moses limits ({name})",
    )


def win_probability(x: ArrayLike, y: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return the chance that a value of x exceeds one of y, ties counted a half; limits on the logit scale.

    x, y     (n,) (m,); x is the arm, y the reference
    It is U / (n m), the area under the ROC curve. The variance is DeLong's; the test is against one half on
    the plain scale, with Brunner and Munzel's statistic and the normal distribution. When every x is above,
    or every y, the standard error is 0, there is no test and the interval has no width.
    Raises   FitError when a sample has fewer than 2 values or all values are equal; ValueError when a value
             is missing
    Source   DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837-845; Brunner and Munzel (2000), Biom
             J 42:17-25
    Checked  tests/golden/rank
    """
    one, two = _samples(x, y, fewest=2)
    ranks = _midranks(np.concatenate([one, two]))
    if np.ptp(ranks) == 0:
        raise FitError("All values are equal, so ranks say nothing")
    n, m = one.size, two.size
    wins = (ranks[:n] - _midranks(one)) / m
    losses = (ranks[n:] - _midranks(two)) / n
    chance = float(wins.mean())
    std_error = math.sqrt(float(wins.var(ddof=1)) / n + float(losses.var(ddof=1)) / m)
    plain = infer(chance, std_error, level=level, null=1 / 2, method="win probability, DeLong variance")
    if not 0 < chance < 1:
        return plain
    half_width = critical_value(level) * std_error / (chance * (1 - chance))
    return Estimate(
        estimate=plain.estimate,
        std_error=plain.std_error,
        df=None,
        statistic=plain.statistic,
        p_value=plain.p_value,
        ci_level=level,
        ci_low=float(expit(logit(chance) - half_width)),
        ci_high=float(expit(logit(chance) + half_width)),
        method=plain.method,
    )


def rank_sum_distribution(ranks: Vector, n: int) -> tuple[Vector, Vector]:
    """Return all possible sums of n of the ranks, and the chance of each if they are dealt at random.

    ranks  (N,) ranks or mid-ranks: multiples of a half
    Raises  FitError when the sums are too many to hold
    """
    doubled = np.round(2 * ranks).astype(np.int64)
    least = int(doubled.min())
    steps = doubled - least
    unit = max(1, int(np.gcd.reduce(steps)))
    steps = steps // unit
    most = int(np.sort(steps)[ranks.size - n :].sum())
    if (n + 1) * (most + 1) > MOST_CELLS:
        raise FitError(f"{ranks.size} participants are too many to count exactly; take the normal form")
    ways: NDArray[np.float64] = np.zeros((n + 1, most + 1))
    ways[0, 0] = 1.0
    for dealt, step in enumerate(steps):
        rows = min(dealt, n - 1)
        ways[1 : rows + 2, step:] += ways[: rows + 1, : most + 1 - step].copy()
    sums = (np.arange(most + 1) * unit + n * least) / 2
    return sums, ways[n] / ways[n].sum()


def _exact_rank(n: int, m: int, tail: float) -> int:
    """Return the lower limit's rank: one more than the largest U whose lower tail is at most `tail`."""
    _, chance = rank_sum_distribution(np.arange(1.0, n + m + 1), n)
    reached = chance[n * (n - 1) // 2 :].cumsum()
    return int(np.searchsorted(reached, tail * (1 + ROUNDING), side="right"))


def _tied_variance(ranks: Vector, n: int, m: int) -> float:
    total = n + m
    _, ties = np.unique(ranks, return_counts=True)
    lost = float((ties**3 - ties).sum()) / (total * (total - 1))
    return n * m / 12 * (total + 1 - lost)


def _midranks(values: Vector) -> Vector:
    """Return ranks from 1, tied values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Vector = (counts.cumsum() - (counts - 1) / 2)[inverse]
    return ranks


def _samples(x: ArrayLike, y: ArrayLike, *, fewest: int = 1) -> tuple[Vector, Vector]:
    one, two = vector(x, "the first group"), vector(y, "the second group")
    problems = [
        Problem(f"has {group.size} values where at least {fewest} are needed", path=name)
        for name, group in (("first group", one), ("second group", two))
        if group.size < fewest
    ]
    if problems:
        raise FitError("The two groups cannot be ranked", problems)
    return one, two
