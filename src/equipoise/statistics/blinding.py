"""How far people guessed their arm: Bang's index per arm and James's index over all arms.

Holds guesses in, estimates out, by counts or person by person with how certain each was. Says nothing of why
somebody guessed right: a good outcome can raise the guess as well as the guess the outcome.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.proportion import Count, wilson
from equipoise.statistics.values import Vector, vector

Table = NDArray[np.int64]

# James's weights: a right guess 0, a wrong one 0.5, "do not know" 1; random guessing gives 0.5.
WRONG_WEIGHT = 0.5
RANDOM_GUESSING = 0.5


def cross_tabulate(
    guesses: Sequence[Hashable], arms: Sequence[Hashable], *, order: Sequence[Hashable], unknown: Hashable
) -> Table:
    """Return the (k + 1, k) table of guesses by arms that `bang` and `james` take.

    guesses  (n,) a label of `order`, or `unknown`
    arms     (n,) a label of `order`
    order    (k,) arms in the order of the table's columns and of its first k rows; the last row is `unknown`
    Raises   ValueError when lengths disagree or a label is in neither
    """
    rows, columns = [*order, unknown], list(order)
    strange = sorted({str(g) for g in guesses if g not in rows} | {str(a) for a in arms if a not in columns})
    if strange:
        raise ValueError(f"labels in neither arms nor {unknown!r}: {', '.join(strange)}")
    counts = Counter(zip(guesses, arms, strict=True))
    return np.array([[counts[row, column] for column in columns] for row in rows], dtype=np.int64)


def bang(*, correct: int, wrong: int, unknown: int, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return Bang's index of one arm: 1 all guessed right, 0 random guessing, -1 all guessed wrong.

    correct, wrong, unknown  participants of the arm who guessed right, wrong, did not know

    (correct - wrong) / n with its multinomial standard error; the interval is cut at -1 and 1. When all
    answered alike the standard error is 0, the interval has no width, and there is no test.
    Raises  FitError when nobody answered; ValueError when a count is negative
    Source  Bang, Ni and Davis (2004), Control Clin Trials 25:143-156
    Checked tests/golden/blinding
    """
    if min(correct, wrong, unknown) < 0:
        raise ValueError("counts of guesses are 0 or more")
    n = correct + wrong + unknown
    if n == 0:
        raise FitError("Bang's index needs at least one answer in the arm")
    right, false = correct / n, wrong / n
    variance = (right * (1 - right) + false * (1 - false) + 2 * right * false) / n
    estimate = infer(
        right - false, math.sqrt(max(0.0, variance)), level=level, method="Bang's blinding index"
    )
    return replace(estimate, ci_low=max(-1.0, estimate.ci_low), ci_high=min(1.0, estimate.ci_high))


def bang_by_arm(
    table: ArrayLike, arms: Sequence[Hashable], *, level: float = DEFAULT_LEVEL
) -> dict[Hashable, Estimate]:
    """Return Bang's index of each arm in a table of `cross_tabulate`; arms without an answer are left out."""
    counts = _checked(table)
    if len(arms) != counts.shape[1]:
        raise ValueError(f"{len(arms)} arms for {counts.shape[1]} columns")
    answered = [(j, arm) for j, arm in enumerate(arms) if counts[:, j].sum() > 0]
    return {arm: _bang_of_column(counts, j, level=level) for j, arm in answered}


