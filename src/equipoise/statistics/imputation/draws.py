"""Completed data sets drawn from what the data and a strategy say of missing outcomes.

The imputation model's parameters come from their posterior (`augmentation`); everything missing is then drawn
under each participant's strategy. Holds no analysis of completed data.
"""

from collections.abc import Iterator

import numpy as np

from equipoise.statistics.imputation.augmentation import (
    BURN_IN,
    Group,
    Scaled,
    augment,
    fill,
    scale,
)
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.posterior import Parameters
from equipoise.statistics.imputation.strategies import MAR, STRATEGIES
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags


def draw(
    trial: Incomplete,
    *,
    n: int,
    rng: np.random.Generator,
    covariance_by_arm: bool = False,
    burn_in: int = BURN_IN,
) -> Array:
    """Return n completed data sets (n, participants, m) in the outcome's unit.

    n                  data sets, each from parameters of its own, none depending on another
    rng                where chance comes from: the same state gives the same data sets
    covariance_by_arm  one covariance an arm; otherwise one for all
    burn_in            as `augment`
    Observed outcomes stay as they are. Missing ones that a strategy governs are drawn given all others from
    the distribution that the strategy makes of the drawn parameters, those before from the arm's own.
    Raises  FitError when the posterior is not proper or an outcome does not vary
    Source  Carpenter, Roger and Kenward (2013), J Biopharm Stat 23:1352-1371
    Checked tests/golden/rubin_antidepressant
    """
    scaled = scale(trial)
    parameters = augment(trial, scaled, n=n, rng=rng, covariance_by_arm=covariance_by_arm, burn_in=burn_in)
    means = _means_by_arm(scaled, parameters.b, trial.arms)
    covariates = np.concatenate([np.ones((trial.n, 1)), scaled.covariates], axis=1)
    filled = np.broadcast_to(scaled.y, (n, trial.n, trial.visits)).copy()
    for arm, strategy, since, group in _assumptions(trial):
        home, away = (arm, trial.reference) if covariance_by_arm else (0, 0)
        own = parameters.sigma[:, home]
        # Strategies take one matrix for both arms as a sign that there is nothing to join.
        other = own if home == away else parameters.sigma[:, away]
        mean, sigma = STRATEGIES[strategy].join(means[arm], means[trial.reference], own, other, since)
        fill(filled, group, mean=covariates[group.members] @ mean, sigma=sigma, rng=rng)
    return np.where(trial.missing, filled * scaled.size + scaled.shift, trial.outcome)


def draw_parameters(
    trial: Incomplete,
    *,
    n: int,
    rng: np.random.Generator,
    covariance_by_arm: bool = False,
    burn_in: int = BURN_IN,
) -> Parameters:
    """Return n draws of the model's parameters: coefficients of `columns(trial).u`, outcome's unit.

    Raises  FitError as `draw`
    """
    scaled = scale(trial)
    found = augment(trial, scaled, n=n, rng=rng, covariance_by_arm=covariance_by_arm, burn_in=burn_in)
    b = scaled.back @ found.b * scaled.size
    b[:, 0] += scaled.shift
    return Parameters(b, found.sigma * scaled.size**2)


def _means_by_arm(scaled: Scaled, b: Array, arms: int) -> list[Array]:
    """Return each arm's mean at the covariates' means, over the covariates' coefficients, (T, 1 + p, m)."""
    coefficients = scaled.back @ b
    slopes = coefficients[:, 1 + len(scaled.design.others) :]
    rows = scaled.design.at_arms(arms) @ coefficients
    return [np.concatenate([rows[:, arm, None], slopes], axis=1) for arm in range(arms)]


def _assumptions(trial: Incomplete) -> Iterator[tuple[int, str, int, Group]]:
    """Return (arm, strategy, first visit governed, who and what), what others condition on first."""
    names, visit = list(STRATEGIES), np.arange(trial.visits)
    governs = (trial.governed & trial.missing).any(axis=1)
    strategy = np.where(governs, trial.strategy, MAR)
    since = np.where(governs, trial.since, trial.visits)
    key = np.column_stack([trial.arm, strategy, since, trial.missing, trial.governed])
    some = np.flatnonzero(trial.missing.any(axis=1))
    rows, number = np.unique(key[some], axis=0, return_inverse=True)
    for g, row in enumerate(rows.tolist()):
        arm, name, first = row[0], names[row[1]], row[2]
        members, missing = some[number.ravel() == g], np.array(row[3 : 3 + trial.visits], dtype=bool)
        before = visit < first
        if (missing & before).any():
            yield arm, "mar", trial.visits, _group(members, seen=~missing & before, gone=missing & before)
        if (missing & ~before).any():
            yield arm, name, first, _group(members, seen=~missing | before, gone=missing & ~before)


def _group(members: Codes, *, seen: Flags, gone: Flags) -> Group:
    return Group(members, 0, np.flatnonzero(seen), np.flatnonzero(gone))
