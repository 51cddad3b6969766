"""One scenario made ready: everything that drawing needs and that no random number changes.

Holds the assembly, and with it every reason why a scenario cannot be simulated. Refuses to draw.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from equipoise.design.assignment import Assignment, assignment_of
from equipoise.design.characteristic import distribution_of
from equipoise.design.course import Course, course_of
from equipoise.design.measure import Measure, measure_of
from equipoise.design.people import People, people_of
from equipoise.design.timeline import Timeline, timeline_of
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.arms import Arm
from equipoise.protocol.resolve import Resolved
from equipoise.protocol.scenarios import Scenario

Floats = NDArray[np.float64]
T = TypeVar("T")

FEWEST = 2


@dataclass(frozen=True)
class Truth:
    """One scenario of one protocol, ready to be drawn from.

    participants  participants randomized
    courses       score, as `form.score`, to its course
    again         for each arm, whose effect follows the dose offered later; None when nobody takes one
    places        visits, from the first, at which anything is drawn: all, unless `until` left some out
    """

    resolved: Resolved
    scenario: Scenario
    participants: int
    timeline: Timeline
    courses: dict[str, Course]
    people: People
    assignment: Assignment
    again: tuple[str, ...] | None
    places: int

    @property
    def stream(self) -> str:
        """The name under which random numbers are drawn: its own, or another's that it shares them with."""
        return self.scenario.numbers_of or self.scenario.id

    def until(self, visits: Iterable[str], scores: Iterable[str] | None = None) -> "Truth":
        """Return it up to the last of some visits: the same numbers, fewer of them.

        scores  the scores wanted, with those that leaving and events depend on; all when left out
        """
        last = max(
            (at for at, one in enumerate(self.timeline.places) if one.visit.id in set(visits)), default=0
        )
        last = max(last, self.timeline.randomized)
        wanted = set(self.courses if scores is None else scores)
        wanted |= {event.score for event in self.scenario.intercurrent_events.values() if event.score}
        if self.scenario.dropout is not None and self.followed is not None:
            wanted.add(self.followed)
        courses = {name: course.until(last) for name, course in self.courses.items() if name in wanted}
        return replace(self, courses=courses, places=last + 1)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The protocol's arms; wherever an array says which arm, it is a position in this."""
        return self.resolved.protocol.arms

    @property
    def open_label(self) -> bool:
        """Whether the dose offered later is one that everybody knows."""
        return self.scenario.crossover is not None and self.scenario.crossover.like is not None

    @cached_property
    def weights(self) -> Floats:
        """Each arm's share of participants as the ratio has it."""
        ratio = self.resolved.protocol.allocation.ratio
        weights = np.array([ratio.get(arm.id, 0) for arm in self.arms], dtype=np.float64)
        return np.asarray(weights / weights.sum())

    @cached_property
    def followed(self) -> str | None:
        """The score that leaving depends on: the one named, or the first; None when there is none."""
        named = self.scenario.dropout.score if self.scenario.dropout else None
        names = list(self.courses)
        if named is None:
            return names[0] if names else None
        form, value = self.resolved.locate(named)
        return f"{form}.{value}" if f"{form}.{value}" in names else None

    @cached_property
    def _memory(self) -> dict[str, Any]:
        return {}

    def remembered(self, name: str, work: Callable[[], T]) -> T:
        """Return what some work finds out, done once for all visits and replicates; `name` tells it apart."""
        if name not in self._memory:
            self._memory[name] = work()
        found: T = self._memory[name]
        return found

    def bounds(self, course: Course) -> dict[int, tuple[float, float]]:
        """Return least and greatest steps eligibility allows before the first dose, by position there."""
        found = {}
        for at, place in enumerate(course.places):
            low, high = self.people.bounds(course.measure.name, self.timeline.places[place].visit.id)
            if at not in course.later and at != course.baseline and (np.isfinite(low) or np.isfinite(high)):
                found[at] = (float(course.measure.steps(low)), float(course.measure.steps(high)))
        return found


