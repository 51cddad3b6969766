"""Simulation: what a scenario is made of beyond its outcomes, and what is done with whole scenarios.

Holds accrual, clusters, raters, relapse, events, modifiers, priors and assurance. Refuses to judge outcomes
themselves (that is `simulation`), and to spread grids out (that is `equipoise.protocol.grid`).
"""

import math
from collections.abc import Iterable, Iterator

from equipoise.errors import Problem
from equipoise.protocol.grid import grid_flaws
from equipoise.protocol.rules.draft import Draft, listed, nearest, shown
from equipoise.protocol.rules.naming import read
from equipoise.protocol.scenarios import Assurance, Modifier, Scenario, Simulation, StatedPrior
from equipoise.source import Path

ByArm = float | dict[str, float]


def ingredients(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    """Yield what is wrong with a scenario's parts."""
    yield from _accrual(draft, scenario, (*path, "accrual"))
    yield from _scores(draft, scenario, path)
    yield from _clusters(draft, scenario, path)
    yield from _chances(draft, scenario, path)
    yield from _odds(draft, scenario, path)
    for name, modifier in scenario.modifiers.items():
        yield from _modifier(draft, scenario, modifier, (*path, "modifiers", name))


def rehearsals(draft: Draft, simulation: Simulation) -> Iterator[Problem]:
    """Yield what is wrong with grids, priors and assurance."""
    for flaw in grid_flaws(simulation):
        yield draft.error(flaw.path, flaw.message, flaw.hint)
    for name, prior in simulation.priors.items():
        yield from _prior(draft, prior, ("simulation", "priors", name))
    for place, one in enumerate(simulation.assurance):
        yield from _assurance(draft, simulation, one, ("simulation", "assurance", place))


def _accrual(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    named = next((one.levels for one in draft.protocol.allocation.strata or () if one.item is None), None)
    sites = len(named) if named else scenario.sites
    for field in ("shares", "opening_days"):
        given = getattr(scenario.accrual, field)
        if given is not None and len(given) != sites:
            message = f"{len(given)} numbers for {sites} sites"
            yield draft.error((*path, field), message, "give one for each site, or leave it out")


def _scores(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    """Yield names of scores that the scenario does not simulate."""
    named: list[tuple[Path, Iterable[str]]] = [((*path, "raters"), scenario.raters)]
    for event, happening in scenario.intercurrent_events.items():
        here = (*path, "intercurrent_events", event)
        named += [((*here, "shift"), happening.shift), (here, filter(None, [happening.score]))]
    for name, modifier in scenario.modifiers.items():
        for field in ("bias", "response", "effect"):
            named.append(((*path, "modifiers", name, field), getattr(modifier, field)))
    if scenario.expectancy is not None:
        named.append(((*path, "expectancy", "disappointment"), scenario.expectancy.disappointment))
    for place, scores in named:
        for score in scores:
            if score not in scenario.outcomes:
                hint = nearest(score, scenario.outcomes)
                message = f"{shown(score)} is none of the scenario's outcomes"
                yield draft.error((*place, score), message, hint, key=True)


def _clusters(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    for name, outcome in scenario.outcomes.items():
        here = (*path, "outcomes", name, "clustering")
        for place, share in _numbers(outcome.clustering.facilitator, (*here, "facilitator")):
            if not 0 <= share < 1:
                yield draft.error(place, f"{share:g} is no share", "give a number from 0 to below 1")
            elif share > 0 and scenario.facilitators is None:
                message = "nothing says how many facilitators there are"
                yield draft.error(place, message, "give the scenario `facilitators`")
            elif share + outcome.clustering.site >= 1:
                message = f"sites and facilitators account for {share + outcome.clustering.site:g} of 1"
                yield draft.error(place, message, "lower one of them")


def _chances(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    rates: list[tuple[Path, ByArm]] = []
    if scenario.relapse is not None:
        rates.append(((*path, "relapse", "per_28_days"), scenario.relapse.per_28_days))
    later = scenario.dropout.later if scenario.dropout is not None else ()
    for place, rate in enumerate(later):
        rates.append(((*path, "dropout", "later", place, "per_28_days"), rate.per_28_days))
        if place and rate.from_day <= later[place - 1].from_day:
            here = (*path, "dropout", "later", place, "from_day")
            yield draft.error(here, f"day {rate.from_day} does not come after the one before", "sort them")
    for here, values in rates:
        for where, value in _numbers(values, here):
            if not 0 <= value <= 1:
                yield draft.error(where, f"{value:g} is no probability", "give a number from 0 to 1")


def _odds(draft: Draft, scenario: Scenario, path: Path) -> Iterator[Problem]:
    if scenario.dropout is not None:
        for where, value in _numbers(scenario.dropout.disappointment, (*path, "dropout", "disappointment")):
            if value <= 0:
                yield draft.error(where, f"{value:g} is no factor on odds", "give a number above 0")
            elif value != 1 and scenario.expectancy is None:
                yield draft.error(where, "nothing says what participants believe", "give `expectancy`")
    for name, event in scenario.intercurrent_events.items():
        if event.score is None and event.odds_ratio_per_point != 1:
            here = (*path, "intercurrent_events", name)
            yield draft.error(here, "the odds depend on a score that is not named", "give `score`")


def _modifier(draft: Draft, scenario: Scenario, modifier: Modifier, path: Path) -> Iterator[Problem]:
    reading = read(draft, modifier.item)
    if reading.message:
        yield draft.error((*path, "item"), reading.message, reading.hint)
        return
    if reading.visit is None:
        yield draft.error((*path, "item"), f"nothing says when {shown(modifier.item)} is asked", "add @VISIT")
    elif reading.full in scenario.outcomes:
        message = f"{reading.full} has a course of its own, so it is no lasting characteristic"
        yield draft.error((*path, "item"), message, "name an item that is drawn once")
    if bool(modifier.codes) == (modifier.at_least is not None):
        message = "nothing or two things say who has it"
        yield draft.error(path, message, "give `codes` or `at_least`")
    if not reading.form or reading.form not in draft.forms:
        return
    form = draft.forms[reading.form]
    known = () if reading.value in form.scores else tuple(form.item(reading.value).codes or ())
    for place, code in enumerate(modifier.codes):
        if code not in known:
            hint = f"its codes are {listed(known)}" if known else "give `at_least`"
            yield draft.error((*path, "codes", place), f"{shown(code)} is no code of {reading.full}", hint)


def _prior(draft: Draft, prior: StatedPrior, path: Path) -> Iterator[Problem]:
    alone = prior.mean is not None and prior.sd is not None
    if alone == bool(prior.components):
        message = "nothing or two things say what is believed"
        yield draft.error(path, message, "give `mean` and `sd`, or `components`")


def _assurance(draft: Draft, simulation: Simulation, one: Assurance, path: Path) -> Iterator[Problem]:
    scenario = next((each for each in simulation.scenarios if each.id == one.scenario), None)
    if scenario is not None and one.score not in scenario.outcomes:
        hint = nearest(one.score, scenario.outcomes)
        yield draft.error((*path, "score"), f"{shown(one.score)} is none of the scenario's outcomes", hint)
    elif scenario is not None:
        outcome = scenario.outcomes[one.score]
        if one.arm not in outcome.effect and one.arm not in outcome.effect_over_time:
            message = f"{one.scenario} states no effect of {one.arm}, so nothing can be scaled to the prior"
            yield draft.error((*path, "arm"), message, "name an arm with an effect")


def _numbers(values: ByArm, path: Path) -> Iterator[tuple[Path, float]]:
    found = values.items() if isinstance(values, dict) else ()
    yield from (((*path, arm), value) for arm, value in found)
    if not isinstance(values, dict) and math.isfinite(values):
        yield path, values
