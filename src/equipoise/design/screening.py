"""Everybody who was screened: those randomized, and before each of them those whom a criterion kept out.

Holds numbers, reasons and answers of screening failures. Refuses to invent how many ever applied: that is a
fact about a trial, not about a scenario.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.design.accrual import longest_run
from equipoise.design.answers import Respondents, Values
from equipoise.design.batch import Batch
from equipoise.design.dates import Dates
from equipoise.design.eligibility import Key
from equipoise.design.measure import Measure
from equipoise.design.people import Uniform

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

DECLINED = "declined"
ID = "SIM-{:03d}"


@dataclass(frozen=True)
class Roster:
    """N people screened, in order of their numbers.

    ids         (N,) participant ids
    randomized  (n,) positions of those randomized
    failed      (f,) positions of the others
    before      (f,) position, among those randomized, of the one they came before
    run         (f,) which of those before the same participant, from 0
    reasons     (f,) criterion ids, or "declined"
    dates       (f,) dates of their consent
    """

    ids: Texts
    randomized: Whole
    failed: Whole
    before: Whole
    run: Whole
    reasons: Texts
    dates: Whole


def roster_of(batch: Batch, dates: Dates, *, ids: Texts | None = None) -> Roster:
    """Return everybody screened for one replicate.

    ids   those of the randomized, where they have some already
    """
    counts = batch.screened[0]
    n, failures = counts.size, int(counts.sum())
    randomized = np.arange(n) + np.cumsum(counts)
    everybody = np.ones(n + failures, dtype=bool)
    everybody[randomized] = False
    before = np.repeat(np.arange(n), counts)
    run = np.arange(failures) - np.repeat(np.cumsum(counts) - counts, counts)
    numbered = np.array([ID.format(number + 1) for number in range(n + failures)], dtype=object)
    if ids is not None:
        numbered[randomized] = ids
    return Roster(
        ids=numbered,
        randomized=randomized,
        failed=np.flatnonzero(everybody),
        before=before,
        run=run,
        reasons=_reasons(batch, before=before, run=run),
        dates=_dates(batch, dates, before=before, run=run),
    )


def failing(batch: Batch, roster: Roster) -> Respondents:
    """Return those who failed, as people who fill forms."""
    truth = batch.truth
    reasons = roster.reasons

    def draw(purpose: str, columns: int) -> Floats:
        return _own(batch, purpose, columns=columns, before=roster.before, run=roster.run)

    def only(these: Flags) -> Uniform:
        return lambda purpose: draw(purpose, 1)[these, 0]

    def value(key: Key) -> Values:
        found = truth.people.values(key, lambda purpose: draw(purpose, 1)[:, 0])
        for reason in truth.people.breakers(key):
            these = reasons == reason
            if these.any():
                found[these] = truth.people.values(key, only(these), breaking=reason)
        return found

    def steps(measure: Measure, visit: str) -> Floats | None:
        found: Floats = measure.steps(value((measure.name, visit)).astype(np.float64))
        return found

    return Respondents(truth, draw, value, steps)


def _own(batch: Batch, purpose: str, *, columns: int, before: Whole, run: Whole) -> Floats:
    """Return (f, columns) numbers: each participant's stretch has room for those who failed before."""
    n, longest = batch.truth.participants, longest_run(batch.truth)
    drawn = batch.streams.table(f"screening/{purpose}", n, columns=longest * columns)
    own: Floats = drawn.reshape(n, longest, columns)[before, run]
    return own


def _reasons(batch: Batch, *, before: Whole, run: Whole) -> Texts:
    screening = batch.truth.scenario.screening
    stated = dict(screening.reasons) if screening is not None else {}
    names = np.array([*stated, DECLINED], dtype=object)
    rising = np.cumsum(list(stated.values()))
    found: Texts = names[
        np.searchsorted(rising, _own(batch, "reason", columns=1, before=before, run=run)[:, 0], side="right")
    ]
    return found


def _dates(batch: Batch, dates: Dates, *, before: Whole, run: Whole) -> Whole:
    """Return dates spread between the arrivals of the participant before and the one after."""
    arrival = dates.visit[:, 0]
    previous = np.concatenate([arrival[:1], arrival[:-1]])
    length = np.bincount(before, minlength=arrival.size)[before]
    share = (run + _own(batch, "date", columns=1, before=before, run=run)[:, 0]) / np.maximum(length, 1)
    return np.asarray(previous[before] + np.floor(share * (arrival - previous)[before]).astype(np.int64))