def truth_of(resolved: Resolved, scenario: Scenario, *, participants: int | None = None) -> Truth:
    """Make a scenario ready.

    participants  how many to randomize, instead of the scenario's or the planned number
    Raises        ProtocolError with every reason why scores like these do not exist
    """
    timeline = timeline_of(resolved.protocol)
    again = None
    if scenario.crossover is not None and timeline.open_dose is not None:
        again = tuple(scenario.crossover.like or arm.id for arm in resolved.protocol.arms)
    courses, problems = _courses(resolved, scenario, timeline=timeline, again=again)
    count = participants or scenario.participants or resolved.protocol.planned_n
    problems += [*_characteristics(resolved, scenario), *_impossible(scenario, count)]
    if problems:
        raise ProtocolError(f"the scenario {scenario.id} cannot be simulated", problems)
    return Truth(
        resolved=resolved,
        scenario=scenario,
        participants=count or 0,
        timeline=timeline,
        courses=courses,
        people=people_of(resolved, scenario),
        assignment=assignment_of(resolved.protocol, resolved.canonical("allocation"), sites=scenario.sites),
        again=again,
        places=len(timeline),
    )


def _courses(
    resolved: Resolved, scenario: Scenario, *, timeline: Timeline, again: tuple[str, ...] | None
) -> tuple[dict[str, Course], list[Problem]]:
    courses: dict[str, Course] = {}
    problems: list[Problem] = []
    measures: dict[str, Measure] = {}
    for name in scenario.outcomes:
        try:
            measures[name] = measure_of(resolved, name)
        except ValueError as error:
            problems.append(Problem(str(error), path=f"outcomes.{name}"))
    shared = {at for measure in measures.values() for at in timeline.asking(measure.form)}
    grid = tuple(sorted(at for at in shared if at >= timeline.treated_from))
    for name, measure in measures.items():
        try:
            courses[measure.name] = course_of(
                measure,
                scenario.outcomes[name],
                timeline=timeline,
                arms=resolved.protocol.arms,
                again=again,
                grid=grid if scenario.between_outcomes > 0 else None,
            )
        except ValueError as error:
            problems.append(Problem(str(error), path=f"outcomes.{name}"))
    return courses, [*problems, *_overlaps(resolved, courses), *_effects(scenario, courses)]


def _effects(scenario: Scenario, courses: dict[str, Course]) -> Iterator[Problem]:
    """Yield scores whose effect may be lost or weakened, but that could not exist without it."""
    weakened = {name for modifier in scenario.modifiers.values() for name in modifier.effect}
    for name, course in courses.items():
        if scenario.relapse is not None or name in weakened:
            try:
                _ = course.effect
            except ValueError as error:
                yield Problem(f"without the drug's effect: {error}", path=f"outcomes.{name}")


def _characteristics(resolved: Resolved, scenario: Scenario) -> Iterator[Problem]:
    for name, stated in scenario.characteristics.items():
        try:
            distribution_of(resolved, name, stated=stated)
        except (KeyError, ValueError) as error:
            yield Problem(str(error), path=f"characteristics.{name}")


def _impossible(scenario: Scenario, participants: int | None) -> Iterator[Problem]:
    if participants is None or participants < FEWEST:
        hint = "give the scenario `participants`, or the protocol a sample size"
        yield Problem("fewer than two participants, so there is nobody to compare", hint, "participants")
    dropout = scenario.dropout
    rates = [("dropout.per_28_days", dropout.per_28_days)] if dropout is not None else []
    for place, rate in enumerate(dropout.later if dropout is not None else ()):
        rates.append((f"dropout.later.{place}.per_28_days", rate.per_28_days))
    for path, leaving in rates:
        if max(leaving.values(), default=0.0) >= 1 if isinstance(leaving, dict) else leaving >= 1:
            yield Problem("everybody leaves within 28 days", "give less than 1", path)
    if scenario.screening is not None and scenario.screening.failure >= 1:
        yield Problem(
            "everybody fails screening, so nobody is randomized", "give less than 1", "screening.failure"
        )


def _overlaps(resolved: Resolved, courses: dict[str, Course]) -> Iterator[Problem]:
    """Two scores that share an item cannot both be drawn and then split into it."""
    owner: dict[tuple[str, str], str] = {}
    for name, course in courses.items():
        form = resolved.forms[course.measure.form]
        if form.instrument is None or not course.measure.is_score:
            continue
        plan = form.instrument.plans[course.measure.value]
        items = sorted({item for term in plan.terms for slot in term for item in slot})
        shared = {owner[form.id, item] for item in items if (form.id, item) in owner}
        owner |= {(form.id, item): name for item in items}
        for other in sorted(shared):
            hint = "simulate one of them, or scores without common items"
            yield Problem(f"`{name}` and `{other}` are made of the same items", hint, f"outcomes.{name}")
