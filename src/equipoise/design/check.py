"""Whether scenarios can be simulated: what the protocol's own check cannot see without numerics.

Holds the problems of all scenarios, each with its path in the file. Refuses to repeat `protocol.check`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from equipoise.design.dosing_day import sign_of
from equipoise.design.priors import prior_of, stated_effect
from equipoise.design.truth import Truth, truth_of
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.grid import Cell, Cells, expand
from equipoise.protocol.model import Protocol
from equipoise.protocol.part import for_arm
from equipoise.protocol.resolve import Resolved, resolve
from equipoise.protocol.rules.simulation import scenario_problems
from equipoise.protocol.scenarios import Scenario

LEAVING = frozenset({"lost_to_follow_up", "withdrew", "died"})
MOST_CELLS = 64
"""Cells of grids that are tried before a file is accepted."""
NOTEWORTHY = 0.01
"""Share of participants whose baseline breaks a rule, above which scenario and rules disagree."""


def check(protocol: Protocol) -> list[Problem]:
    """Return every reason why a scenario cannot be simulated, and warnings of what simulation will not show.

    Raises  ProtocolError when the protocol cannot be resolved
    """
    if protocol.simulation is None:
        return []
    resolved = resolve(protocol)
    return [*_scenarios(resolved), *_assurance(resolved), *refused(resolved)]


def refused(
    resolved: Resolved, cells: Sequence[Cell] | None = None, *, most: int = MOST_CELLS
) -> list[Problem]:
    """Return why cells of grids cannot be simulated, each problem with the cell and its coordinates.

    cells   which to try; those of the file's grids when left out
    most    so many of them at most: of a larger grid those that differ from its first cell in one value
    Raises  ProtocolError when a grid's paths or values are wrong
    """
    simulation = resolved.protocol.simulation
    if simulation is None:
        return []
    chosen = _chosen(expand(simulation), most=most) if cells is None else cells
    return [problem for cell in chosen if cell.grid is not None for problem in _cell(resolved, cell)]


def _chosen(cells: Cells, *, most: int) -> list[Cell]:
    places = range(len(cells)) if len(cells) <= most else cells.cross
    return [cells[place] for place, _ in zip(places, range(most), strict=False)]


def _cell(resolved: Resolved, cell: Cell) -> Iterator[Problem]:
    found = [one for one in scenario_problems(resolved, cell.scenario) if one.severity == "error"]
    if not found:
        try:
            truth_of(resolved, cell.scenario)
        except ProtocolError as error:
            found = [one for one in error.problems if one.severity == "error"]
    where = ", ".join(f"{path} = {value}" for path, value in cell.coordinates.items())
    for one in found:
        yield replace(one, message=f"{cell.id} ({where}): {one.message}", path=f"simulation.grid.{one.path}")


def _assurance(resolved: Resolved) -> Iterator[Problem]:
    simulation = resolved.protocol.simulation
    if simulation is None:
        return
    for one in simulation.assurance:
        try:
            truth = truth_of(resolved, resolved.protocol.scenario(one.scenario))
            stated_effect(truth, one)
        except ProtocolError as error:
            yield from error.problems
        try:
            prior_of(simulation, one.prior)
        except ProtocolError as error:
            yield from error.problems


def _scenarios(resolved: Resolved) -> list[Problem]:
    simulation = resolved.protocol.simulation
    return [
        replace(problem, path=f"simulation.scenarios.{place}.{problem.path}".rstrip("."))
        for place, scenario in enumerate(simulation.scenarios if simulation is not None else ())
        for problem in _problems(resolved, scenario)
    ]


def _problems(resolved: Resolved, scenario: Scenario) -> Iterator[Problem]:
    try:
        truth = truth_of(resolved, scenario)
    except ProtocolError as error:
        yield from error.problems
        return
    yield from _strata(truth)
    yield from _traits(truth)
    yield from _unmet(truth)
    yield from _ineligible(truth)
    yield from _curves(truth)
    yield from _events(truth)
    yield from _signs(truth)
    yield from _bias(truth)


def _strata(truth: Truth) -> Iterator[Problem]:
    for stratum in truth.resolved.protocol.allocation.strata or ():
        if stratum.item is None:
            continue
        name, _, visit = stratum.item.partition("@")
        try:
            drawn = truth.people.distribution((name, visit or None))
        except (KeyError, ValueError) as error:
            yield Problem(f"the stratum `{stratum.id}` cannot be drawn: {error}", path="characteristics")
            continue
        stray = [str(value) for value in drawn.values[drawn.weights > 0] if value not in stratum.levels]
        if stray:
            hint = f"its levels are {', '.join(stratum.levels)}"
            yield Problem(
                f"`{name}` can be `{stray[0]}`, which is no level of `{stratum.id}`", hint, "characteristics"
            )


def _traits(truth: Truth) -> Iterator[Problem]:
    for name, modifier in truth.scenario.modifiers.items():
        item, _, visit = modifier.item.partition("@")
        place = truth.timeline.of_visit(visit) if visit else None
        path = f"modifiers.{name}.item"
        if place is not None and place > truth.timeline.randomized:
            yield Problem(f"{modifier.item} is asked after randomization", "name an earlier visit", path)
        try:
            truth.people.distribution((item, visit or None))
        except (KeyError, ValueError) as error:
            yield Problem(f"`{item}` cannot be drawn: {error}", path=path)


def _unmet(truth: Truth) -> Iterator[Problem]:
    for criterion in truth.people.demands.unmet:
        message = f"simulated participants may break {criterion}, whose rule cannot be enumerated"
        yield Problem(message, "write it as separate conditions on single items", severity="warning")


def _ineligible(truth: Truth) -> Iterator[Problem]:
    """Baseline keeps its stated moments even where a criterion reads it."""
    visit = truth.timeline.places[truth.timeline.baseline].visit.id
    for name, course in truth.courses.items():
        low, high = truth.people.bounds(name, visit)
        outcome = truth.scenario.outcomes.get(name)
        if outcome is None or not np.isfinite([low, high]).any():
            continue
        drawn = truth.people.distribution((name, visit))
        share = float(drawn.weights[(drawn.values < low) | (drawn.values > high)].sum() / drawn.weights.sum())
        if share > NOTEWORTHY:
            message = f"{share:.0%} of participants break an eligibility rule on `{name}` at {visit}"
            hint = "let the rule read a screening visit, or raise the mean"
            yield Problem(message, hint, f"outcomes.{course.measure.name}.baseline", severity="warning")


def _curves(truth: Truth) -> Iterator[Problem]:
    for name, outcome in truth.scenario.outcomes.items():
        for arm in outcome.effect:
            curve = outcome.effect[arm]
            if not any(truth.timeline.of_visit(visit) is not None for visit in curve):
                message = f"the effect in `{arm}` names no scheduled visit and is 0 throughout"
                yield Problem(
                    message,
                    "name a visit after the dose",
                    f"outcomes.{name}.effect.{arm}",
                    severity="warning",
                )


def _events(truth: Truth) -> Iterator[Problem]:
    known = {event.id: event for event in truth.resolved.protocol.intercurrent_events}
    for name in truth.scenario.intercurrent_events:
        event = known.get(name)
        if event is not None and event.detect.disposition in LEAVING:
            message = f"`{name}` is found by a disposition that only dropout leaves"
            hint = "leave it out here; `dropout` says how often it happens"
            yield Problem(message, hint, f"intercurrent_events.{name}", severity="warning")
    rules = {one.id: one.rule for one in truth.resolved.protocol.deviations}
    for name in truth.scenario.deviations:
        if rules.get(name) is not None:
            message = f"`{name}` is found by a rule, and recorded here as well"
            yield Problem(message, "leave it out here", f"deviations.{name}", severity="warning")


def _bias(truth: Truth) -> Iterator[Problem]:
    expectancy = truth.scenario.expectancy
    for field in ("bias", "bias_sd") if expectancy is not None else ():
        for name in getattr(expectancy, field):
            if name not in truth.courses:
                hint = f"the outcomes are {', '.join(truth.courses)}"
                path = f"expectancy.{field}.{name}"
                yield Problem(f"`{name}` is none of the scenario's outcomes", hint, path)


def _signs(truth: Truth) -> Iterator[Problem]:
    arms = [arm.id for arm in truth.arms]
    for name, sign in truth.scenario.signs.items():
        stray = [arm for arm in sign.rise if arm not in arms] if isinstance(sign.rise, dict) else []
        if stray:
            yield Problem(f"there is no arm `{stray[0]}`", f"known: {', '.join(arms)}", f"signs.{name}.rise")
        form, _, value = name.partition(".")
        found = truth.resolved.forms.get(form)
        items = {item.id: item for item in found.all_items()} if found is not None else {}
        if found is None or value not in items or items[value].type != "number":
            yield Problem(f"`{name}` is no number that a form collects", path=f"signs.{name}")
        elif sign_of(truth, name, item=items[value]) is not None and items[value].range is not None:
            low, high = items[value].range or (-np.inf, np.inf)
            means = [for_arm(sign.rest.mean, arm.id) + for_arm(sign.rise, arm.id) for arm in truth.arms]
            if min(means) < low or max(means) > high:
                yield Problem(
                    f"the mean of `{name}` leaves its range {low:g} to {high:g}", path=f"signs.{name}"
                )
