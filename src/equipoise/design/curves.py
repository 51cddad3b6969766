"""Power as one number of a truth changes: how many take part, or how large the drug's effect is.

Holds which sizes and effects are tried beside those planned, and what comes of them, the formula's power
beside each. Refuses to search a size: `search` does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.design.analytic import analytic_of
from equipoise.design.blocks import Work, reason_for_records, work_of
from equipoise.design.characteristics import is_null, share
from equipoise.design.engine import Engine
from equipoise.design.rehearsal import Amount, rehearse
from equipoise.design.true_value import TrueValue
from equipoise.design.truth import Truth, truth_of
from equipoise.design.truths import find_truths
from equipoise.errors import ProtocolError
from equipoise.protocol import Resolved
from equipoise.protocol.plan import Estimand
from equipoise.protocol.scenarios import Scenario

Json = dict[str, Any]

SIZES = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Sizes tried, as multiples of the one planned."""
SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
"""Effects tried, as multiples of the one stated."""
MOST_REPLICATES, FEWEST_REPLICATES = 1024, 256
PARTICIPANT_DRAWS = 60_000
"""Participants drawn for a point: of a large trial fewer are enough to see where power rises."""
TRUTH_DRAWS = 1 << 16
"""Participants from which the true value of a point is derived: it stands on an axis only."""
MOST_SCENARIOS = 3
BY_SIZE, BY_EFFECT = "participants", "effect"


@dataclass(frozen=True)
class Course:
    """What curves are drawn for.

    scenarios     truths, of which the first with an effect are taken
    estimand      whose power it is
    gated         estimands that its test may wait for, itself among them
    participants  instead of the scenarios' numbers
    """

    resolved: Resolved
    scenarios: Sequence[Scenario]
    estimand: Estimand
    gated: tuple[str, ...]
    seed: int
    participants: int | None = None


@dataclass(frozen=True)
class _Point:
    scenario: Scenario
    axis: str
    value: float
    truth: Truth
    work: Work


def find_curves(engine: Engine, course: Course, *, replicates: int) -> list[Json]:
    """Return a curve for each scenario and axis, JSON data; none where arrays cannot hold the estimand.

    replicates  of each point, at most what `MOST_REPLICATES` and `PARTICIPANT_DRAWS` allow
    Raises      as `Engine.ask`
    """
    points = list(_points(engine, course))
    works = [point.work for point in points]
    largest = max((point.truth.participants for point in points), default=1)
    enough = min(max(PARTICIPANT_DRAWS // largest, FEWEST_REPLICATES), MOST_REPLICATES)
    amount = Amount(min(replicates, enough))
    series = rehearse(engine, works, resolved=course.resolved, amount=amount)
    cells = [(point.work, point.truth) for point in points]
    truths = find_truths(engine, cells, participants=TRUTH_DRAWS)
    curves: dict[tuple[str, str], Json] = {}
    for point, found, values in zip(points, series, truths, strict=True):
        curve = curves.setdefault((point.scenario.id, point.axis), _empty(point, course.estimand))
        rejected = found.rejected[course.estimand.id]
        curve["points"].append(_plain(point, share(rejected).value, share(rejected).mcse, rejected.size))
        curve["points"][-1]["true_value"] = values[course.estimand.id].value
        curve["points"][-1]["formula"] = analytic_of(point.truth, course.estimand.id).power
    return list(curves.values())


def _empty(point: _Point, estimand: Estimand) -> Json:
    return {
        "scenario": point.scenario.id,
        "label": point.scenario.label,
        "estimand": estimand.id,
        "axis": point.axis,
        "points": [],
    }


def _plain(point: _Point, power: float | None, mcse: float | None, replicates: int) -> Json:
    return {
        "value": point.value,
        "n": point.truth.participants,
        "power": power,
        "power_mcse": mcse,
        "replicates": replicates,
    }


def _points(engine: Engine, course: Course) -> Iterator[_Point]:
    form, value = course.resolved.locate(course.estimand.variable.score)
    score, taken, scaled = f"{form}.{value}", 0, False
    for scenario in course.scenarios:
        truth = _truth(course, scenario, course.participants)
        if truth is None or score not in truth.courses or reason_for_records(truth, course.estimand):
            continue
        if taken < MOST_SCENARIOS and not is_null(_value(engine, course, scenario, truth), course.estimand):
            taken += 1
            yield from _sizes(course, scenario, truth.participants)
            # One scenario is enough to see what the effect's size does: others differ in spread.
            if not scaled and _affected(scenario, score):
                scaled = True
                yield from _effects(course, scenario, score)


def _value(engine: Engine, course: Course, scenario: Scenario, truth: Truth) -> TrueValue | None:
    cell = (_work(course, scenario, truth.participants), truth)
    (values,) = find_truths(engine, [cell], participants=TRUTH_DRAWS)
    return values.get(course.estimand.id)


def _sizes(course: Course, scenario: Scenario, planned: int) -> Iterator[_Point]:
    """Yield points over the number of participants, in whole multiples of the allocation's ratio."""
    unit = sum(course.resolved.protocol.allocation.ratio.values())
    sizes = {max(round(planned * times / unit), 2) * unit for times in SIZES if times != 1}
    for n in sorted(sizes | {planned}):
        truth = _truth(course, scenario, n)
        if truth is not None:
            yield _Point(scenario, BY_SIZE, n, truth, _work(course, scenario, n))


def _affected(scenario: Scenario, score: str) -> bool:
    outcome = scenario.outcomes[score]
    return bool(outcome.effect or outcome.effect_over_time)


def _effects(course: Course, scenario: Scenario, score: str) -> Iterator[_Point]:
    """Yield points over the drug's effect on a score, every arm's and visit's in proportion."""
    outcome = scenario.outcomes[score]
    for scale in SCALES:
        scaled = outcome.model_copy(update={"effect_scale": outcome.effect_scale * scale})
        varied = scenario.model_copy(
            update={
                "outcomes": {**scenario.outcomes, score: scaled},
                "numbers_of": scenario.numbers_of or scenario.id,
                "true_values": {},
            }
        )
        truth = _truth(course, varied, course.participants)
        if truth is not None:
            work = _work(course, varied, course.participants)
            yield _Point(scenario, BY_EFFECT, scale, truth, work)


def _truth(course: Course, scenario: Scenario, participants: int | None) -> Truth | None:
    """Return the truth; None where it cannot be simulated, such as an effect that leaves the scale."""
    try:
        return truth_of(course.resolved, scenario, participants=participants)
    except ProtocolError:
        return None


def _work(course: Course, scenario: Scenario, participants: int | None) -> Work:
    return work_of(
        course.resolved, scenario, estimands=course.gated, seed=course.seed, participants=participants
    )
