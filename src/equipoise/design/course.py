"""One score over time under one truth: stated means, spreads and correlations, and the latent normals behind.

Holds the turning of a scenario's `Outcome` into arrays by arm and visit. Refuses to draw.

The latent values of a participant at baseline and at the visits after the first dose are jointly normal.
Baseline has its stated correlation with each later visit, and two later visits d days apart have
`visits ** (d / 28)`. Visits before the first dose hang on baseline alone, by the same power of days, so that
none of them changes what comes after.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from equipoise.design import association, lattice
from equipoise.design.lattice import Lattice
from equipoise.design.measure import Measure
from equipoise.design.timeline import Timeline
from equipoise.protocol.arms import Arm
from equipoise.protocol.part import for_arm
from equipoise.protocol.scenarios import Correlation, Curve, Outcome

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

CORRELATION_DAYS = 28
"""Two later visits this far apart have the stated correlation."""
PLANNED, CROSSED = 0, 1
"""The two courses an arm can take: as planned, and after the dose offered later."""


@dataclass(frozen=True)
class Course:
    """One score of one scenario, in steps, for A arms and V visits at which it is asked.

    measure    what is simulated
    places     (V,) positions of the visits in the timeline, in order
    expected   (2, A, V) stated means in points: as planned, and after the dose offered later
    mean, sd   (2, A, V) of the latent normal, in steps
    start      (2, A) mean and standard deviation of the latent baseline, in steps
    ties       (V,) correlation of a visit before the first dose with baseline; 0 for the others
    grid       (P,) positions in the timeline of the visits after the first dose that the factor spans
    factor     (A, 1 + P, 1 + P) lower Cholesky factor for baseline and the visits of the grid
    baseline   position in `places` of baseline; None when it is not asked there
    later      positions in `places` of the visits after the first dose
    rows       for each of `later`, its row in the factor
    """

    measure: Measure
    places: tuple[int, ...]
    expected: Floats
    mean: Floats
    sd: Floats
    start: Floats
    ties: Floats
    grid: tuple[int, ...]
    factor: Floats
    baseline: int | None
    later: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class _Cells:
    """Means and standard deviations of one score, each of three shapes in one unit.

    start    (A,) at baseline
    planned  (A, V) at the visits at which it is asked
    crossed  (A, V) the same for those who take the dose offered later
    """

    start: Floats
    planned: Floats
    crossed: Floats

    def flat(self) -> Floats:
        return np.concatenate([self.start, self.planned.ravel(), self.crossed.ravel()])

    def shaped(self, flat: Floats) -> "_Cells":
        """Return other numbers in this one's shapes."""
        first, second = self.start.size, self.start.size + self.planned.size
        shape = self.planned.shape
        return _Cells(flat[:first], flat[first:second].reshape(shape), flat[second:].reshape(shape))


def course_of(
    measure: Measure,
    outcome: Outcome,
    *,
    timeline: Timeline,
    arms: tuple[Arm, ...],
    again: tuple[str, ...] | None,
    grid: tuple[int, ...] | None = None,
) -> Course:
    """Return a score's course under an outcome.

    grid     visits after the first dose that it shares with scores it correlates with; its own when left out
    again    for each arm, whose effect follows the dose offered later; None when nobody takes one
    Raises   ValueError with the reason when no such scores exist
    """
    places = timeline.asking(measure.form)
    if not places:
        raise ValueError(f"no visit asks for `{measure.form}`")
    days = np.array([timeline.places[at].day for at in places])
    treated = np.array([at >= timeline.treated_from for at in places])
    later = tuple(int(at) for at in np.flatnonzero(treated))
    means, sds = _stated(outcome, timeline, places=places, arms=arms, again=again)
    tied = np.array([[for_arm(outcome.correlation.baseline, arm.id)] * len(later) for arm in arms])
    flat = measure.steps(means.flat()), measure.step_lengths(sds.flat())
    if outcome.moments == "recorded":
        recorded = tuple(flat[0].tolist()), tuple(flat[1].tolist())
        flat = _latent(measure.lattice, means=recorded[0], sds=recorded[1])
        stated = tuple(map(tuple, tied.tolist()))
        tied = _latent_ties(measure.lattice, means=recorded[0], sds=recorded[1], ties=stated, later=later)
    own = tuple(places[at] for at in later)
    grid = tuple(sorted({*own, *(grid or ())})) if own else ()
    grid_days = np.array([timeline.places[at].day for at in grid], dtype=np.int64)
    latent_means, latent_sds = means.shaped(flat[0]), sds.shaped(flat[1])
    from_baseline = days - timeline.places[timeline.baseline].day
    return Course(
        measure=measure,
        places=places,
        expected=np.stack([means.planned, means.crossed]),
        mean=np.stack([latent_means.planned, latent_means.crossed]),
        sd=np.stack([latent_sds.planned, latent_sds.crossed]),
        start=np.stack([latent_means.start, latent_sds.start]),
        ties=np.where(treated, 0.0, _fading(outcome.correlation, from_baseline)),
        grid=grid,
        factor=_factors(_spread(tied, days[treated], to=grid_days), outcome.correlation, days=grid_days),
        baseline=places.index(timeline.baseline) if timeline.baseline in places else None,
        later=later,
        rows=tuple(1 + grid.index(at) for at in own),
    )


