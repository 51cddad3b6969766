"""Whether scenarios can be simulated: what the protocol's own check cannot see without numerics.

Holds the problems of all scenarios, each with its path in the file. Refuses to repeat `protocol.check`.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from equipoise.design.dosing_day import sign_of
from equipoise.design.truth import Truth, truth_of
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.model import Protocol
from equipoise.protocol.part import for_arm
from equipoise.protocol.resolve import Resolved, resolve
from equipoise.protocol.scenarios import Scenario

LEAVING = frozenset({"lost_to_follow_up", "withdrew", "died"})
NOTEWORTHY = 0.01
"""Share of participants whose baseline breaks a rule, above which scenario and rules disagree."""


def check(protocol: Protocol) -> list[Problem]:
    """Return every reason why a scenario cannot be simulated, and warnings of what simulation will not show.

    Raises  ProtocolError when the protocol cannot be resolved
    """
    if protocol.simulation is None:
        return []
    resolved = resolve(protocol)
    return [
        replace(problem, path=f"simulation.scenarios.{place}.{problem.path}".rstrip("."))
        for place, scenario in enumerate(protocol.simulation.scenarios)
        for problem in _problems(resolved, scenario)
    ]


def _problems(resolved: Resolved, scenario: Scenario) -> Iterator[Problem]:
    try:
        truth = truth_of(resolved, scenario)
    except ProtocolError as error:
        yield from error.problems
        return
    yield from _strata(truth)
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
