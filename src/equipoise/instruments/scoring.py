"""From answers to scores: the plan of a score as plain data, and the scorer that follows it.

Holds the arithmetic only. Refuses to judge answers (that is `answers`) and to know any scale: everything that
differs between scales stands in the plan, so that a vectorized scorer can follow the same plan over columns.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from equipoise.instruments.answers import Answers, closed, number
from equipoise.instruments.definition import Item, Method, Rule, Score

Slot = tuple[str, ...]
Term = tuple[Slot, ...]
Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one score is computed, as plain data.

    Over columns, do this for each participant, a missing value staying missing unless a step says otherwise:
    1. in the scale's order, an unanswered item whose gate is closed takes `gates[item].counts_as`
       (`Instrument.gates`); a gate is closed when every item that could open it is answered otherwise, or is
       itself unanswered behind a closed gate;
    2. a reversed item becomes `flips[item]` minus itself (`Instrument.flips`);
    3. a slot is the largest *answered* one of its items, missing when none is answered;
    4. a term is the largest of its slots, missing when one of them is missing;
    5. the terms are put together by `method`. With n terms of which k are answered:
       sum, mean, percent   missing when k < `answered_at_least`; else sum x n / k, sum / k, or the sum as a
                            percentage of the way from `sum_range[0]` to `sum_range[1]`
       count                missing when k < n; else the number of terms >= `at_least`
       highest              the place (1..n) of the last term >= `at_least`, 0 when none; missing when a
                            missing term stands after that place
       all, any             of `rules` over items (step 2) and earlier scores, in Kleene's logic, as 1 or 0
    """

    score: str
    method: Method
    terms: tuple[Term, ...]
    answered_at_least: int
    at_least: float
    sum_range: tuple[float, float]
    rules: tuple[Rule, ...]
    range: tuple[float, float]
    decimals: int


def plan(score: Score, *, items: Sequence[Item], either: Sequence[Sequence[str]]) -> Plan:
    """Write down how `score` is computed. `either` lists items of which one answer is enough."""
    terms = terms_of(score, either)
    ranges = {item.id: item.range for item in items if item.type != "text"}
    spans = [term_range(term, ranges) for term in terms]
    return Plan(
        score=score.id,
        method=score.method,
        terms=terms,
        answered_at_least=len(terms) if score.answered_at_least is None else score.answered_at_least,
        at_least=1.0 if score.at_least is None else score.at_least,
        sum_range=(sum(low for low, _ in spans), sum(high for _, high in spans)),
        rules=score.rules,
        range=score.range,
        decimals=score.decimals,
    )


def term_members(score: Score) -> list[tuple[str, ...]]:
    """Return the items of each term: one for a plain item, several for a domain."""
    return [(item,) for item in score.items] + [domain.items for domain in score.domains]


def terms_of(score: Score, either: Sequence[Sequence[str]]) -> tuple[Term, ...]:
    """Return the terms of a score, each as slots of items."""
    return tuple(_term(members, either) for members in term_members(score))


def term_range(term: Term, ranges: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Return the smallest and largest value of a term."""
    slots = [[ranges[item] for item in slot] for slot in term]
    lows = [min(low for low, _ in slot) for slot in slots]
    highs = [max(high for _, high in slot) for slot in slots]
    return max(lows), max(highs)


def _term(members: Iterable[str], either: Sequence[Sequence[str]]) -> Term:
    slots: dict[Slot, None] = {}
    for item in members:
        slots[next((tuple(group) for group in either if item in group), (item,))] = None
    return tuple(slots)


def settle(items: Sequence[Item], answers: Answers) -> dict[str, float | None]:
    """Return the value of every scored item after gates and reversal (steps 1 and 2 of `Plan`)."""
    skipped = closed(answers, items)
    values: dict[str, float | None] = {}
    for item in items:
        if item.type == "text":
            continue
        value = number(answers.get(item.id))
        if value is None and item.id in skipped and item.asked_if is not None:
            value = item.asked_if.counts_as
        values[item.id] = _flipped(value, sum(item.range) if item.reverse else None)
    return values


def _flipped(value: float | None, flip: float | None) -> float | None:
    return value if value is None or flip is None else flip - value


def evaluate(plans: Iterable[Plan], values: Values) -> dict[str, float | None]:
    """Follow the plans in order, on values that `settle` returned."""
    found = dict(values)
    scores: dict[str, float | None] = {}
    for step in plans:
        found[step.score] = scores[step.score] = METHODS[step.method](step, found)
    return scores


def _terms(step: Plan, values: Values) -> list[float | None]:
    return [_largest([_answered(slot, values) for slot in term]) for term in step.terms]


def _answered(slot: Slot, values: Values) -> float | None:
    given = [value for item in slot if (value := values.get(item)) is not None]
    return max(given) if given else None


def _largest(slots: Iterable[float | None]) -> float | None:
    values = list(slots)
    present = [value for value in values if value is not None]
    return max(present) if len(present) == len(values) else None


def _sum(step: Plan, values: Values) -> float | None:
    terms = _terms(step, values)
    answered = [term for term in terms if term is not None]
    if len(answered) < step.answered_at_least:
        return None
    total = sum(answered)
    return total if len(answered) == len(terms) else total * len(terms) / len(answered)


def _mean(step: Plan, values: Values) -> float | None:
    answered = [term for term in _terms(step, values) if term is not None]
    return None if len(answered) < step.answered_at_least else sum(answered) / len(answered)


def _percent(step: Plan, values: Values) -> float | None:
    total = _sum(step, values)
    low, high = step.sum_range
    return None if total is None else 100 * (total - low) / (high - low)


def _count(step: Plan, values: Values) -> float | None:
    terms = _terms(step, values)
    reached = [term is not None and term >= step.at_least for term in terms]
    return None if None in terms else float(sum(reached))


def _highest(step: Plan, values: Values) -> float | None:
    place = 0
    unknown = 0
    for rank, term in enumerate(_terms(step, values), start=1):
        if term is None:
            unknown = rank
        elif term >= step.at_least:
            place = rank
    return None if unknown > place else float(place)


def _verdicts(step: Plan, values: Values) -> list[bool | None]:
    found = [values.get(rule.of) for rule in step.rules]
    return [
        None if value is None else value >= rule.at_least
        for rule, value in zip(step.rules, found, strict=True)
    ]


def _all(step: Plan, values: Values) -> float | None:
    verdicts = _verdicts(step, values)
    return 0.0 if False in verdicts else None if None in verdicts else 1.0


def _any(step: Plan, values: Values) -> float | None:
    verdicts = _verdicts(step, values)
    return 1.0 if True in verdicts else None if None in verdicts else 0.0


METHODS: Mapping[Method, Callable[[Plan, Values], float | None]] = {
    "sum": _sum,
    "mean": _mean,
    "percent": _percent,
    "count": _count,
    "highest": _highest,
    "all": _all,
    "any": _any,
}
