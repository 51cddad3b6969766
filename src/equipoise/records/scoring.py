"""A scale's scores over many forms at once, following the same plans as `Instrument.score` does for one.

Holds arithmetic on columns: one array of answers an item, one element a filled form. Refuses to judge answers
and to know participants and visits.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from equipoise.instruments import Asked, Instrument, Plan

Column = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
PERCENT = 100


def score(instrument: Instrument, answers: Mapping[str, Column], *, forms: int) -> dict[str, Column]:
    """Compute every score of every form.

    answers   item id to (forms,) answers, NaN where there is none; items left out are unanswered
    Returns   score id to (forms,) values, NaN where the score's rule for missing answers says so
    Source    `equipoise.instruments.Plan`, steps 1 to 5
    """
    unanswered = np.full(forms, np.nan)
    raw = {item.id: answers.get(item.id, unanswered) for item in instrument.items}
    known = _settle(instrument, raw)
    found = {}
    for name, plan in instrument.plans.items():
        known[name] = found[name] = METHODS[plan.method](plan, known)
    return found


def _settle(instrument: Instrument, raw: Mapping[str, Column]) -> dict[str, Column]:
    """Return the value of every scored item after gates and reversal."""
    skipped: dict[str, Flags] = {}
    known = {}
    for item in instrument.items:
        column = raw[item.id]
        gate = instrument.gates.get(item.id)
        if gate is not None:
            skipped[item.id] = _closed(gate, raw, skipped)
            if gate.counts_as is not None:
                column = np.where(np.isnan(column) & skipped[item.id], float(gate.counts_as), column)
        if item.type != "text":
            known[item.id] = instrument.flips[item.id] - column if item.id in instrument.flips else column
    return known


def _closed(gate: Asked, raw: Mapping[str, Column], skipped: Mapping[str, Flags]) -> Flags:
    """Return where every item that could open the gate is answered otherwise, or blank and itself skipped."""
    closed = np.ones(len(raw[gate.items[0]]), dtype=np.bool_)
    for name in gate.items:
        answers = raw[name]
        blank = np.isnan(answers)
        closed &= np.where(blank, skipped.get(name, np.zeros_like(blank)), answers != gate.equals)
    return closed


def _terms(plan: Plan, known: Mapping[str, Column]) -> npt.NDArray[np.float64]:
    """Return (terms, forms): a slot is its largest answered item, a term its largest slot."""
    return np.stack([_largest([_answered(slot, known) for slot in term]) for term in plan.terms])


def _answered(slot: Sequence[str], known: Mapping[str, Column]) -> Column:
    found = known[slot[0]]
    for name in slot[1:]:
        found = np.fmax(found, known[name])
    return found


def _largest(slots: Sequence[Column]) -> Column:
    found = slots[0]
    for slot in slots[1:]:
        found = np.maximum(found, slot)
    return found


def _sum(plan: Plan, known: Mapping[str, Column]) -> Column:
    return _filled(plan, _terms(plan, known), share=len(plan.terms))


def _mean(plan: Plan, known: Mapping[str, Column]) -> Column:
    return _filled(plan, _terms(plan, known), share=1)


def _filled(plan: Plan, terms: npt.NDArray[np.float64], *, share: int) -> Column:
    """Return the answered terms' sum times `share` over their number; NaN where too few are answered."""
    answered = np.sum(~np.isnan(terms), axis=0)
    total = np.nansum(terms, axis=0)
    filled = np.where(answered == share, total, total * share / np.maximum(answered, 1))
    return np.where(answered < max(plan.answered_at_least, 1), np.nan, filled)


def _percent(plan: Plan, known: Mapping[str, Column]) -> Column:
    low, high = plan.sum_range
    return PERCENT * (_sum(plan, known) - low) / (high - low)


def _count(plan: Plan, known: Mapping[str, Column]) -> Column:
    terms = _terms(plan, known)
    reached = np.sum(terms >= plan.at_least, axis=0).astype(np.float64)
    return np.where(np.isnan(terms).any(axis=0), np.nan, reached)


def _highest(plan: Plan, known: Mapping[str, Column]) -> Column:
    terms = _terms(plan, known)
    places = np.arange(1, len(terms) + 1)[:, np.newaxis]
    place = np.max(np.where(terms >= plan.at_least, places, 0), axis=0)
    unknown = np.max(np.where(np.isnan(terms), places, 0), axis=0)
    return np.where(unknown > place, np.nan, place.astype(np.float64))


def _all(plan: Plan, known: Mapping[str, Column]) -> Column:
    """Return Kleene's conjunction of the rules: 0 decides it, else something unknown leaves it open."""
    met = _met(plan, known)
    return np.where((met == 0).any(axis=0), 0.0, np.where(np.isnan(met).any(axis=0), np.nan, 1.0))


def _any(plan: Plan, known: Mapping[str, Column]) -> Column:
    """Return Kleene's disjunction of the rules: 1 decides it, else something unknown leaves it open."""
    met = _met(plan, known)
    return np.where((met == 1).any(axis=0), 1.0, np.where(np.isnan(met).any(axis=0), np.nan, 0.0))


def _met(plan: Plan, known: Mapping[str, Column]) -> npt.NDArray[np.float64]:
    """Return (rules, forms): 1 where a rule is met, 0 where not, NaN where unknown."""
    values = np.stack([known[rule.of] for rule in plan.rules])
    limits = np.array([[rule.at_least] for rule in plan.rules])
    return np.where(np.isnan(values), np.nan, values >= limits)


METHODS: Mapping[str, Callable[[Plan, Mapping[str, Column]], Column]] = {
    "sum": _sum,
    "mean": _mean,
    "percent": _percent,
    "count": _count,
    "highest": _highest,
    "all": _all,
    "any": _any,
}
