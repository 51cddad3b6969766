"""Expressions: every rule can be read, names what somebody collects, and compares like with like.

Holds where rules stand and which names they may use. Refuses to hold the language (`equipoise.expressions`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from equipoise.errors import Problem, ProtocolError
from equipoise.expressions import Expression, Kind, Name, check_types, parse, result_type
from equipoise.protocol.resolve import ResolvedForm, ValueType
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed, shown
from equipoise.protocol.rules.naming import Reading, read
from equipoise.protocol.schedule import Item
from equipoise.source import Path

KINDS: dict[ValueType, Kind] = {
    "number": "number",
    "text": "text",
    "code": "text",
    "date": "date",
    "partial_date": "date",
    "time": "text",
    "instant": "date",
}
"""Type of a value to its kind in expressions; an own form's codes are text there."""
EQUALITIES = ("==", "!=", "in", "not in")


@dataclass(frozen=True, slots=True)
class Formula:
    """A rule and where it stands.

    within    the form whose items it may name without their form
    at_once   True when it is asked once per participant, so that each value needs its visit
    before    True when it is asked before the first dose, so that later values are not there
    """

    path: Path
    text: str
    within: str | None = None
    at_once: bool = False
    before: bool = False


def formulas(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with any rule of the file."""
    calendar = Calendar(draft)
    for formula in every(draft):
        try:
            expression = parse(formula.text)
        except ProtocolError as error:
            yield from _unreadable(draft, formula, error)
            continue
        meant = {name: read(draft, name, within=formula.within) for name in sorted(expression.names)}
        for reading in meant.values():
            if reading.message:
                yield draft.error(formula.path, reading.message, reading.hint)
            elif reading.form:
                yield from _timing(draft, calendar, formula, reading)
        yield from _kinds(draft, formula, expression, meant)
        yield from _codes(draft, formula, expression, meant)


def _unreadable(draft: Draft, formula: Formula, error: ProtocolError) -> Iterator[Problem]:
    for problem in error.problems:
        where = f" at character {problem.column}" if problem.column else ""
        yield draft.error(formula.path, f"in the rule{where}: {problem.message}", problem.hint)


def every(draft: Draft) -> Iterator[Formula]:
    """Yield every rule of the file."""
    protocol = draft.protocol
    for place, criterion in enumerate(protocol.eligibility):
        if criterion.rule is not None:
            yield Formula(("eligibility", place, "rule"), criterion.rule, at_once=True, before=True)
    for section in ("analysis_sets", "subgroups", "retreatment", "rescue", "deviations"):
        at_once = section in ("analysis_sets", "subgroups")
        for place, part in enumerate(getattr(protocol, section)):
            if part.rule is not None:
                yield Formula((section, place, "rule"), part.rule, at_once=at_once)
    for place, safety in enumerate(protocol.safety_rules):
        yield Formula(("safety_rules", place, "when"), safety.when)
    for place, event in enumerate(protocol.intercurrent_events):
        if event.detect.when is not None:
            path: Path = ("intercurrent_events", place, "detect", "when")
            yield Formula(path, event.detect.when, within=event.detect.form)
    yield from _in_sessions(draft)
    yield from _in_forms(draft)


def _in_sessions(draft: Draft) -> Iterator[Formula]:
    for place, session in enumerate(draft.protocol.sessions):
        for section in ("before_dose", "stopping", "discharge"):
            for number, limit in enumerate(getattr(session, section)):
                if limit.rule is not None:
                    yield Formula(("sessions", place, section, number, "rule"), limit.rule)


def _in_forms(draft: Draft) -> Iterator[Formula]:
    for place, form in enumerate(draft.protocol.forms):
        path: Path = ("forms", place)
        for number, check in enumerate(form.checks):
            yield Formula((*path, "checks", number, "rule"), check.rule, within=form.id)
        for item_path, item in own_items(draft, place):
            if item.show_if is not None:
                yield Formula((*item_path, "show_if"), item.show_if, within=form.id)


def own_items(draft: Draft, place: int) -> Iterator[tuple[Path, Item]]:
    """Yield the items that a form of the file adds itself, each with its path."""
    form = draft.protocol.forms[place]
    for number, item in enumerate(form.items):
        yield ("forms", place, "items", number), item
    for number, group in enumerate(form.groups):
        for inner, item in enumerate(group.items):
            yield ("forms", place, "groups", number, "items", inner), item


def readings(draft: Draft, text: str, *, within: str | None = None) -> list[Reading]:
    """Return what the names in a rule mean, leaving out those that mean nothing."""
    try:
        names = sorted(parse(text).names)
    except ProtocolError:
        return []
    found = (read(draft, name, within=within) for name in names)
    return [one for one in found if one.form and not one.message]


def _timing(draft: Draft, calendar: Calendar, formula: Formula, reading: Reading) -> Iterator[Problem]:
    visits = draft.collected.get(reading.form, ())
    if formula.at_once and reading.visit is None and len(visits) > 1:
        message = f"{reading.full} is filled at {len(visits)} visits and this is asked once"
        yield draft.warning(
            formula.path, message, f"say which: {listed(f'{reading.full}@{v}' for v in visits)}"
        )
    if formula.before:
        places = [reading.visit] if reading.visit else visits
        if places and all(calendar.follows_dose(draft.visits[visit]) for visit in places):
            message = f"{reading.full} is not known before the first dose"
            yield draft.error(formula.path, message, "decide by a value of an earlier visit")


def _kinds(
    draft: Draft, formula: Formula, expression: Expression, meant: dict[Name, Reading]
) -> Iterator[Problem]:
    kinds = {
        str(name): KINDS[draft.kinds[reading.full]]
        for name, reading in meant.items()
        if reading.form and not reading.message
    }
    mismatches = check_types(expression, kinds)
    for problem in mismatches:
        yield draft.error(formula.path, problem.message, problem.hint)
    kind = result_type(expression, kinds)
    if not mismatches and kind not in (None, "bool"):
        message = f"the rule gives a {kind}, not true or false"
        yield draft.error(formula.path, message, "write a condition, such as madrs.total > 20")


def _codes(
    draft: Draft, formula: Formula, expression: Expression, meant: dict[Name, Reading]
) -> Iterator[Problem]:
    """Yield comparisons of a coded item with something that is none of its codes."""
    for node in _nodes(expression.root):
        if node[0] not in EQUALITIES:
            continue
        for name, literal in _pairs(node[1:]):
            reading = meant.get(name)
            if reading is None or not reading.form or reading.message or reading.form not in draft.forms:
                continue
            codes = _codes_of(draft.forms[reading.form], reading.value)
            if codes and str(literal) not in codes:
                message = f"{shown(literal)} is no code of {reading.full}"
                yield draft.error(formula.path, message, f"its codes are {listed(codes)}")


def _nodes(node: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(part for part in here[1:] if isinstance(part, tuple))


def _pairs(parts: tuple[object, ...]) -> Iterator[tuple[Name, object]]:
    """Yield (name, literal) for a name compared with one or several literals, on either side."""
    nodes = [part for part in parts if isinstance(part, tuple)]
    names = [Name(str(part[1])) for part in nodes if part[0] == "name"]
    literals = [part[1] for part in nodes if part[0] in ("number", "text")]
    if len(names) == 1:
        yield from ((names[0], literal) for literal in literals)


def _codes_of(form: ResolvedForm, value: str) -> dict[str, str]:
    for item in form.all_items():
        if item.id == value:
            return item.codes or {}
    return {}
