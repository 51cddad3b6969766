"""One score over time under one truth: stated means, spreads and correlations, and the latent normals behind.

Holds the turning of a scenario's `Outcome` into arrays by arm and visit. Refuses to draw.

The latent values of a participant at baseline and at the visits after the first dose are jointly normal.
Baseline has its stated correlation with each later visit, and two later visits d days apart have
`visits ** (d / 28)`. Visits before the first dose hang on baseline alone, by the same power of days, so that
none of them changes what comes after. Sites and facilitators account for a share of the latent variance: the
factor is that of the rest, so that the stated correlations hold with and without clusters.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from equipoise.design import association, lattice
from equipoise.design.lattice import Lattice
from equipoise.design.measure import Measure
from equipoise.design.timeline import Timeline
from equipoise.protocol.arms import Arm
from equipoise.protocol.part import for_arm
from equipoise.protocol.scenarios import Curve, Outcome, OverTime

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
    undrugged  (2, A, V) the same without any drug effect
    spread     (2, A, V) stated standard deviations in points
    latent     whether stated moments are those of the latent normal
    mean, sd   (2, A, V) of the latent normal, in steps
    start      (2, A) mean and standard deviation of the latent baseline, in steps
    ties       (V,) correlation of a visit before the first dose with baseline; 0 for the others
    grid       (P,) positions in the timeline of the visits after the first dose that the factor spans
    factor     (A, 1 + P, 1 + P) lower Cholesky factor for baseline and the visits of the grid, clusters aside
    site       share of the latent variance between sites
    facilitator  (A,) share between facilitators, after the first dose
    baseline   position in `places` of baseline; None when it is not asked there
    later      positions in `places` of the visits after the first dose
    rows       for each of `later`, its row in the factor
    """

    measure: Measure
    places: tuple[int, ...]
    expected: Floats
    undrugged: Floats
    spread: Floats
    latent: bool
    mean: Floats
    sd: Floats
    start: Floats
    ties: Floats
    grid: tuple[int, ...]
    factor: Floats
    site: float
    facilitator: Floats
    baseline: int | None
    later: tuple[int, ...]
    rows: tuple[int, ...]

    @cached_property
    def effect(self) -> Floats:
        """The drug's effect (2, A, V) on the latent normal, in steps.

        Raises  ValueError with the reason when no such scores exist without it
        """
        if self.latent:
            return np.asarray(self.measure.step_lengths(self.expected - self.undrugged))
        means = self.measure.steps(self.undrugged).ravel()
        sds = self.measure.step_lengths(self.spread).ravel()
        without, _ = _latent(self.measure.lattice, means=tuple(means.tolist()), sds=tuple(sds.tolist()))
        changed = self.expected != self.undrugged
        return np.where(changed, self.mean - without.reshape(self.mean.shape), 0.0)

    def until(self, place: int) -> "Course":
        """Return its beginning, up to a position of the timeline: the same numbers, fewer of them."""
        count = sum(at <= place for at in self.places)
        grid = tuple(at for at in self.grid if at <= place)
        later = tuple(at for at in self.later if at < count)
        size = 1 + len(grid)
        kept = self._at(tuple(range(count)))
        return replace(
            kept, grid=grid, factor=self.factor[:, :size, :size], later=later, rows=self.rows[: len(later)]
        )

    def only(self, places: frozenset[int]) -> "Course":
        """Return a single participant's law at baseline and some positions of the timeline.

        What clusters share becomes the participant's own; the numbers drawn are others.
        """
        ats = tuple(at for at, place in enumerate(self.places) if place in places or at == self.baseline)
        later = tuple(at for at in ats if at in self.later)
        rows = [0, *(self.rows[self.later.index(at)] for at in later)]
        joint = (self.factor[:, rows, None, :] * self.factor[:, None, rows, :]).sum(axis=-1) + self.site
        joint[:, 1:, 1:] += self.facilitator[:, None, None]
        return replace(
            self._at(ats),
            grid=tuple(self.places[at] for at in later),
            factor=np.stack([association.factor(one) for one in joint]),
            site=0.0,
            facilitator=np.zeros_like(self.facilitator),
            later=tuple(ats.index(at) for at in later),
            rows=tuple(range(1, len(rows))),
        )

    def _at(self, ats: tuple[int, ...]) -> "Course":
        """Return it at some of its visits, its factor and what goes with that left as they are."""
        kept = list(ats)
        return replace(
            self,
            places=tuple(self.places[at] for at in ats),
            expected=self.expected[:, :, kept],
            undrugged=self.undrugged[:, :, kept],
            spread=self.spread[:, :, kept],
            mean=self.mean[:, :, kept],
            sd=self.sd[:, :, kept],
            ties=self.ties[kept],
            baseline=None if self.baseline is None or self.baseline not in ats else ats.index(self.baseline),
        )


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
    bare = outcome.model_copy(update={"effect_scale": 0.0})
    undrugged, _ = _stated(bare, timeline, places=places, arms=arms, again=again)
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
    between = _by_arm(outcome.correlation.visits, arms)
    # Nobody's arm is known before the first dose, so that all arms share one tie there.
    common = between[:1] if np.all(between == between[0]) else np.full(1, between.mean())
    facilitator = _by_arm(outcome.clustering.facilitator, arms)
    return Course(
        measure=measure,
        places=places,
        expected=np.stack([means.planned, means.crossed]),
        undrugged=np.stack([undrugged.planned, undrugged.crossed]),
        spread=np.stack([sds.planned, sds.crossed]),
        latent=outcome.moments == "latent",
        mean=np.stack([latent_means.planned, latent_means.crossed]),
        sd=np.stack([latent_sds.planned, latent_sds.crossed]),
        start=np.stack([latent_means.start, latent_sds.start]),
        ties=np.where(treated, 0.0, _fading(common, from_baseline)[0]),
        grid=grid,
        factor=_factors(
            _spread(tied, days[treated], to=grid_days),
            _fading(between, grid_days[:, None] - grid_days),
            shares=(outcome.clustering.site, facilitator),
        ),
        site=outcome.clustering.site,
        facilitator=facilitator,
        baseline=places.index(timeline.baseline) if timeline.baseline in places else None,
        later=later,
        rows=tuple(1 + grid.index(at) for at in own),
    )


