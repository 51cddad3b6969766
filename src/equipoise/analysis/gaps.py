"""Whose missing values are governed by what: the first event or dropout of each participant.

Holds the step from intercurrent events to visits. Refuses to impute.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.intercurrent import affected
from equipoise.analysis.question import Question
from equipoise.analysis.repeated import Repeated
from equipoise.protocol.plan import IntercurrentEvent


def govern(question: Question, sample: Repeated, *, default: str) -> tuple[list[str], NDArray[np.intp]]:
    """Return each participant's strategy and the first visit it governs, the number of visits for none.

    The first of: an intercurrent event with a strategy of its own (by the option `strategies`, or the
    estimator's for events under `hypothetical`), and the first of the missing visits that end the row, which
    the estimator's strategy governs. Gaps before are missing at random.
    """
    since = _trailing(sample.seen)
    strategy = [default] * len(sample.participants)
    for chosen, first in _events(question, sample, default):
        for place, who in enumerate(sample.participants):
            # An event at the visit from which values are missing is why they are.
            if who in first and first[who] <= since[place]:
                since[place], strategy[place] = first[who], chosen
    return strategy, since


def _events(question: Question, sample: Repeated, default: str) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield, for each event that governs values, its strategy and participant to the first visit after it."""
    given = question.estimand.estimator.options.get("strategies") or {}
    known = {event.id: event for event in question.evidence.resolved.protocol.intercurrent_events}
    # Of events at one visit the first that the protocol names counts, so it comes last here.
    for handled in reversed(question.estimand.intercurrent_events):
        chosen = given.get(handled.event, default if handled.strategy == "hypothetical" else None)
        if chosen is None:
            continue
        yield chosen, _first_visits(question, sample, known[handled.event])


def _first_visits(question: Question, sample: Repeated, event: IntercurrentEvent) -> dict[str, int]:
    """Return participant to the first of the visits that comes after an event."""
    first: dict[str, int] = {}
    for place, visit in reversed(list(enumerate(sample.visits))):
        touched = affected(question.evidence, question.at(visit).estimand, event)
        first |= dict.fromkeys(touched, place)
    return first


def _trailing(seen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the first of the missing visits that end each row; the number of visits where none do."""
    m = seen.shape[1]
    last = m - np.argmax(seen[:, ::-1], axis=1)
    return np.where(seen.any(axis=1), last, 0).astype(np.intp)


def off_treatment(question: Question, sample: Repeated) -> NDArray[np.intp]:
    """Return each participant's first visit off treatment; the number of visits for nobody."""
    named = question.estimand.estimator.options["stopping"]
    first = np.full(len(sample.participants), len(sample.visits), dtype=np.intp)
    for event in question.evidence.resolved.protocol.intercurrent_events:
        if event.id in named:
            touched = _first_visits(question, sample, event)
            found = [touched.get(who, len(sample.visits)) for who in sample.participants]
            first = np.minimum(first, found)
    return first


def before_treatment(question: Question, sample: Repeated) -> NDArray[np.float64] | None:
    """Return the variable before treatment: 0 for a change; None for a value that not everybody has."""
    if question.estimand.variable.type != "value":
        return np.zeros(len(sample.participants))
    start = question.baseline
    if any(who not in start for who in sample.participants):
        return None
    return np.array([start[who].value for who in sample.participants], dtype=np.float64)
