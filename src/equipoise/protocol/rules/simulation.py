"""Simulation: every truth that is rehearsed is possible, and says enough to be rehearsed."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from equipoise.errors import Problem
from equipoise.protocol.part import for_arm
from equipoise.protocol.resolve import Resolved
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed, shown
from equipoise.protocol.rules.ingredients import ingredients, rehearsals
from equipoise.protocol.rules.naming import Reading, read, where
from equipoise.protocol.scenarios import Characteristic, Outcome, Scenario, SimulatedEvent, Simulation
from equipoise.source import Document, Path

ROUNDING = 1e-6
"""Probabilities typed with a few digits may miss their sum by this much."""
CORRELATION_DAYS = 28
"""Two visits this far apart have the correlation that the file states."""
ALONE = "simulation.scenarios.0."
"""Where a scenario stands that stands alone."""
ByArm = float | dict[str, float]


def simulation(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the scenarios."""
    if draft.protocol.simulation is None:
        return
    calendar = Calendar(draft)
    path: Path = ("simulation", "scenarios")
    if not draft.protocol.simulation.scenarios:
        yield draft.error(path, "there is no scenario", "describe at least one truth")
    for place, scenario in enumerate(draft.protocol.simulation.scenarios):
        here = (*path, place)
        yield from _size(draft, scenario, here)
        yield from _names(draft, scenario, here)
        for name, outcome in scenario.outcomes.items():
            yield from _outcome(draft, calendar, outcome, name, (*here, "outcomes", name))
        for name, characteristic in scenario.characteristics.items():
            yield from _characteristic(draft, characteristic, name, (*here, "characteristics", name))
        yield from _chances(draft, scenario, here)
        for number, event in enumerate(scenario.adverse_events):
            yield from _adverse_event(draft, event, (*here, "adverse_events", number))
        yield from _later(draft, scenario, here)
        yield from ingredients(draft, scenario, here)
    yield from rehearsals(draft, draft.protocol.simulation)


def scenario_problems(resolved: Resolved, scenario: Scenario) -> list[Problem]:
    """Return what is wrong with a scenario that stands in no file, such as a cell of a grid.

    Paths begin within the scenario.
    """
    alone = Simulation(seed=0, scenarios=(scenario.model_copy(update={"numbers_of": None}),))
    protocol = resolved.protocol.model_copy(update={"simulation": alone})
    draft = Draft(protocol, Document({}, "", {}, {}), resolved)
    return [replace(one, path=one.path.removeprefix(ALONE), line=0, column=0) for one in simulation(draft)]