def value_at(curve: Curve | OverTime, timeline: Timeline, *, days: Whole) -> Floats:
    """Return a curve at some days: 0 until the first dose, straight between listed visits, then constant."""
    if isinstance(curve, OverTime):
        return np.array([curve.on_day(float(day)) for day in days], dtype=np.float64)
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
    response = value_at(outcome.response_over_time or outcome.response, timeline, days=days)
    effects = [_effect(outcome, arm.id, timeline, days=days) for arm in arms]
    followed = again or tuple(arm.id for arm in arms)
    open_effects = np.stack([_effect(outcome, arm, timeline, days=open_days) for arm in followed])
    start, start_sd = _by_arm(outcome.baseline.mean, arms), _by_arm(outcome.baseline.sd, arms)
    sd = _by_arm(outcome.sd, arms)[:, None]
    open_sd = np.array([[for_arm(outcome.sd, arm)] for arm in followed])
    planned = start[:, None] + np.where(treated, response + np.stack(effects), 0.0)
    planned_sd = np.where(treated, sd, start_sd[:, None])
    crossed = np.where(opened, start[:, None] + response + open_effects, planned)
    return _Cells(start, planned, crossed), _Cells(
        start_sd, planned_sd, np.where(opened, open_sd, planned_sd)
    )


def _effect(outcome: Outcome, arm: str, timeline: Timeline, *, days: Whole) -> Floats:
    curve = outcome.effect_over_time.get(arm) or outcome.effect.get(arm, {})
    return np.asarray(outcome.effect_scale * value_at(curve, timeline, days=days))


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


def _fading(visits: Floats, days: Whole) -> Floats:
    """Return the correlations (A, ...) of two later visits so many days apart.

    visits  (A,) correlations 28 days apart
    """
    apart = np.abs(days) / CORRELATION_DAYS
    return np.asarray(visits.reshape(-1, *([1] * apart.ndim)) ** apart, dtype=np.float64)


def _spread(tied: Floats, days: Whole, *, to: Whole) -> Floats:
    """Return ties with baseline on more days; where a score is not asked, those of its nearest visit."""
    return tied[:, np.abs(to[:, None] - days).argmin(axis=1)] if to.size else tied


def _factors(tied: Floats, between: Floats, *, shares: tuple[float, Floats]) -> Floats:
    """Return the factors (A, 1 + P, 1 + P) of what clusters leave.

    tied     (A, P) correlations with baseline
    between  (A, P, P) correlations of later visits
    shares   of the variance, between sites and by arm between facilitators
    """
    found = []
    for ties, later, facilitator in zip(tied, between, shares[1], strict=True):
        matrix = np.ones((ties.size + 1, ties.size + 1))
        matrix[1:, 1:] = later - facilitator
        matrix[0, 1:] = matrix[1:, 0] = ties
        try:
            found.append(association.factor(matrix - shares[0]))
        except ValueError as error:
            raise ValueError(_excluded(ties, later, clustered=shares[0] + facilitator)) from error
    return np.stack(found)


def _excluded(ties: Floats, later: Floats, *, clustered: float) -> str:
    strongest, weakest = float(np.abs(ties).max()), float(later.min())
    reason = (
        f"correlations of {strongest:.3g} with baseline and down to {weakest:.3g} between later visits"
        " exclude each other; raise the second or lower the first"
    )
    return f"{reason}, or lower the share of clusters, {clustered:.3g}" if clustered > 0 else reason