def james(table: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return James's index: 1 nobody knows, 0.5 random guessing, 0 everybody guessed right.

    table   (k + 1, k) counts: guess i in rows, the last row "do not know"; arm j in columns; guess i = arm i

    With weights 0 for a right and 0.5 for a wrong guess, d the share who did not know, q = 1 - d, A the
    weighted share of guesses and B what A q would be if guesses did not depend on arms:
    [1 + d + q (A q / B - 1)] / 2. Standard error by the delta method for multinomial counts; test against
    0.5; interval cut at 0 and 1.
    Raises  FitError when nobody answered; ValueError when the table's shape is wrong or a count is negative
    Source  James et al. (1996), Stat Med 15:1421-1434
    Checked tests/golden/blinding
    """
    counts = _checked(table)
    n = counts.sum()
    if n == 0:
        raise FitError("James's index needs at least one answer")
    index, gradient = _james_index(counts / n)
    share = counts / n
    variance = float((share * gradient**2).sum() - (share * gradient).sum() ** 2) / n
    return _james_estimate(index, variance, level=level, method="James's blinding index, tested against 0.5")


def guess_shares(
    table: ArrayLike, *, level: float = DEFAULT_LEVEL
) -> tuple[tuple[Estimate | None, ...], ...]:
    """Return the share of each arm that gave each answer, with Wilson's interval.

    table    (r, k) counts: answers in rows, as many as were offered, arms in columns
    Returns  r rows of k estimates; None in the column of an arm without an answer
    Raises   ValueError when the table has not two dimensions or a count is negative
    Source   see `wilson`
    """
    counts = np.asarray(table, dtype=np.int64)
    if counts.ndim != 2 or (counts < 0).any():
        raise ValueError("give a table of answers by arms; counts of guesses are 0 or more")
    answered = counts.sum(axis=0)
    return tuple(
        tuple(
            wilson(Count(int(count), int(n)), level=level) if n else None
            for count, n in zip(row, answered, strict=True)
        )
        for row in counts
    )


def certainty_weights(ratings: ArrayLike, *, lowest: float, highest: float) -> Vector:
    """Return ratings of certainty as weights: 0 for a pure guess (`lowest`), 1 for certainty (`highest`).

    ratings  (n,) between lowest and highest, evenly spaced in meaning
    Raises   ValueError when lowest is not below highest, or a rating is missing or outside
    """
    values = vector(ratings, "the certainty")
    if not lowest < highest:
        raise ValueError(f"the lowest rating {lowest} is not below the highest {highest}")
    if ((values < lowest) | (values > highest)).any():
        raise ValueError(f"ratings of certainty lie between {lowest:g} and {highest:g}")
    weights: Vector = (values - lowest) / (highest - lowest)
    return weights


def bang_with_certainty(
    guesses: Sequence[Hashable],
    arms: Sequence[Hashable],
    certainty: ArrayLike,
    *,
    order: Sequence[Hashable],
    unknown: Hashable,
    level: float = DEFAULT_LEVEL,
) -> dict[Hashable, Estimate]:
    """Return Bang's index of each arm with guesses weighted by certainty; arms without an answer have none.

    guesses    (n,) a label of `order`, or `unknown`
    arms       (n,) a label of `order`
    certainty  (n,) weights from 0 to 1, see `certainty_weights`; of no account for `unknown`
    Everybody scores + certainty when right, - certainty when wrong, 0 when `unknown`; the index is the arm's
    mean score and its standard error that of multinomial counts. Certainty 1 ("strongly believe") and 0.5
    ("somewhat") is Bang's format of five answers, 0.25 the weight of a second guess by who did not know, and
    1 for all is `bang`.
    Raises     ValueError when lengths disagree, a label is unknown or a weight is outside 0..1
    Source     Bang, Ni and Davis (2004), Control Clin Trials 25:143-156; the weights as read in the help page
               of Stata's `blinding`, which quotes them
    Checked    tests/golden/blinding
    """
    scores = _certainty_scores(guesses, arms, certainty, order=order, unknown=unknown)
    of_arm = np.array([list(order).index(arm) for arm in arms], dtype=np.intp)
    found: dict[Hashable, Estimate] = {}
    for j, arm in enumerate(order):
        values = scores[of_arm == j]
        if values.size:
            estimate = infer(
                float(values.mean()),
                float(values.std()) / math.sqrt(values.size),
                level=level,
                method="Bang's blinding index, weighted by certainty",
            )
            found[arm] = replace(
                estimate, ci_low=max(-1.0, estimate.ci_low), ci_high=min(1.0, estimate.ci_high)
            )
    return found


def james_with_certainty(
    guesses: Sequence[Hashable],
    arms: Sequence[Hashable],
    certainty: ArrayLike,
    *,
    order: Sequence[Hashable],
    unknown: Hashable,
    level: float = DEFAULT_LEVEL,
) -> Estimate:
    """Return James's index with guesses weighted by certainty; arguments as `bang_with_certainty`.

    A guess of certainty c counts as c of that guess and 1 - c of "do not know", so that 1 for all is `james`
    and 0 for all gives 1. Standard error by the delta method from person to person; interval cut at 0 and 1.
    This way of using certainty is ours: Stata's `blinding` leaves certainty out of James's index.
    Raises   FitError when nobody answered; ValueError as `bang_with_certainty`
    Source   index: James et al. (1996), Stat Med 15:1421-1434
    Checked  tests/golden/blinding
    """
    scores = _certainty_scores(guesses, arms, certainty, order=order, unknown=unknown)
    n, k = scores.size, len(order)
    if n == 0:
        raise FitError("James's index needs at least one answer")
    rows, columns = [*order, unknown], list(order)
    counted = np.zeros((n, k + 1, k))
    people = np.arange(n)
    guess = np.array([rows.index(g) for g in guesses], dtype=np.intp)
    arm = np.array([columns.index(a) for a in arms], dtype=np.intp)
    counted[people, guess, arm] += np.abs(scores)
    counted[people, k, arm] += 1 - np.abs(scores)
    index, gradient = _james_index(counted.mean(axis=0))
    influence = (counted * gradient).sum(axis=(1, 2))
    method = "James's blinding index, weighted by certainty, tested against 0.5"
    return _james_estimate(index, float(influence.var()) / n, level=level, method=method)


def _certainty_scores(
    guesses: Sequence[Hashable],
    arms: Sequence[Hashable],
    certainty: ArrayLike,
    *,
    order: Sequence[Hashable],
    unknown: Hashable,
) -> Vector:
    """Return (n,) + certainty for a right guess, - certainty for a wrong one, 0 for `unknown`."""
    weights = vector(certainty, "the certainty")
    if not weights.size == len(guesses) == len(arms):
        raise ValueError(f"{len(guesses)} guesses, {len(arms)} arms and {weights.size} ratings of certainty")
    cross_tabulate(guesses, arms, order=order, unknown=unknown)
    if ((weights < 0) | (weights > 1)).any():
        raise ValueError("certainty weights lie between 0 and 1; make them with certainty_weights")
    sign = [
        0.0 if guess == unknown else 1.0 if guess == arm else -1.0
        for guess, arm in zip(guesses, arms, strict=True)
    ]
    scores: Vector = np.array(sign) * weights
    return scores


def _james_estimate(index: float, variance: float, *, level: float, method: str) -> Estimate:
    std_error = math.sqrt(max(0.0, variance))
    estimate = infer(index, std_error, level=level, null=RANDOM_GUESSING, method=method)
    return replace(estimate, ci_low=max(0.0, estimate.ci_low), ci_high=min(1.0, estimate.ci_high))


def _checked(table: ArrayLike) -> Table:
    counts = np.asarray(table, dtype=np.int64)
    arms = counts.shape[1] if counts.ndim == 2 else 0
    if arms < 2 or counts.shape[0] != arms + 1:
        raise ValueError(
            f"the table has shape {counts.shape}; give guesses and 'do not know' by arms: (k + 1, k)"
        )
    if (counts < 0).any():
        raise ValueError("counts of guesses are 0 or more")
    return counts


def _bang_of_column(counts: Table, j: int, *, level: float) -> Estimate:
    correct, unknown = int(counts[j, j]), int(counts[-1, j])
    wrong = int(counts[:, j].sum()) - correct - unknown
    return bang(correct=correct, wrong=wrong, unknown=unknown, level=level)


def _james_index(share: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the index and its derivative by each share; `share` (k + 1, k) adds up to 1."""
    guessed, unknown = share[:-1], float(share[-1].sum())
    known = 1 - unknown
    weights = WRONG_WEIGHT * (1 - np.eye(guessed.shape[0]))
    by_guess, by_arm = guessed.sum(axis=1), guessed.sum(axis=0)
    observed = float((weights * guessed).sum())
    expected = float(by_guess @ weights @ by_arm)
    gradient = np.zeros_like(share)
    if expected == 0:
        # Everybody who guessed named one arm and was in it, or nobody guessed: only "do not know" counts.
        gradient[-1] = 1.0
        return unknown, gradient
    ratio = observed / expected
    gradient[-1] = 1 - known * ratio
    spread = (weights @ by_arm)[:, None] + (by_guess @ weights)[None, :]
    gradient[:-1] = known**2 / (2 * expected) * (weights - ratio * spread)
    return unknown + known**2 * ratio / 2, gradient