def _size(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    if scenario.participants is None and draft.protocol.planned_n is None:
        message = f"nothing says how many participants {scenario.id} has"
        yield draft.error(path, message, "give `participants`, or `sample_size`")
    failures = scenario.screening.reasons if scenario.screening else {}
    if math.fsum(failures.values()) > 1 + ROUNDING:
        message = f"the reasons add up to {math.fsum(failures.values()):g}, more than 1"
        yield draft.error((*path, "screening", "reasons"), message, "lower them; the rest decline")


def _names(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    for name in scenario.outcomes:
        yield from _score(draft, name, (*path, "outcomes", name))
    simulated = {reading.full for name in scenario.outcomes if (reading := read(draft, name)).form}
    if scenario.dropout is not None and scenario.dropout.score is not None:
        place = (*path, "dropout", "score")
        yield from _simulated(draft, scenario.dropout.score, simulated, place)
    elif scenario.dropout is not None and scenario.dropout.odds_ratio_per_point != 1:
        message = "the chance of leaving depends on a score that is not named"
        yield draft.error((*path, "dropout"), message, "give `score`")
    for name in scenario.expectancy.bias if scenario.expectancy else ():
        yield from _simulated(draft, name, simulated, (*path, "expectancy", "bias", name))
    wanted: dict[str, str] = {}
    for estimand in draft.protocol.estimands:
        reading = read(draft, estimand.variable.score)
        if reading.form and not reading.message and reading.full not in simulated:
            wanted.setdefault(reading.full, estimand.id)
    for full, estimand_id in wanted.items():
        message = f"{scenario.id} says nothing about {full}, so {estimand_id} cannot be rehearsed"
        yield draft.warning((*path, "outcomes"), message, f"add {full} to `outcomes`", key=True)


def _score(draft: Draft, name: str, path: Path) -> Iterator[Problem]:
    reading = read(draft, name)
    if reading.message:
        yield draft.error(path, reading.message, reading.hint, key=True)
    elif reading.visit is not None:
        yield draft.error(path, "an outcome has no visit of its own", "write form.score", key=True)
    elif reading.form and draft.kinds[reading.full] != "number":
        yield draft.error(path, f"{reading.full} is a {draft.kinds[reading.full]}, not a number", key=True)


def _simulated(draft: Draft, name: str, simulated: Iterable[str], path: Path) -> Iterator[Problem]:
    reading = read(draft, name)
    if reading.message:
        yield draft.error(path, reading.message, reading.hint)
    elif reading.form and reading.full not in simulated:
        message = f"{reading.full} is none of the scenario's outcomes"
        yield draft.error(path, message, f"the outcomes are {listed(simulated)}")


def _outcome(draft: Draft, calendar: Calendar, outcome: Outcome, name: str, path: Path) -> Iterator[Problem]:
    reading = read(draft, name)
    yield from _visits(draft, outcome, reading, path)
    for place, values in (
        ((*path, "baseline", "mean"), outcome.baseline.mean),
        ((*path, "baseline", "sd"), outcome.baseline.sd),
        ((*path, "sd"), outcome.sd),
        ((*path, "correlation", "baseline"), outcome.correlation.baseline),
        ((*path, "correlation", "visits"), outcome.correlation.visits),
    ):
        yield from _every_arm(draft, values, place)
    for place, values in (((*path, "baseline", "sd"), outcome.baseline.sd), ((*path, "sd"), outcome.sd)):
        yield from _between(
            draft, values, place, low=0, high=math.inf, what="a standard deviation is above 0"
        )
    strength = outcome.correlation.baseline
    place = (*path, "correlation", "baseline")
    yield from _between(draft, strength, place, low=-1, high=1, what="a correlation is between -1 and 1")
    for place, value in _numbers(outcome.correlation.visits, (*path, "correlation", "visits")):
        if not 0 <= value < 1:
            yield draft.error(place, f"{value:g} is impossible: it lies between 0 and 1, below 1")
    yield from _twice_stated(draft, outcome, path)
    if reading.form and not reading.message and reading.full in draft.kinds:
        yield from _correlated(draft, calendar, outcome, reading, path)
        span = draft.resolved.range_of(reading.full)
        if span is not None and outcome.moments == "recorded":
            yield from _possible(draft, calendar, outcome, span, path)


def _twice_stated(draft: Draft, outcome: Outcome, path: Path) -> Iterator[Problem]:
    """Yield courses given both by visits and in a few numbers."""
    if outcome.response and outcome.response_over_time is not None:
        message = "the response is given twice"
        yield draft.error((*path, "response_over_time"), message, "keep it or `response`", key=True)
    for arm in outcome.effect_over_time:
        if arm in outcome.effect:
            message = f"the effect in {arm} is given twice"
            yield draft.error((*path, "effect_over_time", arm), message, "keep it or `effect`", key=True)


def _visits(draft: Draft, outcome: Outcome, reading: Reading, path: Path) -> Iterator[Problem]:
    if not reading.form or reading.message:
        return
    collected = draft.collected.get(reading.form, ())
    curves: list[tuple[Path, Mapping[str, float]]] = [((*path, "response"), outcome.response)]
    curves += [((*path, "effect", arm), curve) for arm, curve in outcome.effect.items()]
    for place, curve in curves:
        for visit in curve:
            if visit in draft.visits and visit not in collected:
                message = f"nobody collects {reading.full} at {visit}"
                yield draft.error((*place, visit), message, where(draft, reading.form), key=True)
            elif visit in draft.visits and draft.visits[visit].day is None:
                message = f"the day of {visit} is unknown, so no line can be drawn through it"
                yield draft.error((*place, visit), message, "give the visit a day", key=True)


def _correlated(
    draft: Draft, calendar: Calendar, outcome: Outcome, reading: Reading, path: Path
) -> Iterator[Problem]:
    """Yield correlations that no variables have, and visits that cannot differ because they share a day.

    Let later visits, d days apart, have correlation v ** (d / 28), and each the correlation r with baseline.
    Such a matrix is positive definite when r * r * s < 1, where s = 1 + sum (1 - c) / (1 + c) over neighbors
    with correlation c: the inverse of the later visits' matrix is known, theirs being a Markov chain.
    """
    asked = [
        visit for visit in draft.protocol.visits if reading.form in visit.forms and not visit.unscheduled
    ]
    after = {visit.id: moment[1] for visit in asked if (moment := calendar.moment(visit)) and moment[1] > 0}
    days = sorted(after.items(), key=lambda one: one[1])
    together = [(one, two) for (one, day), (two, other) in pairwise(days) if day == other]
    for one, two in together:
        message = f"{one} and {two} fall on one day, so {reading.full} cannot be drawn for both"
        yield draft.error(path, message, "move one of them by a day", key=True)
    for arm in draft.arms:
        between = for_arm(outcome.correlation.visits, arm)
        neighbors = [max(between, 0.0) ** ((b - a) / CORRELATION_DAYS) for (_, a), (_, b) in pairwise(days)]
        total = 1 + sum((1 - each) / (1 + each) for each in neighbors)
        tie = for_arm(outcome.correlation.baseline, arm)
        if days and abs(tie) < 1 and tie * tie * total >= 1:
            by_arm = isinstance(outcome.correlation.baseline, dict)
            place = (*path, "correlation", "baseline", *((arm,) if by_arm else ()))
            message = f"{tie:g} with baseline and {between:g} between visits exclude each other"
            yield draft.error(place, message, "raise the second or lower the first")
            if not by_arm and not isinstance(outcome.correlation.visits, dict):
                return


def _every_arm(draft: Draft, values: ByArm, path: Path) -> Iterator[Problem]:
    missing = [arm for arm in draft.arms if arm not in values] if isinstance(values, dict) else []
    if missing:
        yield draft.error(path, f"no value for {listed(missing)}", "name every arm, or give one number")


def _between(
    draft: Draft, values: ByArm, path: Path, *, low: float, high: float, what: str
) -> Iterator[Problem]:
    for place, value in _numbers(values, path):
        if not low < value < high:
            yield draft.error(place, f"{value:g} is impossible: {what}")


def _chance(draft: Draft, values: ByArm, path: Path) -> Iterator[Problem]:
    for place, value in _numbers(values, path):
        if not 0 <= value <= 1:
            yield draft.error(place, f"{value:g} is no probability", "give a number from 0 to 1")


def _numbers(values: ByArm, path: Path) -> Iterator[tuple[Path, float]]:
    if isinstance(values, dict):
        yield from (((*path, arm), value) for arm, value in values.items())
    else:
        yield path, values


def _possible(
    draft: Draft, calendar: Calendar, outcome: Outcome, span: tuple[float, float], path: Path
) -> Iterator[Problem]:
    """Yield means outside the score's range and spreads that no score in that range can have."""
    moments = {name: calendar.moment(visit) for name, visit in draft.visits.items()}
    days = {name: moment[1] for name, moment in moments.items() if moment is not None}
    for visit in outcome.response:
        if visit in days and days[visit] <= 0:
            message = f"{visit} comes before the first dose, where every curve is 0"
            yield draft.warning((*path, "response", visit), message, "leave it out", key=True)
    asked = outcome.response or draft.collected.get(read(draft, str(path[-1])).form, ())
    for arm in draft.arms:
        baseline = for_arm(outcome.baseline.mean, arm)
        sd = for_arm(outcome.baseline.sd, arm, default=1.0)
        yield from _spread(draft, baseline, sd, span, (*path, "baseline"), f"at baseline in {arm}")
        for visit in asked:
            if days.get(visit, 0) > 0:
                change = _response(outcome, days, days[visit]) + _effect(outcome, arm, days, days[visit])
                sd = for_arm(outcome.sd, arm, default=1.0)
                here = (*path, "response", visit) if outcome.response else path
                yield from _spread(draft, baseline + change, sd, span, here, f"at {visit} in {arm}")


def _response(outcome: Outcome, days: Mapping[str, int], day: int) -> float:
    over_time = outcome.response_over_time
    return _on_day(outcome.response, days, day) if over_time is None else over_time.on_day(day)


def _effect(outcome: Outcome, arm: str, days: Mapping[str, int], day: int) -> float:
    over_time = outcome.effect_over_time.get(arm)
    points = over_time.on_day(day) if over_time else _on_day(outcome.effect.get(arm, {}), days, day)
    return outcome.effect_scale * points


def _on_day(curve: Mapping[str, float], days: Mapping[str, int], day: int) -> float:
    """Return a curve on a day: 0 at the dose, straight lines between its visits, then its last value."""
    known = [(days[visit], value) for visit, value in curve.items() if days.get(visit, 0) > 0]
    points = [(0, 0.0), *sorted(known)]
    start, low = max(point for point in points if point[0] <= day)
    end, high = min((point for point in points if point[0] > day), default=(start, low))
    return low + (high - low) * (day - start) / (end - start) if end > start else low


def _spread(
    draft: Draft, mean: float, sd: float, span: tuple[float, float], path: Path, place: str
) -> Iterator[Problem]:
    low, high = span
    if not low < mean < high:
        message = f"the mean {place} is {mean:g}, outside {low:g} to {high:g}"
        yield draft.error(path, message, "change the mean, or use `moments: latent`")
        return
    largest = math.sqrt((mean - low) * (high - mean))
    if sd >= largest:
        message = f"no score from {low:g} to {high:g} with mean {mean:g} has the SD {sd:g} given {place}"
        yield draft.error(path, message, f"the largest possible SD is {largest:.1f}")


def _characteristic(draft: Draft, one: Characteristic, name: str, path: Path) -> Iterator[Problem]:
    reading = read(draft, name)
    if reading.message:
        yield draft.error(path, reading.message, reading.hint, key=True)
        return
    normal = one.mean is not None and one.sd is not None
    if normal == (one.probabilities is not None):
        message = f"nothing or two things say how {name} is distributed"
        yield draft.error(path, message, "give `mean` and `sd`, or `probabilities`")
    if one.probabilities is None or not reading.form:
        return
    yield from _sum_to_one(draft, one.probabilities.values(), (*path, "probabilities"))
    form = draft.forms[reading.form]
    codes = () if reading.value in form.scores else tuple(form.item(reading.value).codes or ())
    for code in one.probabilities:
        if code not in codes:
            message = f"{shown(code)} is no code of {reading.full}"
            hint = f"its codes are {listed(codes)}" if codes else "give `mean` and `sd`"
            yield draft.error((*path, "probabilities", code), message, hint, key=True)


def _sum_to_one(draft: Draft, shares: Iterable[float], path: Path) -> Iterator[Problem]:
    total = math.fsum(shares)
    if abs(total - 1) > ROUNDING:
        yield draft.error(path, f"the probabilities add up to {total:g}, not 1", "adjust one of them")


def _chances(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    if scenario.dropout is not None:
        yield from _chance(draft, scenario.dropout.per_28_days, (*path, "dropout", "per_28_days"))
    yield from _chance(draft, scenario.attendance, (*path, "attendance"))
    if scenario.crossover is not None:
        yield from _chance(draft, scenario.crossover.uptake, (*path, "crossover", "uptake"))
    for name, event in scenario.intercurrent_events.items():
        here = (*path, "intercurrent_events", name)
        yield from _chance(draft, event.probability, (*here, "probability"))
        if event.to_day < event.from_day:
            message = f"the last day {event.to_day} comes before the first, {event.from_day}"
            yield draft.error((*here, "to_day"), message, "swap the two")


def _adverse_event(draft: Draft, event: SimulatedEvent, path: Path) -> Iterator[Problem]:
    yield from _chance(draft, event.probability, (*path, "probability"))
    yield from _sum_to_one(draft, event.severity.values(), (*path, "severity"))
    for name in ("onset_hours", "duration_hours"):
        low, high = getattr(event, name)
        if high < low:
            yield draft.error((*path, name), f"{high:g} comes before {low:g}", "write [least, greatest]")
    if event.duration_hours[0] < 0:
        yield draft.error((*path, "duration_hours"), "nothing lasts less than no time", "begin at 0")


def _later(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    """Yield what is said of an open-label dose or of groups of arms that the trial does not have."""
    if scenario.crossover is not None:
        treated = [sum(bool(arm.doses(epoch)) for epoch in arm.elements) for arm in draft.protocol.arms]
        if max(treated, default=0) <= 1:
            message = "no arm receives anything after the first treated epoch, so nobody can cross over"
            yield draft.error(
                (*path, "crossover"), message, "add an element to an arm, or remove it", key=True
            )
    if not scenario.outcomes:
        yield draft.error((*path, "outcomes"), f"{scenario.id} has no outcome", "add the primary score")
