"""What an estimand asks of a simulated population: which visits, which strategies, which variable.

Holds the reading of an estimand against a scenario, or the reason why it has no true value there, and the
variable of everybody once scores and events are known. Refuses to draw and to summarize. Definitions of
response and remission are those of the analysis.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.variable import Scale, measure
from equipoise.analysis.windows import Reading
from equipoise.design.course import Course
from equipoise.design.eligibility import Key
from equipoise.design.people import Uniform
from equipoise.design.truth import Truth
from equipoise.errors import FitError
from equipoise.expressions import Expression, Name, parse
from equipoise.protocol.estimators import BINARY
from equipoise.protocol.plan import Estimand

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

WHILE_ON_TREATMENT, HYPOTHETICAL, COMPOSITE = "while_on_treatment", "hypothetical", "composite"
PRINCIPAL = "principal_stratum"
FAILURE_OPTION, AS_BASELINE = "composite", "baseline"
"""The estimator's option, and its value, that puts a failure back to baseline instead of the worst value."""
PERCENT = 100.0
STRATIFIED = frozenset({"cmh"})
"""Estimators of a ratio of odds within strata, which differs from that in everybody."""


@dataclass(frozen=True)
class Asked:
    """An estimand that has a true value under a scenario.

    score     name of the course that it reads
    start     position of baseline in the timeline; None where the variable needs none
    place     position of the visit
    days      planned day of every position of the timeline
    mistaken  whether kits given by mistake count for the arm drawn
    rule      who belongs to the analysis set; None for everybody
    needed    (score, position) of whatever must be simulated
    note      what a reader should know
    """

    estimand: Estimand
    scale: Scale
    course: Course = field(repr=False)
    score: str
    start: int | None
    place: int
    days: tuple[int, ...]
    mistaken: bool
    rule: Expression | None
    needed: frozenset[tuple[str, int]]
    note: str = ""

    @property
    def without(self) -> frozenset[str]:
        """Events that do not happen under its strategies."""
        handled = self.estimand.intercurrent_events
        return frozenset(one.event for one in handled if one.strategy == HYPOTHETICAL)

    def outcome(self, points: Floats, *, places: tuple[int, ...], happened: dict[str, Floats]) -> Floats:
        """Return the variable of everybody, NaN for those who have none.

        points    (..., V) recorded points, without the events that do not happen
        places    (V,) their positions in the timeline
        happened  intercurrent event to the day it happens, NaN for never
        """
        value = points[..., places.index(self.place)]
        start = points[..., places.index(self.start)] if self.start is not None else np.zeros_like(value)
        failed = np.zeros(value.shape, dtype=bool)
        for handled in self.estimand.intercurrent_events:
            if handled.event not in happened:
                continue
            affected = happened[handled.event] < self.days[self.place]
            if handled.strategy == COMPOSITE:
                failed |= affected
            elif handled.strategy == WHILE_ON_TREATMENT:
                before = self._last_until(points, places, happened[handled.event])
                value = np.where(affected, before, value)
        if self.estimand.variable.type in BINARY:
            return np.where(failed, 0.0, self._met(value, start))
        if failed.any():
            value = np.where(failed, self._failure(start), value)
        return self._number(value, start)

    def _last_until(self, points: Floats, places: tuple[int, ...], day: Floats) -> Floats:
        """Return the last value after baseline and until a day; NaN where there is none."""
        found = np.full(day.shape, np.nan)
        for at, place in enumerate(places):
            if (self.start is None or place > self.start) and place <= self.place:
                found = np.where(self.days[place] <= day, points[..., at], found)
        return found

    def _failure(self, start: Floats) -> Floats | float:
        back = self.estimand.estimator.options.get(FAILURE_OPTION) == AS_BASELINE
        worst = self.scale.worst
        return start if back or worst is None else worst

    def _number(self, value: Floats, start: Floats) -> Floats:
        if self.estimand.variable.type == "value":
            return value
        if self.estimand.variable.type == "change":
            return value - start
        return np.where(start == 0, np.nan, PERCENT * (value - start) / np.where(start == 0, 1.0, start))

    def _met(self, value: Floats, start: Floats) -> Floats:
        """Return 1 where a definition is met and 0 where not, by the analysis' own rule for each pair."""
        steps = [np.rint(self.course.measure.steps(one)) for one in (value, start)]
        low = [float(np.nanmin(one)) for one in steps]
        columns = int(np.nanmax(steps[1]) - low[1]) + 1
        unknown = np.isnan(value)
        code = np.where(unknown, 0.0, (steps[0] - low[0]) * columns + (steps[1] - low[1])).astype(np.int64)
        present = np.flatnonzero(np.bincount(code.ravel()))
        names = {int(one): str(one) for one in present}
        points = self.course.measure.points
        readings = {name: self._reading(points(low[0] + one // columns)) for one, name in names.items()}
        starts = {name: self._reading(points(low[1] + one % columns)) for one, name in names.items()}
        found = measure(self.estimand.variable, self.scale, readings=readings, baseline=starts)
        table = np.full(int(present[-1]) + 1, np.nan)
        for one, name in names.items():
            table[one] = found.get(name, np.nan)
        met = np.where(unknown, np.nan, table[code])
        # Who has no outcome counts as not having responded, where the plan says so.
        return np.nan_to_num(met) if self.estimand.missing == "failure" else met

    @staticmethod
    def _reading(points: float) -> Reading:
        return Reading(float(points), "", None, None)


def asked_of(truth: Truth, estimand: Estimand) -> Asked | str:
    """Return an estimand ready to be read from a population, or the reason why it has no true value there."""
    reason = next(_refusals(truth, estimand), None)
    if reason is not None:
        return reason
    timeline, variable, protocol = truth.timeline, estimand.variable, truth.resolved.protocol
    form, value = truth.resolved.locate(variable.score)
    course = truth.courses[f"{form}.{value}"]
    place, start = timeline.of_visit(variable.visit), _baseline(truth, estimand, course)
    if place is None:
        return f"{variable.visit} is not scheduled"
    asked = Asked(
        estimand=estimand,
        scale=_scale(truth, form, value),
        course=course,
        score=course.measure.name,
        start=start,
        place=place,
        days=tuple(one.day for one in timeline.places),
        mistaken=truth.scenario.dispensing_error > 0
        and protocol.analysis_set(estimand.population).arm == "as_randomized",
        rule=parse(rule) if (rule := protocol.analysis_set(estimand.population).rule) is not None else None,
        needed=frozenset(_needed(truth, estimand, course, start=start, place=place)),
        note=_note(truth, estimand),
    )
    try:
        measure(variable, asked.scale, readings={}, baseline={})
    except FitError as error:
        return str(error)
    return asked


def _refusals(truth: Truth, estimand: Estimand) -> Iterator[str]:
    variable, protocol = estimand.variable, truth.resolved.protocol
    form, value = truth.resolved.locate(variable.score)
    course = truth.courses.get(f"{form}.{value}")
    if course is None:
        yield f"the scenario {truth.scenario.id} says nothing of {form}.{value}"
        return
    place = truth.timeline.of_visit(variable.visit)
    if place is None or place not in course.places:
        yield f"{form}.{value} is not asked at {variable.visit}"
        return
    arms = [arm.id for arm in truth.arms]
    present = {arms[at] for at in truth.timeline.places[place].arms}
    for arm in (estimand.treatment.experimental, estimand.treatment.reference):
        if arm not in present:
            yield f"{variable.visit} is not held in {arm}"
    if truth.timeline.places[place].open:
        yield f"{variable.visit} is held only by those who take a dose offered later"
    if any(one.strategy == PRINCIPAL for one in estimand.intercurrent_events):
        yield "who belongs to a principal stratum shows in no single participant"
    rule = protocol.analysis_set(estimand.population).rule
    for name in sorted(parse(rule).names) if rule is not None else ():
        yield from _unreadable(truth, name, population=estimand.population)
    needs_start = variable.type not in {"value", "remission"}
    if needs_start and _baseline(truth, estimand, course) is None:
        yield f"{form}.{value} has no baseline in the schedule"


def _unreadable(truth: Truth, name: Name, *, population: str) -> Iterator[str]:
    """Yield why a rule of an analysis set cannot be applied to a simulated population."""
    full, visit = _key(truth, name)
    place = truth.timeline.of_visit(visit or "")
    if full in truth.courses or place is None or place > truth.timeline.randomized:
        yield f"the analysis set {population} reads {name}, which is no characteristic before randomization"


def _columns(truth: Truth, key: Key, uniform: Uniform) -> tuple[NDArray[Any], Whole]:
    """Return the values an item can take, and which of them everybody has."""
    drawn, distinct = truth.people.values(key, uniform), truth.people.distribution(key).values
    if distinct.dtype != object:
        return distinct, np.searchsorted(distinct, drawn)
    place = np.zeros(drawn.shape, dtype=np.int64)
    for at, value in enumerate(distinct):
        place[drawn == value] = at
    return distinct, place


def _key(truth: Truth, name: Name) -> Key:
    """Return the item that a rule reads and when: at the visit named, or the first that asks for it."""
    form, value = truth.resolved.locate(name)
    first = next(iter(truth.timeline.asking(form)), None)
    asked = truth.timeline.places[first].visit.id if first is not None else None
    return f"{form}.{value}", name.visit or asked


def members(truth: Truth, rule: Expression, uniform: Uniform) -> Flags:
    """Return who belongs to an analysis set by its rule; whoever it cannot judge does not.

    uniform  purpose to a uniform number for each participant
    """
    columns = [_columns(truth, _key(truth, name), uniform) for name in rule.names]
    shape = tuple(distinct.size for distinct, _ in columns)
    code = np.ravel_multi_index(tuple(place for _, place in columns), shape)
    holds = np.zeros(int(np.prod(shape)), dtype=bool)
    for one in np.unique(code):
        at = np.unravel_index(int(one), shape)
        values = [distinct[place] for (distinct, _), place in zip(columns, at, strict=True)]
        holds[one] = rule.evaluate(dict(zip(rule.names, values, strict=True))) is True
    return np.asarray(holds[code])


def _baseline(truth: Truth, estimand: Estimand, course: Course) -> int | None:
    """Return the position of the baseline visit: the one named, marked, or the last one before treatment."""
    protocol = truth.resolved.protocol
    named = estimand.variable.baseline
    if named is None and protocol.baseline_rule.method == "visit":
        named = protocol.baseline_visit
    if named is not None:
        place = truth.timeline.of_visit(named)
        return place if place in course.places else None
    before = [place for place in course.places if place < truth.timeline.treated_from]
    return before[-1] if before else None


def _needed(
    truth: Truth, estimand: Estimand, course: Course, *, start: int | None, place: int
) -> Iterator[tuple[str, int]]:
    name = course.measure.name
    yield name, place
    if start is not None:
        yield name, start
    if any(one.strategy == WHILE_ON_TREATMENT for one in estimand.intercurrent_events):
        first = truth.timeline.baseline if start is None else start
        yield from ((name, one) for one in course.places if first < one < place)
    for event in truth.scenario.intercurrent_events.values():
        if event.score is not None and event.score in truth.courses:
            followed = truth.courses[event.score]
            days = [truth.timeline.places[one].day for one in followed.places]
            before = [one for one, day in zip(followed.places, days, strict=True) if day <= event.from_day]
            yield event.score, before[-1] if before else followed.places[0]


def _note(truth: Truth, estimand: Estimand) -> str:
    if estimand.summary == "odds_ratio" and (
        estimand.estimator.name in STRATIFIED or estimand.estimator.strata
    ):
        return "the ratio of odds in everybody; within strata it lies further from 1"
    sets = truth.resolved.protocol.analysis_set(estimand.population)
    if sets.participants == "treated" and truth.scenario.dropout is not None:
        return "of everybody; who leaves before the dose is not set apart"
    return ""


def _scale(truth: Truth, form: str, value: str) -> Scale:
    found = truth.resolved.forms[form]
    if found.instrument is not None and value in found.scores:
        score = found.instrument.score_named(value)
        return Scale(
            name=f"{form}.{value}",
            id=found.instrument.id,
            label=score.label,
            low=score.low,
            high=score.high,
            higher_is=score.higher_is,
            unit=score.unit,
            score=score,
        )
    item = found.item(value)
    low, high = item.range or (None, None)
    return Scale(f"{form}.{value}", form, item.label, low, high, None, item.unit)
