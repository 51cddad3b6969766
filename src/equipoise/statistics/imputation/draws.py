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
from equipoise.statistics.imputation.completion import Cell, cells
from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.posterior import Parameters
from equipoise.statistics.mmrm.arrays import Array

# Outcomes completed at once: 16 MB.
LARGEST_BLOCK = 2_000_000


def draw(
    trial: Incomplete,
    *,
    n: int,
    rng: np.random.Generator,
    covariance_by_arm: bool = False,
    burn_in: int = BURN_IN,
) -> Array:
    """Return n completed data sets (n, participants, m); see `draw_in_blocks`."""
    blocks = draw_in_blocks(trial, n=n, rng=rng, covariance_by_arm=covariance_by_arm, burn_in=burn_in)
    return np.concatenate(list(blocks))


def draw_in_blocks(
    trial: Incomplete,
    *,
    n: int,
    rng: np.random.Generator,
    covariance_by_arm: bool = False,
    burn_in: int = BURN_IN,
) -> Iterator[Array]:
    """Yield n completed data sets in the outcome's unit, some at a time (T, participants, m).

    n                  data sets, each from parameters of its own, none depending on another
    rng                where chance comes from: the same state gives the same data sets
    covariance_by_arm  one covariance an arm; otherwise one for all
    burn_in            as `augment`
    Observed outcomes stay as they are. A participant's missing ones are drawn given them from the
    distribution that the strategy makes of the drawn parameters.
    Raises  FitError when the posterior need not be proper or an outcome does not vary
    Source  Carpenter, Roger and Kenward (2013), J Biopharm Stat 23:1352-1371
    Checked tests/golden/rubin_antidepressant
    """
    scaled = scale(trial)
    parameters = augment(trial, scaled, n=n, rng=rng, covariance_by_arm=covariance_by_arm, burn_in=burn_in)
    size = max(1, LARGEST_BLOCK // trial.outcome.size)
    for start in range(0, n, size):
        yield _complete(trial, scaled, parameters.take(slice(start, start + size)), rng=rng)


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


def _assumed(trial: Incomplete, scaled: Scaled, parameters: Parameters, cell: Cell) -> tuple[Array, Array]:
    """Return coefficients of the design (T, q, m) and covariance (T, m, m) that a cell's strategy makes."""
    own = scaled.back @ parameters.b
    row = scaled.design.row(cell.arm)
    reference = own.copy()
    if row is not None:
        # Members have 1 in their arm's column: without its coefficients they are the reference's.
        reference[:, row] = 0
    together = parameters.sigma.shape[1] == 1
    sigma = parameters.sigma[:, 0 if together else cell.arm]
    # Strategies take one matrix for both arms as a sign that there is nothing to join.
    other = sigma if together else parameters.sigma[:, trial.reference]
    return cell.strategy.join(own, reference, sigma, other, cell.since)


def _complete(
    trial: Incomplete, scaled: Scaled, parameters: Parameters, *, rng: np.random.Generator
) -> Array:
    filled = np.broadcast_to(scaled.y, (parameters.b.shape[0], *scaled.y.shape)).copy()
    for cell in cells(trial):
        if cell.missing.size:
            mean, sigma = _assumed(trial, scaled, parameters, cell)
            group = Group(cell.members, 0, seen=cell.present, gone=cell.missing)
            fill(filled, group, mean=scaled.design.u[cell.members] @ mean, sigma=sigma, rng=rng)
    return np.where(trial.missing, filled * scaled.size + scaled.shift, trial.outcome)
