"""What is assumed of outcomes nobody saw: one row of `STRATEGIES` per assumption.

A strategy joins what an arm was like until somebody left with what is assumed afterwards, as one normal
distribution over all visits; missing values are drawn or taken from it given those observed. Holds no data,
no fit and no imputation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equipoise.statistics.mmrm.arrays import Array, symmetric, transpose

# mean_arm (..., m), mean_reference (..., m), sigma_arm (..., m, m), sigma_reference (..., m, m), since.
Join = Callable[[Array, Array, Array, Array, int], tuple[Array, Array]]


@dataclass(frozen=True, slots=True)
class Strategy:
    """One assumption about outcomes from visit `since` on.

    name    as in `incomplete(strategy=...)` and in a protocol's estimator row (`mmrm-jr`)
    title   in words
    says    the assumption, one sentence without a full stop
    join    (mean_arm, mean_reference, sigma_arm, sigma_reference, since) -> (mean, sigma)
    from_start   the name of the strategy it amounts to where `since` is 0 and it has nothing to start from

    Means are (..., m) with visits last: expected outcomes, or each covariate's coefficients by visit, since
    every strategy is linear in the means and treats visits only. `since` is the first visit it governs; with
    `since` = m every strategy is the arm's own distribution.
    """

    name: str
    title: str
    says: str
    join: Join
    from_start: str = ""


def _own(mean: Array, other: Array, sigma: Array, sigma_other: Array, since: int) -> tuple[Array, Array]:
    del other, sigma_other, since
    return mean, sigma


def _jump(mean: Array, other: Array, sigma: Array, sigma_other: Array, since: int) -> tuple[Array, Array]:
    joined = np.concatenate([mean[..., :since], other[..., since:]], axis=-1)
    return joined, _join_covariances(sigma, sigma_other, since)


def _copy(mean: Array, other: Array, sigma: Array, sigma_other: Array, since: int) -> tuple[Array, Array]:
    return (mean, sigma) if since >= mean.shape[-1] else (other, sigma_other)


def _increments(
    mean: Array, other: Array, sigma: Array, sigma_other: Array, since: int
) -> tuple[Array, Array]:
    if since == 0:
        # Before the first visit both arms are what they were at randomization: the same.
        return other, sigma_other
    gap = mean[..., since - 1 : since] - other[..., since - 1 : since]
    joined = np.concatenate([mean[..., :since], other[..., since:] + gap], axis=-1)
    return joined, _join_covariances(sigma, sigma_other, since)


def _carry(mean: Array, other: Array, sigma: Array, sigma_other: Array, since: int) -> tuple[Array, Array]:
    del other, sigma_other
    if since == 0:
        # No mean to carry forward: the arm's own.
        return mean, sigma
    last = np.broadcast_to(mean[..., since - 1 : since], mean[..., since:].shape)
    return np.concatenate([mean[..., :since], last], axis=-1), sigma


def _join_covariances(own: Array, other: Array, since: int) -> Array:
    """Return the covariance with own[:s, :s] and the other's regression of later on earlier visits.

    With 1 = visits before `since`, 2 = the others, and B = other_21 other_11^-1:
    sigma_11 = own_11, sigma_21 = B own_11, sigma_22 = other_22 - B (other_11 - own_11) B'.
    Source  Carpenter, Roger and Kenward (2013), J Biopharm Stat 23:1352-1371, the joint distribution
    """
    if own is other or since == 0:
        return other
    if since >= own.shape[-1]:
        return own
    early, late = slice(None, since), slice(since, None)
    own_11, other_11 = own[..., early, early], other[..., early, early]
    b = transpose(np.linalg.solve(other_11, other[..., early, late]))
    joined: Array = np.empty_like(own)
    joined[..., early, early] = own_11
    joined[..., late, early] = b @ own_11
    joined[..., early, late] = transpose(joined[..., late, early])
    joined[..., late, late] = other[..., late, late] - symmetric(b @ (other_11 - own_11) @ transpose(b))
    return joined


STRATEGIES: dict[str, Strategy] = {
    row.name: row
    for row in (
        Strategy(
            "mar",
            "missing at random",
            "missing outcomes are like those observed in the same arm with the same history",
            _own,
        ),
        Strategy(
            "jr", "jump to reference", "outcomes jump to the reference arm's mean after the event", _jump
        ),
        Strategy(
            "cr",
            "copy reference",
            "the participant is taken to have belonged to the reference arm throughout",
            _copy,
        ),
        Strategy(
            "cir",
            "copy increments in reference",
            "what was gained stays, and the course afterwards runs parallel to the reference arm's",
            _increments,
            from_start="jr",
        ),
        Strategy(
            "lmcf",
            "last mean carried forward",
            "the arm's mean at the last visit before the event stays as it is",
            _carry,
            from_start="mar",
        ),
    )
}
MAR = list(STRATEGIES).index("mar")
