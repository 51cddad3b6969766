"""Missing outcomes as linear functions of those observed, and the arms compared after they are filled in.

Each missing outcome becomes its expectation given those observed. That and the analysis of covariance that
follows are linear in the outcomes, so trials made of the same participants are read through sums over cells:
participants of one arm with the same visits observed under the same strategy. Holds no standard errors.
"""

from dataclasses import dataclass

import numpy as np

from equipoise.statistics.imputation.incomplete import Incomplete
from equipoise.statistics.imputation.model import Fits, Model, outer
from equipoise.statistics.imputation.resampling import Resamples
from equipoise.statistics.imputation.strategies import MAR, STRATEGIES, Strategy
from equipoise.statistics.mmrm.arrays import Array, Codes, transpose
from equipoise.statistics.mmrm.newton import CONVERGED


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """Participants of one arm with the same visits observed, under the same strategy.

    present, missing  visits
    members           participants
    """

    arm: int
    strategy: Strategy
    since: int
    present: Codes
    missing: Codes
    members: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What T trials say, in the outcome's unit; NaN where a trial has no fit.

    difference  (T, A, m) adjusted mean of each arm minus that of the reference
    mean        (T, A, m) adjusted mean with covariates at their mean over the trial's participants
    code        (T,) a key of `newton.REASONS`
    """

    difference: Array
    mean: Array
    code: Codes

    def plus(self, other: "Effects") -> "Effects":
        """Return the sum of both."""
        return Effects(self.difference + other.difference, self.mean + other.mean, self.code)


def cells(trial: Incomplete, *, plain: bool = False) -> list[Cell]:
    """Return the cells; whoever misses nothing, or has no event, is under missing at random.

    plain  everybody is
    """
    m = trial.visits
    ruled = trial.missing.any(axis=1) & (trial.strategy != MAR) & (trial.since < m) & (not plain)
    strategy, since = np.where(ruled, trial.strategy, MAR), np.where(ruled, trial.since, m)
    key = np.column_stack([trial.arm, strategy, since, trial.present])
    rows, number = np.unique(key, axis=0, return_inverse=True)
    known = list(STRATEGIES.values())
    return [
        Cell(
            arm=int(row[0]),
            strategy=known[int(row[1])],
            since=int(row[2]),
            present=np.flatnonzero(row[3:]),
            missing=np.flatnonzero(row[3:] == 0),
            members=np.flatnonzero(number.ravel() == c),
        )
        for c, row in enumerate(rows)
    ]


class Completion:
    """A trial's sums over cells, from which it and trials of its participants are completed and analyzed.

    basis   (n, Q) orthonormal columns of the analysis at one visit
    scaled  (n, m) outcomes less their least-squares fit, over their size; 0 where missing
    plain   everybody is imputed as missing at random, by the same model
    """

    def __init__(self, model: Model, *, plain: bool = False) -> None:
        trial, design = model.trial, model.columns
        self.model = model
        self.basis, self.upper = design.basis, design.upper
        self.cells = cells(trial, plain=plain)
        self.number = np.empty(trial.n, dtype=np.intp)
        for c, cell in enumerate(self.cells):
            self.number[cell.members] = c
        about = (trial.outcome - design.u @ model.origin) / model.scale
        self.scaled = np.where(trial.present, about, 0.0)
        self._xx, self._xy = outer(self.basis, self.basis), outer(self.basis, self.scaled)
        self._sums_xx, self._sums_xy = self._by_cell(self._xx), self._by_cell(self._xy)
        self._rows = design.at_arms(trial.arms)

    def map(self, fits: Fits, cell: Cell) -> tuple[Array, Array]:
        """Return how missing outcomes follow from columns (T, Q, k) and from observed outcomes (T, o, k).

        With J the coefficients and S the covariance of the strategy's distribution, C = S_mo S_oo^-1:
        y_missing = (J_missing - C J_observed) u + C y_observed.
        """
        own, row = fits.coefficients, self.model.columns.row(cell.arm)
        reference = own
        if row is not None:
            # Members have 1 in their arm's column: without its coefficients they are the reference's.
            reference = own.copy()
            reference[:, row] = 0
        sigma = fits.of_arm(cell.arm)
        sigma_reference = fits.of_arm(self.model.trial.reference) if self.model.by_arm else sigma
        mean, joint = cell.strategy.join(own, reference, sigma, sigma_reference, cell.since)
        about = self.upper @ ((mean - self.model.origin) / self.model.scale)
        o, k = cell.present, cell.missing
        slope = np.linalg.solve(joint[:, o[:, None], o], joint[:, o[:, None], k])
        return about[:, :, k] - about[:, :, o] @ slope, slope

    def filled(self) -> Array:
        """Return the trial's outcomes with those missing filled in, (n, m)."""
        model = self.model
        completed = model.trial.outcome.copy()
        for cell in self.cells:
            own, gaps = cell.members, cell.missing
            rest, slope = self.map(model.fits, cell)
            about = self.basis[own] @ rest[0] + self.scaled[np.ix_(own, cell.present)] @ slope[0]
            level = model.columns.u[own] @ model.origin[:, gaps]
            completed[np.ix_(own, gaps)] = level + model.scale * about
        return completed

    def effects(self, resamples: Resamples, fits: Fits) -> Effects:
        """Return the analysis of covariance of each trial completed by its own fit."""
        able = np.flatnonzero(fits.code == CONVERGED)
        part, fitted = (
            (resamples, fits) if able.size == fits.code.size else (resamples.take(able), fits.take(able))
        )
        t, (q, m) = able.size, self.model.origin.shape
        xx = part.sums(self._xx, self.number, whole=self._sums_xx).reshape(t, len(self.cells), q, q)
        xy = part.sums(self._xy, self.number, whole=self._sums_xy).reshape(t, len(self.cells), q, m)
        total = xy.sum(axis=1)
        for c, cell in enumerate(self.cells):
            if cell.missing.size:
                rest, slope = self.map(fitted, cell)
                total[:, :, cell.missing] += xx[:, c] @ rest + xy[:, c][:, :, cell.present] @ slope
        b = self._solve(xx.sum(axis=1), total) * self.model.scale + self.model.origin
        return self._compared(xx.sum(axis=1), b, fits.code)

    def shifts(self, resamples: Resamples, added: Array, code: Codes) -> Effects:
        """Return what adding (n, m) to outcomes adds to the effects of trials that ended as `code` says."""
        able = np.flatnonzero(code == CONVERGED)
        part = resamples if able.size == code.size else resamples.take(able)
        t, (q, m) = able.size, self.model.origin.shape
        all_in_one = np.zeros(self.number.size, dtype=np.intp)
        each = outer(self.basis, added)
        total = part.sums(each, all_in_one, whole=each.sum(axis=0)[None]).reshape(t, q, m)
        xx = part.sums(self._xx, all_in_one, whole=self._sums_xx.sum(axis=0)[None]).reshape(t, q, q)
        return self._compared(xx, self._solve(xx, total), code)

    def _solve(self, xx: Array, xy: Array) -> Array:
        """Return least-squares coefficients of `Columns.u`, (T, Q, m)."""
        return np.linalg.solve(self.upper, np.linalg.solve(xx, xy))

    def _compared(self, xx: Array, b: Array, code: Codes) -> Effects:
        """Return adjusted means and differences of the trials that have a fit, NaN for the others."""
        rows = np.repeat(self._rows[None], b.shape[0], axis=0)
        first = 1 + len(self.model.columns.others)
        u_u = transpose(self.upper) @ xx @ self.upper
        rows[:, :, first:] = (u_u[:, :1, first:]) / u_u[:, :1, :1]
        gaps = self._rows - self._rows[self.model.trial.reference]
        able = code == CONVERGED
        difference, mean = np.full((2, code.size, self._rows.shape[0], b.shape[2]), np.nan)
        difference[able], mean[able] = gaps @ b, rows @ b
        return Effects(difference, mean, code)

    def _by_cell(self, each: Array) -> Array:
        return np.stack([each[cell.members].sum(axis=0) for cell in self.cells])


def conditional_means(trial: Incomplete, model: Model) -> Array:
    """Return the outcomes with each missing one replaced by its expectation given those observed, (n, m).

    NaN stays where the model has no fit.
    Source  docs/methods/imputation.md, conditional mean imputation
    """
    return Completion(model).filled() if model.converged else trial.outcome.copy()