def value_at(curve: Curve, timeline: Timeline, *, days: Whole) -> Floats:
    """Return a curve at some days: 0 until the first dose, straight between listed visits, then constant."""
    listed = [(at, value) for visit, value in curve.items() for at in [timeline.of_visit(visit)]]
    knots = sorted(
        (timeline.places[at].day, value)
        for at, value in listed
        if at is not None and timeline.places[at].day > 0
    )
    return np.interp(days, [0, *(day for day, _ in knots)], [0.0, *(value for _, value in knots)])


def _stated(
    outcome: Outcome,
    timeline: Timeline,
    *,
    places: tuple[int, ...],
    arms: tuple[Arm, ...],
    again: tuple[str, ...] | None,
) -> tuple[_Cells, _Cells]:
    """Return means and standard deviations in points."""
    days = np.array([timeline.places[at].day for at in places])
    treated = np.array([at >= timeline.treated_from for at in places])
    open_dose = timeline.open_dose if again is not None else None
    opened = np.array([open_dose is not None and at > open_dose for at in places])
    open_days = days - (timeline.places[open_dose].day if open_dose is not None else 0)
    response = value_at(outcome.response, timeline, days=days)
    effects = [value_at(outcome.effect.get(arm.id, {}), timeline, days=days) for arm in arms]
    followed = again or tuple(arm.id for arm in arms)
    open_effects = np.stack(
        [value_at(outcome.effect.get(arm, {}), timeline, days=open_days) for arm in followed]
    )
    start, start_sd = _by_arm(outcome.baseline.mean, arms), _by_arm(outcome.baseline.sd, arms)
    sd = _by_arm(outcome.sd, arms)[:, None]
    open_sd = np.array([[for_arm(outcome.sd, arm)] for arm in followed])
    planned = start[:, None] + np.where(treated, response + np.stack(effects), 0.0)
    planned_sd = np.where(treated, sd, start_sd[:, None])
    crossed = np.where(opened, start[:, None] + response + open_effects, planned)
    return _Cells(start, planned, crossed), _Cells(
        start_sd, planned_sd, np.where(opened, open_sd, planned_sd)
    )


def _by_arm(values: float | dict[str, float], arms: tuple[Arm, ...]) -> Floats:
    return np.array([for_arm(values, arm.id) for arm in arms])


@lru_cache(maxsize=256)
def _latent(scale: Lattice, *, means: tuple[float, ...], sds: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Return the latent moments of every cell, in steps; each distinct pair is solved once."""
    distinct = sorted(set(zip(means, sds, strict=True)))
    distinct_means, distinct_sds = zip(*distinct, strict=True)
    found_means, found_sds = lattice.fit(scale, means=distinct_means, sds=distinct_sds)
    place = {pair: at for at, pair in enumerate(distinct)}
    places = [place[pair] for pair in zip(means, sds, strict=True)]
    return found_means[places], found_sds[places]


@lru_cache(maxsize=256)
def _latent_ties(
    scale: Lattice,
    *,
    means: tuple[float, ...],
    sds: tuple[float, ...],
    ties: tuple[tuple[float, ...], ...],
    later: tuple[int, ...],
) -> Floats:
    """Return latent correlations (A, P) of baseline and later visits whose recorded scores have `ties`.

    means, sds  of the recorded scores in steps, in the order of `_Cells.flat`
    """
    arms, visits = len(ties), (len(means) // len(ties) - 1) // 2
    later_cells = arms + np.arange(arms)[:, None] * visits + np.array(later, dtype=np.int64)
    cells = np.concatenate([np.arange(arms)[:, None], later_cells], axis=1)
    latent_mean, latent_sd = (found[cells] for found in _latent(scale, means=means, sds=sds))
    series = association.coefficients(scale, mean=latent_mean.ravel(), sd=latent_sd.ravel())
    series = series.reshape(arms, 1 + len(later), association.TERMS)
    sd = np.array(sds)[cells]
    wanted = np.array(ties) * sd[:, :1] * sd[:, 1:]
    products = (series[:, :1] * series[:, 1:]).reshape(-1, association.TERMS)
    return association.latent_for(wanted.ravel(), products).reshape(wanted.shape)


def _fading(correlation: Correlation, days: Whole) -> Floats:
    """Return the correlation of two later visits so many days apart."""
    return np.asarray(correlation.visits ** (np.abs(days) / CORRELATION_DAYS), dtype=np.float64)


def _spread(tied: Floats, days: Whole, *, to: Whole) -> Floats:
    """Return ties with baseline on more days; where a score is not asked, those of its nearest visit."""
    return tied[:, np.abs(to[:, None] - days).argmin(axis=1)] if to.size else tied


def _factors(tied: Floats, correlation: Correlation, *, days: Whole) -> Floats:
    between = _fading(correlation, days[:, None] - days)
    matrix = np.ones((days.size + 1, days.size + 1))
    matrix[1:, 1:] = between
    found = []
    for ties in tied:
        matrix[0, 1:] = matrix[1:, 0] = ties
        try:
            found.append(association.factor(matrix))
        except ValueError as error:
            strongest, visits = float(np.abs(ties).max()), correlation.visits
            raise ValueError(
                f"correlations of {strongest:.3g} with baseline and {visits:g} between visits 28 days apart"
                " exclude each other; raise the second or lower the first"
            ) from error
    return np.stack(found)
