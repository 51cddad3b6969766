"""Whether an estimator's options make sense, in files being checked and in protocols built in memory alike.

Holds one judge per kind of option and the conditions between options. Refuses to know lines of a file: a
fault says where it stands below the estimand.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.comparison import visits_compared
from equipoise.protocol.estimators import ESTIMATORS, OPTIONS, SHIFTING, VCOV_OF_DF, EstimatorRow, Option
from equipoise.protocol.model import Protocol
from equipoise.protocol.plan import Estimand

FEWEST_VISITS = 2
FEWEST_DRAWS = 2
MOST_DELTAS = 400
"""Rows of a tipping-point table; more say nothing more."""
GOVERNED = ("hypothetical", "treatment_policy")
"""Strategies for intercurrent events after which values can be missing and be imputed."""

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with an estimator's options.

    place   below the estimand
    """

    place: Place
    message: str
    hint: str


def visits_used(protocol: Protocol, estimand: Estimand, *, form: str) -> tuple[str, ...]:
    """Return the visits that a model of all visits is fitted to, in time.

    form   the form that has the estimand's score
    """
    known = [visit.id for visit in _compared(protocol, estimand, form)]
    named = estimand.estimator.options.get("visits")
    if not isinstance(named, list | tuple):
        return tuple(known)
    order = {visit: place for place, visit in enumerate(known)}
    # Visits after planned unblinding, named on purpose, follow in the order of the file.
    texts = [visit for visit in named if isinstance(visit, str)]
    return tuple(sorted(texts, key=lambda visit: order.get(visit, len(order))))


def faults(protocol: Protocol, estimand: Estimand, *, form: str) -> Iterator[Fault]:
    """Yield what is wrong with the options and the variance of an estimand's estimator.

    form   the form that has the estimand's score; empty when that is not known
    """
    row = ESTIMATORS.get(estimand.estimator.name)
    if row is None:
        return
    options = estimand.estimator.options
    for name, value in options.items():
        if name in row.options and name != "composite":
            option, place = OPTIONS[name], ("estimator", "options", name)
            for more, message, hint in _JUDGES[option.kind](option, value):
                yield Fault((*place, *more), message, hint)
    if "strategies" in row.options:
        yield from _events(estimand)
    if "stopping" in row.options:
        yield from _stopping(estimand)
    if row.repeated and form:
        yield from _visits(protocol, estimand, form)
    yield from _variance(estimand, row)
    yield from _together(estimand, row)


def _compared(protocol: Protocol, estimand: Estimand, form: str) -> tuple[Any, ...]:
    return visits_compared(protocol, form, baseline=estimand.variable.baseline or protocol.baseline_visit)


Words = tuple[Place, str, str]


def _below(place: str | int, found: Iterator[Words]) -> Iterator[Words]:
    for more, message, hint in found:
        yield (place, *more), message, hint


def _choice(option: Option, value: Any) -> Iterator[Words]:
    if value not in option.values:
        yield (), f"{_shown(value)} is not a choice", f"one of {', '.join(option.values)}"


def _order(option: Option, value: Any) -> Iterator[Words]:
    if not isinstance(value, list | tuple):
        yield from _choice(option, value)
        return
    if not value:
        yield (), "an empty list", f"one or more of {', '.join(option.values)}, in order"
    for place, one in enumerate(value):
        yield from _below(place, _choice(option, one))
        if one in value[:place]:
            yield (place,), f"{_shown(one)} stands twice", "keep the first"


def _flag(option: Option, value: Any) -> Iterator[Words]:
    if not isinstance(value, bool):
        yield (), f"{_shown(value)} is neither true nor false", f"without it, {option.default}"


def _number(option: Option, value: Any) -> Iterator[Words]:
    if not _is_number(value):
        yield (), f"{_shown(value)} is not a number", f"without it, {option.default}"


def _count(option: Option, value: Any) -> Iterator[Words]:
    if not isinstance(value, int) or isinstance(value, bool) or value < FEWEST_DRAWS:
        yield (), f"{_shown(value)} is no whole number from {FEWEST_DRAWS}", f"without it, {option.default}"


def _span(option: Option, value: Any) -> Iterator[Words]:
    keys = ("from", "to", "by")
    given = value if isinstance(value, Mapping) else {}
    if set(given) != set(keys) or not all(_is_number(given[key]) for key in keys):
        hint = f"write {{from: 0, to: 6, by: 0.5}}; without it, {option.default}"
        yield (), f"{_shown(value)} is no range", hint
    elif given["by"] <= 0:
        yield ("by",), f"steps of {given['by']:g} go nowhere", "give a number above 0"
    elif given["to"] < given["from"]:
        yield ("to",), f"the range ends at {given['to']:g}, before {given['from']:g}", "swap the two"
    elif (given["to"] - given["from"]) / given["by"] > MOST_DELTAS:
        yield ("by",), f"more than {MOST_DELTAS} values", "take larger steps"


def _strategies(option: Option, value: Any) -> Iterator[Words]:
    if not isinstance(value, Mapping):
        yield (), f"{_shown(value)} is no mapping", "write {event: jr}"
        return
    for event, strategy in value.items():
        yield from _below(str(event), _choice(option, strategy))


def _named_visits(option: Option, value: Any) -> Iterator[Words]:
    if not isinstance(value, list | tuple):
        yield (), f"{_shown(value)} is no list of visits", f"without it, {option.default}"
        return
    for place, one in enumerate(value):
        if one in value[:place]:
            yield (place,), f"{_shown(one)} stands twice", "keep the first"


