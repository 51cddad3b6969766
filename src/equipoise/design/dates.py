"""When things happen in one simulated trial: arrival, visits within their windows, leaving, unblinding.

Holds dates as whole days since 1970-01-01 and instants as whole minutes. Refuses to hold what happens then.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.design.accrual import arrivals
from equipoise.design.batch import Batch
from equipoise.design.streams import Streams
from equipoise.design.timeline import Place
from equipoise.design.truth import Truth

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

ON_TARGET = 0.6
"""Share of visits held on their target day; the others fall on any day of the window (assumption)."""
LATEST_DAYS = 7
"""A late visit is held at most this many days after its window (assumption)."""
FEW = 500
"""Up to so many times are written as they come."""
NEVER = -(2**40)
"""A day before all others."""
MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR
OPENING_HOUR = 17
"""Hour of the day, in UTC, at which visits begin (assumption)."""


@dataclass(frozen=True)
class Dates:
    """When everything happens to the n participants of one replicate.

    visit    (n, places) date of each visit, also of those not held
    day      (n, places) days of it from the visit's anchor
    late     (n, places) whether that lies outside the visit's window
    origin   (n,) date of the first dose, or of the day planned for it
    left     (n,) date of leaving; meaningless for those who stay
    """

    visit: Whole
    day: Whole
    late: Flags
    origin: Whole
    left: Whole


def dates_of(batch: Batch) -> Dates:
    """Draw the dates of a batch of one replicate."""
    truth, streams = batch.truth, batch.streams
    timeline = truth.timeline
    planned = _arrivals(truth, streams) - timeline.places[0].day
    visit = np.empty((truth.participants, len(timeline)), dtype=np.int64)
    day, late = np.empty_like(visit), np.zeros(visit.shape, dtype=bool)
    latest = np.full(truth.participants, NEVER)
    for at, place in enumerate(timeline.places):
        anchored = _anchor(truth, at, visit=visit, planned=planned)
        target = anchored + _days_from_anchor(place)
        drawn = target + _jitter(truth, at, streams=streams)
        # Whoever is offered another dose is told first, and thinks about it overnight.
        visit[:, at] = np.maximum(drawn, latest + (at == timeline.open_dose))
        day[:, at] = visit[:, at] - anchored
        if place.visit.window_days is not None:
            earliest, last = place.visit.window_days
            late[:, at] = (visit[:, at] < target + earliest) | (visit[:, at] > target + last)
        latest = np.where(batch.held[0, :, at], visit[:, at], latest)
    origin = visit[:, timeline.doses[0]] if timeline.doses else planned
    return Dates(visit, day, late, origin, _leaving(batch, visit))


def iso_dates(days: Whole) -> NDArray[np.object_]:
    """Return ISO dates as text."""
    return _texts(days, unit="D", ending="")


def iso_instants(minutes: Whole) -> NDArray[np.object_]:
    """Return instants in UTC as text, such as 2022-03-05T17:00:00Z."""
    return _texts(minutes, unit="m", ending=":00Z")


def opening(dates: Whole) -> Whole:
    """Return the minute at which visits begin on some dates."""
    return dates * MINUTES_PER_DAY + OPENING_HOUR * MINUTES_PER_HOUR


def _texts(counts: Whole, *, unit: Literal["D", "m"], ending: str) -> NDArray[np.object_]:
    # Each distinct time is written once; few times are written faster than sorted.
    distinct, places = counts.ravel(), np.arange(counts.size)
    if counts.size > FEW:
        distinct, places = np.unique(counts, return_inverse=True)
    texts = np.datetime_as_string(distinct.astype(np.dtype(f"datetime64[{unit}]"))).tolist()
    found = np.empty(len(texts), dtype=object)
    found[:] = [text + ending for text in texts] if ending else texts
    return found[places.reshape(counts.shape)]


def _arrivals(truth: Truth, streams: Streams) -> Whole:
    """Return the dates of first visits: the first on the first day, then with exponential gaps."""
    start = np.datetime64(truth.scenario.accrual.start_date, "D").astype(np.int64)
    return np.asarray(start + np.floor(arrivals(truth, streams)[0]).astype(np.int64))


def _anchor(truth: Truth, at: int, *, visit: Whole, planned: Whole) -> Whole:
    """Return the date a visit counts from: the anchor's own where it has come, else the one planned."""
    timeline, place = truth.timeline, truth.timeline.places[at]
    anchor = truth.resolved.protocol.anchors.get(place.visit.anchor or "")
    counted_from = (
        timeline.of_visit(anchor.visit) if anchor is not None and anchor.visit is not None else None
    )
    if anchor is not None and anchor.event == "randomization" and timeline.randomized < at:
        return visit[:, timeline.randomized]
    if counted_from is not None and counted_from < at and not place.visit.planned_anchor:
        return visit[:, counted_from]
    return planned + place.day - _days_from_anchor(place)


def _days_from_anchor(place: Place) -> int:
    """Return a visit's target day, counted from its own anchor."""
    every = place.visit.repeats.every_days if place.visit.repeats is not None else None
    return (place.visit.day or 0) + (place.repeat - 1) * (every or 0)


def _jitter(truth: Truth, at: int, *, streams: Streams) -> Whole:
    """Return days from the target: mostly none, else anywhere in the window, rarely after it."""
    place, timeline = truth.timeline.places[at], truth.timeline
    if place.visit.window_days is None:
        return np.zeros(truth.participants, dtype=np.int64)
    earliest, last = place.visit.window_days
    uniform = streams.table(f"date/{place.key}", truth.participants, columns=4)
    inside = earliest + np.floor(uniform[:, 1] * (last - earliest + 1))
    beyond = last + 1 + np.floor(uniform[:, 2] * LATEST_DAYS)
    may_be_late = at > timeline.randomized
    days = np.where(uniform[:, 0] < ON_TARGET, np.clip(0, earliest, last), inside)
    late = (uniform[:, 3] < truth.scenario.late_visits) & may_be_late
    return np.where(late, beyond, days).astype(np.int64)


def _leaving(batch: Batch, visit: Whole) -> Whole:
    """Return a day after the last visit held and up to the first one missed."""
    held = batch.held[0]
    n, places = held.shape
    last = np.max(np.where(held, visit, NEVER), axis=1)
    missed = np.minimum(batch.left[0], places - 1)
    following = visit[np.arange(n), missed]
    share = batch.streams.uniform("leave/date", n)[0]
    gap = np.maximum(following - last, 1)
    return np.asarray(last + 1 + np.floor(share * gap).astype(np.int64))