def _named_events(option: Option, value: Any) -> Iterator[Words]:
    if not isinstance(value, list | tuple) or not value:
        yield (), f"{_shown(value)} is no list of intercurrent events", f"without it, {option.default}"


_JUDGES: dict[str, Callable[[Option, Any], Iterator[Words]]] = {
    "choice": _choice,
    "order": _order,
    "flag": _flag,
    "visits": _named_visits,
    "events": _named_events,
    "number": _number,
    "count": _count,
    "span": _span,
    "strategies": _strategies,
}


def _events(estimand: Estimand) -> Iterator[Fault]:
    """Yield strategies given for events that leave nothing to impute."""
    given = estimand.estimator.options.get("strategies")
    handled = {one.event: one.strategy for one in estimand.intercurrent_events}
    for event in given if isinstance(given, Mapping) else ():
        place = ("estimator", "options", "strategies", str(event))
        if event not in handled:
            known = ", ".join(handled) or "none"
            yield Fault(place, f"the estimand has no intercurrent event {_shown(event)}", f"known: {known}")
        elif handled[event] not in GOVERNED:
            message = f"{handled[event]} leaves nothing to impute after {event}"
            yield Fault(place, message, f"this goes with {' and '.join(GOVERNED)}")


def _stopping(estimand: Estimand) -> Iterator[Fault]:
    """Yield events that say nothing about who is off treatment but followed."""
    given = estimand.estimator.options.get("stopping")
    handled = {one.event: one.strategy for one in estimand.intercurrent_events}
    if given is None:
        message = "nothing says which intercurrent events end treatment"
        yield Fault(
            ("estimator", "name"), message, f"give the option `stopping`: {', '.join(handled) or 'none'}"
        )
    for place, event in enumerate(given if isinstance(given, list | tuple) else ()):
        if handled.get(event if isinstance(event, str) else "") != "treatment_policy":
            message = f"{_shown(event)} is no intercurrent event under treatment_policy"
            known = [name for name, strategy in handled.items() if strategy == "treatment_policy"]
            hint = f"known: {', '.join(known) or 'none'}"
            yield Fault(("estimator", "options", "stopping", place), message, hint)


def _visits(protocol: Protocol, estimand: Estimand, form: str) -> Iterator[Fault]:
    name, visit = estimand.estimator.name, estimand.variable.visit
    place: Place = ("estimator", "options", "visits")
    given = estimand.estimator.options.get("visits")
    if isinstance(given, list | tuple):
        known = [one.id for one in protocol.visits if form in protocol.forms_at(one.id)]
        start = estimand.variable.baseline or protocol.baseline_visit
        if start in known:
            known = known[known.index(start) + 1 :]
        for number, one in enumerate(given):
            if one not in known:
                message = f"the score is not collected at {_shown(one)} after baseline"
                yield Fault((*place, number), message, f"known: {', '.join(known)}")
    elif given is not None:
        return
    elif visit not in {one.id for one in _compared(protocol, estimand, form)}:
        message = f"{visit} is not among the visits at which {name} compares arms"
        yield Fault(("variable", "visit"), message, "name the model's visits in the option `visits`")
        return
    used = visits_used(protocol, estimand, form=form)
    if visit not in used:
        message = f"the model leaves out {visit}, the estimand's visit"
        yield Fault(place, message, f"add {visit}")
    elif len(used) < FEWEST_VISITS:
        message = f"{name} needs several visits and has {visit} alone"
        yield Fault(("estimator", "name"), message, "use ancova, or name more `visits`")


def _variance(estimand: Estimand, row: EstimatorRow) -> Iterator[Fault]:
    if row.variance_named and estimand.variance is None:
        yield Fault(
            ("estimator", "name"),
            f"nothing says which variance {estimand.estimator.name} takes; they differ, and so do P values",
            f"give `variance:` {', '.join(row.variances)}; the first two are frequentist, "
            "the others information-anchored",
        )


def _together(estimand: Estimand, row: EstimatorRow) -> Iterator[Fault]:
    """Yield options that do not go together."""
    options = estimand.estimator.options
    if row.strata_needed and not estimand.estimator.strata:
        message = f"{estimand.estimator.name} compares within strata, and none are named"
        yield Fault(("estimator", "name"), message, "give `strata: true`")
    df, vcov = options.get("df", "kenward-roger"), options.get("vcov")
    if isinstance(df, str) and vcov is not None and vcov not in VCOV_OF_DF.get(df, (vcov,)):
        fitting = [name for name, known in VCOV_OF_DF.items() if vcov in known]
        message = f"{df} degrees of freedom do not go with vcov {_shown(vcov)}"
        yield Fault(("estimator", "options", "vcov"), message, f"use df {' or '.join(fitting)}")
    for name, variance in (("imputations", "rubin"), ("resamples", "bootstrap")):
        if (
            name in options
            and name in row.options
            and len(row.variances) > 1
            and estimand.variance not in (None, variance)
        ):
            message = f"`{name}` goes with variance {variance}"
            yield Fault(("estimator", "options", name), message, "remove it")
    if "delta" in row.options and not any(name in options for name in SHIFTING[:2]):
        message = "nothing says by how much imputed values are changed"
        yield Fault(("estimator", "name"), message, "give the option `delta`, or `deltas`, or both")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: Any) -> str:
    text = str(value)
    return f"`{text if len(text) <= SHOWN else text[:SHOWN] + '...'}`"


SHOWN = 60
"""Characters of a user's text that a message repeats."""
